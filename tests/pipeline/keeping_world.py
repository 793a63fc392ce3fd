"""A state, a clock and a channel for the tests of what is told beside single incidents."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from logmedic.doors import SystemHttp
from logmedic.model import NANOSECONDS, Outcome, Severity, Text
from logmedic.pipeline.keeping import Keeper, KeeperConfig
from logmedic.respond.channels import make
from logmedic.respond.digest import DigestConfig
from logmedic.respond.discord import DiscordConfig
from logmedic.respond.interface import Bulletin
from logmedic.respond.policy import PolicyConfig
from logmedic.respond.ratelimit import RateLimits
from logmedic.respond.retry import Patient, RetryConfig
from logmedic.respond.selfcheck import SelfConfig, Trouble
from logmedic.store import tables as t
from logmedic.store.database import open_database
from logmedic.store.digests import Digests
from logmedic.store.store import Store
from logmedic.testing.discord import FakeDiscord
from logmedic.testing.doors import FakeClock

TEN = 1_795_428_000 * NANOSECONDS  # 2026-11-23T10:00:00Z
HOUR = 3600.0
UNWELL = Trouble(code="model", subject="m", text=Text("model m was retired", "모델 m 종료됨"))


class KilledError(BaseException):
    """The process dies here."""


class World:
    """A state, a clock and a Discord channel; keepers come and go as processes do."""

    def __init__(self, folder: Path, discord: FakeDiscord, clock: FakeClock, http: SystemHttp) -> None:
        self.store = Store(open_database(f"sqlite:///{folder / 'state.db'}"))
        self.discord, self.clock, self._http = discord, clock, http
        self.troubles: list[Trouble] = []
        self.free: int | None = None
        self.settings: dict[str, object] = {}
        self.language = "en"
        self.instead: Callable[[Bulletin], Outcome] | None = None  # of telling Discord
        self._numbers = iter(range(1, 10_000))

    def keeper(self, *, killed: Callable[[str], bool] | None = None) -> Keeper:
        """One process. ``killed`` (before/after sending): whether it dies there."""
        responder = make(
            DiscordConfig(name="team", forum=self.discord.forum), http=self._http, clock=self.clock,
            secret=self.discord.url, limits=RateLimits(),
        )  # fmt: skip
        patient = Patient(responder, self.clock, RetryConfig())

        def announce(bulletin: Bulletin) -> Outcome:
            if killed is not None and killed("before"):
                raise KilledError
            outcome = patient.announce(bulletin)
            if killed is not None and killed("after"):
                raise KilledError
            return outcome

        settings = {
            "policy": PolicyConfig(), "digest": DigestConfig(), "selfcheck": SelfConfig(), "retry": RetryConfig(),
            "zone": datetime.UTC, **self.settings,
        }  # fmt: skip
        return Keeper(
            store=self.store, clock=self.clock, config=KeeperConfig(language=self.language, **settings),
            announce={"team": self.instead or announce}, storms={}, sources=["app"], messengers=["team", "ops"],
            free=lambda: self.free, others=lambda _now: tuple(self.troubles),
        )  # fmt: skip

    def later(self, hours: float, *, keeper: Keeper | None = None) -> None:
        self.clock.advance(hours * HOUR)
        (keeper or self.keeper()).tick()

    def add(self, title: str, count: int = 1, *, severity: Severity = Severity.WARNING, handled: bool = True) -> int:
        number = next(self._numbers)
        now = self.clock.now()
        row = {
            "id": number, "fingerprint": f"v1:{number:016x}", "title": title, "culprit": "", "service": "shop",
            "error_code": None, "state": "open", "substate": "new", "severity": severity.value, "floor": "info",
            "first_seen": now, "last_seen": now, "last_raised": now, "count": count, "generation": 1,
            "handled_generation": int(handled), "reason": "new", "rules": "[]", "created_at": now, "reason_code": "new",
            "reason_params": "{}", "resolved_next": False,
        }  # fmt: skip
        with self.store.database.begin() as c:
            c.execute(sa.insert(t.incidents).values(row))
        return number

    def change(self, number: int, **values: object) -> None:
        with self.store.database.begin() as c:
            c.execute(sa.update(t.incidents).where(t.incidents.c.id == number).values(values))

    def hold(self, number: int, cadence: str = "hourly") -> None:
        incident = self.store.incident(number)
        assert incident is not None
        Digests(self.store.database).hold(cadence, "team", incident, "hourly digest", self.clock.now())

    def warn(self, title: str, count: int = 1) -> int:
        number = self.add(title, count)
        self.hold(number)
        return number

    def shown(self, message: int = -1) -> dict[str, list[str]]:
        """The parts of a digest: heading → lines."""
        (embed,) = self.discord.messages[message]["embeds"]
        return {f["name"]: f["value"].replace("\\", "").split("\n") for f in embed.get("fields", [])}

    def titles(self) -> list[str]:
        return [m["embeds"][0]["title"].replace("\\", "") for m in self.discord.messages]
