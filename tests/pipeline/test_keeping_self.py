"""Our own troubles: told once each, and their end in the same message."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from keeping_world import HOUR, UNWELL, World

from logmedic.model import NANOSECONDS, Outcome, Result
from logmedic.respond.selfcheck import SelfConfig
from logmedic.store import tables as t
from logmedic.testing.discord import Fault


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


def test_lines_that_a_source_found_gone_are_a_trouble_for_a_day(world: World) -> None:
    now = world.clock.now()
    row = {"source": "app", "offset": 1, "done": False, "updated_at": now, "lines": 1, "rejects": 0}
    tokens = [
        f'{{"next":9,"lost":{n},"lost_at":{now - ago}}}' for n, ago in ((3, 0), (4, 1), (50, 90_000 * NANOSECONDS))
    ]
    with world.store.database.begin() as c:
        for number, token in enumerate([*tokens, "{}"]):
            c.execute(sa.insert(t.positions).values(stream=f"logs/{number}", token=token, **row))
    found = world.keeper().troubles(now)
    assert [trouble.name for trouble in found] == ["lost:app"]
    assert "up to 7 lines were deleted" in found[0].text.en


def test_bytes_of_log_files_that_were_gone_are_told_too(world: World) -> None:
    now = world.clock.now()
    row = {"source": "app", "stream": "app.log~1", "offset": 1, "done": True, "lines": 1, "rejects": 0}
    with world.store.database.begin() as c:
        token = f'{{"path":"app.log","lost_bytes":4711,"lost_at":{now}}}'
        c.execute(sa.insert(t.positions).values(token=token, updated_at=now, **row))
    (found,) = world.keeper().troubles(now)
    assert "4,711 bytes of log files were deleted or overwritten" in found.text.en


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
