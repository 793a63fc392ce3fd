"""apprise itself, before programs on loopback that speak as the services do."""

from __future__ import annotations

import email
import email.policy
import socket
import subprocess
import sys

import msgspec
import pytest
from aiosmtpd.controller import Controller
from respond_samples import HOSTILE, diagnosis, hostile_incident, incident, notice

from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import Result, Severity, State, Substate, Text
from logmedic.respond.apprise_channel import AppriseConfig, AppriseResponder
from logmedic.respond.interface import Bulletin, Kind, Mode, Section
from logmedic.respond.ratelimit import RateLimits
from logmedic.testing.doors import FakeClock

# apprise loads all of its plug-ins at once, one of which imports a module that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def via(clock):
    """Makes a responder for an apprise URL."""

    def build(url: str, **settings) -> AppriseResponder:
        config = AppriseConfig(**{"timeout_s": 30.0, **settings})
        return AppriseResponder(config, url=url, clock=clock, limits=RateLimits())

    return build


def edit(outcome, of=None, **changes):
    return notice(of, mode=Mode.EDIT, receipt=outcome.receipt, **changes)


# What it says


def test_a_message_carries_the_incident(via, listener):
    told = notice(incident(diagnosis=diagnosis()), url="https://logs.example/incidents/12?a=1&b=2")
    assert via(f"json://{listener.at}/").deliver(told).result is Result.SENT
    (got,) = listener.got
    said = got.json()
    assert said["title"] == "Critical (new): connection pool timed out after ‹num› ms"
    assert said["type"] == "failure"
    lines = said["message"].splitlines()
    assert lines[:4] == [
        "Occurrences: 31 ▁▄▁▁█", "Service: payments · DB_POOL_TIMEOUT", "Where: payments.db.checkout",
        "Root cause: The pool is too small",
    ]  # fmt: skip
    assert "72 % sure, verified (offline) No code change explains this." in lines
    assert "What to do 1: The pool is too small" in lines
    assert "Suspect commits: 0123456789ab (0.82) The pool is too small" in lines
    assert "Log line: The pool is too small" in lines
    assert lines[-2:] == ["https://logs.example/incidents/12?a=1&b=2", "logmedic · 12 · v1:0123456789abcdef · 1"]


def test_a_korean_channel_reads_korean(via, listener):
    via(f"json://{listener.at}/", language="ko").deliver(notice(incident(diagnosis=diagnosis())))
    said = listener.got[0].json()
    assert said["title"].startswith("심각 (신규): ")
    assert "근본 원인: " in said["message"]


def test_a_service_that_renders_markdown_gets_labels_and_one_fence(via, listener):
    """Rocket.Chat, by its webhook: apprise turns CommonMark into its dialect."""
    token = "a" * 17 + "/" + "b" * 24
    via(f"rocket://{token}@{listener.at}/#ops").deliver(notice(incident(diagnosis=diagnosis())))
    (got,) = listener.got
    text = got.json()["text"]
    assert "**Root cause:**" in text or "*Root cause:*" in text
    assert len(text) <= 1000
    assert text.count("```") in {0, 2}


def test_mattermost_renders_no_markup_of_a_log_although_it_takes_plain_text(via, listener):
    responder = via(f"mmost://{listener.at}/3ccdd113474722377935511fc85d3dd4")
    for text in HOSTILE:
        responder = via(f"mmost://{listener.at}/3ccdd113474722377935511fc85d3dd4")
        assert responder.deliver(notice(hostile_incident(text))).result is Result.SENT
    for got in listener.got:
        assert got.path == "/hooks/3ccdd113474722377935511fc85d3dd4"
        text = got.json()["text"]
        assert len(text) <= 4000
        assert not set("@<>[]`*~|#&\\") & set(text)
        assert "://" not in text


class Mailbox:
    def __init__(self) -> None:
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  aiosmtpd's name
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def mailbox():
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    yield box
    server.stop()


def test_mail_is_plain_text_with_a_subject_of_one_line(via, mailbox):
    told = notice(incident(title="pool\r\nBcc: eve@evil.example\n<b>x</b> 한국어", diagnosis=diagnosis("<img src=x>")))
    url = f"mailto://127.0.0.1:{mailbox.port}?from=logmedic@example.com&to=ops@example.com"
    assert via(url).deliver(told).result is Result.SENT
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Critical (new): pool Bcc: eve＠evil．example ‹b›x‹/b› 한국어"
    assert mail["Bcc"] is None
    assert mail["To"] == "ops@example.com"
    assert mail.get_content_type() == "text/plain"
    assert "Root cause: ‹img src=x›" in mail.get_content()
    assert not list(mail.iter_attachments())


def test_only_critical_news_calls_people_and_by_the_configured_words(via, listener):
    responder = via(f"json://{listener.at}/", mention="@all")
    loud = responder.deliver(notice(mention=True))
    assert loud.reason == "sent with a mention"
    for quiet in (
        notice(), notice(incident(severity=Severity.WARNING), mention=True),
        edit(loud, incident(state=State.RESOLVED), mention=True),
    ):  # fmt: skip
        assert responder.deliver(quiet).reason == "sent"
    assert [got.json()["message"].startswith("@all\n") for got in listener.got] == [True, False, False, False]


