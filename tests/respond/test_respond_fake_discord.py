"""The fake is only worth something if it refuses what Discord refuses."""

from __future__ import annotations

import time

import pytest

from logmedic.doors import HttpError
from logmedic.testing.discord import FakeDiscord, Fault

FAMILY = "👨‍👩‍👧‍👦"  # 11 UTF-16 units
ROLE = "123456789012345678"


@pytest.fixture
def fake():
    with FakeDiscord(limit=10**6) as fake:
        yield fake


@pytest.fixture
def post(http, fake):
    def send(body, *, to: FakeDiscord | None = None, query="wait=true"):
        return http.request("POST", f"{(to or fake).url}?{query}", timeout=30, json=body)

    return send


def code(answer) -> int:
    return answer.json()["code"]


def embeds(**parts):
    return {"embeds": [parts]}


FITS = [
    {"content": "x" * 2000},
    {"content": "@here", "allowed_mentions": {"parse": ["everyone"]}},
    {"content": f"<@&{ROLE}>", "allowed_mentions": {"parse": [], "roles": [ROLE]}},
    {"content": "x", "username": "u" * 80},
    embeds(title="x" * 256),
    embeds(description="x" * 4096),
    embeds(fields=[{"name": "n", "value": "v"}] * 25),
    embeds(fields=[{"name": "n" * 256, "value": "v" * 1024, "inline": True}]),
    embeds(footer={"text": "x" * 2048}, title="t"),
    embeds(title="t", color=0xFFFFFF, timestamp="2026-01-01T00:00:00Z", url="https://a.example"),
    {"embeds": [{"title": "t"}] * 10},
    {"embeds": [{"description": "x" * 3000}] * 2},
]
DOES_NOT_FIT = [
    {"content": "x" * 2001},
    {"content": FAMILY * 182},  # 2,002 units
    {"content": 5},
    {"content": "x", "username": "my Discord"},
    {"content": "x", "username": "u" * 81},
    {"content": "x", "surprise": 1},
    embeds(title="x" * 257),
    embeds(title=""),
    embeds(description="x" * 4097),
    embeds(fields=[{"name": "n", "value": "v"}] * 26),
    embeds(fields=[{"name": "n", "value": " "}]),
    embeds(fields=[{"name": "n"}]),
    embeds(fields=[{"name": "n" * 257, "value": "v"}]),
    embeds(fields=[{"name": "n", "value": "v" * 1025}]),
    embeds(footer={"text": "x" * 2049}),
    embeds(footer={}),
    embeds(title="t", color=0x1000000),
    embeds(title="t", timestamp="yesterday"),
    embeds(title="t", url="javascript:x"),
    embeds(title="t", video={"url": "https://a.example"}),
    {"embeds": [{"title": "t"}] * 11},
    {"embeds": [{"description": "x" * 3000}, {"description": "x" * 3001}]},
    {"content": "x", "allowed_mentions": {"parse": ["here"]}},
    {"content": "x", "allowed_mentions": {"parse": ["roles"], "roles": [ROLE]}},
    {"content": "x", "allowed_mentions": {"parse": [], "roles": ["everyone"]}},
    {"content": "x", "allowed_mentions": []},
]


@pytest.mark.parametrize("body", FITS)
def test_what_is_within_the_limits_is_accepted(fake, post, body):
    answer = post(body)
    assert answer.status == 200, answer.body
    assert answer.json()["id"] == fake.messages[0]["id"]


@pytest.mark.parametrize("body", DOES_NOT_FIT)
def test_what_is_beyond_a_limit_is_refused(fake, post, body):
    answer = post(body)
    assert (answer.status, code(answer)) == (400, 50035)
    assert fake.messages == []


@pytest.mark.parametrize("body", [{}, {"content": " \n"}, {"embeds": []}])
def test_an_empty_message_is_refused(post, body):
    assert code(post(body)) == 50006


def test_a_body_that_is_no_json_object_is_refused(post):
    assert code(post([1])) == 50109


