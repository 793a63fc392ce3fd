"""Shippers that follow log files and push them to ``serve``, by a way that keeps each line as it is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from logmedic.artefacts.filling import fill, listed, quoted
from logmedic.build import Loaded
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.push.config import INGEST, LOKI, PushSourceConfig
from logmedic.errors import ConfigError

_PATTERN = re.compile(r"[*?\[]")
EXAMPLE = "/var/log/app/*.log"
TOKEN = "LOGMEDIC_PUSH_TOKEN"  # noqa: S105  the name of a variable


class Target:
    """Where lines go. Raises :class:`ConfigError`: nothing takes them."""

    def __init__(self, loaded: Loaded) -> None:
        pushed = [source for source in loaded.config.sources if isinstance(source, PushSourceConfig)]
        if not pushed:
            where = loaded.path or "logmedic.toml"
            raise ConfigError(f'{where}: no source takes what is pushed; add [[sources]] with kind = "push"')
        first = pushed[0]
        before = f"/push/{first.name}" if len(pushed) > 1 else ""
        self.path = before + LOKI
        self.ingest = before + INGEST
        self.base = (loaded.config.web.public_url or f"http://{loaded.config.web.listen}").rstrip("/")
        self.needs_token = bool(first.tokens)
        parts = urlsplit(self.base)
        self.tls = parts.scheme == "https"
        self.host = parts.hostname or "127.0.0.1"
        self.port = parts.port or (443 if self.tls else 80)
        self.prefix = parts.path


def paths_of(loaded: Loaded, given: tuple[str, ...]) -> list[str]:
    """The files to follow: those given, else those of the file sources, else an example."""
    if given:
        return [os.path.abspath(path) for path in given]  # noqa: PTH100  globs are no paths
    found = [
        str(loaded.base / path)
        for source in loaded.config.sources
        if isinstance(source, FileSourceConfig)
        for path in source.paths
    ]
    return found or [EXAMPLE]


def vector(loaded: Loaded, paths: list[str]) -> str:
    """YAML for Vector 0.40 or newer."""
    target = Target(loaded)
    auth = f"    auth:\n      strategy: bearer\n      token: ${{{TOKEN}}}\n" if target.needs_token else ""
    return fill("vector.yaml", ENDPOINT=quoted(target.base), PATH=quoted(target.path), PATHS=listed(paths), AUTH=auth)


def fluent_bit(loaded: Loaded, paths: list[str]) -> str:
    """YAML for Fluent Bit 3 or newer."""
    target = Target(loaded)
    more = ("      tls: on\n" if target.tls else "") + (
        f"      bearer_token: ${{{TOKEN}}}\n" if target.needs_token else ""
    )
    return fill(
        "fluent-bit.yaml", HOST=quoted(target.host), PORT=str(target.port), URI=quoted(target.prefix + target.path),
        PATHS=quoted(",".join(paths)), MORE=more,
    )  # fmt: skip


def alloy(loaded: Loaded, paths: list[str]) -> str:
    """A configuration for Grafana Alloy 1."""
    target = Target(loaded)
    targets = "".join(f"    {{ __path__ = {quoted(path)}, job = {quoted(_job(path))} }},\n" for path in paths)
    auth = f'    bearer_token = sys.env("{TOKEN}")\n' if target.needs_token else ""
    return fill("config.alloy", URL=quoted(target.base + target.path), TARGETS=targets, AUTH=auth)


def syslog_ng(loaded: Loaded, paths: list[str]) -> str:
    """A configuration for syslog-ng 3.35 or newer. Raises :class:`ConfigError`: it cannot follow such a pattern."""
    target = Target(loaded)
    headers = ['"Content-Type: text/plain"']
    if target.needs_token:
        headers.append(f'"Authorization: Bearer `{TOKEN}`"')  # it fills in variables of its environment itself
    return fill(
        "syslog-ng.conf", URL=quoted(target.base + target.ingest), HEADERS=", ".join(headers),
        SOURCES="".join(f"    {_followed(path)}\n" for path in paths),
    )  # fmt: skip


def _followed(path: str) -> str:
    """A file, or a pattern for the names of files in one folder, or with ``**`` in all folders below."""
    folder, _, name = path.rpartition("/")
    deep = folder.endswith("/**")
    folder = folder.removesuffix("/**") or "/"
    if _PATTERN.search(folder) or "[" in name or "`" in path:
        raise ConfigError(
            f"{path}: syslog-ng follows patterns of * and ? in the names of files; list folders one by one"
        )
    if not _PATTERN.search(name) and not deep:
        return f"file({quoted(path)} follow-freq(1) flags(no-parse));"
    where = f"base-dir({quoted(folder)}) filename-pattern({quoted(name)})"
    return f"wildcard-file({where}{' recursive(yes)' * deep} follow-freq(1) flags(no-parse));"


def _job(path: str) -> str:
    """What the stream is called: the first part of the file's name, or its folder's where that is a pattern."""
    name = Path(path).name.partition(".")[0]
    return name if name and "*" not in name else Path(path).parent.name or "app"
