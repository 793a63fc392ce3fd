"""Incidents as signed JSON to any program that listens, by the Standard Webhooks specification (version 1.0.0).

A receiver checks the signature, and drops what has a ``webhook-id`` that it knows: every try of the same news has the
same. So although a message may come twice, its effect need not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
from collections.abc import Sequence

import msgspec

from logmedic.config import Secret
from logmedic.doors import Clock, Http, HttpAnswer, HttpError
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import NANOSECONDS, Outcome, Result, Severity, State
from logmedic.respond import jsonl
from logmedic.respond.interface import Bulletin, Kind, Mode, Notice, told
from logmedic.respond.ratelimit import RateLimits, refusal
from logmedic.respond.text import one_line, utc
from logmedic.respond.webhook_address import Resolve, check, look_up, place

_SOON = 1.0  # s
_PREFIX = "whsec_"
_SHORTEST_KEY, _LONGEST_KEY = 24, 64  # bytes; Standard Webhooks, "Signature scheme"
_BULLETINS = {
    Kind.DIGEST: "incident.digest",
    Kind.STORM: "incident.storm",
    Kind.REMINDER: "incident.reminder",
    Kind.SELF: "logmedic.trouble",
}
_ENCODER = msgspec.json.Encoder()  # made here: delivery runs in threads


class WebhookConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="webhook"
):
    """``kind = "webhook"``: signed JSON to a program of yours (Standard Webhooks)."""

    name: str = "webhook"
    """The channel's name, unique among channels."""
    url: str = ""
    """Where to: ``https://host/path``; plain ``http`` only to this machine. Required."""
    secret: Secret = Secret(env="LOGMEDIC_WEBHOOK_SECRET")
    """Where the signing key stands: ``whsec_`` and base64 of 24 to 64 bytes; two while one is replaced."""
    min_severity: Severity | None = None
    """Least severity sent. Default: critical."""
    timeout_s: float = 10.0
    """Longest wait for one answer, in seconds."""

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 600:
            raise ValueError("`timeout_s` must be more than 0 and at most 600")


