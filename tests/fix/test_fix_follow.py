"""What becomes of pull requests after they were opened, and whether a merged fix helped."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from fix_scenes import diagnosis

from logmedic.errors import DeliveryError
from logmedic.model import Reason, State, Text
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.follow import Act, Follower, decide
from logmedic.respond.github.pulls import Pull
from logmedic.store import tables as t
from logmedic.store.database import open_database
from logmedic.store.fixes import HOUR, MINUTE, Fix, Fixes
from logmedic.store.rows import json
from logmedic.store.store import Store
from logmedic.testing.doors import FakeClock

HEAD, OTHER = "1" * 40, "2" * 40
T0 = FakeClock().now()
MERGED = T0 + 24 * HOUR


class Desk:
    """Where pull requests stand, and what issues were told."""

    web = "https://github.com/acme/shop"

    def __init__(self) -> None:
        self.pulls: dict[int, Pull] = {}
        self.said: list[str] = []
        self.down = False

    def look(self, numbers):
        if self.down:
            raise DeliveryError("no answer", retry_after=1)
        return {number: self.pulls[number] for number in numbers if number in self.pulls}

    def say(self, issue, body, marker):
        assert marker in body
        self.said.append(body)


def pull(state="OPEN", head=HEAD, ended="") -> Pull:
    return Pull(number=5, url="https://github.com/acme/shop/pull/5", state=state, head=head, draft=True, ended=ended)


class World:
    """One incident with a fix whose pull request is open."""

    def __init__(self, path) -> None:
        self.store = Store(open_database(f"sqlite:///{path}"))
        self.clock, self.desk = FakeClock(), Desk()
        with self.store.database.begin() as connection:
            connection.execute(
                sa.insert(t.incidents).values(
                    id=1, fingerprint="v2:0123456789abcdef", title="x", culprit="c", service="shop", state="open",
                    substate="new", severity="critical", floor="critical", first_seen=T0, last_seen=T0, last_raised=T0,
                    count=1, generation=1, handled_generation=1, reason="new", rules="[]", created_at=T0,
                    diagnosis=json(diagnosis(HEAD)),
                )
            )  # fmt: skip
        self.fixes = Fixes(self.store.database)
        begun = self.fixes.begin(
            1, "v2:0123456789abcdef", 1, stem="0123456789abcdef", dry=False, actor="ada", now=T0, decide=lambda _: None
        )
        assert isinstance(begun, Fix)
        self.key = begun.key
        self.fixes.change(self.key, state="offered", pull=5, fate="open", commit=HEAD, ended_at=T0)
        self.desk.pulls[5] = pull()
        self.follower = Follower(config=FixConfig(enabled=True, watch_h=24), store=self.store, desk=lambda: self.desk,
                                 issue=lambda _id: 3, clock=self.clock, language="en")  # fmt: skip

    def happens(self, at: int, count: int) -> None:
        with self.store.database.begin() as connection:
            connection.execute(sa.insert(t.histogram).values(incident_id=1, minute=at // MINUTE, count=count))

    def at(self, time: int) -> Fix:
        """Look at that time."""
        self.clock.advance((time - self.clock.now()) / 1e9)
        self.follower.tick()
        return self.fixes.get(self.key)

    @property
    def events(self) -> list[str]:
        return [entry.event for entry in self.store.timeline(1)]


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "state.db")
    yield made
    made.store.close()


def merge(world) -> Fix:
    world.desk.pulls[5] = pull("MERGED", ended="2026-01-02T00:00:00Z")
    return world.at(MERGED + HOUR)


def test_a_fix_that_holds_is_told_with_the_rates_and_resolves_its_incident(world):
    for hour in range(24):
        world.happens(T0 + hour * HOUR, 37)
    fix = merge(world)
    assert (fix.fate, fix.fate_at, fix.changed, round(fix.before)) == ("merged", MERGED, False, 37)
    assert world.at(MERGED + 23 * HOUR).after is None
    fix = world.at(MERGED + 25 * HOUR)
    assert (fix.after, fix.watch_until) == (0, None)
    assert "the fix holds: 37.0 an hour before the merge, none in the 24 h after it" in world.desk.said[0]
    assert world.desk.said[0].startswith("https://github.com/acme/shop/pull/5:")
    assert world.store.incident(1).state is State.RESOLVED
    assert world.events == ["fix merged", "resolved", "fix watched"]
    world.at(MERGED + 26 * HOUR)
    assert len(world.desk.said) == 1


def test_a_fix_that_does_not_hold_opens_its_incident_again(world):
    merge(world)
    with world.store.changing(now=MERGED, actor="ada") as changes:
        changes.set_state(1, State.RESOLVED, Reason("resolved-by-hand"))
    world.happens(MERGED + 20 * HOUR, 24)
    fix = world.at(MERGED + 24 * HOUR)
    assert fix.after == 2
    assert "the fix was merged, and it still happens" in world.desk.said[0]
    assert world.store.incident(1).state is State.OPEN


def test_what_still_happens_until_the_merge_is_deployed_does_not_count_against_it(world):
    merge(world)
    world.happens(MERGED + 2 * HOUR, 50)
    assert world.at(MERGED + 24 * HOUR).after == 0


def test_a_pull_request_that_people_close_holds_back_the_next(world):
    world.desk.pulls[5] = pull("CLOSED", ended="2026-01-01T05:00:00Z")
    fix = world.at(T0 + 6 * HOUR)
    assert (fix.fate, fix.fate_at) == ("closed", T0 + 5 * HOUR)
    assert world.events == ["fix closed"]
    assert world.fixes.offered() == []
    assert world.fixes.standing(fix.fingerprint, T0).offered is None


def test_work_of_a_person_on_the_branch_is_noted(world):
    world.desk.pulls[5] = pull(head=OTHER)
    assert world.at(T0 + HOUR).changed
    assert decide(world.at(T0 + 2 * HOUR), pull(head=OTHER), T0) is Act.NOTHING


def test_github_being_away_changes_nothing(world):
    world.desk.down = True
    assert world.at(T0 + HOUR).fate == "open"
    world.desk.down = False
    assert merge(world).fate == "merged"


def test_a_fix_of_an_incident_that_is_merged_into_another_goes_with_it(world):
    with world.store.database.begin() as connection:
        row = connection.execute(sa.select(t.incidents)).one()._mapping
        connection.execute(sa.insert(t.incidents).values({**row, "id": 2, "fingerprint": "v2:ffffffffffffffff"}))
    with world.store.changing(now=T0, actor="ada") as changes:
        changes.merge(2, 1)
    assert [fix.key for fix in world.fixes.of_incident(2)] == [world.key]
    merge(world)
    assert world.at(MERGED + 25 * HOUR).after == 0
    assert world.store.incident(2).state is State.RESOLVED


def test_of_two_that_begin_at_once_one_does_and_a_rehearsal_left_behind_is_no_hindrance(world):
    def begin(dry):
        return world.fixes.begin(
            1, "v2:aaaaaaaaaaaaaaaa", 1, stem="aaaaaaaaaaaaaaaa", dry=dry, actor="ada", now=T0,
            decide=lambda standing: Text("busy", "") if standing.under_way else None,
        )  # fmt: skip

    rehearsal = begin(dry=True)
    real = begin(dry=False)
    assert (rehearsal.key, real.key) == ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa-2")
    assert world.fixes.get(rehearsal.key).state == "failed"
    assert begin(dry=False) == real
    assert begin(dry=True) == Text("busy", "")
