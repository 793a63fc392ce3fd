"""A day of many services: what they log, second by second, as far as logmedic cares. Seeded."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator

import msgspec

TICK = 10  # s; log lines are counted by so much, everything else happens at its own time
DAY = 86_400
DAILY_SWING = 0.6  # of the mean rate; the day peaks at 15:00 and is least at 03:00
TAIL = 1.3  # Pareto exponent of the services' rates: a few log most
BUGS_EACH = 3  # known errors of a service, before the day begins
CRITICAL_SHARE = 0.15  # of the bugs, as the offline verdict rates them (assumed)


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What happens. Times in seconds of the day."""

    services: int = 1_000
    lines_per_second: float = 5_000.0  # of all services together, on the mean
    error_share: float = 0.0005
    deploys: int = 200  # each brings a new bug with this chance:
    bug_chance: float = 0.25
    storms: tuple[tuple[int, int], ...] = ()  # (at, services that fail at once); each new, 0.2 errors a second, 600 s
    down: tuple[tuple[int, int], ...] = ()  # (from, to): logmedic itself does not run
    begin: int = 0  # the part of the day that is simulated, with nothing known when it begins
    end: int = DAY
    seed: int = 7


class Tick(msgspec.Struct, frozen=True):
    at: int
    lines: int
    errors: Counter[int]  # by the number of the bug


class Bug(msgspec.Struct, frozen=True):
    number: int
    service: str
    critical: bool


class Town:
    """The services and their bugs."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._rng = rng = random.Random(scene.seed)
        self.bugs: list[Bug] = []
        weights = [rng.paretovariate(TAIL) for _ in range(scene.services)]
        self._weights: list[float] = []
        for service, weight in enumerate(weights):
            for _ in range(BUGS_EACH):
                self._bug(service, weight * rng.paretovariate(TAIL))
        self._deploys = sorted(rng.randrange(DAY) for _ in range(scene.deploys))
        self._deploys = [at for at in self._deploys if at >= scene.begin]

    def _bug(self, service: int, weight: float) -> int:
        number = len(self.bugs)
        self.bugs.append(Bug(number, f"service-{service}", self._rng.random() < CRITICAL_SHARE))
        self._weights.append(weight)
        return number

    def ticks(self) -> Iterator[Tick]:
        """The day in order."""
        rng, scene = self._rng, self.scene
        storming: list[tuple[int, list[int]]] = []  # (until, bugs)
        pending = list(scene.storms)
        cumulative = list(itertools.accumulate(self._weights))
        for at in range(scene.begin, scene.end, TICK):
            while self._deploys and self._deploys[0] < at + TICK:
                self._deploys.pop(0)
                if rng.random() < scene.bug_chance:
                    self._bug(rng.randrange(scene.services), rng.choice(self._weights))
                    cumulative = list(itertools.accumulate(self._weights))
            while pending and pending[0][0] < at + TICK:
                _, many = pending.pop(0)
                storming.append((at + 600, [self._bug(n, 0.0) for n in range(many)]))
                cumulative = list(itertools.accumulate(self._weights))
            rate = scene.lines_per_second * (1 + DAILY_SWING * math.cos((at - 15 * 3600) / DAY * 2 * math.pi))
            lines = round(rate * TICK)
            expected = lines * scene.error_share
            count = max(0, round(rng.gauss(expected, math.sqrt(expected))))  # Poisson, for many
            errors = Counter(rng.choices(range(len(cumulative)), cum_weights=cumulative, k=count))
            for until, bugs in storming:
                if at < until:
                    errors.update(dict.fromkeys(bugs, 2))
            yield Tick(at, lines + 2 * sum(len(bugs) for until, bugs in storming if at < until), errors)
