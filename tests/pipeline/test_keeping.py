"""Digests, storms, reminders and our own troubles: told once each, at their time, whatever dies in between."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from logmedic.doors import SystemHttp
from logmedic.model import NANOSECONDS, Incident, Outcome, Result, Severity, State, Substate, Text
from logmedic.pipeline.keeping import Keeper, KeeperConfig
from logmedic.respond.channels import make
from logmedic.respond.digest import DigestConfig
from logmedic.respond.discord import DiscordConfig
from logmedic.respond.interface import Bulletin
from logmedic.respond.policy import PolicyConfig
from logmedic.respond.ratelimit import RateLimits
from logmedic.respond.retry import Patient, RetryConfig
from logmedic.respond.rules import EscalationConfig, QuietConfig
from logmedic.respond.selfcheck import SelfConfig, Trouble
from logmedic.store import tables as t
from logmedic.store.bulletins import Bulletins
from logmedic.store.database import open_database
from logmedic.store.digests import Digests
from logmedic.store.store import Store
from logmedic.testing.discord import FakeDiscord, Fault
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


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(TEN)


@pytest.fixture
def discord(clock: FakeClock) -> Iterator[FakeDiscord]:
    with FakeDiscord(monotonic=clock.monotonic) as discord:
        yield discord


@pytest.fixture
def world(tmp_path: Path, discord: FakeDiscord, clock: FakeClock) -> Iterator[World]:
    http = SystemHttp()
    made = World(tmp_path, discord, clock, http)
    made.keeper().tick()  # the first look opens the windows
    yield made
    http.close()
    made.store.close()


# Digests


def test_an_hour_with_nothing_to_say_sends_nothing(world: World) -> None:
    for _ in range(5):
        world.later(1)
    assert world.discord.requests == []


def test_a_digest_tells_what_is_new_back_rising_going_on_and_gone(world: World) -> None:
    old, quiet, back, rising = (world.warn(name, 3) for name in ("old", "quiet", "back", "rising"))
    world.later(1)
    names = ["old", "quiet", "back", "rising"]
    assert world.shown() == {"New": [f"3× [shop] {name} (#{i})" for i, name in enumerate(names, 1)]}
    assert world.titles() == ["Hourly digest 2026-11-23 10:00–11:00 UTC: New 4"]
    world.change(old, count=13)
    world.change(back, count=5, substate="regressed", generation=2)
    world.change(rising, count=500, substate="escalating", generation=2)
    for number in (back, rising):
        world.hold(number)
    world.warn("fresh", 2)
    world.later(1)
    assert world.shown() == {
        "New": ["2× [shop] fresh (#5)"],
        "Back after resolve": [f"2× [shop] back (#{back})"],
        "Escalating": [f"497× [shop] rising (#{rising})"],
        "Going on": [f"10× [shop] old (#{old})"],
        "Gone": [f"0× [shop] quiet (#{quiet})"],
    }
    world.later(1)
    assert list(world.shown()) == ["Gone"], "what has gone is said once"
    world.later(1)
    assert len(world.discord.messages) == 3
    assert world.discord.pings == []


def test_the_most_frequent_come_first_and_the_rest_is_counted(world: World) -> None:
    for n in range(1, 26):
        world.warn(f"error {n}", n)
    world.later(1)
    lines = world.shown()["New"]
    assert lines[0] == "25× [shop] error 25 (#25)"
    assert lines[-1] == "… and 15 more"
    assert len(lines) == 11


def test_what_was_ignored_snoozed_or_resolved_meanwhile_is_not_new(world: World) -> None:
    for state in (State.IGNORED, State.SNOOZED, State.RESOLVED):
        world.change(world.warn(state.value), state=state.value)
    world.later(1)
    assert world.discord.messages == []


def test_after_a_pause_of_a_day_there_is_one_digest_of_all_of_it(world: World) -> None:
    world.settings["selfcheck"] = SelfConfig(silent_after_s=0)
    world.warn("lonely")
    world.later(26)
    assert world.titles() == ["Hourly digest 2026-11-23 10:00–2026-11-24 12:00 UTC: New 1"]


def test_digests_wait_until_quiet_hours_end(world: World) -> None:
    world.settings["policy"] = PolicyConfig(quiet=QuietConfig(from_="11:00", to="13:30"))
    world.warn("at night")
    for _ in range(3):
        world.later(1)
        assert world.discord.messages == []
    world.later(0.5)
    assert world.titles() == ["Hourly digest 2026-11-23 10:00–13:00 UTC: New 1"]


def test_a_daily_digest_comes_at_its_hour_in_its_zone_and_language(world: World) -> None:
    world.settings |= {"zone": zoneinfo.ZoneInfo("Asia/Seoul"), "digest": DigestConfig(daily_at="08:00")}
    world.language = "ko"
    world.hold(world.add("결제 실패", 7), "daily")  # 19:00 in Seoul
    world.later(12.9)
    assert world.discord.messages == []
    world.later(0.2)
    assert world.titles() == ["일일 요약 2026-11-23 18:00–2026-11-24 08:00 KST: 신규 1"]
    assert world.shown() == {"신규": ["7× [shop] 결제 실패 (#1)"]}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_the_sending_neither_loses_a_digest_nor_writes_it_twice(world: World, moment: str) -> None:
    world.warn("precious")
    world.clock.advance(HOUR)
    with pytest.raises(KilledError):
        world.keeper(killed=lambda at: at == moment).tick()
    for _ in range(3):
        world.keeper().tick()
    assert len(world.discord.messages) == (1 if moment == "before" else 2)
    footers = {m["embeds"][0]["footer"]["text"] for m in world.discord.messages}
    assert footers == {"logmedic · digest:hourly:2026-11-23T11:00:team"}, "a duplicate can be told as one"
    world.later(1)
    assert list(world.shown()) == ["Gone"], "and nothing is new twice"


def test_a_kill_while_a_digest_is_written_leaves_all_of_it_or_nothing(world: World, monkeypatch) -> None:
    world.warn("precious")
    world.clock.advance(HOUR)

    def die(*_args: object, **_named: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr("logmedic.store.digests._counted", die)
        with pytest.raises(KilledError):
            world.keeper().tick()
    world.keeper().tick()
    assert world.titles() == ["Hourly digest 2026-11-23 10:00–11:00 UTC: New 1"]


def test_a_digest_that_discord_cannot_take_is_tried_again_and_arrives_once(world: World) -> None:
    world.warn("patient")
    world.discord.faults.extend([Fault.status(503), Fault.status(503), Fault.rate_limited(90.0)])
    world.later(1)
    assert world.discord.messages == []
    for _ in range(20):
        world.later(0.02)
    assert len(world.discord.messages) == 1


def test_only_one_of_two_processes_writes_a_window(world: World) -> None:
    world.warn("shared")
    digests = Digests(world.store.database)
    until = digests.until("hourly", 0)
    first = digests.close("hourly", until, until + 1, lambda *_: None, world.clock.now())
    second = digests.close("hourly", until, until + 1, lambda *_: pytest.fail("written twice"), world.clock.now())
    assert (first, second) == ([], [])


def test_in_a_forum_all_digests_stand_in_one_post(tmp_path: Path, clock: FakeClock) -> None:
    http = SystemHttp()
    with FakeDiscord(forum=True, monotonic=clock.monotonic) as forum:
        world = World(tmp_path, forum, clock, http)
        world.keeper().tick()
        for name in ("a", "b"):
            world.warn(name)
            world.later(1)
        assert len(forum.messages) == 2
        assert list(forum.threads.values()) == ["logmedic · Digests"]
        world.store.close()
    http.close()


# Storms


def test_a_storm_is_one_message_with_a_list_that_grows(world: World) -> None:
    for n in range(40):
        world.hold(world.add(f"kind {n}", severity=Severity.CRITICAL if n == 39 else Severity.WARNING), "storm")
    world.later(0.001)
    (message,) = world.discord.messages
    lines = message["embeds"][0]["description"].replace("\\", "").split("\n")
    assert lines[0] == "Critical: [shop] kind 39 (#40)"
    assert lines[-1] == "… and 10 more"
    assert [who for who, _ in world.discord.pings] == ["here"]
    world.hold(world.add("late"), "storm")
    world.later(0.01)
    assert world.titles() == ["Storm: 41 new incidents since 2026-11-23 10:00"]
    assert len(world.discord.pings) == 1, "the list grows without calling again"
    world.later(1)
    world.hold(world.add("another storm"), "storm")
    world.later(0.001)
    assert world.titles()[1:] == ["Storm: 1 new incidents since 2026-11-23 11:00"]


# Reminders


def told(world: World, number: int) -> None:
    incident = world.store.incident(number)
    assert isinstance(incident, Incident)
    key = f"{incident.fingerprint}:1:team"
    world.store.begin_effect(key, number, 1, "team", world.clock.now())
    world.store.end_effect(key, Outcome(Result.SENT, "sent"), world.clock.now())


def test_people_are_called_again_until_somebody_acknowledges(world: World) -> None:
    world.settings["policy"] = PolicyConfig(escalation=EscalationConfig(after_s=900, times=2))
    critical, acked = (world.add(name, severity=Severity.CRITICAL) for name in ("down", "seen"))
    warning = world.add("meh")
    for number in (critical, acked, warning):
        told(world, number)
    world.change(acked, state="acked")
    world.later(0.24)
    assert world.discord.messages == []
    for _ in range(10):
        world.later(0.05)
    assert world.titles() == ["Not acknowledged for 15 min", "Not acknowledged for 30 min"]
    assert f"(#{critical})" in world.shown()["Not acknowledged"][0]
    assert world.shown()["What to do"] == [f"`logmedic incidents ack {critical}` stops this"]
    assert len(world.discord.pings) == 2


# Ourselves


def test_a_healthy_logmedic_says_nothing_about_itself(world: World) -> None:
    for _ in range(5):
        world.later(0.1)
    assert world.discord.requests == []
    assert world.keeper().troubles(world.clock.now()) == []


def test_a_trouble_is_told_once_and_its_message_says_when_it_is_over(world: World) -> None:
    world.troubles = [UNWELL]
    for _ in range(4):
        world.later(0.1)
    assert world.titles() == ["logmedic itself is in trouble"]
    world.troubles = []
    world.later(0.1)
    assert world.titles() == ["logmedic is well again"]
    assert world.discord.messages[0]["edits"] == 1
    world.troubles = [UNWELL]
    world.later(0.1)
    assert world.titles() == ["logmedic itself is in trouble"], "back within the hour: the same message"
    world.troubles = []
    world.later(0.1)
    world.later(2)
    world.troubles = [UNWELL]
    world.later(0.1)
    assert len(world.discord.messages) == 2
    assert world.discord.pings == []


def test_a_trouble_that_ended_before_it_could_be_told_is_not_told(world: World) -> None:
    world.troubles = [UNWELL]
    world.discord.faults.extend([Fault.status(503)] * 4)
    world.later(0.1)
    world.troubles = []
    world.later(0.1)
    world.later(1)
    assert world.discord.messages == []


def test_a_silent_source_a_full_disk_and_a_backlog_are_troubles(world: World) -> None:
    now = world.clock.now()
    row = {"source": "app", "stream": "s", "offset": 1, "token": "{}", "done": False, "updated_at": now}
    with world.store.database.begin() as c:
        c.execute(sa.insert(t.positions).values(lines=1000, rejects=400, **row))
    world.free = 100_000_000
    world.settings["selfcheck"] = SelfConfig(backlog=2)
    for n in range(3):
        world.add(f"waits {n}", handled=False)
    found = {trouble.code for trouble in world.keeper().troubles(now + int(25 * HOUR) * NANOSECONDS)}
    assert found == {"source", "unreadable", "backlog", "disk"}


def position(world: World, **values: object) -> None:
    row = {"source": "app", "stream": "s", "offset": 1, "token": "{}", "done": False, "updated_at": world.clock.now()}
    with world.store.database.begin() as c:
        c.execute(sa.delete(t.positions))
        c.execute(sa.insert(t.positions).values({"lines": 0, "rejects": 0, **row, **values}))


def refused(world: World, result: str) -> None:
    row = {"key": f"v1:0:{result}:ops", "incident_id": world.add(result), "generation": 1, "channel": "ops"}
    with world.store.database.begin() as c:
        c.execute(
            sa.insert(t.effects).values(**row, result=result, reason="404", receipt="{}", updated_at=world.clock.now())
        )


def backlog(world: World) -> None:
    for n in range(3):
        world.add(f"waits {n}", handled=False)


def handled(world: World) -> None:
    with world.store.database.begin() as c:
        c.execute(sa.update(t.incidents).values(handled_generation=1))


KINDS: dict[str, tuple[Callable[[World], object], Callable[[World], object]]] = {
    "source": (lambda world: world.clock.advance(25 * HOUR), position),
    "unreadable": (
        lambda world: position(world, lines=1000, rejects=400), lambda world: position(world, lines=2000, rejects=400),
    ),
    "backlog": (backlog, handled),
    "channel": (lambda world: refused(world, "failed"), lambda world: refused(world, "sent")),
    "disk": (lambda world: setattr(world, "free", 1), lambda world: setattr(world, "free", 10**12)),
}  # fmt: skip


@pytest.mark.parametrize("code", KINDS)
def test_each_kind_of_trouble_is_told_once_and_its_end_in_the_same_message(world: World, code: str) -> None:
    ill, well = KINDS[code]
    world.settings["selfcheck"] = SelfConfig(backlog=2)
    position(world)
    world.later(0.1)
    assert world.discord.requests == [], "while all is well"
    ill(world)
    for _ in range(3):
        world.later(0.1)
    assert world.titles() == ["logmedic itself is in trouble"]
    with world.store.database.connect() as c:
        assert [name.partition(":")[0] for (name,) in c.execute(sa.select(t.self_alerts.c.name))] == [code]
    world.clock.advance(60.0)
    well(world)
    for _ in range(3):
        world.later(0.1)
    assert world.titles() == ["logmedic is well again"]
    assert [m["edits"] for m in world.discord.messages] == [1]
    assert world.discord.pings == []


def test_a_source_that_never_had_anything_is_silent_after_a_day(world: World) -> None:
    world.later(23)
    assert world.titles() == []
    world.later(2)
    assert "source app: nothing new for more than 24 h" in world.discord.messages[0]["embeds"][0]["description"]


def test_after_a_long_stop_there_is_time_to_read_before_a_source_is_called_silent(world: World) -> None:
    position(world)
    world.clock.advance(48 * HOUR)
    keeper = world.keeper()
    keeper.following()
    keeper.tick()
    assert world.titles() == []
    position(world)
    world.later(0.25, keeper=keeper)
    assert world.titles() == []
    world.clock.advance(25 * HOUR)
    keeper.tick()
    assert world.titles() == ["logmedic itself is in trouble"]


def test_what_a_channel_leaves_out_on_purpose_is_no_warning(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.instead = lambda _bulletin: Outcome(Result.SKIPPED, "not worth it")
    world.warn("one")
    world.later(1)
    assert caplog.records == []
    world.instead = lambda _bulletin: Outcome(Result.FAILED, "it is gone")
    world.warn("two")
    world.later(1)
    assert "it is gone" in caplog.text


def test_a_channel_that_refuses_for_good_is_a_trouble_that_it_is_not_told_of_itself(world: World) -> None:
    world.discord.deleted = True
    world.warn("undeliverable")
    world.later(1)
    (trouble,) = world.keeper().troubles(world.clock.now())
    assert trouble.name == "channel:team"
    assert "10015" in trouble.text.en
    asked = len(world.discord.requests)
    world.later(0.1)
    assert len(world.discord.requests) == asked
    world.discord.deleted = False
    world.warn("deliverable")
    world.later(1)
    assert world.keeper().troubles(world.clock.now()) == []


# Idle scans


def test_an_idle_scan_is_told_when_to_look_in(world: World) -> None:
    def wakes() -> int:
        value = world.store.carried("wake-at")
        assert value is not None
        return int(value)

    world.settings["selfcheck"] = SelfConfig(enabled=False)
    world.keeper().tick()
    assert wakes() == TEN + 24 * 3600 * NANOSECONDS
    world.warn("soon")
    world.later(0.25)
    assert wakes() == TEN + 3600 * NANOSECONDS
    assert Bulletins(world.store.database).next_due() is None


def test_regressed_news_is_not_taken_for_new(world: World) -> None:
    number = world.warn("twice")
    world.change(number, substate=Substate.ONGOING.value)
    world.hold(number)
    world.later(1)
    assert list(world.shown()) == ["New"], "new until a digest has said so"
