"""What every parser of the table promises."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_in_proportion
from logmedic.group.fingerprint import Grouper
from logmedic.group.frames import trace_text
from logmedic.group.interface import StackParser
from logmedic.group.stacks import PARSERS

FILES = sorted((Path(__file__).parent.parent / "data" / "stacks").glob("*.txt"))
NO_TRACE = {"rust-alternate"}  # "{:#}" of an error: a sentence


def language_of(file: Path) -> str:
    return file.name.partition("-")[0]


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.language)
def parser(request) -> StackParser:
    return request.param


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_first_parser_that_understands_a_trace_is_that_of_its_language(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    stack = next((s for p in PARSERS if p.looks_like(text) and (s := p.parse(text)) is not None), None)

    assert (stack.language if stack else None) == (None if file.stem in NO_TRACE else language_of(file))


@pytest.mark.parametrize("file", [f for f in FILES if f.stem not in NO_TRACE], ids=lambda file: file.stem)
def test_a_trace_escaped_twice_or_behind_a_message_is_the_same_evidence(file: Path, record) -> None:
    text = file.read_text(encoding="utf-8").strip("\n")
    escaped = text.replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    group = Grouper()

    assert trace_text(escaped) == text
    assert group(record("x", stack_text=escaped)).fingerprint == group(record("x", stack_text=text)).fingerprint
    windows = text.replace("\n", "\r\n")
    assert group(record("x", stack_text=windows)).fingerprint == group(record("x", stack_text=text)).fingerprint


def test_frames_know_whose_they_are_and_have_names(parser: StackParser) -> None:
    for file in FILES:
        if language_of(file) == parser.language and (stack := parser.parse(file.read_text(encoding="utf-8"))):
            for frame in (f for part in stack.parts for f in part.frames):
                assert frame.in_app == parser.in_app(frame)
                assert "0x" not in parser.name(frame)


def test_no_fixture_names_this_machine() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in FILES)

    assert not [mark for mark in ("/root/", "/work/", "/tmp/") if mark in text]


PIECES = st.sampled_from(
    ["at ", "\tat a.b.C.d(C.java:1)", "    at f (/a.js:1:2)", "   at A.B(C d) in x:line 1", "Caused by: ", "... 3 more",
     "Wrapped by: a.B: c", "\tSuppressed: a.B", "[cause]: Error: x {", "  [errors]: [", "panic: x",
     "goroutine 1 [running]:",
     "main.f(0x1)", "\t/a.go:1 +0x1", "created by main.f in goroutine 1", " ---> a.B: c", "   --- End of it ---",
     "Error: x", "a.BException: x", "Traceback (most recent call last):", '  File "a", line 1, in f', "   0: a::b",
     "thread 'a' panicked at src/a.rs:1:2:", "<>c__", "[", "(", "", "\t", "eval at x (y:1:2), <anonymous>:1:2"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=20), max_size=25).map("\n".join))
def test_any_text_can_be_looked_at_and_parsed(text: str) -> None:
    for parser in PARSERS:
        stack = parser.parse(text)
        assert stack is None or stack.parts
        if stack is not None and parser.looks_like(text):
            assert 0 <= parser.start(text) <= len(text)
        for frame in (f for part in stack.parts for f in part.frames) if stack else ():
            parser.name(frame)
            parser.key(frame)
            assert frame.in_app == parser.in_app(frame)


HOSTILE = [
    "at ", "\tat a(", "\tat a.b(C.java:1)\n", "\tat " + "a." * 300 + "b(C.java:1)\n", "Caused by: a.B\n", "    at a (",
    "    at " + ":" * 500 + "\n", "    at f (/a.js:1:2)\n", "    at eval (eval at ", "[cause]: Error: x\n",
    "f@http://a:1:",
    "main.f(0x1)\n\t/a.go:1\n", "\t" * 50 + "\n", "\ta.go:1\n", "panic: ", "goroutine 1 [", "a.b\n", " ---> ",
    "   at a.b(",
    "   at " + "a." * 200 + "b(" + "c " * 400 + "\n", "   at A.B(C d) in " + ":" * 500 + " 1\n", "   at a.b(c d)\n",
    "a.BException: ", "Error: ", "a" * 400 + ".", " " * 40, "\n", "x", "<a::", "   0: " + "<a as b>::" * 50 + "\n",
    '{ fn: "a", ', '{ fn: "a" }', "thread '", "'a', b:",
    "The application panicked (crashed).\nMessage: x\n", "  | ",
]  # fmt: skip


@pytest.mark.parametrize(
    "head", ["", "\tat a.b.C(D.java:1)\n", "E: x\n    at f (/a.js:1:2)\n", "panic: x\n", "A.B: c\n   at D.E()\n"]
)
def test_hostile_texts_take_time_in_proportion_to_their_length(head: str, parser: StackParser) -> None:
    def parse(text: str) -> None:
        if parser.looks_like(text):
            parser.start(text)
            parser.parse(text)

    for piece in HOSTILE:
        assert_in_proportion(parse, lambda length, piece=piece: head + piece * (length // len(piece)), 50_000)
