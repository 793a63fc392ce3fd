"""Which records belong together, and what their incident is called."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_in_proportion
from logmedic.group.fingerprint import GroupConfig, Grouper, group, storm_grouping, surge_grouping
from logmedic.group.title import safe_title
from logmedic.model import ExceptionPart, Frame, Level, LogRecord, Ref, Stack


def print_of(record: LogRecord, config: GroupConfig | None = None) -> str:
    return Grouper(config)(record).fingerprint


def test_a_fingerprint_is_the_same_in_every_process_and_version(record) -> None:
    known = "v1:22fc8388c89c00c9"
    code = (
        "from logmedic.group.fingerprint import group; from logmedic.model import LogRecord, Ref;"
        "print(group(LogRecord(ref=Ref('a','b',9), time=5, service='shop', message='user 7 not found')).fingerprint)"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=100)

    assert group(record("user 42 not found")).fingerprint == known
    assert other.stdout.strip() == known


def test_each_piece_of_evidence_tells_bugs_apart(record) -> None:
    records = [
        record("cannot pay"),
        record("cannot ship"),
        record("cannot pay", service="web"),
        record("cannot pay", error_code="DB_TIMEOUT"),
        record("cannot pay", error_code="DB_DEADLOCK"),
        record("cannot pay", exception_type="ValueError"),
        record("cannot pay", exception_type="KeyError"),
        record("cannot pay", exception_type="KeyError", exception_message="'price'"),
    ]

    assert len({print_of(r) for r in records}) == len(records)


def test_ids_times_lines_levels_and_requests_do_not(record) -> None:
    same = [
        record("order 17 failed", exception_type="shop.errors.Gone", exception_message="row 3"),
        record("order 99 failed", exception_type="Gone", exception_message="row 4", level=Level.FATAL, time=9, line=7,
               request_id="r-1", trace_id="t", fields={"user": "jane"}, spans=("a",), raw=b"x"),
    ]  # fmt: skip

    assert len({print_of(r) for r in same}) == 1


def frames(*names: str, path: str = "/srv/app/shop/orders.py", line: int = 1) -> tuple[Frame, ...]:
    return tuple(Frame(n, path, line) for n in names)


def stack(*names: str, type: str = "ValueError", message: str = "bad 1", **frame) -> Stack:
    return Stack("python", (ExceptionPart(type, message, frames(*names, **frame)),))


def test_structured_frames_count_without_line_and_prefix(record) -> None:
    one = record("failed", stack=stack("serve", "load"))
    other = record(
        "could not", stack=stack("serve", "load", path="/home/x/app/shop/orders.py", line=99, message="bad 2")
    )

    grouping = Grouper()(one)

    assert grouping.fingerprint == print_of(other)
    assert grouping.culprit == "shop.orders.load"
    assert grouping.title == "ValueError: bad <num>"
    assert grouping.stack is not None
    assert all(f.in_app for f in grouping.stack.parts[0].frames)


def test_a_stack_without_the_teams_own_frames_leaves_it_to_the_message(record) -> None:
    lib = "/usr/lib/python3.11/asyncio/runners.py"
    one = record("refused by 10.0.0.1", stack=stack("run", path=lib))
    other = record("refused by 10.0.0.2", stack=stack("close", path=lib))
    third = record("timed out", stack=stack("run", path=lib))

    assert print_of(one) == print_of(other) != print_of(third)


def test_at_a_helper_that_only_raises_the_message_is_added(record) -> None:
    one, other = (record(m, stack=stack("serve", "raise_error", message=m)) for m in ("no price", "no stock"))
    third, fourth = (
        record(m, stack=stack("serve", "load", type="PriceError", message=m)) for m in ("no price", "no stock")
    )

    assert print_of(one) != print_of(other)
    assert print_of(third) == print_of(fourth)


def test_what_a_type_that_anybody_raises_says_is_added_without_the_values_in_it(record) -> None:
    def at(message: str, type: str = "ValueError") -> str:
        return print_of(record("refused", stack=stack("serve", "limit_of", type=type, message=message)))

    assert at("limit 3 has no unit") == at("limit 4 has no unit") != at("limit 3 is too high")
    assert at("invalid literal for int(): 'two'") == at('invalid literal for int(): "it\'s a dozen"')
    assert at("unknown column 'price'") != at("unknown column 'sku'")
    assert at("it's 'a'") != at("it was 'a'")
    assert at("limit 3 has no unit", "LimitError") == at("limit 3 is too high", "LimitError")


def test_a_rust_error_without_context_is_one_incident_with_and_without_a_backtrace(record) -> None:
    trace = "the model answered: busy\n\nStack backtrace:\n   0: shop::ask\n             at ./src/claude.rs:9:5\n"
    inlined = trace.replace("shop::ask", "{async_fn#0}").replace(":9:5", ":14:5")

    off = print_of(record("Summary failed", exception_message="the model answered: busy"))
    assert (
        off
        == print_of(record("Summary failed", stack_text=trace))
        == print_of(record("Summary failed", stack_text=inlined))
    )
    assert off != print_of(record("Summary failed", exception_message="the model answered: gone"))
    assert print_of(record("Summary failed", stack_text=trace[26:])) != off


def test_config_says_what_is_the_teams_own(record) -> None:
    lib = "/x/site-packages/ours/db.py"
    inner, outer = (record("x", stack=stack("query", path=lib)), record("x", stack=stack("other", path=lib)))
    config = GroupConfig(in_app_include=("ours",))

    assert print_of(inner) == print_of(outer)
    assert print_of(inner, config) != print_of(outer, config)
    assert Grouper(config)(inner).culprit == "ours.db.query"
    assert print_of(inner, GroupConfig(in_app_include=("ours",), in_app_exclude=("/ours/",))) == print_of(inner)


def test_a_language_without_a_parser_still_groups_by_its_structured_frames(record) -> None:
    def go(function: str) -> LogRecord:
        return record("x", stack=Stack("go", (ExceptionPart("", "", (Frame(function, "/srv/app/db/query.go", 3),)),)))

    assert Grouper()(go("Load")).culprit == "db.query.Load"
    assert print_of(go("Load")) != print_of(go("Save"))


def test_only_slow_groups_by_where_it_was_slow(record) -> None:
    def slow(**fields) -> str:
        return Grouper()(record("Response sent", level=Level.INFO, **fields), ("slow",)).title

    assert slow(fields={"method": "get", "path": "/orders/17?x=1"}) == "Slow: GET /orders/<num>"
    assert slow(fields={"path": "/orders/17"}) == slow(fields={"path": "/orders/18"})
    assert slow(spans=("request", "service", "claude")) == "Slow: request > service > claude"
    assert slow(target="shop::orders") == "Slow: shop::orders"
    assert slow() == "Slow: Response sent"


def test_slow_and_an_error_is_an_error(record) -> None:
    both = record("Response sent", error_code="DB_TIMEOUT")

    assert Grouper()(both, ("slow", "level")).fingerprint == Grouper()(both).fingerprint
    assert Grouper()(both, ("slow",)).fingerprint != Grouper()(both).fingerprint


def test_an_explanation_names_the_evidence_in_order_and_what_was_masked(record) -> None:
    grouping = Grouper()(record("user 42 not found", error_code="DB_GONE"), explain=True)

    assert [(c.name, c.value) for c in grouping.components] == [
        ("service", "shop"), ("kind", "error"), ("error_code", "DB_GONE"), ("template", "user <num> not found"),
    ]  # fmt: skip
    assert grouping.components[-1].masked == ("42 → <num>",)


def test_an_explanation_says_what_was_masked_of_what_an_exception_says(record) -> None:
    grouping = Grouper()(record("x", stack=stack("serve", "raise_error", message="no row 17")), explain=True)

    assert {c.name: c.masked for c in grouping.components}["reason"] == ("17 → <num>",)


def test_synthetic_incidents_have_names_of_their_own() -> None:
    assert surge_grouping("shop").title == "Error-rate surge in shop"
    assert surge_grouping("shop").fingerprint != surge_grouping("web").fingerprint
    assert storm_grouping().title == "Storm of distinct errors"


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("ping @everyone <@123> closes #12", "ping ＠everyone <＠<num>> closes ＃<num>"),
        ("/close `rm -rf` [x](https://evil.io/a)", "close 'rm -rf' (x)(https: evil.io/a)"),
        ("a\u202eb\u200bc\x07\x1b[31md\nnext", "a b c d next"),
        ("mail jane@example.com key AKIAQWERTYUIOPASDFGH", "mail <email> key <aws-key>"),
        ("", "Error without a message"),
        ("word " * 60, ("word " * 24)[:119].rstrip() + "…"),
    ],
)
def test_titles_are_safe_wherever_they_are_shown(message: str, title: str, record) -> None:
    assert Grouper()(record(message)).title == title


def test_a_stack_without_words_of_its_own_is_called_by_the_message(record) -> None:
    trace = "SpanTrace:\n   0: shop::orders::pay\n             at src/orders.rs:9\n"

    assert Grouper()(record("cannot pay 17", stack_text=trace)).title == "cannot pay <num>"


def test_a_title_starts_with_what_is_most_certain(record) -> None:
    full = record("x 1", error_code="AI_TIMEOUT", exception_type="shop.Timeout", exception_message="after 30s")

    assert Grouper()(full).title == "AI_TIMEOUT: Timeout: after <dur>"


@given(st.text(max_size=400))
def test_any_title_is_one_short_printable_line(text: str) -> None:
    title = safe_title(text)

    assert len(title) <= 120
    assert not set(title) & set("\n\r\x1b@`#\u202e\u2066\x00")
    assert title == safe_title(title) or title.endswith("…")


any_text = st.text(max_size=60)
any_record = st.builds(
    LogRecord, ref=st.just(Ref("s", "t", 0)), time=st.integers(0, 2**62), message=any_text, service=any_text,
    error_code=st.none() | any_text, exception_type=st.none() | any_text, exception_message=st.none() | any_text,
    stack_text=st.none() | any_text, spans=st.lists(any_text, max_size=2).map(tuple), target=any_text,
)  # fmt: skip


@given(st.lists(any_record, max_size=6), st.randoms())
def test_no_record_fails_and_the_order_never_matters(records: list[LogRecord], random) -> None:
    first = Grouper()
    expected = [first(r, ("slow",) if i % 2 else ()) for i, r in enumerate(records)]
    order = list(range(len(records)))
    random.shuffle(order)
    second = Grouper()
    found = {i: second(records[i], ("slow",) if i % 2 else ()) for i in order}

    assert [found[i] for i in range(len(records))] == expected


@pytest.mark.parametrize(
    "piece",
    ["Traceback (most recent call last):\n", "Traceback (most recent call last):\n  | +-+---- 1 ----\n",
     '  File "a", line 1, in f\n',
     "  | ", "thread 'a' panicked at ", "thread '", "Caused by:\n", "   0: <a::<b as c>::d\n", "<" * 99 + "::\n",
     "Error: \n   0: x\n",
     "━ BACKTRACE ━\n   1: a::b\n", "a.b" * 300 + "\n", "\x1b[", "\n"],
)  # fmt: skip
@pytest.mark.parametrize(
    "head", ["", "Traceback (most recent call last):\n", "stack backtrace:\n", "thread 'a' panicked at x:1:1:\n"]
)
def test_a_hostile_trace_takes_time_in_proportion_to_its_length(head: str, piece: str, record) -> None:
    def trace(length: int) -> LogRecord:
        return record("x", stack_text=head + piece * (length // len(piece)))

    def grouped(record: LogRecord) -> None:
        Grouper()(record)  # a new one, which remembers nothing

    assert_in_proportion(grouped, trace, 25_000)


def test_a_type_is_redacted_before_it_is_cut() -> None:
    secret = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
    record = LogRecord(
        ref=Ref("s", "t", 0), time=0, message="x", exception_type="M." + "x" * 280 + f" {secret}", service=f"a {secret}"
    )
    assert "abcdefgh" not in repr(Grouper()(record))


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\u3000"])
def test_a_message_of_nothing_but_white_space_gets_a_fingerprint(record, blank) -> None:
    assert print_of(record(blank * 17_000)) == print_of(record(blank * 17_001))


@pytest.mark.parametrize("lead", ["+---------------- 2 ----------------\n", "+---- 1 ----\n  +---- 1 ----\n"])
def test_a_member_of_an_exception_group_without_its_head_is_read_as_far_as_it_goes(record, lead) -> None:
    trace = 'Traceback (most recent call last):\n  File "/srv/app/a.py", line 1, in f\nKeyError: 1\n'
    assert print_of(record("x", stack_text=lead + trace)).startswith("v1:")
    assert print_of(record("x", stack_text=trace.partition("\n")[0] + "\n" + lead)).startswith("v1:")
