"""Bearer tokens: ``<customer>.<expiry>.<signature>``, signed with a key of this process."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time

from backend.errors import TokenExpiredError, TokenInvalidError

LOG = logging.getLogger(__name__)


class Tokens:
    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def issue(self, customer: int, lifetime_s: float = 3600.0) -> str:
        payload = f"{customer}.{int(time.time() + lifetime_s)}"
        return f"{payload}.{self._sign(payload)}"

    def customer(self, token: str) -> int:
        """The customer that a token was issued to; raises when it is forged or too old."""
        LOG.debug("Processing token")
        try:
            return self._verify(token)
        except (TokenExpiredError, TokenInvalidError) as error:
            LOG.exception("Authentication failed", extra={"error_code": error.error_code})
            raise

    def _verify(self, token: str) -> int:
        payload, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(payload).encode()):
            raise TokenInvalidError("the token's signature does not match")
        customer, _, expiry = payload.partition(".")
        late_s = int(time.time()) - int(expiry)
        if late_s >= 0:
            raise TokenExpiredError(f"the token expired {late_s} s ago")
        return int(customer)

    def _sign(self, payload: str) -> str:
        return hmac.new(self._key, payload.encode(), hashlib.sha256).hexdigest()
