"""Digests, storms, reminders and our own troubles: told once each, at their time, whatever dies in between."""

from __future__ import annotations

import zoneinfo
from pathlib import Path

import pytest
from keeping_world import HOUR, TEN, KilledError, World

from logmedic.doors import SystemHttp
from logmedic.model import NANOSECONDS, Incident, Outcome, Result, Severity, State, Substate
from logmedic.respond.digest import DigestConfig
from logmedic.respond.policy import PolicyConfig
from logmedic.respond.rules import EscalationConfig, QuietConfig
from logmedic.respond.selfcheck import SelfConfig
from logmedic.store.bulletins import Bulletins
from logmedic.store.digests import Digests
from logmedic.store.health import Health
from logmedic.testing.discord import FakeDiscord, Fault
from logmedic.testing.doors import FakeClock

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


def test_a_storm_is_one_however_late_its_last_incident_is_looked_at(world: World) -> None:
    first = world.add("long before")
    world.clock.advance(90.0)
    storm = [world.add(f"kind {n}", severity=Severity.CRITICAL if n < 3 else Severity.WARNING) for n in range(40)]
    world.clock.advance(30.0)
    last = world.add("of the same minute")
    world.clock.advance(HOUR)  # the workers have much to do
    later = world.add("long after")
    health = Health(world.store.database)
    minute = 60 * NANOSECONDS
    for one in (*storm, last):
        assert health.fresh(one, minute) == {Severity.CRITICAL: 3, Severity.WARNING: 38}
    for one in (first, later):
        assert health.fresh(one, minute) == {Severity.WARNING: 1}
