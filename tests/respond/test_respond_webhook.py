"""The webhook, checked with the reference library of Standard Webhooks."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from respond_samples import HOSTILE, diagnosis, hostile_incident, incident, notice
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from logmedic.doors import SystemClock
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import Result, Severity, State, Text
from logmedic.respond.interface import Bulletin, Kind, Mode, Section
from logmedic.respond.ratelimit import RateLimits
from logmedic.respond.webhook import WebhookConfig, WebhookResponder
from logmedic.respond.webhook_address import check, place
from logmedic.testing.doors import FakeClock

DOCS = Path(__file__).parents[2] / "docs"
KEY = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 25))).decode()


@pytest.fixture
def to(http, listener):
    """Makes a responder for the listener."""

    def build(clock=None, *, secret=KEY, resolve=None, **changes) -> WebhookResponder:
        config = WebhookConfig(**{"url": f"http://{listener.at}/hook?a=b", "timeout_s": 30.0, **changes})
        more = {} if resolve is None else {"resolve": resolve}
        return WebhookResponder(
            config, secret=secret, http=http, clock=clock or SystemClock(), limits=RateLimits(), **more
        )

    return build


def bulletin(**changes):
    section = Section(Text("New", "신규"), (Text("1× boom", "1× 쾅"),))
    made = Bulletin(key="digest:1", kind=Kind.DIGEST, severity=Severity.WARNING, title=Text("Hourly digest", "요약"),
                    language="en", sections=(section,))  # fmt: skip
    return msgspec.structs.replace(made, **changes)


# What is sent


def test_the_reference_library_accepts_the_signature_and_sees_the_incident(to, listener):
    told = notice(incident(diagnosis=diagnosis()), url="https://logs.example/incidents/12")
    outcome = to().deliver(told)
    assert outcome.result is Result.SENT
    (got,) = listener.got
    assert got.path == "/hook?a=b"
    assert got.headers["content-type"] == "application/json"
    seen = Webhook(KEY).verify(got.body, got.headers)
    assert seen["type"] == "incident.opened"
    assert seen["timestamp"] == "2026-01-01T00:05:00Z"
    assert seen["data"]["url"] == "https://logs.example/incidents/12"
    assert seen["data"]["incident"]["title"] == "connection pool timed out after <num> ms"
    assert seen["data"]["incident"]["diagnosis"]["root_cause"] == {"en": "The pool is too small"} | {
        "ko": "The pool is too small"
    }
    assert "evidence" not in seen["data"]["incident"]["diagnosis"]
    assert outcome.receipt["webhook_id"] == got.headers["webhook-id"]


def test_another_key_or_another_body_is_not_accepted(to, listener):
    to().deliver(notice())
    (got,) = listener.got
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(got.body.replace(b"31", b"32"), got.headers)


def test_while_a_key_is_replaced_both_are_accepted(to, listener):
    to(secret=f"{KEY} {OTHER}").deliver(notice())
    (got,) = listener.got
    for key in (KEY, OTHER):
        Webhook(key).verify(got.body, got.headers)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_check_that_the_documents_show_works(to, listener, language):
    (shown,) = re.findall(r"```python\n(.*?)```", (DOCS / language / "channels.md").read_text("utf-8"), re.DOTALL)
    scope: dict = {}
    exec(shown, scope)
    to(secret=f"{OTHER} {KEY}").deliver(notice())
    (got,) = listener.got
    assert scope["genuine"](KEY, got.headers, got.body) is True
    assert scope["genuine"](OTHER, got.headers, got.body) is True
    assert scope["genuine"](KEY, got.headers, got.body + b" ") is False
    assert scope["genuine"]("whsec_" + "A" * 40, got.headers, got.body) is False
    old = {**got.headers, "webhook-timestamp": str(int(got.headers["webhook-timestamp"]) - 3600)}
    assert scope["genuine"](KEY, old, got.body) is False


def test_every_try_of_the_same_news_has_the_same_id(to, listener):
    responder = to()
    for key in ("a:1:hook", "a:1:hook", "a:1:hook:again"):
        responder.deliver(notice(key=key))
    first, second, third = (got.headers["webhook-id"] for got in listener.got)
    assert first == second != third
    assert re.fullmatch(r"msg_[0-9a-f]{32}", first)


def test_the_type_says_what_happened(to, listener):
    responder = to()
    first = responder.deliver(notice())
    responder.deliver(notice(mode=Mode.EDIT, receipt=first.receipt))
    responder.deliver(notice(incident(state=State.RESOLVED), mode=Mode.EDIT, receipt=first.receipt))
    for kind in Kind:
        responder.announce(bulletin(kind=kind))
    assert [got.json()["type"] for got in listener.got] == [
        "incident.opened", "incident.updated", "incident.resolved",
        "incident.digest", "incident.storm", "incident.reminder", "logmedic.trouble",
    ]  # fmt: skip


def test_a_bulletin_comes_in_both_languages_and_again_when_it_is_over(to, listener):
    responder = to()
    for told in (bulletin(), bulletin(receipt={"webhook_id": "x"}), bulletin(over=True)):
        responder.announce(told)
    first, second, over = listener.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"] != over.headers["webhook-id"]
    assert first.json()["data"] == {
        "key": "digest:1", "kind": "digest", "severity": "warning", "title": {"en": "Hourly digest", "ko": "요약"},
        "sections": [{"heading": {"en": "New", "ko": "신규"}, "lines": [{"en": "1× boom", "ko": "1× 쾅"}]}],
        "over": False,
    }  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300) | st.sampled_from(HOSTILE))
def test_any_text_becomes_json_that_verifies_and_steers_no_terminal(to, listener, text):
    listener.got.clear()
    to().deliver(notice(hostile_incident(text)))
    (got,) = listener.got
    assert Webhook(KEY).verify(got.body, got.headers)["data"]["incident"]["culprit"] == text
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", got.body.decode())


# How it ends


def test_a_receiver_that_says_gone_is_not_asked_again(to, listener):
    listener.status = 410
    responder = to()
    for _ in range(2):
        with pytest.raises(DeliveryError, match=r"410.*remove the channel") as caught:
            responder.deliver(notice())
        assert (caught.value.retry_after, caught.value.unclear) == (None, False)
    assert len(listener.got) == 1


def test_a_redirect_is_not_followed(to, listener):
    listener.status, listener.headers = 308, {"location": f"http://{listener.at}/elsewhere"}
    with pytest.raises(DeliveryError, match="answered 308; redirects are not followed") as caught:
        to().deliver(notice())
    assert caught.value.retry_after is None
    assert len(listener.got) == 1


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7.0), ("Thu, 01 Jan 2026 00:00:09 GMT", 9.0), (None, 60.0), ("nonsense", 60.0)]
)
def test_a_429_is_waited_out(to, clock: FakeClock, listener, said, seconds):
    listener.status, listener.headers = 429, {} if said is None else {"retry-after": said}
    responder = to(clock)
    for _ in range(2):
        with pytest.raises(DeliveryError) as caught:
            responder.deliver(notice())
        assert caught.value.throttled
        assert caught.value.retry_after == seconds
    assert len(listener.got) == 1
    clock.advance(seconds)
    listener.status = 204
    assert responder.deliver(notice()).result is Result.SENT


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [(500, {}, 1.0), (503, {}, 1.0), (503, {"retry-after": "40"}, 40.0), (408, {}, 1.0), (None, {}, 1.0)],
)
def test_what_may_have_arrived_is_unclear_and_tried_again(to, listener, status, headers, seconds):
    listener.status, listener.headers = status, headers
    with pytest.raises(DeliveryError) as caught:
        to().deliver(notice())
    assert caught.value.unclear
    assert caught.value.retry_after == seconds
    assert not caught.value.throttled


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_told(to, listener):
    listener.hold = 30.0
    with pytest.raises(DeliveryError, match="no answer") as caught:
        to(timeout_s=0.2).deliver(notice())
    assert caught.value.unclear


def test_nobody_listening_is_no_doubt(to):
    with pytest.raises(DeliveryError, match="no answer") as caught:
        to(url="http://127.0.0.1:1/hook").deliver(notice())
    assert (caught.value.unclear, caught.value.retry_after) == (False, 1.0)


# Where it may go


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example/x", "https://10.0.0.7:8443/x?y=z", "http://127.0.0.1/x", "http://localhost:80/",
     "http://[::1]:9/x", "http://127.8.9.1/"],
)  # fmt: skip
def test_https_anywhere_and_http_on_this_machine_is_allowed(url):
    assert place(url).host in url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "not of the form"), ("hooks.example/x", "not of the form"), ("ftp://hooks.example/", "not of the form"),
        ("https://", "not of the form"), ("https://a b/", "not of the form"), ("https://a\\@b/", "not of the form"),
        ("https://[::1", "no URL"), ("https://x:99999/", "no URL"),
        ("https://user:pw@hooks.example/", "must not have"), ("https://hooks.example/#x", "must not have"),
        ("http://hooks.example/", "not https"), ("http://10.0.0.7/", "not https"),
        ("http://localhost.evil/", "not https"),
        ("https://169.254.169.254/latest", "link-local"), ("http://169.254.169.254/latest", "link-local"),
        ("https://2852039166/", "link-local"), ("https://0xA9.254.43518/", "link-local"),
        ("https://0251.0376.0251.0376/", "link-local"), ("https://[fe80::1]/", "link-local"),
        ("https://[fe80::1%25eth0]/", "link-local"), ("https://[::ffff:169.254.169.254]/", "link-local"),
        ("https://[2002:a9fe:a9fe::]/", "link-local"), ("https://[fd00:ec2::254]/", "metadata"),
        ("https://100.100.100.200/", "metadata"), ("https://0.0.0.0/", "refused"), ("https://224.0.0.1/", "refused"),
        ("https://metadata.google.internal/", "metadata"), ("https://METADATA.google.internal./", "metadata"),
    ],
)  # fmt: skip
def test_other_addresses_are_refused_with_the_reason(to, url, why):
    with pytest.raises(ConfigError, match=why) as caught:
        to(url=url)
    assert str(caught.value).startswith("channel webhook: url: ")
    assert "\n" not in str(caught.value)
    assert "pw" not in str(caught.value)


def test_a_name_that_leads_to_a_metadata_address_is_refused_when_it_is_used(to, listener):
    for found in (["169.254.169.254"], ["10.0.0.7", "fe80::1%eth0"], ["::ffff:a9fe:a9fe"]):
        responder = to(url=f"https://localhost:{listener.port}/x", resolve=lambda host, port, found=found: found)
        with pytest.raises(DeliveryError, match="the URL is refused: it leads to") as caught:
            responder.deliver(notice())
        assert caught.value.retry_after is None
    assert listener.got == []
    check(place("https://hooks.example/"), lambda host, port: ["93.184.215.14", "2606:2800:21f::1"])


def test_a_name_that_leads_nowhere_is_tried_again(to):
    def nowhere(host, port):
        raise OSError(-2, "Name or service not known")

    with pytest.raises(DeliveryError, match="host is not found: Name or service not known") as caught:
        to(url="https://hooks.example/", resolve=nowhere).deliver(notice())
    assert (caught.value.retry_after, caught.value.unclear) == (1.0, False)


@pytest.mark.parametrize(
    "key", ["", " ", "whsec_", "whsec_!!!", "whsec_c2hvcnQ=", KEY.removeprefix("whsec_"), "whsec_" + "A" * 100,
            f"{KEY} nonsense"],
)  # fmt: skip
def test_a_key_that_is_none_is_refused_without_showing_it(to, key):
    with pytest.raises(ConfigError, match="signing key") as caught:
        to(secret=key)
    assert "nonsense" not in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), 601])
def test_a_time_out_that_cannot_work_is_refused(seconds):
    with pytest.raises(ValueError, match="`timeout_s`"):
        WebhookConfig(url="https://hooks.example", timeout_s=seconds)
