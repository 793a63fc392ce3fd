"""The stand-in of the Messages API refuses what the real one refuses, in its error shape."""

from __future__ import annotations

import threading
from typing import Any

import httpx2
import pytest

from logmedic.testing.claude import FakeClaude, cut, error, garbage, ok, refused, reply, timeout, truncated

GOOD = {"model": "claude-x", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01"}


def post(fake: FakeClaude, body: Any = GOOD, **more: Any) -> httpx2.Response:
    options = {"headers": HEADERS, "timeout": 30.0, **more}
    path = options.pop("path", "/v1/messages")
    return httpx2.post(fake.url + path, json=body, trust_env=False, **options)


def test_a_well_formed_request_gets_a_message(claude: FakeClaude) -> None:
    answer = post(claude, path="/v1/messages?beta=true")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["type"], body["role"], body["model"], body["stop_reason"]) == (
        "message", "assistant", "claude-x", "end_turn",
    )  # fmt: skip
    assert body["content"] == [{"type": "text", "text": "All is well."}]
    assert body["usage"]["output_tokens"] > 0
    assert claude.requests[-1].body == GOOD


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"model": None}, "model: Input should be a valid str"),
        ({"max_tokens": "10"}, "max_tokens: Input should be a valid int"),
        ({"max_tokens": True}, "max_tokens: Input should be a valid int"),
        ({"max_tokens": 0}, "max_tokens: must be greater"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages.0.content"),
        ({"messages": [{"role": "user"}]}, "messages.0: needs exactly"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "every block needs a type"),
        ({"mesages": []}, "mesages: Extra inputs are not permitted"),
    ],
)
def test_an_ill_formed_request_is_refused_as_anthropic_would(
    claude: FakeClaude, change: dict[str, Any], complaint: str
) -> None:
    answer = post(claude, {**GOOD, **change})
    assert answer.status_code == 400
    assert answer.json()["type"] == "error"
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert complaint in answer.json()["error"]["message"]


@pytest.mark.parametrize("key", ["model", "max_tokens", "messages"])
def test_a_missing_key_is_named(claude: FakeClaude, key: str) -> None:
    answer = post(claude, {name: value for name, value in GOOD.items() if name != key})
    assert answer.json()["error"]["message"] == f"{key}: Field required"


def test_missing_headers_wrong_paths_and_bodies_are_refused(claude: FakeClaude) -> None:
    assert post(claude, headers={"anthropic-version": "1"}).status_code == 401
    assert post(claude, headers={"x-api-key": "k"}).status_code == 400
    assert post(claude, path="/v2/messages").status_code == 404
    assert post(claude, [1]).status_code == 400


def test_scripted_answers_come_in_order_and_then_the_default() -> None:
    with FakeClaude(default=ok("default")) as fake:
        fake.script(error(429, retry_after=7), error(529), error(500), ok("four"))
        first = post(fake)
        assert (first.status_code, first.headers["retry-after"]) == (429, "7")
        assert first.json()["error"]["type"] == "rate_limit_error"
        assert [post(fake).json()["error"]["type"] for _ in range(2)] == ["overloaded_error", "api_error"]
        assert [post(fake).json()["content"][0]["text"] for _ in range(2)] == ["four", "default"]


def test_tool_use_blocks_set_the_stop_reason() -> None:
    block = {"type": "tool_use", "id": "t1", "name": "report", "input": {"severity": "info"}}
    with FakeClaude(default=ok(content=[block])) as fake:
        assert post(fake).json()["stop_reason"] == "tool_use"


def test_a_header_picks_the_scenario_of_one_request(claude: FakeClaude) -> None:
    assert post(claude, headers={**HEADERS, "x-fake-scenario": "overloaded"}).status_code == 529
    assert post(claude, headers={**HEADERS, "x-fake-scenario": "nonsense"}).status_code == 400
    assert post(claude).status_code == 200


