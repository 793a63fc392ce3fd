"""How much of a record is kept."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from logmedic.bounds import CUT, LONGEST_RAW, bounded, bounded_stack, clip
from logmedic.model import ExceptionPart, Frame, LogRecord, Ref, Stack
from logmedic.redact import Redactor

REF = Ref("s", "t", 0)


@given(st.text(alphabet="ab c,\n", max_size=600), st.integers(0, 500))
def test_a_clipped_text_is_a_beginning_within_the_limit(text: str, limit: int) -> None:
    assert text.startswith(clip(text, limit))
    assert len(clip(text, limit)) <= limit
    assert len(text) > limit or clip(text, limit) == text


def test_no_part_of_a_word_is_left_so_that_half_a_secret_cannot_be() -> None:
    assert clip("a key ghp_abcdefghijklmnop", 15) == "a key"


def test_a_record_within_the_limits_is_the_same_one() -> None:
    record = LogRecord(ref=REF, time=0, message="x", fields={"a": [1, {"b": "c"}]}, raw=b"x")
    assert bounded(record) is record


def test_whatever_is_long_is_cut_and_flagged() -> None:
    long = "word " * 200_000
    fields = {"long": long, "many": [1.5] * 200_000, "big": 10**4000, **{f"k{n}": long for n in range(300)}}
    record = LogRecord(
        ref=REF, time=0, message=long, service=long, error_code=long, request_id=long, trace_id=long,
        spans=(long,) * 90, target=long, file=long, exception_type=long, exception_message=long, stack_text=long,
        release=long, fields=fields, raw=long.encode(),
    )  # fmt: skip
    kept = bounded(record)
    assert CUT in kept.flags
    assert len(kept.raw) <= LONGEST_RAW
    assert len(msgspec.json.encode(kept)) < 250_000
    assert bounded(kept).fields == kept.fields


def test_a_long_stack_keeps_what_stands_nearest_to_the_fault() -> None:
    stack = Stack("python", (ExceptionPart("E", "m" * 9_000, tuple(Frame(f"f{n}") for n in range(5_000))),) * 30)
    kept = bounded_stack(stack)
    assert kept.parts[0].frames[-1] == Frame("f4999")
    assert sum(len(part.frames) for part in kept.parts) == 100
    assert len(kept.parts[0].message) == 4_000


def test_the_raw_bytes_of_a_long_json_line_stay_json_so_that_keys_still_tell_secrets() -> None:
    raw = msgspec.json.encode({"cvv": "123", "message": "x " * 100_000})
    kept = bounded(LogRecord(ref=REF, time=0, raw=raw))
    assert msgspec.json.decode(Redactor().record(kept).raw)["cvv"] == "<secret:1>"
