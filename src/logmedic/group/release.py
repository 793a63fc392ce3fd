"""Which of two releases is older. Pure: what our store and git know is handed in.

In this order: by semantic version where both are one; by git ancestry where both are commit ids; by the order in which
our own store first saw them. Where none of these tells, the answer is that it is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Order = Callable[[str, str], int | None]
"""(a, b) → below 0 when a is older than b, 0 when they are the same, above 0 when it is later, ``None``: not known."""

# Semantic Versioning 2.0.0, item 9 to 11; besides, "v1.2.3", "shop@1.2.3", and two or four numbers instead of three.
_VERSION = re.compile(
    r"(?:(?P<package>[A-Za-z][\w./-]{0,80})@)?[vV]?(?P<numbers>\d{1,9}(?:\.\d{1,9}){1,3})"
    r"(?:-(?P<pre>[0-9A-Za-z-]{1,40}(?:\.[0-9A-Za-z-]{1,40}){0,9}))?(?:\+[0-9A-Za-z.-]{1,80})?\Z",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{7,40}\Z")

_PreRelease = tuple[tuple[int, int, str], ...]
_Version = tuple[str, tuple[int, ...], int, _PreRelease]


def unknown(a: str, b: str) -> int | None:
    """An order that knows nothing but equality."""
    return 0 if a == b else None


def is_commit(release: str) -> bool:
    """Whether it can be a commit id, whole or abbreviated: the only releases that are ever handed to git."""
    return _COMMIT.match(release) is not None


def order_of(seen: Mapping[str, int], ancestry: Order = unknown) -> Order:
    """The order of releases of one service.

    ``seen``: release → its place in the order of first sight; ``ancestry``: of two commit ids, by git.
    """

    def order(a: str, b: str) -> int | None:
        if a == b:
            return 0
        by_version = compare_versions(a, b)
        if by_version:
            return by_version
        if by_version is None and is_commit(a) and is_commit(b):
            by_git = ancestry(a, b)
            if by_git is not None:
                return by_git
        if a in seen and b in seen:
            return seen[a] - seen[b]
        return None

    return order


def newest(seen: Mapping[str, int], ancestry: Order = unknown) -> str | None:
    """The latest release of a service; of two that cannot be compared the one that was first seen later."""
    order = order_of(seen, ancestry)
    latest: str | None = None
    for release in sorted(seen, key=seen.__getitem__):
        if latest is None or (order(release, latest) or 0) >= 0:
            latest = release
    return latest


def compare_versions(a: str, b: str) -> int | None:
    """By precedence of Semantic Versioning; ``None`` unless both are versions, and of the same package."""
    one, other = _version(a), _version(b)
    if one is None or other is None or one[0] != other[0]:
        return None
    return (one[1:] > other[1:]) - (one[1:] < other[1:])


def _version(text: str) -> _Version | None:
    match = _VERSION.match(text)
    if match is None:
        return None
    numbers = tuple(int(n) for n in match["numbers"].split("."))
    pre = match["pre"]
    # A version without a pre-release is later than any with one; numbers are older than words (item 11).
    parts: _PreRelease = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in pre.split(".")) if pre else ()
    return match["package"] or "", (*numbers, *(0,) * (4 - len(numbers))), 0 if pre else 1, parts
