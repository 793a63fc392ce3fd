"""Trying again, from outside: a responder acts once, this decides whether it acts once more.

What it can promise: a delivery is made **at least once** or said to be deferred or failed. A Discord webhook has no
idempotency key and its messages cannot be listed, so after an answer was lost nothing tells whether the message
arrived, and a second one may follow. Both carry the same incident marker in their footer. Edits repeat harmlessly.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from logmedic.doors import Clock
from logmedic.errors import DeliveryError
from logmedic.model import NANOSECONDS, Outcome, Result
from logmedic.respond.interface import Notice, Responder

MOST_SECONDS = 1_000_000_000  # of a setting: 31 years, so that sums of times stay times


class RetryConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[retry]``: how long a delivery is tried before it is put off."""

    tries: int = 4
    """Most tries of one delivery, the first included."""
    first_delay_s: float = 1.0
    """Wait before the second try, in seconds; doubles with each further try."""
    max_delay_s: float = 30.0
    """Longest wait of our own choice, in seconds. What the far side asks for is honoured beyond it."""
    deadline_s: float = 60.0
    """Total time for one delivery, in seconds. What would take longer is deferred."""

    def __post_init__(self) -> None:
        for name in ("first_delay_s", "max_delay_s", "deadline_s"):
            if not 0 <= getattr(self, name) <= MOST_SECONDS:
                raise ValueError(f"`{name}` must be a number of seconds from 0 to {MOST_SECONDS:,}")
        if self.tries < 1:
            raise ValueError("`tries` must be at least 1")


class Wait(msgspec.Struct, frozen=True):
    seconds: float


class Stop(msgspec.Struct, frozen=True):
    result: Result
    reason: str
    retry_in: float | None = None  # seconds


def next_step(error: DeliveryError, *, tried: int, elapsed: float, roll: float, config: RetryConfig) -> Wait | Stop:
    """What to do after try number ``tried`` failed, ``elapsed`` seconds after the first began. Pure.

    ``roll`` in [0, 1) spreads the waits (half to all of the doubled delay), so that many workers do not return at once.
    """
    if error.retry_after is None and not error.unclear:
        return Stop(Result.FAILED, f"{error}")
    delay: float = min(config.first_delay_s * 2 ** min(tried - 1, 30), config.max_delay_s)
    wait = max(delay * (0.5 + roll / 2), error.retry_after or 0.0)
    doubt = " (it may have arrived)" if error.unclear else ""
    if elapsed + wait > config.deadline_s:
        return Stop(Result.DEFERRED, f"{error}{doubt}; no time left within {config.deadline_s:g} s", wait)
    if tried >= config.tries:
        return Stop(Result.DEFERRED, f"{error}{doubt}; tried {tried} times", wait)
    return Wait(wait)


def deliver_with_retry(
    responder: Responder,
    notice: Notice,
    clock: Clock,
    config: RetryConfig,
    *,
    roll: Callable[[], float] = random.random,
) -> Outcome:
    """Deliver, waiting and trying again where that makes sense. Never raises :class:`DeliveryError`.

    Returns:
        the responder's outcome; or FAILED when no retry will help; or DEFERRED, whose receipt is the notice's own plus
        ``retry_at`` (ns since the epoch) and ``unclear`` (some try may have arrived).
    """
    began = clock.monotonic()
    unclear = False
    tried = 0
    while True:
        tried += 1
        try:
            return responder.deliver(notice)
        except DeliveryError as error:
            unclear = unclear or error.unclear
            step = next_step(error, tried=tried, elapsed=clock.monotonic() - began, roll=roll(), config=config)
        if isinstance(step, Wait):
            clock.sleep(step.seconds)
            continue
        receipt = dict(notice.receipt or {})
        if step.retry_in is not None:
            receipt |= {"retry_at": clock.now() + int(step.retry_in * NANOSECONDS), "unclear": unclear}
        return Outcome(step.result, step.reason, receipt)
