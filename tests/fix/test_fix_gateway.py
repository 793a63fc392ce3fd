"""The agent's only way out: what it lets through, what it keeps to itself, and what it costs."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path

import pytest
from fix_scenes import KEY

from logmedic.doors import SystemHttp
from logmedic.model import Text
from logmedic.respond.fix.gateway import Gateway, Ticket, Upstream
from logmedic.respond.fix.gateway_rules import Refusal, judge
from logmedic.respond.fix.usage import Used, used
from logmedic.testing.claude import FakeClaude, cut, error, ok

MODEL = "claude-sonnet-5-5"
BODY = {"model": "claude-opus-9", "max_tokens": 999_999, "messages": [{"role": "user", "content": "hello"}]}


class Purse:
    def __init__(self, allowed: int = 100) -> None:
        self.allowed = allowed
        self.said: list[tuple] = []

    def reserve(self, sent, answer):
        self.said.append(("reserve", sent, answer))
        if len([each for each in self.said if each[0] == "reserve"]) > self.allowed:
            return Text("the budget is spent", "예산 소진")
        return Ticket(len(self.said), 5)

    def paid(self, ticket, used):
        self.said.append(("paid", used))

    def failed(self, ticket, reason):
        self.said.append(("failed", reason))

    def unclear(self, ticket, reason):
        self.said.append(("unclear", reason))


class Unix(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


@pytest.fixture
def fake():
    with FakeClaude(models=[MODEL]) as running:
        yield running


@pytest.fixture
def opened(fake):
    """Asks through a gateway: (status, headers, body) of each request."""
    purse = Purse()
    upstream = Upstream(url=fake.url, key=KEY, model=MODEL, most_tokens=4_000, timeout=60)
    http = SystemHttp()
    gateway = Gateway(upstream, http, purse, most_requests=3)
    with gateway.open() as path:

        def ask(body, method="POST", target="/v1/messages?beta=true", **headers):
            connection = Unix(path)
            given = {"anthropic-version": "2023-06-01", "x-api-key": "stolen", **headers}
            connection.request(method, target, body if isinstance(body, bytes) else json.dumps(body), given)
            answer = connection.getresponse()
            read = answer.read()
            connection.close()
            return answer.status, dict(answer.getheaders()), read

        ask.gateway, ask.purse, ask.path = gateway, purse, path
        yield ask
    http.close()


def test_a_request_goes_out_with_our_key_and_model_and_nothing_else(opened, fake):
    status, headers, body = opened(
        {**BODY, "metadata": {"user_id": "me"}, "service_tier": "auto"}, cookie="a=b", authorization="Bearer stolen"
    )
    assert (status, json.loads(body)["model"]) == (200, MODEL)
    (sent,) = fake.requests
    assert sent.body == {**BODY, "model": MODEL, "max_tokens": 4_000}
    assert sent.headers["x-api-key"] == KEY
    assert {"cookie", "authorization"}.isdisjoint(sent.headers)
    assert KEY not in json.dumps(headers) + body.decode() + repr(opened.gateway._upstream)


def test_a_streamed_answer_comes_through_and_is_paid_for(opened):
    status, headers, body = opened({**BODY, "stream": True})
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    assert b"All is well." in body
    assert opened.purse.said[1] == ("paid", Used(input=12, output=10))


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/v1/models"), ("POST", "/v1/messages/batches"), ("POST", "/v1/files"), ("POST", "/v1/complete"),
     ("PUT", "/v1/messages"), ("POST", "http://evil.example/v1/messages"), ("POST", "/v1/messages/../files"),
     ("CONNECT", "evil.example:443"), ("DELETE", "/v1/messages")],
)  # fmt: skip
def test_no_other_route_leads_out(opened, fake, method, target):
    assert opened(BODY, method, target)[0] == 404
    assert fake.requests == []


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]},
        {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]},
        {"tools": ["web_search"]},
        {"mcp_servers": [{"type": "url", "url": "https://evil.example", "name": "x"}]},
        {"container": "c"},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://evil.example/?k"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "f"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [
            {"type": "image", "source": {"type": "url", "url": "https://evil.example"}}]}]}]},
    ],
)  # fmt: skip
def test_nothing_that_acts_or_fetches_elsewhere_is_asked_for(opened, fake, more):
    assert opened({**BODY, **more})[0] == 403
    assert fake.requests == []
    assert opened.gateway.tally.refused


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_request_is_refused(opened, fake, body):
    assert opened(body)[0] == 400
    assert fake.requests == []


def test_what_is_too_large_is_refused_before_it_is_read(opened, fake):
    assert opened(b"", **{"content-length": str(1 << 40)})[0] == 413
    assert fake.requests == []


def test_after_so_many_requests_there_are_no_more(opened, fake):
    assert [opened(BODY)[0] for _ in range(5)] == [200, 200, 200, 400, 400]
    assert opened.gateway.tally.stopped.en == "the agent has made 3 requests"


def test_without_money_nothing_is_sent_and_it_is_said_why(opened, fake):
    opened.purse.allowed = 1
    answers = [opened(BODY) for _ in range(3)]
    assert [status for status, _, _ in answers] == [200, 400, 400]
    assert b"the budget is spent" in answers[1][2]
    assert answers[1][1]["x-should-retry"] == "false"
    assert len(fake.requests) == 1


def test_what_fails_is_put_down_as_what_it_may_have_cost(opened, fake):
    fake.script(error(429, retry_after=7), cut(), ok())
    assert [opened(BODY)[0] for _ in range(3)] == [429, 529, 200]
    assert [each[0] for each in opened.purse.said] == ["reserve", "failed", "reserve", "unclear", "reserve", "paid"]


def test_counting_tokens_costs_nothing(opened, fake):
    assert opened(BODY, target="/v1/messages/count_tokens")[0] == 404  # which the stand-in does not know
    assert opened.purse.said == []
    assert fake.requests[0].body == {"model": MODEL, "messages": BODY["messages"]}


def test_only_this_user_can_enter_the_folder_of_the_socket(opened):
    assert opened.path.parent.stat().st_mode & 0o077 == 0


def test_headers_that_could_smuggle_are_left_out():
    made = judge("POST", "/v1/messages", {"anthropic-beta": "a\r\nx: y", "host": "evil"}, json.dumps(BODY).encode(),
                 model=MODEL, most_tokens=10)  # fmt: skip
    assert not isinstance(made, Refusal)
    assert set(made.headers) == {"content-type"}


def test_tokens_are_summed_with_what_the_cache_took():
    events = (
        b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":10,'
        b'"cache_read_input_tokens":100,"cache_creation_input_tokens":1000,"output_tokens":1}}}\n\n'
        b'event: message_delta\ndata: {"type":"message_delta","usage":{"output_tokens":7}}\n\n'
    )
    found = used(events, "text/event-stream; charset=utf-8")
    assert found == Used(input=1110, output=7, cache_read=100, cache_write=1000)
    assert used(b"not json", "application/json") == Used()
