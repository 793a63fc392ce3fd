"""Trying again, from outside: a responder acts once, this decides whether it acts once more.

What it can promise: a delivery is made **at least once** or said to be deferred or failed. A Discord webhook has no
idempotency key and its messages cannot be listed, so after an answer was lost nothing tells whether the message
arrived, and a second one may follow. Both carry the same incident marker in their footer. Edits repeat harmlessly.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from logmedic.doors import Clock
from logmedic.errors import DeliveryError
from logmedic.model import NANOSECONDS, Outcome, Result, Severity
from logmedic.respond.interface import Announcer, Bulletin, Notice, Responder

MOST_SECONDS = 1_000_000_000  # of a setting: 31 years, so that sums of times stay times
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 900.0  # seconds until what was put off is tried again; doubles each time
LESSER_SECONDS = 3.0  # for which news that is not critical holds a worker
DOWN_SECONDS = 30.0  # for which a channel that took nothing is left alone, so that a storm does not queue up before it


class RetryConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[retry]``: how long a delivery is tried before it is put off."""

    tries: int = 4
    """Most tries of one delivery, the first included."""
    first_delay_s: float = 1.0
    """Wait before the second try, in seconds; doubles with each further try."""
    max_delay_s: float = 30.0
    """Longest wait of our own choice, in seconds. What the far side asks for is honoured beyond it."""
    deadline_s: float = 60.0
    """Total time for one delivery, in seconds. What would take longer is put off, and tried again later."""
    give_up_after_s: float = 259_200.0
    """What has been put off for so long is given up, in seconds (three days). `notify retry` takes it up again."""

    def __post_init__(self) -> None:
        for name in ("first_delay_s", "max_delay_s", "deadline_s", "give_up_after_s"):
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
        ``retry_at`` (ns since the epoch), ``unclear`` (some try may have arrived) and ``throttled`` (the far side is
        well and only asks for less).
    """
    return _act(lambda: responder.deliver(notice), notice.receipt, clock, config, roll)


def _act(
    once: Callable[[], Outcome],
    receipt: Mapping[str, Any] | None,
    clock: Clock,
    config: RetryConfig,
    roll: Callable[[], float] = random.random,
) -> Outcome:
    began = clock.monotonic()
    unclear = False
    tried = 0
    while True:
        tried += 1
        try:
            return once()
        except DeliveryError as error:
            throttled = error.throttled
            unclear = unclear or error.unclear
            step = next_step(error, tried=tried, elapsed=clock.monotonic() - began, roll=roll(), config=config)
        if isinstance(step, Wait):
            clock.sleep(step.seconds)
            continue
        kept = dict(receipt or {})
        if step.retry_in is not None:
            retry_at = clock.now() + int(step.retry_in * NANOSECONDS)
            kept |= {"retry_at": retry_at, "unclear": unclear, "throttled": throttled}
        return Outcome(step.result, step.reason, kept)


def put_off(
    outcome: Outcome, earlier: Mapping[str, Any] | None, now: int, config: RetryConfig
) -> tuple[Outcome, float | None]:
    """What to store of a delivery that was deferred, and after how many seconds to come back for it. Pure.

    ``earlier``: the receipt of this delivery's last deferral, if there was one. ``now``: ns on the wall clock.
    The pauses grow up to ``LONGEST_PAUSE``, or to what the far side asks for; after ``give_up_after_s`` it has failed.
    Any other outcome is settled and comes back as it is.
    """
    if outcome.result is not Result.DEFERRED:
        return outcome, None
    known = earlier or {}
    since, times = _number(known.get("since"), now), _number(known.get("times"), 0)
    asked = (_number(outcome.receipt.get("retry_at"), now) - now) / NANOSECONDS
    pause = max(min(FIRST_PAUSE * 2 ** min(times, 10), LONGEST_PAUSE), asked)
    if (now - since) / NANOSECONDS >= config.give_up_after_s:
        hours = config.give_up_after_s / 3600
        return Outcome(Result.FAILED, f"given up after {hours:,.0f} h: {outcome.reason}", outcome.receipt), None
    receipt = {**outcome.receipt, "since": since, "times": times + 1, "retry_at": now + int(pause * NANOSECONDS)}
    return Outcome(Result.DEFERRED, outcome.reason, receipt), pause


def _number(value: Any, default: int) -> int:
    """A receipt is data that was stored."""
    return value if isinstance(value, int) else default


class Patient:
    """One channel, with retries around it. Thread-safe.

    While it is down it is left alone for ``DOWN_SECONDS`` and then tried once, not by every alert that waits for it: so
    alerts to other channels do not queue up behind it.
    """

    def __init__(self, responder: Responder, clock: Clock, config: RetryConfig) -> None:
        self._responder = responder
        self._clock = clock
        self._config = config
        self._lock = threading.Lock()
        # By urgency: the monotonic time until when it is left alone, and why. Urgent news does not believe lesser news,
        # which has less patience.
        self._down: dict[bool, tuple[float, str]] = {}

    def __call__(self, notice: Notice) -> Outcome:
        urgent = notice.incident.severity is Severity.CRITICAL
        return self._patiently(lambda: self._responder.deliver(notice), notice.receipt, urgent=urgent)

    def announce(self, bulletin: Bulletin) -> Outcome:
        """The same for a bulletin. The responder must be an :class:`Announcer`."""
        assert isinstance(self._responder, Announcer), f"{self._responder.kind} takes no bulletins"
        once = partial(self._responder.announce, bulletin)
        return self._patiently(once, bulletin.receipt, urgent=bulletin.mention)

    def _patiently(self, once: Callable[[], Outcome], receipt: Mapping[str, Any] | None, *, urgent: bool) -> Outcome:
        """``urgent``: sit out the far side's rate limit. Lesser news comes back later, so that it holds no worker."""
        with self._lock:
            down = self._down.get(True) or (None if urgent else self._down.get(False))
            left = 0.0 if down is None else down[0] - self._clock.monotonic()
            if down is not None and left <= 0:  # others wait for what becomes of this
                self._down[urgent] = (self._clock.monotonic() + DOWN_SECONDS, down[1])
        if down is not None and left > 0:
            retry_at = self._clock.now() + int(left * NANOSECONDS)
            return Outcome(Result.DEFERRED, down[1], {**(receipt or {}), "retry_at": retry_at})
        config = self._config
        if down is not None:
            config = msgspec.structs.replace(config, tries=1)
        elif not urgent:
            config = msgspec.structs.replace(config, deadline_s=min(config.deadline_s, LESSER_SECONDS))
        outcome = _act(once, receipt, self._clock, config)
        with self._lock:
            # Who asks for less is not down: urgent news goes on.
            out = outcome.result is Result.DEFERRED and not outcome.receipt.get("throttled")
            if out:
                self._down[urgent] = (self._clock.monotonic() + DOWN_SECONDS, outcome.reason)
            else:
                self._down.clear()
        return outcome
