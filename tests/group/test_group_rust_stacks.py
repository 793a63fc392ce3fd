"""Panics and error reports that real Rust programs printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.group.fingerprint import Grouper
from logmedic.group.stacks.rust import RustStacks
from logmedic.group.stacks.rust_symbols import symbol
from logmedic.model import Stack

RUST = RustStacks()


def parse(text: str) -> Stack:
    stack = RUST.parse(text)
    assert stack is not None
    return stack


def own(stack: Stack) -> list[str]:
    return [RUST.name(f) for part in stack.parts for f in part.frames if f.in_app]


@pytest.mark.parametrize("name", ["rust-bounds-short", "rust-bounds-full", "rust-bounds-moved"])
def test_a_panic_names_the_teams_own_frames_whatever_the_detail(name: str, captured) -> None:
    stack = parse(captured(name))

    assert stack.parts[0].type == "panic"
    assert stack.parts[0].message == "index out of bounds: the len is 2 but the index is 2"
    assert own(stack) == [
        "shop.main",
        "shop.orders.service.total",
        "shop.orders.service.total",
        "shop.orders.service.price",
    ]


def test_detail_moved_lines_folders_and_optimisation_do_not_change_the_fingerprint(captured, record) -> None:
    names = ["rust-bounds-short", "rust-bounds-full", "rust-bounds-moved"]
    prints = {Grouper()(record("panicked", stack_text=captured(name))).fingerprint for name in names}

    assert len(prints) == 1
    names = ["rust-unwrap-short", "rust-unwrap-moved"]
    others = {Grouper()(record("panicked", stack_text=captured(name))).fingerprint for name in names}
    assert len(others) == 1
    assert others != prints


def test_a_panic_is_one_bug_whoever_called_and_whether_or_not_a_backtrace_was_printed(captured, record) -> None:
    names = ("bounds-none", "bounds-short", "bounds-full", "bounds-moved", "thread-short")
    groups = [Grouper()(record("p", stack_text=captured(f"rust-{name}"))) for name in names]

    assert len({g.fingerprint for g in groups}) == 1
    assert {g.culprit for g in groups} == {"main", "shop.orders.service.price"}


@pytest.mark.parametrize(
    "text",
    [
        "thread 'main' panicked at src/orders.rs:10:5:\nrow 7 is gone\nnote: run with `RUST_BACKTRACE=1`",
        "thread 'tokio-runtime-worker' panicked at 'row 42 is gone', src/orders.rs:99:1\nnote: run with `RUST`",
        "thread 'main' (4711) panicked at /build/x/src/orders.rs:10:5:\nrow 8 is gone",
    ],
)
def test_without_a_backtrace_the_file_and_the_message_count_in_the_old_and_the_new_layout(text: str, record) -> None:
    expected = Grouper()(record("", stack_text="thread 'a' panicked at src/orders.rs:1:1:\nrow 1 is gone\n"))
    elsewhere = Grouper()(record("", stack_text="thread 'a' panicked at src/users.rs:1:1:\nrow 1 is gone\n"))

    grouping = Grouper()(record("", stack_text=text))

    assert grouping.title == "panic: row <num> is gone"
    assert grouping.fingerprint == expected.fingerprint
    assert grouping.fingerprint != elsewhere.fingerprint


def test_an_error_chain_is_read_from_the_outermost_context_to_the_root(captured) -> None:
    for name in ("rust-anyhow", "rust-anyhow-none"):
        assert [p.message for p in parse(captured(name)).parts] == [
            "posting entry 99",
            "cannot open ledger /nonexistent/ledger-17",
            "No such file or directory (os error 2)",
        ]
    assert own(parse(captured("rust-anyhow"))) == ["billing.main", "billing.ledger.post", "billing.ledger.open"]
    assert own(parse(captured("rust-anyhow-none"))) == []


def test_color_eyre_reports_give_backtrace_or_else_spans(captured) -> None:
    assert parse(captured("rust-eyre")).parts[0].message == "no card for user"
    assert own(parse(captured("rust-eyre"))) == ["billing.main", "billing.ledger.charge"]
    assert own(parse(captured("rust-eyre-none"))) == ["billing.ledger.charge"]
    assert own(parse(captured("rust-span"))) == ["billing.ledger.span"]
    assert own(parse(captured("rust-span").removeprefix("SpanTrace:\n"))) == ["billing.ledger.span"]


@pytest.mark.parametrize(
    "text",
    [
        "thread 'main' panicked at 'no price', crates/billing/src/lib.rs:9:3",
        "thread 'main' panicked at 'no price': crates/billing/src/lib.rs:9",
        "panicked at /build/shop/crates/billing/src/lib.rs:11:3:\nno price\n   0: rust_begin_unwind\n",
        "The application panicked (crashed).\nMessage:  no price\nLocation: crates/billing/src/lib.rs:9\n\n"
        "  ━━━━ BACKTRACE ━━━━\n   1: billing::price\n      at /build/shop/crates/billing/src/lib.rs:9\n",
    ],
)
def test_every_hook_that_reports_panics_gives_one_fingerprint(text: str, record) -> None:
    expected = Grouper()(record("x", stack_text="thread 'a' panicked at crates/billing/src/lib.rs:1:3:\nno price"))

    assert Grouper()(record("x", stack_text=text)).fingerprint == expected.fingerprint
    assert expected.components[2].value == "file billing.lib"


def test_the_words_of_a_panic_and_its_backtrace_in_fields_of_their_own_are_one(captured, record) -> None:
    trace = captured("rust-bounds-short")
    words = "index out of bounds: the len is 2 but the index is 2"
    fields = {
        "panic.location": "src/main.rs:5:57",
        "panic.payload": words,
        "panic.backtrace": trace.partition("backtrace:\n")[2],
    }
    groups = [
        Grouper()(record("A panic occurred", fields=fields)),
        Grouper()(record(f"panicked at src/main.rs:5:57:\n{words}", stack_text="disabled backtrace")),
        Grouper()(record("panicked", stack_text=trace)),
    ]

    assert len({g.fingerprint for g in groups}) == 1
    assert groups[0].culprit == "shop.orders.service.price"


def test_equal_words_at_two_places_of_one_file_are_two_bugs_and_old_and_new_wording_is_one(record) -> None:
    def at(place: str, words: str) -> str:
        return Grouper()(record("x", stack_text=f"thread 'a' panicked at src/a.rs:{place}:\n{words}")).fingerprint

    none = "called `Option::unwrap()` on a `None` value"
    old = "assertion failed: `(left == right)`\n  left: `1`,\n right: `2`"
    assert at("10:14", none) == at("90:14", none) != at("10:30", none)
    assert at("10:5", old) == at("11:5", "assertion `left == right` failed\n  left: 1\n right: 2")


def test_a_backtrace_printed_for_debugging_is_read() -> None:
    text = 'Backtrace [{ fn: "shop::orders::price", file: "./src/orders.rs", line: 5 }, { fn: "std::rt::lang_start" }]'

    assert own(parse(text)) == ["shop.orders.price"]


def test_a_backtrace_logged_without_a_header_is_read(captured) -> None:
    bare = captured("rust-bounds-short").partition("stack backtrace:\n")[2]

    assert own(parse(bare))[-1] == "shop.orders.service.price"


@pytest.mark.parametrize("text", ["<disabled>", "disabled backtrace", "posting 9: cannot open: gone", "", "0: x"])
def test_what_is_no_trace_is_none(text: str) -> None:
    assert RUST.parse(text) is None


@pytest.mark.parametrize(
    ("mangled", "plain"),
    [
        ("shop::orders::price::h185ec327adb6e47b", "shop::orders::price"),
        ("shop[e28293b1aa0f68bd]::orders::price", "shop::orders::price"),
        ("shop::load::{{closure}}::{{closure}}", "shop::load"),
        ("shop::load::{closure#0}", "shop::load"),
        ("<shop::Cart<T> as core::ops::drop::Drop>::drop", "shop::Cart::drop"),
        ("<u32 as shop::Price>::price", "shop::Price::price"),
        ("<&mut dyn shop::Load as core::ops::function::FnOnce<()>>::call_once", "shop::Load::call_once"),
        ("tokio::task::Core<shop::main::{{closure}}>::poll", "tokio::task::Core::poll"),
        ("shop::map::<fn(u32) -> u32>", "shop::map"),
    ],
)
def test_symbols_lose_hashes_generics_and_closures(mangled: str, plain: str) -> None:
    assert symbol(mangled) == plain


@given(st.text(st.sampled_from("<>:{}as h0f() &-x"), max_size=60))
def test_any_symbol_can_be_read(name: str) -> None:
    symbol(name)


pieces = st.sampled_from(
    ["thread 'main' panicked at src/a.rs:1:2:", "thread 'main' panicked at 'x', src/a.rs:1:2", "stack backtrace:",
     "   0: shop::f", "             at ./src/a.rs:1:2", "Caused by:", "    0: x", "    y", "SpanTrace:", "Location:",
     "Error: x", "  ━━━ BACKTRACE ━━━", "   1:     0x55de9483094a - std::x", "<disabled>", ""]
)  # fmt: skip


@given(st.lists(pieces | st.text(max_size=20), max_size=25).map("\n".join))
def test_any_text_can_be_parsed(text: str) -> None:
    stack = RUST.parse(text)

    assert stack is None or len(stack.parts) >= 1


def test_calls_are_read_with_and_without_place_column_address_and_carriage_return() -> None:
    trace = (
        "thread 'main' panicked at src/main.rs:9:1:\nboom\nstack backtrace:\n"
        "   0:     0x55d0c0ffee00 - std::panicking::f\n"
        "   1: shop::a with 1 more\r\n             at src/a.rs:12:7\r\n   2: shop::b\n             at src/b.rs:34\n"
        "      [... omitted 3 frames ...]\n   3: shop::c\n  10: shop::d\n             at src/d:5.rs:6:8\n"
        "note: Some details are omitted\n"
    )
    calls = [(f.function, f.path, f.line, f.column) for f in reversed(parse(trace).parts[0].frames)]
    assert [c for c in calls if c[0]] == [
        ("shop::a", "src/a.rs", 12, 7),
        ("shop::b", "src/b.rs", 34, 0),
        ("shop::c", "", 0, 0),
        ("shop::d", "src/d:5.rs", 6, 8),
    ]
