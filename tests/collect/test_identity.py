"""Names of rotated parts, and what content proves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.collect.identity import continues, family, kept_prefix, looks_rotated, related
from logmedic.collect.track import Track


def reader(data):
    return lambda length, offset: data[offset : offset + length]


def consumed(data, offset):
    track = Track("app.log~1", "/a/app.log", None)
    track.consume(offset, reader(data))
    return track.known


@pytest.mark.parametrize(
    "name",
    [
        "app.log", "app.log.1", "app.log.12.gz", "app.log-20260101", "app.log-20260101.gz",
        "app.log-20260101-1767225600", "app.log.2026-01-01", "app.log.2026-01-01T10-00-00Z.gz",
        "app.log.2026-01-01_10:00", "app-2026-01-01.log",
        "app.1.log", "app_20260101.log.gz", "app.log.old", "app.log.bak",
    ],
)  # fmt: skip
def test_every_way_of_naming_a_rotated_part_leads_to_its_log(name):
    assert family(f"/var/log/{name}") == "app.log"
    assert looks_rotated(name) == (name != "app.log")


@pytest.mark.parametrize("name", ["app.log", "app2.log", "http2", "2026", "a", "x.gz", "app.v2.log"])
def test_other_names_stay_themselves(name):
    assert family(name) == name.removesuffix(".gz")


def test_parts_of_another_log_or_another_folder_are_not_related():
    assert related("/a/app.log.1", "/a/app.log")
    assert related("/a/old/app.log.1.gz", "/a/app.log")
    assert not related("/a/app.log.1", "/b/app.log")
    assert not related("/a/web.log.1", "/a/app.log")


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(0, 200))
def test_what_was_consumed_is_recognised_whatever_was_appended(data, more, offset):
    known = consumed(data, min(offset, len(data)))
    assert continues(known, reader(data + more))


@given(st.binary(min_size=1, max_size=200), st.integers(0, 199))
def test_a_changed_byte_among_the_consumed_ones_is_noticed(data, at):
    changed = bytearray(data)
    changed[at % len(data)] ^= 1
    assert not continues(consumed(data, len(data)), reader(bytes(changed)))


@given(st.integers(0, 4), st.binary(max_size=50), st.booleans())
def test_after_a_truncation_never_more_counts_as_read_than_is_still_there(kept, more, digests_only):
    line = b"a line of forty bytes, all of it the same"
    old = (line + b"\n") * 5
    new = old[: kept * len(line) + 7] + more
    start = kept_prefix(consumed(old, len(old)), b"" if digests_only else old, reader(new))
    assert new[:start] == old[:start]
    assert start == 0 or new[start - 1 : start] == b"\n"