class WebhookResponder:
    """One POST for each piece of news, edits included: programs want to know of every change."""

    kind = "webhook"

    def __init__(
        self, config: WebhookConfig, *, secret: str, http: Http, clock: Clock, limits: RateLimits,
        resolve: Resolve = look_up,
    ) -> None:  # fmt: skip
        """``secret``: the key itself. ``limits`` is shared by all responders of the process.

        Raises:
            ConfigError: the URL or the key cannot work. The message never contains the key.
        """
        self.name = config.name
        self._config = config
        try:
            self._place = place(config.url)
        except ValueError as error:
            raise ConfigError(f"channel {config.name}: url: {error}") from None
        self._keys = signing_keys(secret, f"channel {config.name}")
        self._http = http
        self._clock = clock
        self._limits = limits
        self._limit_key = "webhook:" + config.url
        self._resolve = resolve
        self._gone = threading.Event()  # it has said 410: not to be asked again by this process

    def deliver(self, notice: Notice) -> Outcome:
        kind = "incident." + _change(notice)
        body = envelope(kind, notice.incident.last_seen, jsonl.encode(notice).encode())
        urgent = notice.incident.severity is Severity.CRITICAL
        ident = self._post(notice.key, body, urgent=urgent)
        return Outcome(Result.SENT, "sent", {**told(notice.incident), "webhook_id": ident})

    def announce(self, bulletin: Bulletin) -> Outcome:
        """A digest, or another message about no single incident; told a second time when it is over."""
        plain = msgspec.to_builtins(bulletin)
        data = _ENCODER.encode({name: plain[name] for name in ("key", "kind", "severity", "title", "sections", "over")})
        body = envelope(_BULLETINS[bulletin.kind], self._clock.now(), data)
        # The same key comes back when what it tells of has ended, or has grown: that is other news.
        key = f"{bulletin.key}:{hashlib.sha256(data).hexdigest()}"
        return Outcome(Result.SENT, "sent", {"webhook_id": self._post(key, body, urgent=bulletin.mention)})

    def preview(self, notice: Notice) -> str:
        """The body, indented."""
        body = envelope("incident." + _change(notice), notice.incident.last_seen, jsonl.encode(notice).encode())
        return msgspec.json.format(body, indent=2).decode()

    def _post(self, key: str, body: bytes, *, urgent: bool) -> str:
        """Returns the message's id. Raises :class:`DeliveryError`."""
        if self._gone.is_set():
            raise self._error("not asked again, it has said 410 (gone): it wants no more; remove the channel")
        wait = self._limits.wait(self._clock, self._limit_key, urgent=urgent)
        if wait > 0:
            raise self._throttled(wait)
        ident = "msg_" + hashlib.sha256(key.encode()).hexdigest()[:32]
        seconds = self._clock.now() // NANOSECONDS
        headers = {
            "webhook-id": ident,
            "webhook-timestamp": str(seconds),
            "webhook-signature": " ".join(sign(each, ident, seconds, body) for each in self._keys),
        }
        try:
            check(self._place, self._resolve)
            # Raw: the bytes that were signed are the bytes that are sent.
            answer = self._http.request(
                "POST", self._config.url, timeout=self._config.timeout_s, json=msgspec.Raw(body), headers=headers
            )
        except ValueError as error:
            raise self._error(f"the URL is refused: {error}") from None
        except OSError as error:
            raise self._error(f"its host is not found: {error.strerror or error}", retry_after=_SOON) from None
        except HttpError as error:
            raise self._error(
                f"no answer ({one_line(str(error).partition(':')[0], 60)})", retry_after=_SOON, unclear=error.sent
            ) from None
        self._judge(answer)
        return ident

    def _judge(self, answer: HttpAnswer) -> None:
        """Raises :class:`DeliveryError` unless it took the message. Its words are not repeated: they may echo ours."""
        status = answer.status
        if 200 <= status < 300:
            return
        if status == 429:
            seconds = refusal(answer, self._clock.now())
            self._limits.block(self._clock, self._limit_key, seconds)
            raise self._throttled(seconds)
        if status >= 500 or status == 408:
            asked = refusal(answer, self._clock.now()) if status == 503 and "retry-after" in answer.headers else _SOON
            raise self._error(f"it answered {status}", retry_after=max(asked, _SOON), unclear=True)
        if status == 410:
            self._gone.set()
            raise self._error("it answered 410 (gone): it wants no more; remove the channel")
        hint = "redirects are not followed: give the final address" if status < 400 else "check its URL and its key"
        raise self._error(f"it answered {status}; {hint}")

    def _throttled(self, wait: float) -> DeliveryError:
        return DeliveryError(f"{self.name}: its rate limit, {wait:.1f} s to wait", retry_after=wait, throttled=True)

    def _error(self, said: str, *, retry_after: float | None = None, unclear: bool = False) -> DeliveryError:
        return DeliveryError(f"{self.name}: {said}", retry_after=retry_after, unclear=unclear)


def envelope(kind: str, time: int, data: bytes) -> bytes:
    """The body: ``type``, ``timestamp`` of what it tells of (RFC 3339, UTC; given in ns) and ``data``, JSON already."""
    return _ENCODER.encode({"type": kind, "timestamp": utc(time), "data": msgspec.Raw(data)})


def sign(key: bytes, ident: str, seconds: int, body: bytes) -> str:
    """Standard Webhooks, "Signature scheme", symmetric. ``seconds``: since the epoch."""
    signed = f"{ident}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _change(notice: Notice) -> str:
    if notice.incident.state is State.RESOLVED:
        return "resolved"
    return "opened" if notice.receipt is None and notice.mode is not Mode.EDIT else "updated"


def signing_keys(secret: str, what: str) -> Sequence[bytes]:
    """The keys of a text such as ``whsec_…``, one or several. Raises :class:`ConfigError` about ``what``."""
    keys = []
    for word in secret.split():
        try:
            key = base64.b64decode(word.removeprefix(_PREFIX), validate=True) if word.startswith(_PREFIX) else b""
        except binascii.Error:
            key = b""
        if not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
            raise ConfigError(
                f"{what}: the signing key must be `whsec_` and the base64 of 24 to 64 bytes; "
                "docs/en/channels.md shows how to make one"
            )
        keys.append(key)
    if not keys:
        raise ConfigError(f"{what}: the signing key is empty")
    return keys