def test_without_wait_there_is_no_body(post):
    answer = post({"content": "x"}, query="wait=false")
    assert (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(
    ("allowed", "called"),
    [
        (None, ["everyone", f"role:{ROLE}", "user:876543210987654321"]),
        ({"parse": []}, []),
        ({"parse": ["users"]}, ["user:876543210987654321"]),
        ({"parse": [], "roles": [ROLE]}, [f"role:{ROLE}"]),
    ],
)
def test_it_knows_whom_a_message_calls(fake, post, allowed, called):
    body = {"content": f"@everyone <@&{ROLE}> <@876543210987654321>", "embeds": [{"title": "@here"}]}
    post(body if allowed is None else {**body, "allowed_mentions": allowed})
    assert [whom for whom, _ in fake.pings] == called


def test_messages_can_be_read_edited_and_deleted(fake, post, http):
    at = f"{fake.url}/messages/{post({'content': 'a'}).json()['id']}"
    assert http.request("GET", at, timeout=30).json()["content"] == "a"
    assert http.request("PATCH", at, timeout=30, json={"content": "b"}).json()["content"] == "b"
    assert http.request("PATCH", at, timeout=30, json={"content": "b", "username": "x"}).status == 400
    assert http.request("DELETE", at, timeout=30).status == 204
    assert code(http.request("GET", at, timeout=30)) == 10008


def test_forum_rules(post):
    with FakeDiscord(forum=True, limit=99) as forum:
        assert code(post({"content": "x"}, to=forum)) == 220001
        opened = post({"content": "x", "thread_name": "t"}, to=forum).json()
        thread = opened["channel_id"]
        assert forum.threads == {thread: "t"}
        into = f"wait=true&thread_id={thread}"
        assert post({"content": "y"}, to=forum, query=into).json()["channel_id"] == thread
        assert code(post({"content": "y", "thread_name": "t"}, to=forum, query=into)) == 220002
        assert code(post({"content": "y"}, to=forum, query="thread_id=1")) == 10003
        assert post({"content": "x", "thread_name": "t" * 101}, to=forum).status == 400


def test_a_text_channel_opens_no_threads(post):
    assert code(post({"content": "x", "thread_name": "t"})) == 220003


def test_an_edit_in_a_thread_must_name_it_and_an_archived_one_refuses(post, http):
    with FakeDiscord(forum=True, limit=99) as forum:
        opened = post({"content": "x", "thread_name": "t"}, to=forum).json()
        at, thread = f"{forum.url}/messages/{opened['id']}", opened["channel_id"]
        assert code(http.request("PATCH", at, timeout=30, json={"content": "b"})) == 10008
        assert http.request("PATCH", f"{at}?thread_id={thread}", timeout=30, json={"content": "b"}).status == 200
        forum.archived.add(thread)
        assert code(http.request("PATCH", f"{at}?thread_id={thread}", timeout=30, json={"content": "b"})) == 50083


def test_wrong_tokens_deleted_webhooks_and_nameless_clients_are_turned_away(fake, post, http):
    assert code(http.request("POST", fake.url + "x", timeout=30, json={"content": "x"})) == 50027
    assert code(http.request("POST", fake.url, timeout=30, json={"content": "x"}, headers={"user-agent": ""})) == 40333
    fake.deleted = True
    assert code(post({"content": "x"})) == 10015
    assert http.request("POST", fake.url.replace("/api/", "/else/"), timeout=30, json={}).status == 404


def test_the_sixth_request_within_two_seconds_is_told_how_long_to_wait(clock, post):
    with FakeDiscord(monotonic=clock.monotonic) as fake:
        answers = [post({"content": "x"}, to=fake) for _ in range(6)]
        assert [answer.status for answer in answers] == [200] * 5 + [429]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers[:5]] == list("43210")
        assert answers[5].json() == {"message": "You are being rate limited.", "retry_after": 2.0, "global": False}
        clock.advance(2.0)
        assert post({"content": "x"}, to=fake).status == 200


def test_a_lost_answer_leaves_the_message_and_a_hung_up_call_does_not(fake, post):
    for fault, stored in ((Fault.hang_up(), 0), (Fault.lost_answer(), 1)):
        fake.faults.append(fault)
        with pytest.raises(HttpError) as caught:
            post({"content": "x"})
        assert caught.value.sent
        assert len(fake.messages) == stored


def test_closing_does_not_wait_for_a_hanging_answer(http):
    with FakeDiscord() as fake:
        fake.faults.append(Fault.slow(90))
        with pytest.raises(HttpError):
            http.request("POST", fake.url, timeout=0.05, json={"content": "x"})
        began = time.monotonic()
    assert time.monotonic() - began < 60


def test_its_record_of_requests_shows_no_token(fake, post):
    post({"content": "x"})
    ((method, path, body),) = fake.requests
    assert (method, body) == ("POST", {"content": "x"})
    assert fake.token not in path
