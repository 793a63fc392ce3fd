"""One line per record, in Rust's layout, whatever was logged."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracing_memory import Memory

from logmedic.tracing import Request, span
from logmedic.tracing.format import JsonFormatter, level_name
from logmedic.tracing.safe import MAX_ITEMS, encode, whole_text

LOG = logging.getLogger("shop.orders")


class Evil:
    """Raises from everything a log call might ask of it."""

    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __repr__


def record(message: Any = "m", *args: Any, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("shop.orders", logging.ERROR, "/srv/shop/orders.py", 7, message, args, None)
    vars(made).update(more)
    return made


def line(made: logging.LogRecord, **options: Any) -> dict[str, Any]:
    return json.loads(JsonFormatter(**options).encode(made))


def test_the_keys_and_their_order_are_those_of_rusts_json_formatter() -> None:
    with span("handler", method="GET"), span("service"):
        text = JsonFormatter().format(record("hello", created=1767323045.123456))
    assert text == (
        '{"timestamp":"2026-01-02T03:04:05.123456Z","level":"ERROR","fields":{"message":"hello"},'
        '"target":"shop.orders","filename":"/srv/shop/orders.py","line_number":7,'
        '"span":{"name":"service"},"spans":[{"method":"GET","name":"handler"},{"name":"service"}]}'
    )


def test_outside_of_spans_there_are_no_span_keys() -> None:
    assert set(line(record())) == {"timestamp", "level", "fields", "target", "filename", "line_number"}


@given(st.floats(min_value=0, max_value=4102444800, allow_nan=False))
def test_the_timestamp_is_the_records_time_in_utc_to_the_microsecond(created: float) -> None:
    written = datetime.fromisoformat(line(record(created=created))["timestamp"])
    assert written.tzinfo == UTC
    assert abs(written.timestamp() - created) < 2e-6


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (5, "TRACE"),
        (10, "DEBUG"),
        (20, "INFO"),
        (25, "INFO"),
        (30, "WARN"),
        (40, "ERROR"),
        (50, "FATAL"),
        (99, "FATAL"),
    ],
)
def test_levels_are_spelled_as_in_rust(number: int, name: str) -> None:
    assert level_name(number) == name


def test_extra_values_service_and_release_land_in_the_fields(log: Memory) -> None:
    LOG.error("Charge failed", extra={"error_code": "AI_TIMEOUT", "order": 7})
    assert log.last["fields"] == {"message": "Charge failed", "service": "shop", "error_code": "AI_TIMEOUT", "order": 7}
    assert line(record(), service="s", release="r")["fields"] == {"message": "m", "service": "s", "release": "r"}


def test_lines_of_any_library_come_out(log: Memory) -> None:
    logging.getLogger("somebody.else").warning("low on %s", "paper")
    assert (log.last["target"], log.last["fields"]["message"]) == ("somebody.else", "low on paper")


def test_paths_below_the_root_become_relative() -> None:
    assert line(record(), root=Path("/srv"))["filename"] == "shop/orders.py"
    assert line(record(), root=Path("/srv/sh"))["filename"] == "/srv/shop/orders.py"


def test_the_ids_of_the_request_stand_in_the_fields() -> None:
    request = Request(request_id="r-1")
    with span("handler", request=request):
        fields = line(record())["fields"]
    assert (fields["request_id"], fields["trace_id"]) == ("r-1", request.trace_id)


def test_a_value_that_the_caller_gives_wins_over_ours() -> None:
    with span("handler", request=Request()):
        assert line(record(request_id="mine"))["fields"]["request_id"] == "mine"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({1, 2}, [1, 2]),
        (Path("/x"), "PosixPath('/x')"),
        (10**30, None),
        (10**5000, None),
        (float("nan"), None),
        ("\ud800", "\ufffd"),
        ("\ud83d\ude00", "😀"),
        ({"\udcff": 1}, {"\ufffd": 1}),
        ({(1, 2): "\ud800"}, {"(1, 2)": "\ufffd"}),
        (["\ud800", 1.5, None, True, float("inf")], ["\ufffd", 1.5, None, True, "inf"]),
    ],
    ids=lambda _: "",
)
def test_values_that_json_does_not_know_are_written_somehow(value: Any, written: Any) -> None:
    fields = line(record(value=value))["fields"]
    assert "value" in fields
    assert written is None or fields["value"] == written


@pytest.mark.parametrize("value", [Evil(), [Evil()], {"a": Evil()}, {Evil(): 1}], ids=["bare", "list", "value", "key"])
def test_objects_whose_repr_raises_lose_no_line(value: Any) -> None:
    assert "Evil" in json.dumps(line(record(value=value))["fields"]["value"])


def test_a_structure_that_holds_itself_ends() -> None:
    cycle: list[Any] = []
    cycle.extend([cycle] * 1000)
    assert len(encode({"cycle": cycle})) < 100 * MAX_ITEMS
    deep: Any = "bottom"
    for _ in range(100_000):
        deep = [deep]
    assert "nested too deep" in encode({"deep": deep}).decode()
    while isinstance(deep, list):  # taken apart by hand: freeing it at once would recurse
        deep = deep.pop()


def test_a_message_with_wrong_arguments_is_still_written() -> None:
    assert line(record("%d items", "three"))["fields"]["message"] == "%d items (arguments not formatted: 'three')"
    assert "Evil" in line(record("for %s", Evil()))["fields"]["message"]
    assert "Evil" in line(record(Evil()))["fields"]["message"]


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()) | st.integers(), inner) | st.tuples(inner),
    max_leaves=8,
)


@given(st.text(st.characters()), st.dictionaries(st.text(st.characters()), JSON_LIKE, max_size=3))
def test_whatever_is_logged_is_one_line_of_valid_json_with_every_key(message: str, extra: dict[str, Any]) -> None:
    named = {f"x_{key}": value for key, value in extra.items()}  # no clash with the attributes of a record
    written = JsonFormatter().encode(record("%s", message, **named))
    assert b"\n" not in written
    fields = json.loads(written)["fields"]
    assert fields["message"] == whole_text(message)
    assert fields.keys() == {"message", *map(whole_text, named)}


def test_the_ids_of_opentelemetry_are_used_when_it_has_a_span(log: Memory) -> None:
    trace = pytest.importorskip("opentelemetry.trace")
    context = trace.SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=trace.TraceFlags(1))
    with span("handler", request=Request()), trace.use_span(trace.NonRecordingSpan(context)):
        LOG.info("here")
    fields = log.named("here")["fields"]
    assert (fields["trace_id"], fields["span_id"]) == (f"{0xABC:032x}", f"{0xDEF:016x}")


def test_opentelemetry_is_not_imported_for_a_line() -> None:
    before = "opentelemetry" in sys.modules
    line(record())
    assert ("opentelemetry" in sys.modules) == before
