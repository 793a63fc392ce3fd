"""What is old goes, a little at a time; what is under way, wanted or shown stays."""

from __future__ import annotations

import sqlalchemy as sa
from life import MINUTE, T0, Life, merge

from logmedic.engine import InlineEngine
from logmedic.pipeline.pruning import Pruner
from logmedic.store import retention
from logmedic.store import tables as t
from logmedic.store.retention import DAY, Retention
from logmedic.testing.doors import FakeClock

KEEP = Retention(days=400, minutes_days=35)
LATER = T0 + 500 * DAY
IN_A_YEAR = 365 * 24 * 60.0  # minutes


def pruned(life: Life, keep: Retention = KEEP, now: int = LATER) -> dict[str, int]:
    wanted = retention.count(life.store.database, keep, now)
    gone: dict[str, int] = {}
    for name, rows in retention.prune(life.store.database, keep, now):
        gone[name] = gone.get(name, 0) + rows
    assert {name: rows for name, rows in wanted.items() if rows} == {name: rows for name, rows in gone.items() if rows}
    return gone


def titles(life: Life) -> list[str]:
    return sorted(incident.title for incident in life.everything())


def rows(life: Life, table: sa.Table) -> int:
    with life.store.database.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_an_incident_goes_with_all_that_belongs_to_it_once_it_has_not_occurred_for_so_long(life: Life) -> None:
    life.errors("apples broke", [0])
    life.errors("pears broke", [1, IN_A_YEAR])
    assert pruned(life)["incidents"] == 1
    assert titles(life) == ["pears broke"]
    kept = life.the("pears").id
    for table in (t.samples, t.timeline, t.histogram):
        with life.store.database.connect() as connection:
            assert set(connection.execute(sa.select(table.c.incident_id)).scalars()) == {kept}
    life.errors("apples broke", [IN_A_YEAR + 1])
    assert life.the("apples").count == 1  # a new one


def test_what_is_not_told_yet_or_ignored_stays(life: Life) -> None:
    life.count("", minute=0)
    life.errors("told", [0])
    life.errors("ignored", [0])
    life.errors("snoozed", [0])
    with life.store.database.begin() as connection:
        connection.execute(sa.update(t.incidents).where(t.incidents.c.title == "ignored").values(state="ignored"))
        connection.execute(sa.update(t.incidents).where(t.incidents.c.title == "snoozed").values(handled_generation=0))
    assert pruned(life)["incidents"] == 1
    assert titles(life) == ["ignored", "snoozed"]


def test_a_merged_incident_goes_after_the_one_that_it_is_part_of(life: Life) -> None:
    life.errors("apples broke", [0])
    life.errors("pears broke", [0, IN_A_YEAR])
    with life.change(IN_A_YEAR) as changes:
        merge(changes, life.the("pears"), life.the("apples"))
    assert not pruned(life).get("incidents")
    gone = list(retention.prune(life.store.database, KEEP, LATER + 365 * DAY))
    assert gone.count(("incidents", 1)) == 2
    assert titles(life) == []
    assert rows(life, t.aliases) == 0


def test_minutes_go_but_the_last_day_of_each_incident_which_is_shown(life: Life) -> None:
    day = 24 * 60
    life.errors("apples broke", [0, 10 * day, 10 * day + 60])
    before = life.the("apples")
    assert pruned(life, Retention(days=0, minutes_days=35))["minutes of incidents"] == 1
    after = life.the("apples")
    assert (after.count, after.histogram) == (before.count, before.histogram)
    assert rows(life, t.histogram) == 2
    assert rows(life, t.rule_counts) == 0


def test_zero_keeps_for_ever(life: Life) -> None:
    life.errors("apples broke", [0])
    assert pruned(life, Retention(days=0, minutes_days=0)) == {}
    assert titles(life) == ["apples broke"]


def test_many_go_in_small_transactions(life: Life, monkeypatch) -> None:
    monkeypatch.setattr(retention, "INCIDENTS_AT_A_TIME", 2)
    for word in ("apples", "pears", "plums", "figs", "nuts"):
        life.errors(f"{word} broke", [0])
    gone = [rows for name, rows in retention.prune(life.store.database, KEEP, LATER) if name == "incidents"]
    assert gone == [2, 2, 1]


def test_it_is_done_once_a_day_and_goes_on_where_it_was_out_of_time(life: Life, monkeypatch) -> None:
    monkeypatch.setattr(retention, "INCIDENTS_AT_A_TIME", 1)
    life.errors("apples broke", [0])
    life.errors("pears broke", [0])
    clock = FakeClock(T0)
    pruner = Pruner(life.store, InlineEngine(), clock, KEEP)
    pruner.tick()  # a new state: nothing of it is old
    clock.advance(500 * 86_400)
    monkeypatch.setattr("logmedic.pipeline.pruning.SPELL_SECONDS", 0.0)  # one small transaction a tick
    left = []
    for _ in range(6):
        pruner.tick()
        left.append(len(life.everything()))
    assert left[-1] == 0
    assert 1 in left
    assert retention.pruned_at(life.store.database) == clock.now()
    assert Pruner(life.store, InlineEngine(), clock, KEEP).tick() is None
    assert clock.now() - T0 > MINUTE
