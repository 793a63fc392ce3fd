"""What is stored in English, said in the language of whoever reads: titles of our own making, what became of alerts.

Titles and the reasons of outcomes are kept as they were written, because programs compare them; they are translated
where they are shown. A title that quotes a log stays as the log has it. Foreign words inside a reason (what an
operating system or a far side said) stay as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import msgspec

from logmedic.model import Incident, Severity, Substate, Text
from logmedic.reasons import why_now
from logmedic.respond import words

_STORM = Text("Storm of distinct errors", "서로 다른 오류 폭주")
_SURGE = Text("Error-rate surge in {service}", "오류 급증: {service}")
_SURGE_UNNAMED = Text("Error-rate surge in an unnamed service", "오류 급증: 이름 없는 서비스")
_SURGE_BEYOND = Text("Error-rate surge in services beyond the limit", "오류 급증: 한도를 넘는 서비스들")
_SLOW = Text("Slow: {what}", "느림: {what}")
_UNNAMED = Text("unnamed operation", "이름 없는 작업")
_ERROR_IN = Text("Error in {where}", "오류 발생 위치: {where}")
_SILENT = Text("Error without a message", "메시지 없는 오류")


class Titled(Protocol):
    """An incident, whole or as a row of a list."""

    @property
    def title(self) -> str: ...
    @property
    def culprit(self) -> str: ...
    @property
    def service(self) -> str: ...
    @property
    def rules(self) -> tuple[str, ...]: ...


def title(incident: Titled, language: str) -> str:
    """The incident's title. Ours are told from a log's words by what else the incident says of itself."""
    if language != "ko":
        return incident.title
    for ours in (_STORM, _SURGE_UNNAMED, _SURGE_BEYOND, _SILENT):
        if incident.title == ours.en:
            return ours.ko
    for ours, name in ((_SURGE, incident.service), (_ERROR_IN, incident.culprit)):
        if name and incident.title == ours.en.format(service=name, where=name):
            return ours.ko.format(service=name, where=name)
    slow = _SLOW.en.format(what="")
    if incident.rules == ("slow",) and incident.title.startswith(slow):
        what = incident.title.removeprefix(slow)
        return _SLOW.ko.format(what=_UNNAMED.ko if what == _UNNAMED.en else what)
    return incident.title


def spoken(incident: Incident, language: str) -> Incident:
    """The incident with its title and the reason of its latest news in the language, for those that show it."""
    return msgspec.structs.replace(incident, title=title(incident, language), reason=why_now(incident, language))


def result(name: str, language: str) -> str:
    """What became of an alert: a :class:`logmedic.model.Result`, or "pending"."""
    return _RESULTS[name].ko if language == "ko" and name in _RESULTS else name


def outcome(reason: str, language: str) -> str:
    """The reason of an :class:`logmedic.model.Outcome` or of a plan."""
    if language != "ko":
        return reason
    for pattern, korean in _WHOLE:
        found = pattern.fullmatch(reason)
        if found is not None:
            return korean.format(**{name: _word(value) for name, value in found.groupdict().items()})
    for pattern, make in _PARTS:
        reason = pattern.sub(make, reason)
    return reason


def _word(value: str) -> str:
    known: dict[str, Text] = {
        **{s.value: text for s, text in words.SEVERITY.items()},
        **{s.value: text for s, text in words.SUBSTATE.items()},
    }
    return known[value].ko if value in known else value


_RESULTS = {
    "pending": Text("pending", "대기"),
    "sent": Text("sent", "전송"),
    "skipped": Text("skipped", "생략"),
    "deferred": Text("deferred", "보류"),
    "failed": Text("failed", "실패"),
}
_SEVERITIES = "|".join(s.value for s in Severity)
_SUBSTATES = "|".join(s.value for s in Substate)


def _whole(english: str, korean: str) -> tuple[re.Pattern[str], str]:
    pattern = re.escape(english).replace(r"\{severity\}", f"(?P<severity>{_SEVERITIES})")
    pattern = pattern.replace(r"\{least\}", f"(?P<least>{_SEVERITIES})")
    pattern = pattern.replace(r"\{substate\}", f"(?P<substate>{_SUBSTATES})").replace(r"\{id\}", r"(?P<id>\d+)")
    return re.compile(pattern), korean


_WHOLE: Sequence[tuple[re.Pattern[str], str]] = (
    _whole("sent", "전송함"),
    _whole("sent with a mention", "멘션과 함께 전송함"),
    _whole("sent anew, the earlier message is gone", "이전 메시지가 없어 새로 전송함"),
    _whole("edited in place", "기존 메시지를 수정함"),
    _whole("written", "기록함"),
    _whole("noted", "기록함"),
    _whole("recorded: {substate}", "기록: {substate}"),
    _whole("{severity} is below the channel's {least}", "심각도 {severity}: 채널 기준({least})보다 낮음"),
    _whole("severity fell to {severity}", "심각도가 {severity}(으)로 낮아짐"),
    _whole("severity rose to {severity}", "심각도가 {severity}(으)로 높아짐"),
    _whole("first told: {substate}", "첫 알림: {substate}"),
    _whole("hourly digest", "시간별 요약에 포함"),
    _whole("daily digest", "일일 요약에 포함"),
    _whole("quiet hours", "조용한 시간: 다음 요약에 포함"),
    _whole("already told of this", "이미 알린 내용"),
    _whole("listed in the alert of a storm", "오류 폭주 알림의 목록에 포함됨"),
    _whole("resolved, never told", "알리기 전에 해결됨"),
    _whole("merged into incident {id}", "인시던트 {id}에 병합됨"),
    _whole("{substate}", "{substate}"),
    *(_whole(state.value, text.ko) for state, text in words.STATE.items()),
)

_PARTS: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(english), korean)
    for english, korean in (
        (
            r"given up after ([\d,]+) h of failing; (`[^`]+`) tries again",
            r"\1시간 동안 실패하여 포기함; \2로 다시 시도",
        ),
        (r"^cooldown: told (\d+) s ago$", r"재알림 대기: \1초 전에 알림"),
        (r"^storm: ([\d,]+) new incidents within a minute$", r"오류 폭주: 1분 안에 신규 인시던트 \1건"),
        (r"^more than ([\d,]+) incidents within an hour$", r"한 시간 안에 인시던트 \1건 초과: 목록에 포함"),
        (r"^maintenance: (.*): it happened only then$", r"점검: \1 (그때만 발생함)"),
        (r"^maintenance: ", "점검: "),
        (r"^silence (\d+): it happened only then$", r"무음 \1: 그때만 발생함"),
        (r"^silence (\d+)$", r"무음 \1"),
        (r"^rule (.*): told to (.*)$", r"규칙 \1: \2에만 알림"),
        (r"^rule (.*): never told$", r"규칙 \1: 알리지 않음"),
        (r"^rule (.*): hourly digest$", r"규칙 \1: 시간별 요약에 포함"),
        (r"^rule (.*): daily digest$", r"규칙 \1: 일일 요약에 포함"),
        (r": the channel takes no digest$", ": 채널이 요약을 받지 않음"),
        ("the channel is not configured any more", "채널이 더 이상 설정되어 있지 않음"),
        (r"given up after ([\d,]+) h: ", r"\1시간 동안 시도한 뒤 포기함: "),
        (r" \(it may have arrived\)", " (이미 도착했을 수 있음)"),
        (r"; no time left within ([\d.]+) s", r"; \1초 안에 전송하지 못함"),
        (r"; tried (\d+) times", r"; \1번 시도함"),
        (r"no answer from Discord: ", "Discord의 응답이 없음: "),
        (r"Discord's rate limit, ([\d.]+) s to wait", r"Discord 호출 제한, \1초 대기 필요"),
        (r"Discord answered (\d+)", r"Discord 응답 \1"),
        (
            "the webhook was deleted; create a new one and update the secret",
            "웹훅이 삭제됨; 새로 만들어 비밀 값을 바꾸세요",
        ),
        ("the webhook's token is wrong; copy its URL again", "웹훅 토큰이 틀림; URL을 다시 복사하세요"),
        ("it belongs to a forum channel; set `forum = true`", "포럼 채널의 웹훅임; `forum = true`로 설정하세요"),
        (
            "it does not belong to a forum channel; set `forum = false`",
            "포럼 채널의 웹훅이 아님; `forum = false`로 설정하세요",
        ),
        ("check the webhook in the settings of the Discord channel", "Discord 채널 설정에서 웹훅을 확인하세요"),
        (r"other issues are being filed", "다른 이슈를 등록하는 중"),
        (r"commented on issue (\d+)", r"이슈 \1에 댓글을 남김"),
        (r"filed issue (\d+)", r"이슈 \1 등록함"),
        (r"found issue (\d+)", r"기존 이슈 \1을(를) 찾음"),
        (r"updated issue (\d+)", r"이슈 \1을(를) 갱신함"),
        (r"reopened issue (\d+)", r"이슈 \1을(를) 다시 엶"),
        (r"issue (\d+) is closed", r"이슈 \1은(는) 닫혀 있음"),
        (r"GitHub's rate limit, (\d+) s to wait", r"GitHub 호출 제한, \1초 대기 필요"),
        (r"GitHub answered (\d+)", r"GitHub 응답 \1"),
        (r"no answer from GitHub: ", "GitHub의 응답이 없음: "),
        (r"gh did not end within ([\d.]+) s", r"gh가 \1초 안에 끝나지 않음"),
        (r"; install gh 2\.23 or newer", "; gh 2.23 이상을 설치하세요"),
        ("the token is missing or refused; make a new one", "토큰이 없거나 거절됨; 새로 만드세요"),
        (
            "no such repository, or the token may not see it; check `repo`",
            "저장소가 없거나 토큰으로 볼 수 없음; `repo`를 확인하세요",
        ),
        ("the token needs the right to write issues", "토큰에 이슈 쓰기 권한이 필요함"),
        (
            "not worth another message, and the last one cannot be edited",
            "새 메시지를 보낼 만한 내용이 아니며, 이전 메시지는 수정할 수 없음",
        ),
        (r"(\S+)'s rate limit, ([\d.]+) s to wait", r"\1 호출 제한, \2초 대기 필요"),
        (r"its rate limit, ([\d.]+) s to wait", r"호출 제한, \1초 대기 필요"),
        (r"\bit answered (\d+)", r"응답 \1"),
        (r"([^\s:]+) answered (\d+)", r"\1 응답 \2"),
        ("check the channel's URL", "채널의 URL을 확인하세요"),
        ("check its URL and its key", "URL과 키를 확인하세요"),
        ("redirects are not followed: give the final address", "리다이렉트는 따라가지 않음: 최종 주소를 쓰세요"),
        (r" \(gone\): it wants no more; remove the channel", " (gone): 더 받지 않겠다고 함; 채널을 지우세요"),
        ("not asked again, it has said 410", "다시 보내지 않음: 이미 응답 410"),
        (r"(\S+) cannot be reached", r"\1에 연결할 수 없음"),
        (
            r"(\S+) did not take the message, or did not answer in time",
            r"\1 쪽에서 메시지를 받지 않았거나 제때 응답하지 않음",
        ),
        (
            r"the URL is refused: it leads to (\S+), where no webhook belongs .*",
            r"거부된 URL: 웹훅을 보내지 않는 주소 \1",
        ),
        ("its host is not found: ", "호스트를 찾을 수 없음: "),
        (r"no answer \((\w+)\)", r"응답 없음 (\1)"),
        (r"cannot write to (\S+): ", r"\1에 쓸 수 없음: "),
        (r"cannot write: ", "쓸 수 없음: "),
    )
]
