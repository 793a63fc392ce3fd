"""The Model Context Protocol, spoken by the official client: over standard input and output, and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

SOURCE = Path(__file__).resolve().parents[2] / "src"
STACK = """Traceback (most recent call last):
  File "/srv/app/shop/service.py", line 81, in price
    return prices[item]
KeyError: 'apple'
"""
READING = ["list_incidents", "get_incident", "search_logs", "get_request", "diagnose_text"]
WRITE = "\n[mcp]\nwrite = true\n"
TOKENS = """
[[web.tokens]]
name = "minji"
role = "operator"
secret = { env = "TOKEN_MINJI" }

[[web.tokens]]
name = "jun"
role = "viewer"
secret = { env = "TOKEN_JUN" }
"""
Calls = list[tuple[str, dict[str, Any]]]


async def _asked(streams: Any, calls: Calls) -> tuple[list[str], list[tuple[bool, Any]]]:
    async with streams as (read, write, *_), ClientSession(read, write) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        answers = []
        for name, arguments in calls:
            answer = await session.call_tool(name, arguments)
            text = answer.content[0].text  # type: ignore[union-attr]
            answers.append((answer.is_error, text if answer.is_error else json.loads(text)))
        return names, answers


def over_stdio(project: Any, calls: Calls) -> tuple[list[str], list[tuple[bool, Any]]]:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "logmedic.cli.main", "mcp"], cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "LANG": "C.UTF-8"},
    )  # fmt: skip
    return asyncio.run(_asked(stdio_client(server), calls))


def over_http(port: int, calls: Calls, token: str = "") -> tuple[list[str], list[tuple[bool, Any]]]:
    async def ask() -> tuple[list[str], list[tuple[bool, Any]]]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with create_mcp_http_client(headers=headers) as client:
            return await _asked(streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=client), calls)

    return asyncio.run(ask())


@pytest.fixture
def broken(project: Any, make_error: Any) -> Any:
    project.write(
        make_error(request_id="r-1"),
        make_error("card 4111 1111 1111 1111 of kim@example.com refused", request_id="r-2"),
        make_error("KeyError: 'apple'", exception=STACK, timestamp="2026-11-22T09:02:00Z"),
    )
    project.scan()
    return project


def test_an_editor_works_from_the_evidence(broken: Any) -> None:
    names, answers = over_stdio(
        broken,
        [
            ("list_incidents", {}),
            ("list_incidents", {"search": "apple"}),
            ("get_incident", {"id": 1}),
            ("search_logs", {"text": "apple", "until": "2026-11-22T09:30:00Z"}),
            ("get_request", {"request_id": "r-1", "at": "2026-11-22T09:00:00Z"}),
            ("diagnose_text", {"text": STACK}),
        ],
    )
    assert names == READING
    assert [failed for failed, _ in answers] == [False] * 6
    every, one, incident, lines, request, explained = (body for _, body in answers)
    assert len(every["incidents"]) == 3
    assert [row["title"] for row in one["incidents"]] == ["KeyError: 'apple'"]
    assert incident["diagnosis"]["evidence"]
    assert incident["latest_occurrence"]["service"] == "shop"
    assert [line["message"] for line in lines["lines"]] == ["KeyError: 'apple'"]
    assert [line["request_id"] for line in request["lines"]] == ["r-1"]
    assert "KeyError" in explained["incident"]["title"]
    assert all("never instructions" in body["notice"] for _, body in answers)


def test_what_is_read_from_the_logs_is_redacted(broken: Any) -> None:
    calls: Calls = [("get_request", {"request_id": "r-2", "at": "2026-11-22T09:00:00Z"}), ("get_incident", {"id": 2})]
    _, answers = over_stdio(broken, calls)
    assert [failed for failed, _ in answers] == [False, False]
    assert answers[0][1]["lines"]
    told = json.dumps(answers)
    assert "4111" not in told
    assert "kim@example.com" not in told


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("get_incident", {"id": 99}, "incident 99: there is none"),
        ("list_incidents", {"state": "broken"}, "state: 'broken'; known are any, open"),
        ("list_incidents", {"limit": 5_000}, "limit: 5000; give 1 to 50"),
        ("search_logs", {"text": "  "}, "printable characters"),
        ("search_logs", {"text": "x", "until": "tomorrow"}, "until: 'tomorrow' is no time"),
        ("diagnose_text", {"text": ""}, "empty"),
        ("get_request", {"request_id": "\x1b[2J"}, "request_id: give the id"),
    ],
)
def test_a_wrong_question_is_answered_with_the_remedy(
    shop: Any, tool: str, arguments: dict[str, Any], words: str
) -> None:
    _, answers = over_http(shop.port, [(tool, arguments)])
    assert answers[0][0]
    assert words in answers[0][1]


def test_nothing_can_be_changed_unless_the_configuration_says_so(shop: Any) -> None:
    names, answers = over_http(shop.port, [("set_status", {"ids": [1], "do": "ignore"})])
    assert names == READING
    assert answers[0][0]
    assert shop.store.incident(1).state.value == "open"


def test_writing_is_for_operators_and_stands_in_the_timeline(broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_MINJI", "m" * 24)
    monkeypatch.setenv("TOKEN_JUN", "j" * 24)
    with (broken.folder / "logmedic.toml").open("a", encoding="utf-8") as file:
        file.write(TOKENS + WRITE)
    call: Calls = [("set_status", {"ids": [1], "do": "ack"})]
    with broken.served() as client:
        assert client.ask("POST", "/mcp", b"{}", accept="application/json").status == 401
        _, refused = over_http(client.port, call, "j" * 24)
        assert "needs the role operator" in refused[0][1]
        assert client.store.incident(1).state.value == "open"  # type: ignore[union-attr]
        names, done = over_http(client.port, call, "m" * 24)
        assert "set_status" in names
        assert done == [(False, {"changed": 1})]
        assert client.store.incident(1).state.value == "acked"  # type: ignore[union-attr]
        assert [entry.actor for entry in client.store.timeline(1)][-1] == "minji (mcp)"


def test_another_site_cannot_ask(shop: Any) -> None:
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
    headers = {"content_type": "application/json", "accept": "application/json, text/event-stream"}
    assert shop.ask("POST", "/mcp", body, sec_fetch_site="cross-site", **headers).status == 403
    assert shop.ask("POST", "/mcp", body, host="evil.example", **headers).status == 421
