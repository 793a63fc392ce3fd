"""What another way of grouping does to stored incidents; above all, that the same way changes nothing."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from life import T0, Life, line

from logmedic import build
from logmedic.errors import UsageError
from logmedic.group.fingerprint import GroupConfig
from logmedic.group.overrides import GroupRule
from logmedic.group.regroup import Alias, Merge, Placed, Plan, Split, Stored, plan
from logmedic.model import Outcome, Result
from logmedic.pipeline.regrouping import carry_out, preview

SECRETS = (
    "user bob@example.com has no cart", "card 4111111111111111 was declined", "call +82 10-1234-5678 failed",
    "postgres://u:pw@db.internal:5432/x refused", "password=hunter2 is wrong", "resident 900101-1234567 is unknown",
    "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk expired", "AKIAIOSFODNN7EXAMPLE is denied",
    "주문 4711 결제 실패", "x" * 20_000, "plain words",
)  # fmt: skip


def traceback(*functions: str) -> str:
    frames = "".join(
        f'  File "{path}", line 3, in {name}\n    pass\n' for path, name in (f.split(":") for f in functions)
    )
    return f"Traceback (most recent call last):\n{frames}ValueError: bad"


def grouped(life: Life, **group: tuple[str, ...]) -> Plan:
    return preview(life.store, build.grouper(msgspec.structs.replace(life.config, group=GroupConfig(**group))))


def test_the_same_code_and_configuration_change_nothing_even_for_what_was_redacted(life: Life) -> None:
    life.count(*(line(m, n, exc_info=traceback("/srv/shop/a.py:run")) for n, m in enumerate(SECRETS)), minute=20)
    life.count(*(line(m, n, error_code="DB_DOWN") for n, m in enumerate(SECRETS)), minute=20)
    life.count(
        *(line(m, n) for n, m in enumerate(SECRETS)), *(line("slow", 15, level="INFO", duration_ms=9e3),), minute=20
    )
    planned = grouped(life)
    assert planned.incidents == len(life.store.list_incidents())
    assert planned.incidents > len(SECRETS)
    assert not planned.changes
    assert planned.unclear == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_whatever_is_logged_the_same_code_changes_nothing(tmp_path_factory, messages: list[str]) -> None:
    life = Life(f"sqlite:///{tmp_path_factory.mktemp('any') / 'state.db'}")
    life.count(*(line(m, 1, user=m) for m in messages), minute=2)
    planned = grouped(life)
    life.store.close()
    assert (planned.changes, planned.unclear) == (False, 0)


def shop(life: Life) -> None:
    """Two bugs below one helper, and one that is only in the helper."""
    for minute in range(3):
        life.errors("a", [minute], exc_info=traceback("/srv/shop/cart.py:add", "/srv/shop/lib.py:check"))
    life.errors("b", [10], exc_info=traceback("/srv/shop/order.py:place", "/srv/shop/lib.py:check"))


def test_a_configuration_that_takes_frames_out_merges_onto_the_oldest_and_everything_stays_attached(life: Life) -> None:
    shop(life)
    older, younger = sorted(life.store.list_incidents(), key=lambda i: i.first_seen)
    life.store.begin_effect("k", younger.id, 1, "github", T0)
    life.store.end_effect("k", Outcome(Result.SENT, "", {"issue": 7, "generation": 1}), T0)
    planned = grouped(life, in_app_exclude=("shop.cart", "shop.order", "/cart.py", "/order.py"))
    assert [(m.kept, m.merged) for m in planned.merges] == [(older.id, younger.id)]
    assert [a.incident for a in planned.aliases] == [older.id]
    assert len(life.store.list_incidents()) == 2, "a preview changes nothing"
    carry_out(life.store, planned, now=T0, actor="mina")
    assert life.store.receipt(older.id, "github") == {"issue": 7, "generation": 1}
    (left,) = life.store.list_incidents()
    assert (left.id, left.count) == (older.id, 4)
    again = Life(
        life.store.database.url.render_as_string(hide_password=False), _with(in_app_exclude=("/cart.py", "/order.py"))
    )
    taken = again.errors("c", [20], exc_info=traceback("/srv/shop/cart.py:add", "/srv/shop/lib.py:check"))
    again.store.close()
    assert taken.touched == {older.id}
    codes = life.codes(older.id)
    assert ("regrouped", "regrouped") in codes
    assert ("merged", "took-in") in codes
    assert not grouped(life, in_app_exclude=("shop.cart", "shop.order", "/cart.py", "/order.py")).changes


def test_a_plan_that_is_out_of_date_changes_nothing(life: Life) -> None:
    shop(life)
    planned = grouped(life, in_app_exclude=("/cart.py", "/order.py"))
    with life.change() as changes:
        changes.merge(2, 1)
    before = life.everything()
    with pytest.raises(UsageError, match="merged into"):
        carry_out(life.store, planned, now=T0, actor="mina")
    assert life.everything() == before


def test_samples_that_lost_what_grouping_looks_at_are_not_guessed(state_url: str) -> None:
    """Messages are grouped as they are stored, redacted; a rule of the configuration looks at a field as it came."""
    rule = GroupRule(match={"message": "no cart"}, fingerprint=("{{ field.customer }}",))
    life = Life(state_url, build.Config(group=GroupConfig(rules=(rule,))))
    life.count(*(line(m, n) for n, m in enumerate(SECRETS)), minute=20)
    life.count(line("no cart", 12, customer="kim@example.com"), line("no cart", 13, customer="shop-7"), minute=20)
    now = build.grouper(life.config)

    def another_recipe(record, rules):
        grouping = now(record, rules)
        return msgspec.structs.replace(grouping, fingerprint="v2:" + grouping.fingerprint[3:])

    planned = preview(life.store, another_recipe)
    assert (planned.unclear, planned.incidents) == (1, len(SECRETS) + 2)
    assert len(planned.aliases) == planned.incidents - planned.unclear
    assert planned.splits == planned.merges == ()
    life.store.close()


def _with(**group: tuple[str, ...]) -> build.Config:
    return build.Config(group=GroupConfig(**group))


# -- the plan itself -----------------------------------------------------------------------------------------------


def incident(number: int, *samples: tuple[str, str | None], aliases: tuple[str, ...] = (), own: str = "") -> Stored:
    own = own or f"v1:{number}"
    placed = tuple(Placed(old or own, new, time) for time, (old, new) in enumerate(samples))
    return Stored(number, f"bug {number}", (own, *aliases), number, placed)


def test_a_new_version_of_the_recipe_keeps_every_incident_attached() -> None:
    planned = plan([incident(n, ("", f"v2:{n}"), ("", f"v2:{n}")) for n in (1, 2)])
    assert planned.aliases == (Alias(1, "v2:1"), Alias(2, "v2:2"))
    assert (planned.merges, planned.splits) == ((), ())


def test_of_a_split_the_larger_part_stays_and_of_equal_parts_the_newer() -> None:
    larger = plan([incident(1, ("", "v2:a"), ("", "v2:a"), ("", "v2:b"))])
    assert larger.aliases == (Alias(1, "v2:a"),)
    assert larger.splits == (Split(1, "v2:b", 1, 3, None),)
    newer = plan([incident(1, ("", "v2:a"), ("", "v2:b"))])
    assert newer.aliases == (Alias(1, "v2:b"),)


def test_incidents_that_lead_to_one_fingerprint_merge_onto_the_oldest() -> None:
    planned = plan([incident(n, ("", "v2:x")) for n in (3, 1, 2)])
    assert set(planned.merges) == {Merge(1, 2, "v2:x"), Merge(1, 3, "v2:x")}
    assert planned.aliases == (Alias(1, "v2:x"),)


def test_one_that_was_opened_by_the_new_recipe_meanwhile_is_taken_in_by_its_elder() -> None:
    planned = plan([incident(1, ("", "v2:x")), incident(2, ("", "v2:x"), own="v2:x")])
    assert planned.merges == (Merge(1, 2, "v2:x"),)
    assert planned.aliases == (), "the merge itself leads the fingerprint there"


def test_what_was_merged_by_hand_stays_merged() -> None:
    planned = plan([incident(1, ("v1:1", "v2:1"), ("v1:b", "v2:b"), aliases=("v1:b",))])
    assert planned.aliases == (Alias(1, "v2:1"), Alias(1, "v2:b"))
    assert planned.splits == ()


def test_an_incident_part_of_which_stays_is_not_merged_away() -> None:
    planned = plan([incident(1, ("", "v1:1")), incident(2, ("", "v1:2"), ("", "v1:1"), ("", "v1:1"))])
    assert planned.merges == ()
    assert planned.splits == (Split(2, "v1:1", 2, 3, 1),)


def test_what_the_stored_form_cannot_tell_is_left_alone_and_counted() -> None:
    planned = plan([incident(1, ("", None), ("", None)), incident(2, ("", "v2:2"), ("", None))])
    assert planned.aliases == (Alias(2, "v2:2"),)
    assert planned.unclear == 3


NAMES = st.sampled_from([f"v1:{n}" for n in range(1, 6)] + ["v2:a", "v2:b", "v2:c"])


@given(st.lists(st.lists(st.none() | NAMES, max_size=5), min_size=1, max_size=5))
def test_every_plan_can_be_carried_out(shape: list[list[str | None]]) -> None:
    incidents = [incident(n, *(("", new) for new in news)) for n, news in enumerate(shape, 1)]
    planned = plan(incidents)
    gone = {m.merged for m in planned.merges}
    own = {f for i in incidents for f in i.fingerprints}
    assert not gone & {m.kept for m in planned.merges}, "nothing is merged into what is merged away"
    assert len(gone) == len(planned.merges)
    assert not gone & {a.incident for a in planned.aliases}
    assert not own & {a.fingerprint for a in planned.aliases}, "no alias hides a living incident"
    assert {i.id for i in incidents} - gone


def test_what_is_open_is_not_merged_into_what_was_ignored():
    """Nobody would hear of it again."""
    old = Stored(1, "old", ("v1:a",), 10, (Placed("v1:a", "v1:n", 10),), settled=True)
    young = Stored(2, "young", ("v1:b",), 20, (Placed("v1:b", "v1:n", 20),))
    (merge,) = plan([old, young]).merges
    assert (merge.kept, merge.merged) == (2, 1)
