"""What commands say about alerts that did not arrive, in both languages."""

from __future__ import annotations

from logmedic.cli.output import printable
from logmedic.model import Text
from logmedic.pipeline.summary import Missed
from logmedic.respond.spoken import outcome
from logmedic.respond.text import utc

_ONE, _SEVERAL = Text("1 alert", "알림 1건이"), Text("{count:,} alerts", "알림 {count:,}건이")
_FAILED = Text(
    "{alerts} did not reach {channel}: {reason}; `logmedic notify retry` tries again",
    "{alerts} {channel}에 전달되지 않음: {reason}; `logmedic notify retry`로 다시 시도",
)
_PUT_OFF = Text(
    "{alerts} did not reach {channel} yet: {reason}; tried again by the first scan after {at}",
    "{alerts} 아직 {channel}에 전달되지 않음: {reason}; {at} 이후의 첫 scan이 다시 시도",
)
UNFINISHED = Text(
    "not everything was told before the deadline; the next scan goes on with it",
    "제한 시간 안에 모두 알리지 못함; 다음 scan이 이어서 알림",
)


def missed(item: Missed, language: str) -> str:
    """One line, harmless for a terminal."""
    alerts = (_ONE if item.count == 1 else _SEVERAL).in_(language).format(count=item.count)
    sentence = _FAILED if item.again is None else _PUT_OFF
    reason = printable(outcome(item.reason, language))
    return sentence.in_(language).format(
        alerts=alerts,
        channel=printable(item.channel),
        reason=reason,
        at=None if item.again is None else utc(item.again),
    )
