from __future__ import annotations

import re
import unicodedata

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st
from respond_samples import BEGAN, HOSTILE

from logmedic.model import NANOSECONDS, Bucket
from logmedic.respond.text import (
    cut,
    fence,
    graphemes,
    markdown,
    markdown_line,
    one_line,
    sparkline,
    units,
    utc,
    visible,
)

JAMO = "\u1112\u1161\u11ab"  # 한 as three conjoining jamo
FAMILY = "👨‍👩‍👧‍👦"
pieces = st.sampled_from([JAMO, FAMILY, "👍🏽", "🇰🇷", "e\u0301", "한", "a", " ", "`", "\r\n", "क्षि"])
texts = st.lists(pieces | st.characters(), max_size=60).map("".join)


@given(texts, st.integers(1, 60))
@example(FAMILY * 3, 12)
@example(JAMO * 3, 5)
def test_a_cut_text_fits_and_ends_between_graphemes(text, limit):
    short = cut(text, limit)
    assert units(short) <= limit
    if units(text) <= limit:
        assert short == text
    else:
        assert short.endswith("…")
        whole = regex.findall(r"\X", text)
        starts = {"".join(whole[:n]).rstrip() for n in range(len(whole) + 1)}
        assert short[:-1] in starts


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        (FAMILY * 2, 12, FAMILY + "…"),
        (FAMILY * 2, 11, "…"),
        (JAMO * 2, 5, JAMO + "…"),
        ("🇰🇷🇰🇷", 5, "🇰🇷…"),
        ("👍🏽👍🏽", 7, "👍🏽…"),
        ("한글입니다", 3, "한글…"),
        ("exact", 5, "exact"),
    ],
)
def test_cutting_keeps_what_a_reader_takes_for_one_character(text, limit, short):
    assert cut(text, limit) == short


def test_an_escape_is_never_cut_in_two():
    assert cut("*****", 6, {ord("*"): "\\*"}) == "\\*\\*…"


@given(texts)
def test_the_fast_way_over_ascii_gives_the_same_graphemes(text):
    assert list(graphemes(text)) == regex.findall(r"\X", text)


@given(texts)
def test_a_visible_text_has_no_control_direction_or_invisible_character(text):
    for index, c in enumerate(shown := visible(text)):
        if c == "\u200d":  # only inside an emoji
            assert 0 < index < len(shown) - 1
            continue
        assert c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202eexe", "\\u202eexe"),
        ("a\u200bb", "a\\u200bb"),
        ("a\u200db", "a\\u200db"),
        ("\U000e0041", "\\U000e0041"),
        ("\u3164", "\\u3164"),
        ("\u00a0x\u3000y", " x y"),
        ("a\r\nb\tc", "a\nb c"),
        (FAMILY, FAMILY),
        ("❤️‍🔥", "❤️‍🔥"),
        ("한글 日本", "한글 日本"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text, shown):
    assert visible(text) == shown


def test_one_line_has_no_line_end():
    assert one_line(" a\r\n b\u2028c\x85d\x0b ", 20) == "a b c d"
    assert one_line("a" + " " * 100 + "b", 20) == "a…", "what was not read is marked as cut"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("limit", [20, 256, 1024])
def test_a_fence_is_closed_exactly_once_whatever_is_in_it(text, limit):
    made = fence(text, limit)
    assert units(made) <= limit
    if made:
        assert made.startswith("```\n")
        assert made.endswith("\n```")
        assert made.count("`") == 6
        assert "@" not in made


def test_a_blank_text_gets_no_fence():
    assert fence(" \n\t", 100) == ""


@given(st.lists(st.sampled_from("`*_~|<>[]()#@\\a b:/-+1.\n") | st.characters(), max_size=80).map("".join))
@example("https://evil.example")
@example("\\`*\\")
def test_foreign_text_has_no_live_markup(text):
    made = markdown(text, 200)
    assert units(made) <= 200
    bare = re.sub(r"\\[^0-9A-Za-z\s]", "", made)  # what Discord takes for markup once escapes are read
    assert not set(bare) & set("`*_~|<>[]()#@")
    assert "://" not in made
    assert not bare.endswith("\\")
    assert not re.search(r"^ *([-+]|[0-9]+\.) ", bare, re.MULTILINE), "no lists"
    assert not re.search(r"(?<!:):([A-Za-z+-][\w+-]*|100):(?!:)", made, re.ASCII), "no emoji"


@pytest.mark.parametrize("text", ["10:20:30", "std::io::Error", "a: b: c", "10-20 +1 3.5", "x - y"])
def test_what_only_looks_like_markup_stays(text):
    assert markdown(text, 100) == text


def test_lists_and_emoji_are_shown_as_what_they_were_written_as():
    assert markdown("- a\n1. b :bomb:", 100) == "‐ a\n1． b ：bomb:"


def test_foreign_text_on_one_line_cannot_start_a_list_or_a_quote():
    assert "\n" not in markdown_line("a\n- b\n1. c\n> d", 100)


def test_a_sparkline_shows_gaps_and_the_latest_bars():
    minute = 60 * NANOSECONDS
    histogram = [Bucket(BEGAN, 1), Bucket(BEGAN + minute, 8), Bucket(BEGAN + 3 * minute, 4)]
    assert sparkline(histogram) == "▁█▁▄"
    long = [Bucket(BEGAN + i * minute, i) for i in range(1000)]
    assert len(sparkline(long, 24)) == 24
    assert sparkline(long[:1]) == ""


def test_far_apart_buckets_cost_no_more_than_the_width():
    assert len(sparkline([Bucket(0, 1), Bucket(1, 1), Bucket(10**18, 3)])) == 24


def test_times_beyond_the_calendar_are_clamped():
    assert utc(BEGAN) == "2026-01-01T00:00:00Z"
    assert utc(-5) == "1970-01-01T00:00:00Z"
    assert utc(10**30) == "9999-12-31T23:59:59Z"
