"""Several fingerprints that count as one incident, and how they part again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from life import MINUTE, T0, Life, line, merge

from logmedic.errors import UsageError
from logmedic.model import Outcome, Reason, Result, Severity, State, Substate

APPLES, PEARS, PLUMS = "apples are sour", "pears are hard", "plums are stale"


def three(life: Life):
    life.errors(APPLES, [10, 11])
    life.errors(PEARS, [2, 3, 4])
    life.errors(PLUMS, [20])
    return life.the("apples"), life.the("pears"), life.the("plums")


def test_a_merged_incident_counts_as_the_other_with_all_that_hangs_on_it(life: Life) -> None:
    apples, pears, _ = three(life)
    with life.change(30) as changes:
        merge(changes, apples, pears)
    kept, gone = life.the("apples"), life.the("pears")
    assert (kept.count, kept.first_seen, kept.last_seen) == (5, T0 + 2 * MINUTE, T0 + 11 * MINUTE)
    assert [b.count for b in kept.histogram] == [1, 1, 1, 1, 1]
    assert kept.aliases == (pears.fingerprint,)
    assert gone.merged_into == apples.id
    assert {i.id for i in life.store.list_incidents()} == {1, 3}
    assert {s.record.message for s in life.store.samples(kept.id)} == {APPLES, PEARS}
    assert life.store.samples(gone.id) == []
    assert life.codes(kept) == [("new", "new"), ("new", "new"), ("merged", "took-in")]
    assert [e.origin for e in life.store.timeline(kept.id)] == [pears.fingerprint, None, None]
    assert life.codes(gone) == [("merged", "merged-into")]


def test_later_records_of_either_count_as_the_one_even_in_one_batch(life: Life) -> None:
    apples, pears, _ = three(life)
    with life.change(30) as changes:
        merge(changes, apples, pears)
    taken = life.count(line(APPLES, 40), line(PEARS, 41), line(PEARS, 41.5), minute=42)
    kept = life.the("apples")
    assert taken.touched == {kept.id}
    assert (kept.count, kept.generation, kept.last_seen) == (8, 2, T0 + int(41.5 * MINUTE))
    assert sum(b.count for b in kept.histogram) == 8
    assert life.engine.given[-1] == (kept.id, apples.fingerprint, 2)


def test_merging_what_has_taken_others_in_leads_all_of_them_to_the_last(life: Life) -> None:
    apples, pears, plums = three(life)
    with life.change() as changes:
        merge(changes, apples, pears)
    with life.change() as changes:
        merge(changes, plums, apples)
    life.errors(PEARS, [50])
    life.errors(APPLES, [51])
    assert life.the("plums").count == 8
    assert set(life.the("plums").aliases) == {apples.fingerprint, pears.fingerprint}
    with life.store.database.connect() as connection:
        assert set(connection.execute(sa.text("SELECT incident_id FROM aliases")).scalars()) == {plums.id}


@pytest.mark.parametrize(
    ("kept", "other", "words"),
    [
        (1, 1, "into itself"),
        (2, 3, "incident 2 is merged into 1"),
        (3, 2, "incident 2 is merged into 1"),
        (1, 9, "no incident 9"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(life: Life, kept: int, other: int, words: str) -> None:
    apples, pears, _ = three(life)
    with life.change() as changes:
        merge(changes, apples, pears)
    before = life.everything()
    with pytest.raises(UsageError, match=words), life.change() as changes:
        changes.merge(kept, other)
    assert life.everything() == before


def test_a_surge_or_a_storm_is_not_merged_because_it_counts_what_others_count(life: Life) -> None:
    apples, _, _ = three(life)
    with life.store.database.begin() as connection:
        body = connection.execute(sa.text("SELECT body FROM samples WHERE incident_id = 2 LIMIT 1")).scalar_one()
        body = body.replace('"name":"kind"', '"name":"synthetic"')
        connection.execute(sa.text("UPDATE samples SET body = :b WHERE incident_id = 2"), {"b": body})
    with pytest.raises(UsageError, match="sums up errors of other incidents"), life.change() as changes:
        changes.merge(apples.id, 2)


def test_messages_stay_with_the_incident_that_is_kept_and_it_inherits_where_it_has_none(life: Life) -> None:
    apples, pears, _ = three(life)
    store = life.store

    def sent(key: str, incident: int, generation: int, channel: str, receipt: str) -> None:
        store.begin_effect(key, incident, generation, channel, T0)
        store.end_effect(key, Outcome(Result.SENT, "", {"id": receipt, "generation": generation}), T0)

    sent("a:1:discord", apples.id, 1, "discord", "apples' thread")
    sent("p:7:discord", pears.id, 7, "discord", "pears' thread")
    sent("p:7:github", pears.id, 7, "github", "pears' issue")
    store.begin_effect("p:7:mail", pears.id, 7, "mail", T0)
    store.end_effect("p:7:mail", Outcome(Result.DEFERRED, "429"), T0)
    with store.database.begin() as connection:
        connection.execute(sa.text("UPDATE incidents SET generation = 7, handled_generation = 7 WHERE id = 2"))
    with life.change() as changes:
        merge(changes, apples, pears)
    kept = life.the("apples")
    assert kept.generation == 7, "else a channel that has heard of 7 would take 2 for old news"
    assert store.unhandled() == []
    assert [store.receipt(kept.id, c)["id"] for c in ("discord", "github")] == ["apples' thread", "pears' issue"]
    assert store.undelivered([kept.id]) == [], "what was put off was news of the other"
    assert len(store.effects(kept.id)) == 4


def test_news_that_nobody_has_heard_become_news_of_the_incident_that_is_kept(life: Life) -> None:
    life.errors(APPLES, [0])
    life.count(line(PEARS, 1, level="FATAL"), minute=1, told=False)
    apples, pears = life.the("apples"), life.the("pears")
    with life.change(2) as changes:
        merge(changes, apples, pears)
    kept = life.the("apples")
    assert life.store.unhandled() == [(kept.id, kept.fingerprint, 2)]
    assert (kept.substate, kept.severity) == (Substate.ONGOING, Severity.CRITICAL)
    assert kept.why is not None
    assert kept.why.code == "took-in"


def test_what_people_decided_about_the_one_that_is_kept_stands(life: Life) -> None:
    apples, pears, _ = three(life)
    with life.change() as changes:
        changes.set_state(apples.id, State.SNOOZED, _why(), snooze_more=3)
    with life.change() as changes:
        merge(changes, apples, pears)
    kept = life.the("apples")
    assert (kept.state, kept.snooze_count) == (State.SNOOZED, 8), "three more than are counted now"
    assert not life.errors(PEARS, [60, 61]).raised
    assert life.errors(APPLES, [62]).raised


def test_a_fingerprint_that_is_split_off_begins_anew_and_the_history_stays(life: Life) -> None:
    apples, pears, _ = three(life)
    life.store.begin_effect("p:1:discord", pears.id, 1, "discord", T0)
    life.store.end_effect("p:1:discord", Outcome(Result.SENT, "", {"id": "pears' thread", "generation": 1}), T0)
    with life.change(30) as changes:
        merge(changes, apples, pears)
    with life.change(31) as changes:
        assert changes.split(apples.id, pears.fingerprint[:8]) == pears.fingerprint
    assert [i.id for i in life.store.list_incidents() if i.id == pears.id] == [], "nothing of it was seen since"
    taken = life.errors(PEARS, [32, 33])
    anew = life.the("pears")
    assert taken.raised == {anew.id}
    assert (anew.count, anew.first_seen, anew.substate, anew.merged_into) == (2, T0 + 32 * MINUTE, Substate.NEW, None)
    assert anew.generation == pears.generation + 1, "workflows of the old ones have their numbers"
    assert life.store.receipt(anew.id, "discord") is None
    assert life.the("apples").count == 5
    assert life.the("apples").aliases == ()
    assert life.codes(anew)[-2:] == [("split", "split-from"), ("new", "new-after-split")]
    assert life.codes(apples)[-1] == ("split", "split-off")


def test_only_what_was_merged_is_split_off(life: Life) -> None:
    apples, pears, _ = three(life)
    with life.change() as changes:
        merge(changes, apples, pears)
    for given, words in ((apples.fingerprint, "is the fingerprint of incident 1 itself"), ("v1:0000", "fits 0")):
        with pytest.raises(UsageError, match=words), life.change() as changes:
            changes.split(apples.id, given)


def test_a_merged_incident_is_found_under_the_one_that_it_counts_as(life: Life) -> None:
    apples, pears, _ = three(life)
    with life.change() as changes:
        merge(changes, apples, pears)
    for prefix in (pears.fingerprint, pears.fingerprint[3:9], apples.fingerprint):
        assert [i.id for i in life.store.by_fingerprint(prefix)] == [apples.id]
    assert life.store.by_fingerprint("%") == []


def test_samples_of_each_fingerprint_are_kept_however_many_there_are_of_another(life: Life) -> None:
    apples, pears, _ = three(life)
    with life.change() as changes:
        merge(changes, apples, pears)
    for n in range(40):
        life.errors(APPLES, [100 + 10 * n, 101 + 10 * n])
    kept = [s.record.message for s in life.store.samples(apples.id, limit=1_000)]
    assert kept.count(PEARS) == 3
    assert 15 <= kept.count(APPLES) <= 20


def _why() -> Reason:
    return Reason("by-hand", {"words": "for a while"})
