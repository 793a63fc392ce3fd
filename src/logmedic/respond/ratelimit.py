"""What a service has said about how fast it may be called, shared by everything in the process that calls it.

Source of the header and body names: Discord developer documentation, "Rate Limits".
"""

from __future__ import annotations

import email.utils
import math
import threading
from typing import Any

from logmedic.doors import Clock, HttpAnswer
from logmedic.model import NANOSECONDS

LONGEST_WAIT = 3600.0  # s; a longer ban is asked about again after this
RESERVED = 2  # requests of each window that only urgent news may use
URGENT_SECONDS = 5.0  # for which lesser news stays back after urgent news had to wait
_UNSAID = 5.0  # s; a 429 of the API that names no time
_UNSAID_BY_PROXY = 60.0  # s; a 429 that is not JSON comes from Cloudflare, whose bans are long


class RateLimits:
    """Until when each key (one webhook, or one whole host) must not be called. Thread-safe."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}  # key → monotonic seconds
        self._lesser_until: dict[str, float] = {}  # the same for what is not urgent
        self._lock = threading.Lock()

    def wait(self, clock: Clock, *keys: str, urgent: bool = True) -> float:
        """Seconds until all of ``keys`` may be called; 0 is now.

        Who is not urgent leaves the last requests of a window to those who are, and waits until they had their turn.
        """
        now = clock.monotonic()
        with self._lock:
            wait = max((self._until.get(key, now) - now for key in keys), default=0.0)
            if urgent:
                if wait > 0:
                    for key in keys:
                        self._hold_lesser(key, now + wait + URGENT_SECONDS)
                return wait
            return max([wait, *(self._lesser_until.get(key, now) - now for key in keys)])

    def _hold_lesser(self, key: str, until: float) -> None:
        self._lesser_until[key] = max(until, self._lesser_until.get(key, until))

    def block(self, clock: Clock, key: str, seconds: float) -> None:
        until = clock.monotonic() + seconds
        with self._lock:
            self._until[key] = max(until, self._until.get(key, until))

    def learn(self, clock: Clock, answer: HttpAnswer, *, key: str, everything: str) -> float | None:
        """Note what an answer says. Returns the seconds to wait if it was a refusal (429), else ``None``.

        ``key`` is what was called; ``everything`` is blocked instead when the refusal says that it is global.
        """
        if answer.status == 429:
            seconds = refusal(answer, clock.now())
            self.block(clock, everything if _is_global(answer) else key, seconds)
            return seconds
        left, reset = (_seconds(answer.headers.get(f"x-ratelimit-{name}")) for name in ("remaining", "reset-after"))
        if left == 0:
            self.block(clock, key, reset or 0.0)
        elif left is not None and left <= RESERVED:
            with self._lock:
                self._hold_lesser(key, clock.monotonic() + (reset or 0.0))
        return None


def refusal(answer: HttpAnswer, now: int) -> float:
    """How long a 429 asks to wait, in seconds: its body's ``retry_after``, else the ``Retry-After`` header (seconds
    or an HTTP date), else ``X-RateLimit-Reset-After``, else a guess; at most :data:`LONGEST_WAIT`."""
    body = answer.json()
    said = [
        _seconds(body.get("retry_after")) if isinstance(body, dict) else None,
        _seconds(answer.headers.get("retry-after")) or _until_date(answer.headers.get("retry-after"), now),
        _seconds(answer.headers.get("x-ratelimit-reset-after")),
    ]
    guess = _UNSAID if isinstance(body, dict) else _UNSAID_BY_PROXY
    return next((seconds for seconds in said if seconds is not None), guess)


def _is_global(answer: HttpAnswer) -> bool:
    """Cloudflare bans the address, not the webhook, and says so in HTML."""
    body = answer.json()
    if not isinstance(body, dict):
        return True
    return body.get("global") is True or answer.headers.get("x-ratelimit-global", "").lower() == "true"


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return min(seconds, LONGEST_WAIT) if math.isfinite(seconds) and seconds >= 0 else None


def _until_date(value: str | None, now: int) -> float | None:
    try:
        date = email.utils.parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return min(max(date.timestamp() - now / NANOSECONDS, 0.0), LONGEST_WAIT)
