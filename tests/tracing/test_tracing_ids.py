"""Ids from callers are taken over only when they are valid to the letter."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.tracing.ids import (
    TraceParent,
    accept_request_id,
    accept_tracestate,
    new_request_id,
    new_span_id,
    new_trace_id,
    parse_traceparent,
)

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


def test_a_made_request_id_is_a_version_7_uuid_and_later_ones_sort_later() -> None:
    ids = [new_request_id() for _ in range(200)]
    assert {uuid.UUID(hex=one).version for one in ids} == {7}
    assert {uuid.UUID(hex=one).variant for one in ids} == {uuid.RFC_4122}
    assert len(set(ids)) == 200
    assert [one[:12] for one in ids] == sorted(one[:12] for one in ids)


def test_made_trace_and_span_ids_form_a_valid_traceparent() -> None:
    assert parse_traceparent(f"00-{new_trace_id()}-{new_span_id()}-01") is not None


@pytest.mark.parametrize("value", ["a", "A-z_0.9:+/=", "x" * 128])
def test_a_harmless_request_id_is_taken_over(value: str) -> None:
    assert accept_request_id(value) == value


@pytest.mark.parametrize("value", ["", "x" * 129, "a b", "a\n", "@here", "#1", "<b>", "ü", "a\x00", '"'])
def test_a_request_id_with_strange_characters_or_length_is_refused(value: str) -> None:
    assert accept_request_id(value) is None


def test_a_valid_traceparent_is_read() -> None:
    assert parse_traceparent(f"00-{TRACE}-{PARENT}-01") == TraceParent(TRACE, PARENT, 1)


def test_a_later_version_may_carry_more_parts() -> None:
    assert parse_traceparent(f"cc-{TRACE}-{PARENT}-01-what-else") == TraceParent(TRACE, PARENT, 1)


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"cc-{TRACE}-{PARENT}-01more",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-1",
        f"00-{TRACE}-{PARENT}-01\n",
        f"0-{TRACE}-{PARENT}-01",
        f"00-{TRACE[:-1]}٣-{PARENT}-01",
    ],
)
def test_an_invalid_traceparent_is_refused(value: str) -> None:
    assert parse_traceparent(value) is None


@given(st.text())
def test_no_header_makes_the_parsers_raise(value: str) -> None:
    parse_traceparent(value)
    accept_tracestate(value)
    accepted = accept_request_id(value)
    assert accepted is None or (accepted == value and value.isascii() and value.isprintable())
