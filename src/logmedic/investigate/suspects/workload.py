"""Changes that make a service slow, full or stuck: what no stack shows, because nothing is wrong in one line. Pure.

Each is weak alone. Together with a table, an endpoint or a function that both the error and the diff name, or with a
limit that was changed, it is enough.
"""

# ruff: noqa: E501  a pattern reads best on one line

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import FileDiff, Hunk
from logmedic.investigate.suspects.scene import Reason, Scene, View
from logmedic.model import Text

WEIGHT = 0.4
_SLOW = frozenset({"slow", "upstream-timeout", "pool-exhausted", "deadlock", "surge"})
_CALLED = frozenset({"rate-limited"})
_HELD = frozenset({"pool-exhausted", "too-many-files", "out-of-memory", "connection", "deadlock"})
_TIMES = frozenset({"slow", "upstream-timeout", "upstream-down", "rate-limited", "connection", "credentials", "client-error", "clock",
                    "overloaded", "pool-exhausted", "upstream-error"})  # fmt: skip
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
    r"max(?:imum)?_?size|evict|expire|ttl|\.pop\(|\.clear\(|\.delete\(|popitem|limit|remove\(", re.IGNORECASE
)
_VERBOSE = re.compile(
    r"level.{0,30}(?:debug|trace|all)\b|\b(?:debug|trace|verbose)\b.{0,8}(?:true|on|1)\b", re.IGNORECASE
)
_ROTATES = re.compile(
    r"rotat|max_?backup|retention|cleanup|clean_up|purge|prune|unlink|\.remove\(|rmtree|\brm\b|delete|expire|tmpfile|tempfile",
    re.IGNORECASE,
)
_DUMPS = re.compile(r"\.write\(|dump|to_csv|createwritestream|copyfile|\btee\b|record\(", re.IGNORECASE)


_HOLDS = re.compile(r"forstream\(|getconnection\(|\.getconn\(|\.connect\(|opensession|\.acquire\(|\.checkout\(|\.cursor\(|files\.lines|\.lease\(|"
                    r"\.borrow\(|createreadstream|new fileinputstream|\.dial\(|\bopen\(|\.query(?:context)?\(|subscribe\(|addeventlistener\(")  # fmt: skip
