"""Who should read what, where several processes know the same sources. Pure.

A process that reads at least two sources fewer than another asks for one of its; who is asked hands it over at its next
commit. So all end up with as many, give or take one, whatever each of them knows of the others' configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping


def to_ask_for(me: str, known: Iterable[str], readers: Mapping[str, str], asked: str | None) -> str | None:
    """The source that this process should ask for now, ``None``: none.

    ``known``: those that it could read; ``readers``: source → who reads it, also of sources that it does not know;
    ``asked``: what it has asked for until now, and goes on asking for until somebody else reads it or it does.
    """
    counts = Counter(readers.values())
    if asked is not None and asked not in readers:
        return asked  # handed over, and not taken yet
    theirs = [name for name in known if readers.get(name, me) != me and counts[readers[name]] >= counts[me] + 2]
    if asked in theirs:
        return asked
    return min(theirs, key=lambda name: (-counts[readers[name]], name), default=None)


def otherwise_parted(name: str, readers: Iterable[str]) -> str | None:
    """A source that is read in another number of parts than this one would be: ``app@2/3``, for ``app@1/4``.

    Both together would read lines twice.
    """
    source, parts = _parts(name)
    others = (other for other in sorted(readers) if _parts(other)[0] == source and _parts(other)[1] != parts)
    return next(others, None)


def _parts(name: str) -> tuple[str, str]:
    """Source, and in how many parts it is read: empty where it is not parted by number."""
    source, _, part = name.rpartition("@") if "@" in name else (name, "", "")
    return source, part.partition("/")[2]
