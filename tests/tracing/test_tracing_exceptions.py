"""Exceptions become data: the chain as Python would print it, bounded, without anybody's values."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from tracing_memory import Memory

from logmedic.tracing import span
from logmedic.tracing.exceptions import MAX_CHAIN, MAX_EXCEPTIONS, MAX_FRAMES, MAX_GROUP, MAX_TRACE_TEXT, describe
from logmedic.tracing.exceptions import trace_text as text_of

LOG = logging.getLogger("shop")


def caught(function: Callable[[], Any]) -> BaseException:
    with pytest.raises(BaseException) as info:  # noqa: PT011  any exception is what these tests are about
        function()
    return info.value


def inner() -> None:
    secret = "hunter2"
    raise KeyError(secret[:0] + "plan")


def explicit() -> None:
    try:
        inner()
    except KeyError as error:
        raise ValueError("no quota") from error


def implicit() -> None:
    try:
        inner()
    except KeyError:
        raise ValueError("no quota")  # noqa: B904  the implicit context is the point


def suppressed() -> None:
    try:
        inner()
    except KeyError:
        raise ValueError("no quota") from None


def test_frames_run_from_the_outermost_call_to_where_it_was_raised() -> None:
    frames = describe(caught(explicit))["cause"]["frames"]
    assert [frame["function"] for frame in frames] == ["explicit", "inner"]
    assert frames[-1]["code"] == 'raise KeyError(secret[:0] + "plan")'
    assert frames[-1]["module"] == __name__
    assert frames[-1]["file"] == __file__
    assert frames[-1]["line"] == inner.__code__.co_firstlineno + 2


def test_paths_below_the_root_become_relative() -> None:
    root = __file__.removesuffix("test_tracing_exceptions.py")
    assert describe(caught(inner), root)["frames"][-1]["file"] == "test_tracing_exceptions.py"


def test_the_chain_is_the_one_python_prints() -> None:
    told = describe(caught(explicit))
    assert (told["type"], told["message"], told["cause"]["type"]) == ("ValueError", "no quota", "KeyError")
    assert "implicit" not in told["cause"]
    assert describe(caught(implicit))["cause"]["implicit"] is True
    assert "cause" not in describe(caught(suppressed))


def test_values_of_locals_are_not_logged(log: Memory) -> None:
    try:
        explicit()
    except ValueError:
        LOG.exception("Quota failed")
    assert b"hunter2" not in log.raw[-1].replace(b'secret = "hunter2"', b"")


def test_a_logged_exception_has_structure_and_text(log: Memory) -> None:
    try:
        explicit()
    except ValueError:
        LOG.exception("Quota failed", extra={"error_code": "DB_X"})
    fields = log.last["fields"]
    assert fields["exception"]["cause"]["message"] == "'plan'"
    assert fields["exception.stacktrace"].startswith("Traceback (most recent call last):")
    assert fields["exception.stacktrace"].endswith("ValueError: no quota")
    assert "direct cause" in fields["exception.stacktrace"]


def test_the_frames_of_the_tracing_layer_are_left_out() -> None:
    assert [frame["function"] for frame in describe(caught(span("work")(inner)))["frames"]][1:] == ["inner"]


def test_members_of_a_group_are_told_up_to_a_limit() -> None:
    def group() -> None:
        raise ExceptionGroup("many", [ValueError(str(number)) for number in range(MAX_GROUP + 3)])

    told = describe(caught(group))
    assert [member["message"] for member in told["exceptions"]] == [str(number) for number in range(MAX_GROUP)]
    assert told["exceptions_omitted"] == 3


def test_deep_recursion_keeps_the_outermost_and_the_innermost_frames() -> None:
    def down(depth: int) -> None:
        if depth == 0:
            raise RuntimeError("bottom")
        down(depth - 1)

    told = describe(caught(lambda: down(300)))
    assert len(told["frames"]) == MAX_FRAMES
    assert told["frames_omitted"] == 303 - MAX_FRAMES
    assert told["frames"][0]["function"] == "caught"
    assert told["frames"][-1]["code"] == 'raise RuntimeError("bottom")'


def test_a_long_chain_is_cut() -> None:
    error: BaseException = ValueError("0")
    for number in range(100):
        later = ValueError(str(number + 1))
        later.__cause__ = error
        error = later
    told, length = describe(error), 0
    while told:
        told, length = told.get("cause"), length + 1
    assert length == MAX_CHAIN


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert "cause" not in describe(first)["cause"]


def test_groups_of_groups_are_bounded_in_all() -> None:
    error: Exception = ValueError("leaf")
    for _ in range(4):
        error = ExceptionGroup("level", [error, *(ExceptionGroup("side", [ValueError("x")] * 9) for _ in range(9))])
    assert json.dumps(describe(error)).count('"type"') <= MAX_EXCEPTIONS


def test_an_exception_whose_str_raises_is_told() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

    told = describe(OddError())
    assert told["type"].endswith("OddError")
    assert "Odd" in told["message"]


def test_the_text_of_a_huge_trace_is_cut_in_the_middle() -> None:
    text = text_of(ValueError("x" * 1_000_000))
    assert len(text) < MAX_TRACE_TEXT + 100
    assert text.startswith("ValueError: x")
    assert "characters cut" in text
