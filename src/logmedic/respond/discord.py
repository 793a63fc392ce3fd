"""Incidents as messages in a Discord channel, through a webhook and plain HTTP.

Source of the API's behaviour: Discord developer documentation, "Webhook Resource", "Rate Limits" and
"Opcodes and Status Codes → JSON Error Codes".
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from logmedic.config import Secret
from logmedic.doors import Clock, Http, HttpAnswer, HttpError
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import Outcome, Result, Severity
from logmedic.respond.discord_message import (
    HERE,
    NO_MENTIONS,
    bulletin_embed,
    bulletin_thread,
    embed,
    marker,
    mention_of,
    thread_name,
)
from logmedic.respond.interface import Bulletin, Mode, Notice, told
from logmedic.respond.ratelimit import RateLimits
from logmedic.respond.text import one_line

_WEBHOOK = re.compile(r"(?:/api(?:/v[0-9]+)?)/webhooks/(?P<id>[0-9]{15,20})/(?P<token>[A-Za-z0-9_-]{20,200})/?\Z")
_HOST = re.compile(r"(?:[a-z0-9-]{1,20}\.)?discord(?:app)?\.com")  # ptb. and canary. are those of test clients
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SNOWFLAKE = re.compile(r"[0-9]{15,20}\Z")
_SOON = 1.0  # s; what we ask of the caller when the far side names no time

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, THREAD_ARCHIVED = 10003, 10008, 50083
#: What a person can do about a refusal, by Discord's error code.
_REMEDY = {
    10015: "the webhook was deleted; create a new one and update the secret",
    50027: "the webhook's token is wrong; copy its URL again",
    220001: "it belongs to a forum channel; set `forum = true`",
    220003: "it does not belong to a forum channel; set `forum = false`",
}


class DiscordConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="discord"
):
    """``kind = "discord"``: messages through a webhook."""

    name: str = "discord"
    """The channel's name, unique among channels."""
    webhook: Secret = Secret(env="LOGMEDIC_DISCORD_WEBHOOK")
    """Where the webhook's URL stands. Whoever has it can post, so it is a secret."""
    min_severity: Severity | None = None
    """Least severity sent. Default: critical."""
    mention: str = HERE
    """Whom critical news calls: "@here", "role:<id>" or "none"."""
    forum: bool = False
    """Whether the webhook belongs to a forum channel; each incident gets its own post (thread) there."""
    tags: dict[Severity, str] = {}
    """Ids of the forum's tags by severity, which new posts get: ``tags = { critical = "123456789012345678" }``."""
    language: Literal["en", "ko"] | None = None
    """Language of the messages. Default: the product's language."""
    username: str = "logmedic"
    """Name that the messages appear under; 1 to 80 characters, without "discord" or "clyde"."""
    timeout_s: float = 10.0
    """Longest wait for one answer, in seconds."""


class _Message(msgspec.Struct, frozen=True):
    """What is to be shown, before it is known whether it edits a message or sends one."""

    body: dict[str, Any]
    loud: bool  # calls people when it is sent
    urgent: bool  # goes before lesser news where the rate limit lets only some through
    thread_name: str  # of the forum post, when one is opened for it
    severity: Severity


