"""Is there anything new? Answered by stat alone, for a scan that finds nothing and should end at once."""

from __future__ import annotations

from collections.abc import Iterable

from logmedic.collect.file import FileSourceConfig
from logmedic.collect.identity import Key, is_gz
from logmedic.collect.interface import Position
from logmedic.collect.survey import Seen, siblings, survey


def unchanged(source: str, config: FileSourceConfig, positions: Iterable[Position]) -> bool:
    """Whether every file of a source is as it was when its last position was stored. In doubt: ``False``.

    A file counts as looked at when its device, inode, size and modification time are those in a stored position,
    which are written there only once the whole file has been looked at.
    """
    known: dict[Key, list[Position]] = {}
    for position in positions:
        if position.source == source:
            known.setdefault(_key(position), []).append(position)
    seen = survey(config.paths, config.exclude, gz=config.gz)
    if not all(_looked_at(s, known.get(s.key, [])) for s in seen):
        return False
    keys = {s.key for s in seen}
    away = [p for key, found in known.items() if key not in keys for p in found if not p.done]
    if not away or not config.rotated:
        return True
    # Files that no glob names any more: to be read on if they were renamed and have grown since.
    beside = {s.key: s for s in siblings((str(p.token.get("path", "")) for p in away), gz=config.gz)}
    return all(_looked_at(beside[key], [p]) for p in away if (key := _key(p)) in beside)


def _key(position: Position) -> Key:
    """``(0, 0)``, which is no file, when the token does not say."""
    device, inode = position.token.get("dev"), position.token.get("ino")
    return (device, inode) if isinstance(device, int) and isinstance(inode, int) else (0, 0)


def _looked_at(seen: Seen, positions: list[Position]) -> bool:
    if seen.size == 0:
        return not any(p.offset for p in positions if not p.done)
    return any(
        (p.token.get("size"), p.token.get("mtime")) == seen.stamp and bool(p.token.get("gz")) == is_gz(seen.path)
        for p in positions
    )
