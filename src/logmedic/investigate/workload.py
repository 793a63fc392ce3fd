"""Changes that make a service slow, full or stuck: what no stack shows, because nothing is wrong in one line. Pure.

Each is weak alone. Together with a table, an endpoint or a function that both the error and the diff name, or with a
limit that was changed, it is enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from logmedic.investigate import hunks as h
from logmedic.investigate.diffs import FileDiff, Hunk
from logmedic.investigate.scene import Reason, Scene, View
from logmedic.model import Text

WEIGHT = 0.4
_SLOW = frozenset({"slow", "upstream-timeout", "pool-exhausted", "deadlock", "surge"})
_CALLED = frozenset({"rate-limited"})
_FULL = frozenset({"out-of-memory", "too-many-files", "disk-full"})
_INDEX = re.compile(r"\bdrop\s{1,4}index\b|drop_index\(|remove_index\b|removeindex\(", re.IGNORECASE)
_CREATES_INDEX = re.compile(
    r"\bcreate\s{1,4}(?:unique\s{1,4})?index\b|create_index\(|add_index\b|index=true|db_index=true", re.IGNORECASE
)
_LIMIT = re.compile(
    r"\blimit\b\s{0,4}[\d:$?(=]|\.limit\(|\.take\(|page_size|paginate|\bslice\(|\[:\w{1,30}\]", re.IGNORECASE
)
_CACHE = re.compile(r"@(?:lru_)?cache|\bcache[d]?[.(@]|cache\.get|memoiz|\bttl\b|cached_property", re.IGNORECASE)
_LOOP = re.compile(r"^\s{0,40}(?:async\s)?for\b|\.forEach\(|\.map\(|\bwhile\b")
_QUERY = re.compile(
    r"\.execute\(|\.query\(|\.fetch\w{0,10}\(|\.find\w{0,12}\(|\bselect\b|\.get\(|\.filter\(|await \w{1,40}[.(]"
    r"|http|request",
    re.IGNORECASE,
)
_SLEEP = re.compile(r"\bsleep\(|Thread\.sleep|time\.After|setTimeout\(|delay\(", re.IGNORECASE)
_LOCK = re.compile(
    r"for update|\block\b|\bmutex\b|synchronized|\.acquire\(|advisory_lock|lock table|serializable", re.IGNORECASE
)
_JOIN = re.compile(
    r"\bjoin\b|select \*|prefetch_related|selectinload|joinedload|order by|\blike\s['\"]%", re.IGNORECASE
)
_GROWS = re.compile(
    r"\.append\(|\.push\(|\.add\(|\.put\(|\.insert\(|\[\w{1,40}\]\s?=|maxsize=none|\.readlines?\(\)|\.read\(\)|readall|fetchall|\.collect\(",
    re.IGNORECASE,
)
_EVICTS = re.compile(
    r"maxsize|max_size|evict|expire|ttl|\.pop\(|\.clear\(|\.delete\(|popitem|limit|remove\(", re.IGNORECASE
)
_WRITES = re.compile(
    r"\blevel\b.{0,20}debug|log_level|loglevel|rotat|maxbackup|retention|\.write\(|dump", re.IGNORECASE
)


class Pattern(msgspec.Struct, frozen=True):
    kinds: frozenset[str]
    said: Text
    shows: Callable[[Hunk], str | None]  # the line that shows it
    weight: float = WEIGHT


def first(lines: tuple[str, ...], pattern: re.Pattern[str]) -> str | None:
    return next((line.strip() for line in lines if pattern.search(line) and not h.is_comment(line)), None)


def gone(pattern: re.Pattern[str]) -> Callable[[Hunk], str | None]:
    """Stood in the removed lines and in none of the added ones."""
    return lambda hunk: None if first(hunk.added, pattern) else first(hunk.removed, pattern)


def new(pattern: re.Pattern[str]) -> Callable[[Hunk], str | None]:
    return lambda hunk: None if first(hunk.removed, pattern) else first(hunk.added, pattern)


def _index_lost(hunk: Hunk) -> str | None:
    return first(hunk.added, _INDEX) or gone(_CREATES_INDEX)(hunk)


def _query_in_loop(hunk: Hunk) -> str | None:
    """A loop that came together with a query below it, or a query that came into a deeper place than it stood."""
    for at, line in enumerate(hunk.added):
        if _LOOP.search(line) and not h.is_comment(line):
            inside = next((n for n in hunk.added[at : at + 6] if _QUERY.search(n) and not h.is_comment(n)), None)
            if inside is not None and not first(hunk.removed, _LOOP):
                return inside.strip()
    return None


def _grows(hunk: Hunk) -> str | None:
    if first(hunk.removed, _EVICTS) and not first(hunk.added, _EVICTS):
        return first(hunk.removed, _EVICTS)
    return None if first(hunk.added, _EVICTS) else new(_GROWS)(hunk)


PATTERNS = (
    Pattern(_SLOW, Text("it takes an index away", "인덱스 제거"), _index_lost),
    Pattern(_SLOW | _FULL, Text("it takes the bound of a query or a list away", "조회 개수 제한 제거"), gone(_LIMIT)),
    Pattern(_SLOW | _CALLED, Text("it takes a cache away", "캐시 제거"), gone(_CACHE)),
    Pattern(_SLOW | _CALLED, Text("it queries or calls in a loop", "반복문 안에서 조회 또는 호출"), _query_in_loop),
    Pattern(_SLOW, Text("it waits", "대기 추가"), new(_SLEEP)),
    Pattern(_SLOW, Text("it takes a lock", "잠금 추가"), new(_LOCK)),
    Pattern(_SLOW - {"deadlock"}, Text("it makes a query do more", "쿼리 작업량 증가"), new(_JOIN)),
    Pattern(_FULL, Text("it keeps more than it gives up", "비우지 않고 쌓는 코드"), _grows),
    Pattern(frozenset({"disk-full"}), Text("it writes more", "기록량 증가"), new(_WRITES), 0.55),
)


def by_workload(scene: Scene, view: View) -> Iterator[Reason]:
    """At most one reason for each pattern, and of several the weight falls."""
    return reasons(PATTERNS, scene, view)


def reasons(patterns: Sequence[Pattern], scene: Scene, view: View) -> Iterator[Reason]:
    """What the patterns of this kind of fault show in a change. A second sight of the same change tells less."""
    share = 1.0
    for pattern in patterns:
        if scene.kind.id not in pattern.kinds:
            continue
        found = next(_shown(pattern, view.hunks), None)
        if found is not None:
            file, text = found
            where = f"{text[:80]} ({file.path})"
            yield Reason(pattern.weight * share, Text(f"{pattern.said.en}: {where}", f"{pattern.said.ko}: {where}"))
            share /= 2


def _shown(pattern: Pattern, hunks: tuple[tuple[FileDiff, Hunk], ...]) -> Iterator[tuple[FileDiff, str]]:
    for file, hunk in hunks:
        text = None if h.only_renames(hunk, file.path) else pattern.shows(hunk)
        if text is not None:
            yield file, text
