"""Whether logmedic itself is well: what it looks at, and what it says about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from logmedic.model import NANOSECONDS, Severity, Text
from logmedic.respond import words
from logmedic.respond.interface import Bulletin, Kind, Section
from logmedic.respond.spoken import outcome

MOST_SECONDS = 1_000_000_000
ENOUGH_LINES = 200  # of a source, for a share of what could not be read to mean something
LOST_SECONDS = 86_400.0  # that we go on saying that lines were lost
AGAIN_SECONDS = 3600.0  # within which a trouble that comes back is the same one: no second message
SOURCE = "source"  # the code of a source in which nothing new is found
CHANNEL = "channel"  # the code of a channel that takes nothing; it is not told of that itself


class SelfConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[self_alerts]``: when logmedic tells that it is in trouble itself."""

    enabled: bool = True
    """Whether it does."""
    silent_after_s: float = 86_400.0
    """A source in which nothing new was found for so many seconds (a day). 0: never."""
    reject_share: float = 0.2
    """More than this part of a source's lines could not be read as records. 1: never."""
    backlog: int = 500
    """More incidents than this wait for being told. 0: never."""
    disk_free_mb: int = 200
    """Less room than so many megabytes is left where the state is. 0: never."""

    def __post_init__(self) -> None:
        if not 0 <= self.silent_after_s <= MOST_SECONDS:
            raise ValueError(f"`silent_after_s` must be a number of seconds from 0 to {MOST_SECONDS:,}")
        if not 0 < self.reject_share <= 1:
            raise ValueError("`reject_share` must be above 0, and at most 1")
        if self.backlog < 0 or self.disk_free_mb < 0:
            raise ValueError("`backlog` and `disk_free_mb` must be 0 or more")


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    code: str  # "source", "unreadable", "lost", "backlog", "channel", "model", "budget", "disk"
    subject: str
    text: Text

    @property
    def name(self) -> str:
        return f"{self.code}:{self.subject}"


class Seen(msgspec.Struct, frozen=True):
    """How much of a source could be read, and what was counted when that was looked at."""

    lines: int
    rejects: int
    share: float = 0.0  # of rejects among the lines before


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at."""

    now: int  # ns
    last_read: Mapping[str, int] = {}  # source → ns; when it was configured, where nothing was ever found
    seen: Mapping[str, Seen] = {}
    backlog: int = 0
    refused: Mapping[str, str] = {}  # channel → why its latest message failed for good
    disk_free: int | None = None  # bytes
    lost: Mapping[str, tuple[int, int]] = {}  # source → lines, and bytes, that were gone before it could read them
    others: Sequence[Trouble] = ()  # what somebody else knows: models, budgets


def look(vitals: Vitals, config: SelfConfig) -> list[Trouble]:
    """All that is wrong now; empty while all is well."""
    found = [*_sources(vitals, config), *vitals.others]
    for channel, why in vitals.refused.items():
        said = (why[:200], outcome(why, "ko")[:200])
        text = Text(_REFUSED.en.format(channel=channel, why=said[0]), _REFUSED.ko.format(channel=channel, why=said[1]))
        found.append(Trouble(code=CHANNEL, subject=channel, text=text))
    if config.backlog and vitals.backlog > config.backlog:
        found.append(Trouble(code="backlog", subject="incidents", text=_text(_BACKLOG, count=vitals.backlog)))
    if vitals.disk_free is not None and vitals.disk_free < config.disk_free_mb * 1_000_000:
        text = _text(_DISK, free=vitals.disk_free // 1_000_000)
        found.append(Trouble(code="disk", subject="state", text=text))
    return found


def _sources(vitals: Vitals, config: SelfConfig) -> list[Trouble]:
    found = []
    for source, at in vitals.last_read.items():
        silent = (vitals.now - at) / NANOSECONDS
        if config.silent_after_s and silent > config.silent_after_s:
            hours = int(config.silent_after_s // 3600) or 1
            found.append(Trouble(code=SOURCE, subject=source, text=_text(_SILENT, source=source, hours=hours)))
    for source, seen in vitals.seen.items():
        if seen.share > config.reject_share:
            text = _text(_UNREADABLE, source=source, percent=round(seen.share * 100))
            found.append(Trouble(code="unreadable", subject=source, text=text))
    for source, (lines, length) in vitals.lost.items():
        text = _text(_LOST, source=source, count=lines) if lines else _text(_CUT, source=source, count=length)
        found.append(Trouble(code="lost", subject=source, text=text))
    return found


def roll(seen: Mapping[str, Seen], totals: Mapping[str, tuple[int, int]]) -> dict[str, Seen]:
    """Bring the shares of rejects up to date. ``totals``: source → (lines, rejects) since the state was made."""
    rolled = {}
    for source, (lines, rejects) in totals.items():
        before = seen.get(source) or Seen(0, 0)
        if lines < before.lines:
            before = Seen(0, 0)
        new = lines - before.lines
        rolled[source] = (
            Seen(lines, rejects, (rejects - before.rejects) / new) if new >= ENOUGH_LINES else before
        )  # fmt: skip
    return rolled


def bulletin(text: Text, *, key: str, language: str, over: bool) -> Bulletin:
    """What message channels are told of a trouble, or of its end."""
    return Bulletin(
        key=key,
        kind=Kind.SELF,
        severity=Severity.WARNING,
        title=words.TROUBLE_OVER if over else words.TROUBLE,
        language=language,
        sections=(Section(words.KIND[Kind.SELF], (text,)),),
        over=over,
    )


def _text(sentence: Text, **figures: str | int) -> Text:
    return Text(sentence.en.format(**figures), sentence.ko.format(**figures))


_SILENT = Text(
    "source {source}: nothing new for more than {hours} h; is the service writing, and is this its log?",
    "소스 {source}: {hours}시간 넘게 새 로그가 없음; 서비스가 기록하고 있는지, 로그 경로가 맞는지 확인하세요",
)
_CUT = Text(
    "source {source}: {count:,} bytes of log files were deleted or overwritten before they could be read; keep "
    "rotated files longer, or see why logmedic was behind",
    "소스 {source}: 로그 파일 {count:,}바이트가 읽기 전에 삭제되거나 덮어써짐; 로테이션된 파일을 더 오래 보관하거나 "
    "logmedic이 왜 뒤처졌는지 확인하세요",
)
_LOST = Text(
    "source {source}: up to {count:,} lines were deleted there before they could be read; keep them longer "
    "(retention), or see why logmedic was away",
    "소스 {source}: 최대 {count:,}줄이 읽기 전에 그곳에서 삭제됨; 보존 기간을 늘리거나 "
    "logmedic이 왜 멈췄는지 확인하세요",
)
_UNREADABLE = Text(
    "source {source}: {percent} % of its latest lines could not be read; set its `dialect`",
    "소스 {source}: 최근 줄의 {percent}%를 읽을 수 없음; `dialect`를 지정하세요",
)
_REFUSED = Text(
    "channel {channel} takes no messages: {why}; mend it, then `logmedic notify retry`",
    "채널 {channel}에 전달할 수 없음: {why}; 고친 뒤 `logmedic notify retry`",
)
_BACKLOG = Text(
    "{count:,} incidents wait for being diagnosed and told; logmedic cannot keep up",
    "인시던트 {count:,}건이 진단과 알림을 기다림; logmedic이 따라가지 못함",
)
_DISK = Text(
    "only {free:,} MB are left on the disk of the state; without room nothing is read or told",
    "상태 디스크에 {free:,} MB만 남음; 공간이 없으면 읽지도 알리지도 못함",
)