_CLOSES = re.compile(
    r"\.use\b|\buse\s?\{|\bwith\b|\btry\s?\(|\bdefer\b|close|release|finally|dispose|\busing\b|\bend\(|unsubscribe|removeeventlistener|clearinterval"
)
# Statements that keep others from a table for as long as they run,
# https://www.postgresql.org/docs/current/explicit-locking.html and https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html
_LOCKS_TABLE = re.compile(
    r"\bcreate\s{1,4}(?:unique\s{1,4})?index\b(?!\s{1,4}concurrently)|\badd_index\b|create_index\(|addindex\(|\balter\s{1,4}table\b|"
    r"\block\s{1,4}tables?\b|vacuum\s{1,4}full|\breindex\b(?!.{0,40}concurrently)|\bcluster\b|refresh\s{1,4}materialized\s{1,4}view(?!\s{1,4}concurrently)|"
    r"change_column|alter_column|alterfield|change_column_null|\bupdate\s{1,4}\w{2,60}\s{1,4}set\b",
    re.IGNORECASE,
)
_WRITES_ROWS = re.compile(r"lock|update|insert|delete|save|write|\.add\(|reserve|debit|credit", re.IGNORECASE)
_WITHOUT_LOCK = re.compile(
    r"concurrently|algorithm\s?[:=]|not\s{1,3}valid|lock\s?=\s?none|pt-online|gh-ost", re.IGNORECASE
)
_UNIT = re.compile(
    r"milli\w{0,8}|micro\w{0,8}|nano\w{0,8}|\bms\b|(?<=[a-z])(?:MS|Ms|_ms)\b|_ms\b|\bsec(?:ond)?s?\b|_s(?:ec(?:ond)?s?)?\b|Second\b|Minute\b|"
    r"Secs\b|Seconds?\b|Minutes?\b|Hours?\b|\*\s?1_?000\b|/\s?1_?000\b|\b1e3\b"
)
_TIMED = re.compile(
    r"delay|back_?off|wait|sleep|interval|timeout|deadline|\bttl|expir|max_?age|retry|after\(|duration|lifetime|leeway|period|window",
    re.IGNORECASE,
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
    return None if first(hunk.added, _EVICTS) else new(_GROWS)(hunk)


def _unclosed(hunk: Hunk) -> str | None:
    """A stream, cursor or connection that is opened from now on, and nothing near that closes it."""
    lines = [line.lower() for line in hunk.added]
    before = "\n".join(hunk.removed).lower()
    if any(_CLOSES.search(line) for line in (*lines, *(c.lower() for c in hunk.context[-3:]))):
        return None
    for line, text in zip(lines, hunk.added, strict=True):
        found = _HOLDS.search(line)
        if found is not None and found[0] not in before and not h.is_comment(text):
            return text.strip()
    return None


def _locks_table(hunk: Hunk) -> str | None:
    """A migration that keeps writers from a table while it runs. One that asks not to is no reason."""
    if any(_WITHOUT_LOCK.search(line) for line in hunk.added):
        return None
    return new(_LOCKS_TABLE)(hunk)


def _locks_in_other_order(hunk: Hunk) -> str | None:
    """The same statements as before in another order: two that lock the same things may now meet half-way."""
    before, after = ([line.strip() for line in side if line.strip()] for side in (hunk.removed, hunk.added))
    return first(hunk.added, _WRITES_ROWS) if before != after and sorted(before) == sorted(after) else None


def _unit_changed(hunk: Hunk) -> str | None:
    """Code or settings of waiting whose unit of time is another one than before, while its number is not."""
    before, after = (
        sorted(unit.lower().strip("_") for line in side if _TIMED.search(line) and not h.is_comment(line)
               for unit in _UNIT.findall(line))
        for side in (hunk.removed, hunk.added)
    )  # fmt: skip
    if before == after or not any(_TIMED.search(line) for line in hunk.removed) or set(before) == set(after):
        return None
    lines = (line.strip() for side in (hunk.removed, hunk.added) for line in side)
    return next((line for line in lines if _TIMED.search(line) and _UNIT.search(line)), None)


def _writes_more(hunk: Hunk) -> str | None:
    """A log that says more, something that was removed in time and is no more, or a new file that is written."""
    return new(_VERBOSE)(hunk) or gone(_ROTATES)(hunk) or new(_DUMPS)(hunk)


PATTERNS = (
    Pattern(_SLOW, Text("it takes an index away", "인덱스 제거"), _index_lost),
    Pattern(_SLOW | _FULL, Text("it takes the bound of a query or a list away", "조회 개수 제한 제거"), gone(_LIMIT)),
    Pattern(_SLOW | _CALLED, Text("it takes a cache away", "캐시 제거"), gone(_CACHE)),
    Pattern(_SLOW | _CALLED, Text("it queries or calls in a loop", "반복문 안에서 조회 또는 호출"), _query_in_loop),
    Pattern(_HELD, Text("it opens what nothing closes", "닫는 코드 없이 자원을 여는 코드"), _unclosed, 0.52),
    Pattern(
        _SLOW - {"surge"},
        Text("it locks a table while it runs", "실행 중 테이블 잠금"),
        _locks_table,
        0.45,
    ),
    Pattern(frozenset({"deadlock"}), Text("it locks in another order", "잠금 순서 변경"), _locks_in_other_order, 0.52),
    Pattern(_TIMES, Text("it changed the unit of a time", "시간 단위 변경"), _unit_changed, 0.55),
    Pattern(_SLOW, Text("it waits", "대기 추가"), new(_SLEEP)),
    Pattern(_SLOW, Text("it takes a lock", "잠금 추가"), new(_LOCK)),
    Pattern(_SLOW - {"deadlock"}, Text("it makes a query do more", "쿼리 작업량 증가"), new(_JOIN)),
    Pattern(
        _FULL - {"disk-full"}, Text("it takes the bound of what is kept away", "보관 한도 제거"), gone(_EVICTS), 0.52
    ),
    Pattern(_FULL - {"disk-full"}, Text("it keeps more than it gives up", "비우지 않고 쌓는 코드"), _grows),
)


def by_workload(scene: Scene, view: View) -> Iterator[Reason]:
    """At most one reason for each pattern, and of several the weight falls."""
    yield from reasons(PATTERNS, scene, view)
    if scene.kind.id == "disk-full" and scene.clues.words.isdisjoint(_DATABASE_FILES):
        yield from reasons((_WRITES_MORE,), scene, view)


# Words of the files that a database keeps: what a service logs or writes lies on a disk of its own.
_DATABASE_FILES = frozenset(
    {"wal", "xlogtemp", "xlog", "binlog", "ibdata", "innodb", "extend", "relation", "pg", "mysqld", "postgres"}
)
_WRITES_MORE = Pattern(frozenset({"disk-full"}), Text("it writes more", "기록량 증가"), _writes_more, 0.55)


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
            why = Text(f"{pattern.said.en}: {where}", f"{pattern.said.ko}: {where}")
            yield Reason(pattern.weight * share, why)
            share /= 2


def _shown(pattern: Pattern, hunks: tuple[tuple[FileDiff, Hunk], ...]) -> Iterator[tuple[FileDiff, str]]:
    for file, hunk in hunks:
        text = None if h.only_renames(hunk, file.path) else pattern.shows(hunk)
        if text is not None:
            yield file, text
