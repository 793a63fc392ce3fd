"""What the CLI's stream of JSON lines says about a run. Pure.

An error of the API comes as ``subtype: success`` with ``is_error``, and a run whose every edit was denied ends with
exit code 0; so no single one of these says that anything was done.
"""

from __future__ import annotations

from typing import Any

import msgspec

from logmedic.model import Text
from logmedic.respond.fix.gateway import Tally
from logmedic.respond.fix.sandbox.interface import Finished
from logmedic.respond.text import one_line

MOST_SAID = 2_000  # characters of its last words


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """``failure``: why it ended before it was done. What it left in the tree may be worth a look all the same."""

    failure: Text | None
    said: str = ""  # its last words, which nobody has checked
    turns: int = 0
    requests: int = 0
    denied: tuple[str, ...] = ()  # tools and paths that it was not allowed to use
    refused: tuple[str, ...] = ()  # requests that the gateway refused
    seconds: float = 0.0
    version: str = ""


def read(finished: Finished, tally: Tally) -> Run:
    result: dict[str, Any] = {}
    version = ""
    for line in finished.out.split(b"\n"):
        try:
            message = msgspec.json.decode(line)
        except (msgspec.DecodeError, RecursionError):
            continue
        if isinstance(message, dict) and message.get("type") == "result":
            result = message
        elif isinstance(message, dict) and message.get("subtype") == "init":
            version = str(message.get("claude_code_version", ""))[:40]
    turns = result.get("num_turns")
    return Run(
        failure=_failure(finished, result, tally),
        said=str(result.get("result") or "")[:MOST_SAID],
        turns=turns if isinstance(turns, int) else 0,
        requests=tally.requests,
        denied=tuple(_denials(result.get("permission_denials"))),
        refused=tuple(tally.refused[:20]),
        seconds=finished.seconds,
        version=version,
    )


def _failure(finished: Finished, result: dict[str, Any], tally: Tally) -> Text | None:
    if tally.stopped is not None:
        return tally.stopped
    if finished.cut == "time":
        seconds = f"{finished.seconds:.0f}"
        return Text(f"the agent did not end within {seconds} s", f"에이전트가 {seconds}초 안에 끝나지 않음")
    if finished.cut:
        return Text("the agent wrote without end", "에이전트 출력이 끝나지 않음")
    if not result:
        said = one_line(finished.err.decode("utf-8", "replace"), 200) or f"exit {finished.code}"
        return Text(f"the agent ended without a result: {said}", f"에이전트가 결과 없이 종료됨: {said}")
    return _told(result)


def _told(result: dict[str, Any]) -> Text | None:
    """What it says of itself."""
    subtype = one_line(str(result.get("subtype", "")), 60)
    if subtype == "error_max_turns":
        return Text("the agent used up its turns", "에이전트가 허용된 턴을 모두 사용함")
    if result.get("is_error") or subtype != "success":
        said = one_line(str(result.get("result") or subtype), 200)
        return Text(f"the agent failed: {said}", f"에이전트 실패: {said}")
    return None


def _denials(listed: Any) -> list[str]:
    found = []
    for denial in listed if isinstance(listed, list) else ():
        if isinstance(denial, dict):
            given = denial.get("tool_input")
            path = given.get("file_path", "") if isinstance(given, dict) else ""
            found.append(one_line(f"{denial.get('tool_name', '?')} {path}", 200))
    return found[:20]