class DiscordResponder:
    """Sends a message for each piece of news and edits it in place in between.

    The receipt keeps ``message_id`` and, in a forum, ``thread_id``. An edit whose message is gone sends a new one,
    without calling anybody.
    """

    kind = "discord"

    def __init__(self, config: DiscordConfig, *, webhook: str, http: Http, clock: Clock, limits: RateLimits) -> None:
        """``webhook``: the URL itself. ``limits`` is shared by all responders of the process.

        Raises:
            ConfigError: the URL, the mention or the username cannot work. The message never contains the URL.
        """
        self.name = config.name
        self._config = config
        self._base, self._secrets = _parse(webhook, config.name)
        self._content, self._allowed = _checked_mention(config)
        _check_username(config)
        _check_tags(config)
        self._http = http
        self._clock = clock
        self._limits = limits
        self._limit_key = hashlib.sha256(self._base.encode()).hexdigest()
        self._host_key = urlsplit(self._base).netloc

    def deliver(self, notice: Notice) -> Outcome:
        language = self._config.language or notice.language
        incident = notice.incident
        critical = incident.severity is Severity.CRITICAL
        loud = notice.mention and notice.mode is Mode.SEND and critical
        message = _Message(
            body={"embeds": [embed(notice, language)], "allowed_mentions": NO_MENTIONS},
            loud=loud,
            urgent=critical,
            thread_name=thread_name(incident, language),
            severity=incident.severity,
        )
        receipt = notice.receipt or {}
        reason, ids = self._put(message, receipt, edit=notice.mode is Mode.EDIT)
        return Outcome(Result.SENT, reason, {**told(incident), "marker": marker(incident), **ids})

    def preview(self, notice: Notice) -> str:
        """The embed's texts, one below the other, under whom a new message would call."""
        shown = embed(notice, self._config.language or notice.language)
        loud = notice.mention and notice.incident.severity is Severity.CRITICAL
        fields = (f"{field['name']}\n{field['value']}" for field in shown["fields"])
        parts = (self._content if loud else "", shown["title"], shown["description"], *fields, shown["footer"]["text"])
        return "\n\n".join(filter(None, parts))

    def announce(self, bulletin: Bulletin) -> Outcome:
        """A digest, or another message about no single incident. In a forum all of a kind share a post."""
        language = self._config.language or bulletin.language
        critical = bulletin.severity is Severity.CRITICAL
        receipt = bulletin.receipt or {}
        message = _Message(
            body={"embeds": [bulletin_embed(bulletin, language)], "allowed_mentions": NO_MENTIONS},
            loud=bulletin.mention and critical and "message_id" not in receipt,
            urgent=bulletin.mention and critical,
            thread_name=bulletin_thread(bulletin, language),
            severity=bulletin.severity,
        )
        reason, ids = self._put(message, receipt, edit="message_id" in receipt)
        return Outcome(Result.SENT, reason, ids)

    def _put(self, message: _Message, receipt: dict[str, Any], *, edit: bool) -> tuple[str, dict[str, str]]:
        """Edit what was sent, or send anew. Returns the reason of the outcome, and the ids for its receipt."""
        thread = _snowflake(receipt.get("thread_id")) if self._config.forum else None
        known = _snowflake(receipt.get("message_id"))
        gone = False
        if edit and known is not None:
            query = {"thread_id": thread}
            answer = self._call("PATCH", f"/messages/{known}", query, message.body, urgent=message.urgent)
            if answer.status // 100 == 2:
                return "edited in place", _ids(known, thread)
            self._raise_unless(answer, {UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, THREAD_ARCHIVED})
            gone = True
        return self._send(message, thread, gone=gone)

    def _send(self, message: _Message, thread: str | None, *, gone: bool) -> tuple[str, dict[str, str]]:
        body = {**message.body, "username": self._config.username}
        if message.loud and self._content:
            body |= {"content": self._content, "allowed_mentions": self._allowed}
        answer = None
        if thread is not None:
            answer = self._call("POST", "", {"wait": "true", "thread_id": thread}, body, urgent=message.urgent)
            if answer.status // 100 != 2:
                self._raise_unless(answer, {UNKNOWN_CHANNEL})
                answer = None  # somebody deleted the thread: open another
        if answer is None:
            if self._config.forum:
                body["thread_name"] = message.thread_name
                tag = self._config.tags.get(message.severity)
                body |= {} if tag is None else {"applied_tags": [tag]}
            answer = self._call("POST", "", {"wait": "true"}, body, urgent=message.urgent)
            self._raise_unless(answer, set())
        sent = answer.json()
        sent = sent if isinstance(sent, dict) else {}
        # In a forum the message's channel is the thread that was opened for it.
        thread = _snowflake(sent.get("channel_id")) if self._config.forum else None
        reason = "sent anew, the earlier message is gone" if gone else "sent with a mention" if message.loud else "sent"
        return reason, _ids(_snowflake(sent.get("id")), thread)

    def _call(
        self, method: str, path: str, query: dict[str, str | None], body: dict[str, Any], *, urgent: bool
    ) -> HttpAnswer:
        """One request. Raises :class:`DeliveryError` when there was no answer, or one that only asks to wait."""
        wait = self._limits.wait(self._clock, self._limit_key, self._host_key, urgent=urgent)
        if wait > 0:
            raise self._throttled(wait)
        pairs = "&".join(f"{key}={value}" for key, value in query.items() if value is not None)
        url = f"{self._base}{path}{'?' if pairs else ''}{pairs}"
        repeatable = method == "PATCH"
        try:
            answer = self._http.request(method, url, timeout=self._config.timeout_s, json=body)
        except HttpError as error:
            raise DeliveryError(
                f"{self.name}: no answer from Discord: {self._safe(str(error))}",
                retry_after=_SOON,
                unclear=error.sent and not repeatable,
            ) from None
        asked = self._limits.learn(self._clock, answer, key=self._limit_key, everything=self._host_key)
        if asked is not None:
            raise self._throttled(asked)
        if answer.status >= 500 or answer.status == 408:
            # A gateway can fail after the message was stored behind it.
            raise DeliveryError(
                f"{self.name}: Discord answered {answer.status}", retry_after=_SOON, unclear=not repeatable
            )
        return answer

    def _throttled(self, wait: float) -> DeliveryError:
        return DeliveryError(
            f"{self.name}: Discord's rate limit, {wait:.1f} s to wait", retry_after=wait, throttled=True
        )

    def _raise_unless(self, answer: HttpAnswer, expected: set[int]) -> None:
        """Raises :class:`DeliveryError` (permanent) for a refusal, unless its code is one of ``expected``."""
        if answer.status // 100 == 2:
            return
        body = answer.json()
        code = body.get("code") if isinstance(body, dict) else None
        if code in expected:
            return
        said = body.get("message") if isinstance(body, dict) else None
        parts = [f"{self.name}: Discord answered {answer.status}"]
        if isinstance(said, str):
            parts.append(f" ({code}: {self._safe(said)})")
        remedy = _REMEDY.get(code) if isinstance(code, int) else None
        parts.append(f"; {remedy or 'check the webhook in the settings of the Discord channel'}")
        raise DeliveryError("".join(parts))

    def _safe(self, text: str) -> str:
        """Foreign words for our own message: one line, short, without the secret should it be echoed."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return one_line(text, 160)


def _parse(webhook: str, name: str) -> tuple[str, tuple[str, ...]]:
    """The API's base URL for the webhook (version 10), and what must never be shown, longest first."""
    try:
        parts = urlsplit(webhook)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    match = _WEBHOOK.match(parts.path)
    local = parts.hostname in _LOOPBACK and parts.scheme in {"http", "https"}
    theirs = _HOST.fullmatch(parts.hostname or "") is not None and parts.scheme == "https"
    if match is None or parts.query or parts.username or not (theirs or local):
        raise ConfigError(
            f"channel {name}: the webhook is not of the form https://discord.com/api/webhooks/<id>/<token>; "
            "copy it from the channel's settings (Integrations → Webhooks)"
        )
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    authority = host if port is None else f"{host}:{port}"
    base = f"{parts.scheme}://{authority}/api/v10/webhooks/{match['id']}/{match['token']}"
    return base, (base, webhook, match["token"], match["id"])


