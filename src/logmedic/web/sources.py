"""The configured sources in words."""

from __future__ import annotations

import msgspec

from logmedic.collect.file import FileSourceConfig
from logmedic.collect.interface import Backlog
from logmedic.web.site import Site


class Watched(msgspec.Struct, frozen=True):
    name: str
    kind: str
    what: str  # its paths or address
    paths: tuple[str, ...]
    lines: int  # read so far
    rejects: int
    lines_per_s: float | None  # over the last minute; None: not known yet
    backlog: Backlog
    watchable: bool  # its latest lines can be shown


def watched(site: Site) -> tuple[Watched, ...]:
    """Every source of the config, with what has been read of it."""
    site.rates.look()
    totals = {total.source: total for total in site.store.totals()}
    found = []
    for source in site.loaded.config.sources:
        total = totals.get(source.name)
        paths = tuple(str(site.loaded.base / p) for p in source.paths) if isinstance(source, FileSourceConfig) else ()
        kind = str(getattr(source, "__struct_config__").tag)  # noqa: B009  every kind of source has its tag
        found.append(
            Watched(
                source.name, kind, ", ".join(paths) or str(getattr(source, "url", kind)), paths,
                0 if total is None else total.lines, 0 if total is None else total.rejects,
                site.rates.per_second(source.name), site.backlog(source.name),
                source.name in site.tail.names(),
            )
        )  # fmt: skip
    return tuple(found)