def test_a_timeout_says_nothing_and_closing_lets_it_go() -> None:
    with FakeClaude(default=timeout(110.0)) as fake:
        with pytest.raises(httpx2.ReadTimeout):
            post(fake, timeout=0.1)
        held: list[BaseException] = []

        def wait() -> None:
            try:
                post(fake, timeout=60.0)
            except httpx2.TransportError as fault:
                held.append(fault)

        thread = threading.Thread(target=wait)
        thread.start()
        while len(fake.requests) < 2:
            thread.join(0.01)
    thread.join(60.0)
    assert [type(fault) for fault in held] == [httpx2.RemoteProtocolError]


def test_an_error_that_the_api_does_not_have_cannot_be_scripted() -> None:
    with pytest.raises(ValueError, match="no error 418"):
        error(418)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"system": [{"type": "text", "text": " "}]}, "non-whitespace"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "first message must use the user role"),
        ({"messages": [{"role": "user", "content": [{"type": "sound"}]}]}, "'sound' is not known"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, "needs tool_use_id"),
        ({"tools": [{"name": "x"}]}, "needs a name and an input_schema"),
        ({"tool_choice": {"type": "any"}}, "while providing tools"),
        ({"tool_choice": {"type": "must"}}, "must be auto, any, tool or none"),
        ({"output_config": {"shape": 1}}, "output_config.shape: Extra inputs"),
        ({"output_config": {"format": {"type": "json"}}}, "needs type json_schema"),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}, "additionalProperties"),
        ({"system": [{"type": "text", "text": "x", "cache_control": {"type": "hot"}}]}, "ephemeral"),
        ({"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5}, "at most 4"),
    ],
)
def test_parts_of_a_request_are_checked(claude: FakeClaude, change: dict[str, Any], complaint: str) -> None:
    answer = post(claude, {**GOOD, **change})
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]["message"]


def test_a_bearer_token_is_as_good_as_a_key_header(claude: FakeClaude) -> None:
    good = {"authorization": "Bearer k", "anthropic-version": "1"}
    assert post(claude, headers=good).status_code == 200
    assert post(claude, headers={**good, "authorization": "Bearer"}).status_code == 401


def test_a_structured_answer_comes_as_the_request_wants_it() -> None:
    schema = {"type": "object", "properties": {}}
    with FakeClaude(default=reply({"a": 1})) as fake:
        assert post(fake).json()["content"] == [{"type": "text", "text": '{"a": 1}'}]
        tools = {**GOOD, "tools": [{"name": "give", "input_schema": schema}], "tool_choice": {"type": "any"}}
        body = post(fake, tools).json()
        assert (body["content"][0]["name"], body["content"][0]["input"]) == ("give", {"a": 1})
        assert body["stop_reason"] == "tool_use"


def test_answers_that_are_no_use_look_like_the_real_ones() -> None:
    with FakeClaude() as fake:
        fake.script(truncated(), refused(), garbage(), cut())
        assert [post(fake).json()["stop_reason"] for _ in range(2)] == ["max_tokens", "refusal"]
        assert b"Bad Gateway" in post(fake).content
        with pytest.raises(httpx2.RemoteProtocolError):
            post(fake)


def test_models_can_be_looked_up_and_those_that_are_not_there_are_not_found() -> None:
    with FakeClaude(models=["claude-x"]) as fake:
        assert post(fake).status_code == 200
        assert post(fake, {**GOOD, "model": "claude-y"}).json()["error"]["message"] == "model: claude-y"
        known = httpx2.get(fake.url + "/v1/models/claude-x", headers=HEADERS, trust_env=False, timeout=30.0)
        assert known.json()["id"] == "claude-x"
        for path, headers, status in (("/v1/models/claude-y", HEADERS, 404), ("/v1/models/claude-x", {}, 401),
                                      ("/v1/else", HEADERS, 404)):  # fmt: skip
            assert httpx2.get(fake.url + path, headers=headers, trust_env=False, timeout=30.0).status_code == status
