"""Critical news never waits behind lesser news: not for Discord's rate limit, and not for a worker."""

from __future__ import annotations

import heapq
import itertools
import json
import random
from collections import deque
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec
import pytest
from respond_samples import incident, notice

from logmedic.doors import HttpAnswer
from logmedic.model import NANOSECONDS, Result, Severity
from logmedic.respond.channels import make
from logmedic.respond.discord import DiscordConfig
from logmedic.respond.ratelimit import RESERVED, RateLimits
from logmedic.respond.retry import Patient, RetryConfig, put_off
from logmedic.testing.discord import FakeDiscord
from logmedic.testing.doors import FakeClock

LIMIT, PER = 5, 2.0  # Discord's own for a webhook
WORK = 0.005  # s of a worker for one alert, beside the waiting
LATE = 10.0  # s behind its slot, at most


class Direct:
    """Discord without a network, which would take longer than the virtual minute is worth."""

    def __init__(self, discord: FakeDiscord) -> None:
        self._discord = discord

    def request(self, method, url, *, timeout, json=None, headers=None):
        parts = urlsplit(url)
        said = {"content-type": "application/json", "user-agent": "test"}
        target = f"{parts.path}?{parts.query}"
        answer = self._discord.handle(method, target, said, msgspec.json.encode(json))
        return HttpAnswer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.body)


@pytest.fixture
def discord(clock: FakeClock) -> Iterator[FakeDiscord]:
    with FakeDiscord(limit=LIMIT, per=PER, monotonic=clock.monotonic) as made:
        yield made


def channel(discord: FakeDiscord, clock: FakeClock) -> Patient:
    config = DiscordConfig(min_severity=Severity.WARNING)
    responder = make(config, http=Direct(discord), clock=clock, secret=discord.url, limits=RateLimits())
    return Patient(responder, clock, RetryConfig())


def slots(arrivals: list[float]) -> list[float]:
    """When each could be sent at the earliest if there was nothing else, by the rate limit alone."""
    found: list[float] = []
    for number, arrival in enumerate(arrivals):
        found.append(max(arrival, found[number - LIMIT] + PER if number >= LIMIT else 0.0))
    return found


@pytest.mark.parametrize("share", [0.005, 0.012], ids=["50 critical", "120 critical"])
def test_of_ten_thousand_alerts_in_a_minute_each_critical_one_is_out_within_ten_seconds_of_its_slot(
    discord: FakeDiscord, clock: FakeClock, share: float
) -> None:
    """One worker, which is the worst case, takes what is urgent first, as the engine's queue does."""
    chance = random.Random(7)
    total = 10_000
    critical = set(chance.sample(range(total), int(total * share)))
    arrivals = deque((number * 60.0 / total, number) for number in range(total))
    patient = channel(discord, clock)
    order = itertools.count()
    ready: list[tuple[bool, int, int]] = []  # (not urgent, order, number)
    later: list[tuple[float, int]] = []  # (when, number)
    receipts: dict[int, dict[str, object]] = {}
    out: dict[int, float] = {}
    while len(out) < len(critical) or arrivals:
        now = clock.monotonic()
        while arrivals and arrivals[0][0] <= now:
            number = arrivals.popleft()[1]
            heapq.heappush(ready, (number not in critical, next(order), number))
        while later and later[0][0] <= now:
            number = heapq.heappop(later)[1]
            heapq.heappush(ready, (number not in critical, next(order), number))
        if not ready:
            clock.advance(0.01)
            continue
        _, _, number = heapq.heappop(ready)
        clock.advance(WORK)
        severity = Severity.CRITICAL if number in critical else Severity.WARNING
        outcome = patient(notice(incident(id=number, severity=severity), receipt=receipts.get(number)))
        outcome, pause = put_off(outcome, receipts.get(number), clock.now(), RetryConfig())
        assert outcome.result is not Result.FAILED
        if pause is not None:
            receipts[number] = outcome.receipt
            heapq.heappush(later, (clock.monotonic() + pause, number))
        elif number in critical:
            out[number] = clock.monotonic()
    arrived = sorted(critical)
    ideal = slots([number * 60.0 / total for number in arrived])
    behind = [out[number] - slot for number, slot in zip(arrived, ideal, strict=True)]
    told = len(discord.messages)
    print(f"\n{len(critical)} critical of {total:,}: worst {max(behind):.1f} s behind its slot, {told} messages in all")
    assert max(behind) <= LATE
    assert told > len(critical), "lesser news is told meanwhile, where there is room"


def test_lesser_news_leaves_the_last_requests_of_a_window_to_others(discord: FakeDiscord, clock: FakeClock) -> None:
    patient = channel(discord, clock)
    lesser = notice(incident(severity=Severity.WARNING))
    sent = [patient(lesser).result for _ in range(LIMIT - RESERVED)]
    assert sent == [Result.SENT] * (LIMIT - RESERVED)
    slept = sum(clock.slept)
    for _ in range(RESERVED):
        assert patient(notice()).result is Result.SENT
    assert sum(clock.slept) == slept, "urgent news goes at once"


def test_lesser_news_holds_no_worker_while_the_limit_lasts(discord: FakeDiscord, clock: FakeClock) -> None:
    patient = channel(discord, clock)
    for _ in range(LIMIT):
        assert patient(notice()).result is Result.SENT
    assert patient(notice()).result is Result.SENT, "urgent news sits the limit out …"
    began = clock.monotonic()
    outcome = patient(notice(incident(severity=Severity.WARNING)))
    assert clock.monotonic() - began <= 3.0
    if outcome.result is Result.DEFERRED:
        assert outcome.receipt["throttled"] is True
    began = clock.monotonic()
    assert patient(notice()).result is Result.SENT, "… and is not taken for lost because lesser news was put off"
    assert clock.monotonic() - began <= PER


def test_what_waits_counts_in_nanoseconds_of_the_wall(clock: FakeClock) -> None:
    with FakeDiscord(limit=0, monotonic=clock.monotonic) as busy:
        outcome = channel(busy, clock)(notice(incident(severity=Severity.WARNING)))
    assert outcome.result is Result.DEFERRED
    assert outcome.receipt["retry_at"] > clock.now() - NANOSECONDS
    assert json.dumps(outcome.receipt)
