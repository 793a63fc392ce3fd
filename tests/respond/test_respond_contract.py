"""What every channel promises, run over the table, so that the next kind is tested before it is written."""

from __future__ import annotations

import base64
import inspect
import io
import re
import string
import typing

import msgspec
import pytest
from respond_samples import HOSTILE, hostile_incident, incident, notice

from logmedic.config import Secret
from logmedic.doors import HttpAnswer, HttpError, Ran
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import DiagnosisStatus, Result, Severity, State, Substate, Text
from logmedic.respond import words
from logmedic.respond.channels import KINDS, ChannelConfig, kind_of, make, secret_of, specs
from logmedic.respond.interface import told
from logmedic.respond.ratelimit import RateLimits
from logmedic.respond.spoken import outcome

# Settings without which a kind does not work.
NEEDED = {"github": {"repo": "acme/shop"}, "webhook": {"url": "http://127.0.0.1:9/hook"}}
CONFIGS = {typing.cast(str, config.__struct_config__.tag): config for config in typing.get_args(ChannelConfig)}
SECRET = "https://discord.com/api/webhooks/123456789012345678/S3cr3t-t0ken-S3cr3t-t0ken-S3cr3t"
SIGNING_KEY = "whsec_" + base64.b64encode(b"S3cr3t" * 6).decode()
# apprise loads all of its plug-ins at once, one of which imports a module that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
every_kind = pytest.mark.parametrize("kind", sorted(KINDS))


class Hostile:
    """An HTTP door behind which everything fails, echoing what it was asked."""

    def __init__(self, status: int | None, headers=None) -> None:
        self.status, self.headers = status, headers or {}

    def request(self, method, url, *, timeout, json=None, headers=None):
        if self.status is None:
            raise HttpError(f"ReadTimeout: {url}", sent=True)
        body = msgspec.json.encode({"message": f"no such thing {url}\n\x1b[31m", "code": 1, "retry_after": 7.5})
        return HttpAnswer(self.status, self.headers, body)

    def run(self, argv, *, timeout, cwd=None, env=None, input=b"", limit=0, shared=()):
        """The same as gh would tell it."""
        said = "EOF" if self.status is None else f"HTTP {self.status}"
        return Ran(1, b"", f"{said}\n\x1b[31m{' '.join(env.values())} (https://api.github.com/graphql)\n".encode())


class Obliging:
    """A gh that does what it is told, and remembers the texts that it was given."""

    def __init__(self) -> None:
        self.texts = []

    def run(self, argv, *, timeout, cwd=None, env=None, input=b"", limit=0, shared=()):
        assert all(isinstance(word, str) and "\0" not in word for word in argv)
        self.texts.append(input.decode())
        listing, filing = argv[1:3] == ["issue", "list"], argv[1:3] == ["issue", "create"]
        return Ran(0, b"[]" if listing else b"https://github.com/acme/shop/issues/7\n" if filing else b"", b"")


def settings(kind, **more):
    return CONFIGS[kind](**NEEDED.get(kind, {}), **more)


def secret_for(kind, listener, discord=None):
    """A secret of the form that the kind needs, which leads to the given far side."""
    theirs = {"webhook": SIGNING_KEY, "apprise": f"json://{listener.at}/S3cr3t-t0ken-S3cr3t/123456789012345678"}
    return theirs.get(kind, discord.url if discord else SECRET) if secret_of(CONFIGS[kind]()) else None


def built(kind, clock, http, listener):
    """Before a far side that answers as ``http`` does."""
    listener.status = http.status
    secret, stream, limits = secret_for(kind, listener), io.StringIO(), RateLimits()
    return make(settings(kind), http=http, clock=clock, secret=secret, stream=stream, limits=limits, shell=http)


def test_the_union_of_configs_and_the_table_name_the_same_kinds():
    assert set(CONFIGS) == set(KINDS)


@every_kind
def test_a_responder_says_its_name_and_kind(kind, clock, listener):
    config = settings(kind, name="mine")
    secret = secret_for(kind, listener)
    responder = make(config, http=Hostile(200), clock=clock, secret=secret, stream=io.StringIO())
    assert (responder.name, responder.kind) == ("mine", kind)
    assert kind_of(config) == kind


@every_kind
def test_every_setting_is_explained_and_has_a_default(kind):
    source = inspect.getsource(CONFIGS[kind])
    for field in CONFIGS[kind].__struct_fields__:
        assert re.search(rf'^    {field}: .* = .*\n    """.+"""', source, re.MULTILINE), field
    assert CONFIGS[kind]().name == kind


@every_kind
def test_a_config_is_chosen_by_its_kind_and_unknown_keys_are_refused(kind):
    assert type(msgspec.convert({"kind": kind, "name": "x"}, ChannelConfig)) is CONFIGS[kind]
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert({"kind": kind, "colour": "red"}, ChannelConfig)


@every_kind
@pytest.mark.parametrize("status", [None, 400, 401, 403, 404, 429, 500, 503])
def test_no_failure_shows_a_secret_or_more_than_one_clean_line(kind, clock, listener, status):
    responder = built(kind, clock, Hostile(status), listener)
    try:
        said = repr(responder.deliver(notice()))
    except DeliveryError as error:
        said = f"{error}"
        assert "\n" not in said
        assert said.isprintable()
    assert "S3cr3t" not in said
    assert "123456789012345678" not in said


