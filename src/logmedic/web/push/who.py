"""Which source a sender may push to. Decisions only.

Programs send ``Authorization: Bearer TOKEN``, or the token as the password of ``Basic``, which is all that some can
do, or (Amazon Data Firehose) as ``X-Amz-Firehose-Access-Key``; or they sign what they send by Standard Webhooks
(https://www.standardwebhooks.com), within a window of time.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence

import msgspec

from logmedic.collect.push.refusal import RefusalError
from logmedic.respond.webhook import sign


class Gatekeeper(msgspec.Struct, frozen=True):
    """Of one source. Without tokens and keys whoever reaches the port may push."""

    name: str
    tokens: tuple[str, ...]
    keys: tuple[bytes, ...]
    window_s: float

    @property
    def open(self) -> bool:
        return not self.tokens and not self.keys

    def knows(self, secret: str) -> bool:
        """Whether it is one of the tokens. All are compared, so that the time says nothing."""
        return sum(hmac.compare_digest(token.encode(), secret.encode()) for token in self.tokens) > 0

    def signed(self, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        """Whether the body bears one of our signatures. ``now``: seconds since the epoch."""
        seconds = headers.get("webhook-timestamp", "")
        if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 12:
            return False
        if abs(now - int(seconds)) > self.window_s:
            return False
        shown = [word.encode() for word in headers.get("webhook-signature", "").split()[:10]]
        wanted = [sign(key, headers.get("webhook-id", ""), int(seconds), body).encode() for key in self.keys]
        return sum(hmac.compare_digest(one, other) for one in shown for other in wanted) > 0


class Claim(msgspec.Struct, frozen=True):
    """Which sources a request may be for. ``signed``: the one whose key has signed the body."""

    sources: Sequence[int]
    signed: bool = False


def claim(gatekeepers: Sequence[Gatekeeper], name: str, headers: Mapping[str, str]) -> Claim:
    """What a request shows before its body is known. ``name``: of the source in its path; else empty.

    Raises:
        RefusalError: 404 no such source, 401 none that the sender may push to.
    """
    named = [number for number, one in enumerate(gatekeepers) if name in ("", one.name)]
    if not named:
        raise RefusalError(404, f"no push source is named {name[:80]!r}")
    secret = headers.get("x-amz-firehose-access-key", "") or _secret(headers.get("authorization", ""))
    known = [number for number in named if secret and gatekeepers[number].knows(secret)]
    if known:
        return Claim(known[:1])
    keyed = [number for number in named if gatekeepers[number].keys]
    if keyed and "webhook-signature" in headers:
        return Claim(keyed, signed=True)
    unguarded = [number for number in named if gatekeepers[number].open]
    if unguarded:
        return Claim(unguarded[:1])
    raise RefusalError(401, "send a token of this source: Authorization: Bearer …")


def _secret(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return ""