def test_a_digest_and_the_end_of_a_trouble_are_told_once_each(via, listener):
    responder = via(f"json://{listener.at}/")
    lines = tuple(Text(f"{n}× @all error", f"{n}× @all 오류") for n in range(200))
    section = Section(Text("New", "신규"), lines)
    digest = Bulletin(
        key="digest:1", kind=Kind.DIGEST, severity=Severity.WARNING, title=Text("Hourly digest", "요약"), language="en",
        sections=(section,),
    )  # fmt: skip
    told = responder.announce(digest)
    again = msgspec.structs.replace(digest, receipt=told.receipt)
    assert responder.announce(again).result is Result.SKIPPED
    over = responder.announce(msgspec.structs.replace(again, over=True))
    assert over.result is Result.SENT
    back = msgspec.structs.replace(digest, receipt=over.receipt)
    assert responder.announce(back).result is Result.SENT, "people believe that it is over"
    first, last, _ = (got.json() for got in listener.got)
    assert first["message"].splitlines()[:3] == ["Digests", "New: 0× ＠all error", "1× ＠all error"]
    assert first["message"].endswith("\nlogmedic · digest:1")
    assert (first["type"], last["type"]) == ("warning", "success")


# What cannot be edited


def test_an_edit_is_sent_only_when_it_is_worth_a_message(via, listener):
    responder = via(f"json://{listener.at}/")
    first = responder.deliver(notice(incident(diagnosis=diagnosis())))
    more = incident(diagnosis=diagnosis(), count=900, substate=Substate.ONGOING)
    assert responder.deliver(edit(first, more)).result is Result.SKIPPED
    better = responder.deliver(edit(first, incident(diagnosis=diagnosis("A leak", engine="claude"))))
    assert better.result is Result.SENT
    solved = incident(diagnosis=diagnosis("A leak", engine="claude"), state=State.RESOLVED)
    over = responder.deliver(edit(better, solved))
    assert over.result is Result.SENT
    assert responder.deliver(edit(over, solved)).result is Result.SKIPPED
    assert [got.json()["type"] for got in listener.got] == ["failure", "failure", "success"]
    assert listener.got[-1].json()["title"].startswith("Critical (resolved): ")


def test_follow_ups_can_be_turned_off(via, listener):
    responder = via(f"json://{listener.at}/", follow_up=False)
    first = responder.deliver(notice())
    assert responder.deliver(edit(first, incident(state=State.RESOLVED))).result is Result.SKIPPED
    assert len(listener.got) == 1


# How it ends


def test_a_refused_connection_is_no_doubt_and_a_lost_answer_is(via, listener):
    with pytest.raises(DeliveryError, match="cannot be reached") as refused:
        via("json://127.0.0.1:1/").deliver(notice())
    assert (refused.value.retry_after, refused.value.unclear) == (1.0, False)
    listener.status = None
    with pytest.raises(DeliveryError) as lost:
        via(f"json://{listener.at}/").deliver(notice())
    assert (lost.value.retry_after, lost.value.unclear) == (1.0, True)


def test_an_answer_that_does_not_come_is_waited_for_no_longer_than_told(via, listener):
    listener.hold = 30.0
    with pytest.raises(DeliveryError) as slow:
        via(f"json://{listener.at}/", timeout_s=0.2).deliver(notice())
    assert slow.value.unclear


def test_a_failure_stays_one_when_the_url_calls_it_optional(via, listener):
    listener.status = 500
    with pytest.raises(DeliveryError, match="JSON answered 500") as caught:
        via(f"json://{listener.at}/?optional=yes&retry=3").deliver(notice())
    assert caught.value.unclear
    assert len(listener.got) == 1, "trying again is decided outside"


def test_a_redirect_is_not_followed(via, listener):
    listener.status, listener.headers = 307, {"location": f"http://{listener.at}/elsewhere"}
    with pytest.raises(DeliveryError, match="answered 307") as caught:
        via(f"json://{listener.at}/here").deliver(notice())
    assert caught.value.retry_after is None
    assert [got.path for got in listener.got] == ["/here"]


def test_the_pace_of_a_service_is_asked_of_the_caller_not_slept(via, clock: FakeClock, mailbox):
    responder = via(f"mailto://127.0.0.1:{mailbox.port}?from=a@example.com&to=b@example.com")
    responder.deliver(notice())
    with pytest.raises(DeliveryError, match="rate limit") as early:
        responder.deliver(notice())
    assert early.value.throttled
    assert early.value.retry_after == 5.5
    clock.advance(5.5)
    assert responder.deliver(notice()).result is Result.SENT


def test_a_429_blocks_the_channel_for_a_while(via, clock: FakeClock, listener):
    listener.status = 429
    responder = via(f"json://{listener.at}/")
    for _ in range(2):
        with pytest.raises(DeliveryError) as caught:
            responder.deliver(notice())
        assert caught.value.throttled
    assert len(listener.got) == 1
    clock.advance(30.0)
    listener.status = 200
    assert responder.deliver(notice()).result is Result.SENT


# How it is set up


@pytest.mark.parametrize("url", ["nope://S3cr3t/x", "S3cr3t", "mailto://", "file:///etc/S3cr3t", "slack://S3cr3t", " "])
def test_a_url_that_apprise_does_not_know_is_refused_without_showing_it(via, url):
    with pytest.raises(ConfigError, match="channel apprise: apprise does not know") as caught:
        via(url)
    assert "S3cr3t" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_the_package_the_remedy_is_said_in_one_line(via, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match=r"pip install 'logmedic\[channels\]'"):
        via("json://127.0.0.1/")


@pytest.mark.parametrize("settings", [{"timeout_s": 0}, {"timeout_s": float("nan")}, {"mention": "a\nb"}])
def test_settings_that_cannot_work_are_refused(settings):
    with pytest.raises(ValueError, match=f"`{next(iter(settings))}`"):
        AppriseConfig(**settings)


def test_a_channel_table_without_apprise_in_use_does_not_import_it():
    code = "import sys, logmedic.respond.channels; print({'apprise', 'requests'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