@every_kind
@pytest.mark.parametrize(("status", "worth"), [(400, False), (401, False), (404, False), (429, True), (503, True)])
def test_a_failure_says_whether_a_retry_makes_sense(kind, clock, listener, status, worth):
    responder = built(kind, clock, Hostile(status), listener)
    if secret_of(CONFIGS[kind]()) is None:
        assert responder.deliver(notice()).result is Result.SENT, "it asks nobody else"
        return
    with pytest.raises(DeliveryError) as caught:
        responder.deliver(notice())
    assert (caught.value.retry_after is not None) is worth


@every_kind
def test_a_receipt_tells_the_policy_what_was_heard_and_can_be_stored(kind, clock, http, discord, listener):
    came = deliver(kind, clock, http, discord, listener, notice())
    assert came.result is Result.SENT
    assert told(incident()).items() <= came.receipt.items()
    assert msgspec.json.decode(msgspec.json.encode(came.receipt)) == came.receipt
    assert discord.token not in repr(came)


@every_kind
@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_delivered_and_calls_nobody(kind, clock, http, discord, listener, text, severity):
    hostile = notice(hostile_incident(text, severity), mention=severity is not Severity.CRITICAL)
    assert deliver(kind, clock, http, discord, listener, hostile).result is Result.SENT
    assert discord.pings == []


def deliver(kind, clock, http, discord, listener, told_to):
    config = settings(kind)
    if kind == "webhook":
        config = msgspec.structs.replace(config, url=f"http://{listener.at}/hook")
    secret = secret_for(kind, listener, discord)
    stream, limits, shell = io.StringIO(), RateLimits(), Obliging()
    responder = make(config, http=http, clock=clock, secret=secret, stream=stream, limits=limits, shell=shell)
    came = responder.deliver(told_to)
    assert not any("@" in text for text in shell.texts)
    return came


def test_channels_need_names_of_their_own():
    config = CONFIGS["console"]
    with pytest.raises(ConfigError, match="two are named 'console'"):
        specs([config(), config()])
    with pytest.raises(ConfigError, match="empty name"):
        specs([config(name=" ")])


def test_a_channel_says_from_which_severity_on_it_is_told():
    discord, console = CONFIGS["discord"], CONFIGS["console"]
    made = specs([discord(), discord(name="all", min_severity=Severity.WARNING), console()])
    assert [spec.min_severity for spec in made] == [Severity.CRITICAL, Severity.WARNING, Severity.INFO]


def test_only_those_who_ask_somebody_else_have_a_secret():
    secrets = {kind: secret_of(config()) for kind, config in CONFIGS.items()}
    assert secrets == {
        "console": None, "jsonl": None,
        "discord": Secret(env="LOGMEDIC_DISCORD_WEBHOOK"), "github": Secret(env="GH_TOKEN"),
        "apprise": Secret(env="LOGMEDIC_APPRISE_URL"), "webhook": Secret(env="LOGMEDIC_WEBHOOK_SECRET"),
    }  # fmt: skip


def test_two_channels_made_alike_share_the_process_wide_limits(clock):
    config = CONFIGS["discord"]
    first = make(config(), http=Hostile(429), clock=clock, secret=SECRET)
    with pytest.raises(DeliveryError, match=r"7\.5 s"):
        first.deliver(notice())
    clock.advance(1.5)
    second = make(config(name="b"), http=Hostile(200), clock=clock, secret=SECRET)
    with pytest.raises(DeliveryError, match=r"6\.0 s"):
        second.deliver(notice())
    clock.advance(6.0)
    assert second.deliver(notice()).result is Result.SENT


# Words


@pytest.mark.parametrize(
    "reason",
    [
        "sent with a mention", "not worth another message, and the last one cannot be edited",
        "Slack's rate limit, 5.5 s to wait", "its rate limit, 5.5 s to wait",
        "Slack answered 403; check the channel's URL",
        "Google Chat cannot be reached; tried 4 times", "it answered 404; check its URL and its key",
        "Slack did not take the message, or did not answer in time (it may have arrived); tried 4 times",
        "it answered 308; redirects are not followed: give the final address", "no answer (ConnectError)",
        "it answered 410 (gone): it wants no more; remove the channel",
        "not asked again, it has said 410 (gone): it wants no more; remove the channel",
        "the URL is refused: it leads to 169.254.169.254, where no webhook belongs (link-local and so on)",
    ],
)  # fmt: skip
def test_what_became_of_an_alert_is_said_in_korean(reason):
    spoken = outcome(reason, "ko")
    assert re.search("[가-힣]", spoken)
    assert not set(re.findall("[A-Za-z]+", spoken)) - {"Slack", "Google", "Chat", "URL", "gone", "ConnectError"}
    assert outcome(reason, "en") == reason


def all_texts():
    for name, value in vars(words).items():
        if isinstance(value, Text):
            yield name, value
        elif isinstance(value, dict) and name.isupper():
            yield from ((f"{name}[{key}]", text) for key, text in value.items())


@pytest.mark.parametrize(("name", "text"), list(all_texts()))
def test_every_text_exists_in_both_languages_with_the_same_blanks(name, text):
    def blanks(template):
        return sorted(field for _, field, _, _ in string.Formatter().parse(template) if field is not None)

    assert text.en.strip()
    assert re.search("[가-힣]", text.ko)
    assert blanks(text.en) == blanks(text.ko)
    assert len(text.en) <= 64
    assert len(text.ko) <= 64


def test_every_severity_state_substate_and_status_has_a_word():
    tables = (words.SEVERITY, words.STATE, words.SUBSTATE, words.STATUS)
    for table, members in zip(tables, (Severity, State, Substate, DiagnosisStatus), strict=True):
        assert set(table) == set(members)
