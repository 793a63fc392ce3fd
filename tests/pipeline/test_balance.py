"""Who asks whom for what, and that it ends with everybody reading as much, give or take one."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from logmedic.pipeline.balance import otherwise_parted, to_ask_for


def test_a_newcomer_asks_the_one_who_reads_most() -> None:
    readers = {"a": "one", "b": "one", "c": "one", "d": "two", "e": "two"}
    assert to_ask_for("new", readers, readers, None) == "a"
    assert to_ask_for("two", readers, readers, None) is None, "one more than the other is no reason to move"


def test_what_is_asked_for_stays_so_until_it_is_taken() -> None:
    before = {"a": "one", "b": "one", "c": "one"}
    assert to_ask_for("new", before, before, "b") == "b"
    handed_over = {"a": "one", "c": "one"}
    assert to_ask_for("new", before, handed_over, "b") == "b"
    assert to_ask_for("new", before, {**handed_over, "b": "third"}, "b") == "a"
    assert to_ask_for("new", before, {**handed_over, "b": "new"}, "b") is None


def test_nobody_asks_for_what_it_does_not_know() -> None:
    assert to_ask_for("new", {"own"}, {"a": "one", "b": "one", "c": "one"}, None) is None


@given(
    readers=st.dictionaries(st.integers(0, 30).map(str), st.sampled_from("pqrs"), max_size=30),
    turns=st.lists(st.sampled_from("pqrs"), min_size=200, max_size=200),
)
def test_in_whatever_order_they_ask_the_shares_become_even_and_then_nothing_moves(
    readers: dict[str, str], turns: list[str]
) -> None:
    moves = 0
    for me in [*turns, *"pqrs" * 2]:
        wish = to_ask_for(me, readers, readers, None)
        if wish is not None:
            readers[wish] = me
            moves += 1
    counts = Counter(dict.fromkeys("pqrs", 0))
    counts.update(readers.values())
    if set("pqrs") <= set(turns):
        assert max(counts.values()) - min(counts.values()) <= 1
    assert moves <= len(readers)


def test_a_source_is_read_in_one_number_of_parts() -> None:
    assert otherwise_parted("app@1/4", ["app@2/3", "web"]) == "app@2/3"
    assert otherwise_parted("app@1/4", ["app"]) == "app"
    assert otherwise_parted("app", ["app@2/3"]) == "app@2/3"
    assert otherwise_parted("app@1/4", ["app@2/4", "apple@1/3", "web"]) is None
    assert otherwise_parted("push@0f3a", ["push@9bc1"]) is None, "spools of two machines"
