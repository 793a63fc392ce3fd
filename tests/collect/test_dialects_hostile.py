# ruff: noqa: E501  tables of log lines read better unwrapped
"""Whatever the bytes, a line becomes exactly one record or one reject, and what a rule needs is still read."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logmedic.collect import dialects
from logmedic.collect.dialects.parse import MAX_DEPTH
from logmedic.model import Level, LogRecord, Ref, Reject

REF = Ref("app", "1", 0, 10)
NOW = 1_795_400_000 * 1_000_000_000
YEAR = 365 * 86_400


def decode(line: bytes, dialect: str = "generic") -> LogRecord | Reject:
    return dialects.decoder(dialect).decode(line, REF, NOW)


def record(line: bytes) -> LogRecord:
    decoded = decode(line)
    assert isinstance(decoded, LogRecord)
    return decoded


@pytest.mark.parametrize(
    ("tail", "flag"),
    [
        (b',"x":NaN}', None),
        (b',"x":-Infinity}', None),
        (b',"x":1e400}', None),
        (b',"x":' + b"9" * 5000 + b"}", None),
        (b',"x":18446744073709551616}', None),
        (b',"x":"\xff\xfe"}', "invalid-utf8"),
        (b',"x":"\\ud800"}', None),
        (b',"\\udfff":1}', None),
        (b',"x":"a\x00b\x01"}', None),
        (b',"x":"\xe2\x80\xa8\xc2\x85\r\x0b"}', None),
        (b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}", "too-deep"),
        (b',"x":' + b'{"a":' * 5000, "too-deep"),
        (b',"x":"cut off in the mid', "not-json"),
        (b"} trailing", "not-json"),
        (b',"x":tru', "not-json"),
        (b"}\r", None),
    ],
)
def test_a_hostile_member_does_not_hide_the_error(tail, flag):
    line = b'{"level":"ERROR","message":"boom","error_code":"DB_X","duration_ms":6001' + tail
    got = record(line)
    assert (got.level, got.message, got.error_code, got.duration_ms) == (Level.ERROR, "boom", "DB_X", 6001.0)
    assert got.raw == line
    assert flag is None or flag in got.flags
    msgspec.json.encode(got)  # valid Unicode and valid JSON out


def test_a_lone_surrogate_becomes_the_replacement_character():
    assert record(b'{"message":"a\\ud800b"}').message == "a\ufffdb"


@pytest.mark.parametrize(
    "tail",
    [
        b'"xx',
        b'"x\\',
        b'"x\\u00',
        b'"',
        b"12",
        b"tru",
        b"[1,2",
        b'[1,{"level":"WAR',
        b'{"level":"DEB',
        b'{"level":"DEBUG","y',
        b"",
        b'{"duration_ms":1',
        b'{"error_code":"AI',
        b"{",
        b"[",
        b"[[],",
        b'{"a":{"b":[]},',
    ],
)
def test_what_stands_before_a_cut_is_read_as_of_the_whole_line(tail):
    line = (
        b'{"payload":{"level":"info","duration_ms":1,"error_code":"X",' + b",".join(b'"k%d":%d' % (i, i) for i in range(3000))
        + b'},"level":"ERROR","fields":{"message":"boom","error_code":"DB_X","duration_ms":6001},"rest":' + tail
    )  # fmt: skip
    got = record(line)
    assert (got.level, got.message, got.error_code, got.duration_ms) == (Level.ERROR, "boom", "DB_X", 6001.0)
    assert "not-json" in got.flags


def test_a_text_that_was_cut_shows_it():
    assert record(b'{"level":"ERROR","message":"disk fu').message == "disk fu…"
    assert record(b'{"level":"ERROR","error_code":"AI_TIM').error_code is None


def test_a_line_with_unescaped_quotes_is_not_taken_for_a_cut_one():
    got = record(b'{"a":"x"y","level":"ERROR","message":"boom","b":"zz')
    assert (got.level, got.message) == (Level.ERROR, "boom")


def test_half_a_level_at_the_cut_is_not_taken_for_a_whole_one():
    assert record(b'{"message":"x","level":"ERR').level == Level.INFO
    assert record(b'{"message":"x","duration_ms":600').duration_ms is None


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b"\x00" * 4096, b"  \t", b"\x00\xef\xbb\xbf "])
def test_a_byte_order_mark_and_the_hole_of_a_copytruncate_are_dropped(prefix):
    assert record(prefix + b'{"level":"ERROR","message":"boom"}').message == "boom"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", dialects.BLANK),
        (b" \t\r", dialects.BLANK),
        (b"\x00" * 100, dialects.NULS),
        (b"\xef\xbb\xbf", dialects.BLANK),
    ],
)
def test_a_line_of_nothing_is_rejected_with_the_reason(line, reason):
    assert decode(line) == Reject(REF, reason)


@pytest.mark.parametrize(
    "line", [b"{", b'{"level', b'{"level":', b"{broken json", b'\xef\xbb\xbf{"message"', b"{\xff\x00"]
)
def test_of_the_mere_beginning_of_an_object_no_record_is_made_but_it_is_kept_to_be_looked_at(line):
    text = line.removeprefix(b"\xef\xbb\xbf").rstrip(b"\x00").decode("utf-8", "replace")
    assert decode(line) == Reject(REF, dialects.HALF, text)


def test_the_text_of_a_cut_object_without_a_message_is_its_message():
    assert record(b'{"fields":{"reason":').message == '{"fields":{"reason":'
    assert record(b'{"a":1,"message":"whole"').message == "whole"


def test_the_last_of_duplicate_keys_wins():
    assert record(b'{"level":"INFO","level":"ERROR"}').level == Level.ERROR
    assert "duplicate-key" in record(b'{"a":1,"a":NaN}').flags


def test_nesting_up_to_the_limit_is_read_as_json():
    nested = b'{"a":' * (MAX_DEPTH - 1) + b'{"b":1}' + b"}" * (MAX_DEPTH - 1)
    assert record(nested).flags == ("level-inferred", "time-inferred")
    assert "too-deep" in record(b'{"a":' + nested + b"}").flags


def test_a_line_with_many_keys_keeps_some_and_says_so():
    line = b'{"level":"ERROR",' + b",".join(b'"k%d":1' % i for i in range(20_000)) + b"}"
    got = record(line)
    assert got.level == Level.ERROR
    assert "fields-capped" in got.flags
    assert len(got.fields) == 512


@pytest.mark.parametrize(
    "time",
    ["", "null", '"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59Z"', '"2026-11-22T10:00:60Z"', '"soon"', "0", "-5",
     "1e19", "NaN", "1e400", '"2027-11-22T10:00:00Z"', "[]", '"2026-13-40T10:00:00Z"'],
)  # fmt: skip
def test_a_missing_or_absurd_time_is_the_time_of_reading_and_flagged(time):
    got = record(b'{"time":%s}' % time.encode() if time else b"{}")
    assert got.time == NOW
    assert "time-inferred" in got.flags


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ('"2026-11-22T10:00:00.123456789Z"', 1795341600123456789),
        ('"2026-11-22T19:00:00.5+09:00"', 1795341600500000000),
        ('"2026-11-22T10:00:00+0000"', 1795341600000000000),
        ("1795341600", 1795341600000000000),
        ("1795341600.5", 1795341600500000000),
        ("1795341600123", 1795341600123000000),
        ("1795341600123456", 1795341600123456000),
        ("1795341600123456789", 1795341600123456789),
        ('"1795341600123456789"', 1795341600123456789),
    ],
)
def test_times_are_read_to_the_nanosecond(time, expected):
    got = record(b'{"time":%s}' % time.encode())
    assert (got.time, got.flags) == (expected, ("level-inferred",))


def test_a_time_without_zone_is_read_as_utc_and_flagged():
    got = record(b'{"time":"2026-11-22 10:00:00"}')
    assert got.time == 1795341600000000000
    assert "time-naive" in got.flags


@settings(max_examples=300)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda b: b'{"level":"' + b),
        st.text(max_size=100).map(lambda t: b'{"message":"' + t.encode("utf-8", "surrogatepass") + b'"}'),
        st.lists(st.sampled_from([b'{"', b'"', b":", b"{", b"[", b"]", b"}", b",", b"1e9", b"\\", b"\\u", b"level", b"\x00"]))
        .map(b"".join),
    ),
    st.sampled_from(dialects.names()),
)  # fmt: skip
def test_no_bytes_make_the_decoder_raise(line, dialect):
    decoded = decode(line.replace(b"\n", b""), dialect)
    msgspec.json.encode(decoded)
    assert isinstance(decoded, Reject) or decoded.ref == REF