def _checked_mention(config: DiscordConfig) -> tuple[str, dict[str, Any]]:
    try:
        return mention_of(config.mention)
    except ValueError:
        raise ConfigError(
            f'channel {config.name}: mention must be "@here", "role:<id>" or "none", not {config.mention!r}'
        ) from None


def _check_username(config: DiscordConfig) -> None:
    name = config.username
    if not 1 <= len(name.strip()) <= 80 or re.search("discord|clyde|```", name, re.IGNORECASE):
        raise ConfigError(
            f'channel {config.name}: username must have 1 to 80 characters and not contain "discord" or "clyde"'
        )


def _check_tags(config: DiscordConfig) -> None:
    for severity, tag in config.tags.items():
        if not _SNOWFLAKE.match(tag):
            raise ConfigError(f"channel {config.name}: tags.{severity}: {tag!r} is no id of a tag (15 to 20 digits)")
    if config.tags and not config.forum:
        raise ConfigError(f"channel {config.name}: only the posts of a forum have tags; set `forum = true`")


def _ids(message: str | None, thread: str | None) -> dict[str, str]:
    ids = {"message_id": message, "thread_id": thread}
    return {name: value for name, value in ids.items() if value is not None}


def _snowflake(value: Any) -> str | None:
    """An id as Discord writes them, or ``None``: a receipt is data that was stored, and ids become part of a URL."""
    return value if isinstance(value, str) and _SNOWFLAKE.match(value) else None
