"""Tracebacks that real interpreters printed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.group.fingerprint import Grouper
from logmedic.group.stacks.python import PythonStacks
from logmedic.model import Frame, Stack

PYTHON = PythonStacks()
VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")


def run(folder: Path, source: str, name: str = "orders.py") -> str:
    """Standard error of a program below ``folder``."""
    place = folder / "shop" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(textwrap.dedent(source), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-I", str(place)], capture_output=True, text=True, check=False, timeout=100, encoding="utf-8"
    ).stderr


def parse(text: str) -> Stack:
    stack = PYTHON.parse(text)
    assert stack is not None
    return stack


def own(stack: Stack) -> list[list[str]]:
    return [[PYTHON.name(f) for f in part.frames if f.in_app] for part in stack.parts]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_chain_reads_from_what_surfaced_to_the_first_cause(version: str, captured) -> None:
    stack = parse(captured(f"python-{version}-chain"))

    assert [p.type for p in stack.parts] == ["json.decoder.JSONDecodeError", "RuntimeError", "KeyError"]
    assert own(stack) == [
        ["main.<module>", "shop.orders.serve"],
        ["shop.orders.serve", "shop.orders.handle"],
        ["shop.orders.handle", "shop.orders.load"],
    ]
    assert stack.culprit is not None
    assert stack.culprit.code == 'return {"a": 1}[key]'


@pytest.mark.parametrize("case", ["chain", "deep", "syntax"])
def test_every_version_of_python_gives_the_same_fingerprint(case: str, captured, record) -> None:
    group = Grouper()
    texts = [captured(f"python-{version}-{case}") for version in VERSIONS]

    assert len({group(record("failed", stack_text=text)).fingerprint for text in texts}) == 1


def test_members_of_an_exception_group_follow_it_with_notes_left_out(tmp_path: Path) -> None:
    text = run(tmp_path, """
        def fetch(n):
            error = [ValueError("bad 1"), TypeError("bad 2")][n]
            error.add_note("File \\"x.py\\", line 1, in not_a_frame")
            raise error

        def gather():
            errors = []
            for n in (1, 0):
                try:
                    fetch(n)
                except Exception as error:
                    errors.append(error)
            raise ExceptionGroup("two failed", errors)

        try:
            gather()
        except* ValueError as group:
            raise RuntimeError("giving up") from group
        """)  # fmt: skip

    assert [(p.type, names) for p, names in zip(parse(text).parts, own(parse(text)), strict=True)] == [
        ("ExceptionGroup", []),
        ("ExceptionGroup", ["shop.orders.<module>", "shop.orders.gather"]),
        ("TypeError", ["shop.orders.gather", "shop.orders.fetch"]),
        ("RuntimeError", ["shop.orders.<module>"]),
        ("ExceptionGroup", ["shop.orders.<module>", "shop.orders.gather"]),
        ("ValueError", ["shop.orders.gather", "shop.orders.fetch"]),
    ]


def test_the_order_in_which_members_failed_does_not_matter(tmp_path: Path, record) -> None:
    source = """
        def a(): raise ValueError("a 1")
        def b(): raise KeyError("b 2")
        errors = []
        for f in ({order}):
            try: f()
            except Exception as e: errors.append(e)
        raise ExceptionGroup("many", errors)
        """
    texts = [run(tmp_path, source.format(order=order)) for order in ("a, b", "b, a", "b, a, b, b")]

    assert [p.type for p in parse(texts[0]).parts] == ["ExceptionGroup", "KeyError", "ValueError"]
    assert len({Grouper()(record("x", stack_text=text)).fingerprint for text in texts}) == 1


def test_a_group_nested_in_a_group_keeps_all_its_members(tmp_path: Path) -> None:
    text = run(tmp_path, """
        raise ExceptionGroup("outer", [ExceptionGroup("inner", [OSError("x"), ValueError("y")]), KeyError("z")])
        """)  # fmt: skip

    assert sorted(p.type for p in parse(text).parts) == [
        "ExceptionGroup", "ExceptionGroup", "KeyError", "OSError", "ValueError",
    ]  # fmt: skip


def test_lines_paths_addresses_and_recursion_depth_do_not_change_the_fingerprint(tmp_path: Path, record) -> None:
    source = """
        {filler}

        class Cart: pass

        def deep(n):
            if n:
                return deep(n - 1)
            raise ValueError(f"cart {{Cart()!r}} of user {number} is empty")

        def handle():
            deep({depth})

        handle()
        """
    one = run(tmp_path / "one", source.format(filler="pass", number=17, depth=2))
    moved = "import json" + "\n" * 9
    other = run(tmp_path / "v2" / "other", source.format(filler=moved, number=40_811, depth=50))

    groups = {Grouper()(record("failed", stack_text=text)).fingerprint for text in (one, other)}

    assert "Previous line repeated" in other
    assert len(groups) == 1


def test_colours_and_comprehensions_of_one_version_do_not_matter(record) -> None:
    plain = (
        'Traceback (most recent call last):\n  File "/srv/app/shop/a.py", line 1, in total\n    [f(x) for x in xs]\n'
        '  File "/srv/app/shop/a.py", line 1, in <listcomp>\n    [f(x) for x in xs]\nValueError: x'
    )
    coloured = (
        "Traceback (most recent call last):\n"
        '  File \x1b[35m"/srv/app/shop/a.py"\x1b[0m, line \x1b[35m1\x1b[0m, in \x1b[35mtotal\x1b[0m\n'
        "    [\x1b[31mf\x1b[0m\x1b[1;31m(x)\x1b[0m for x in xs]\n"
        "\x1b[1;35mValueError\x1b[0m: \x1b[35mx\x1b[0m"
    )

    assert len({Grouper()(record("x", stack_text=text)).fingerprint for text in (plain, coloured)}) == 1


def test_an_endless_recursion_is_one_whether_or_not_the_calls_that_led_to_it_were_kept(record) -> None:
    start = "Traceback (most recent call last):\n"
    led = '  File "/srv/app/shop/a.py", line 9, in serve\n    walk(1)\n'
    walk = '  File "/srv/app/shop/a.py", line 1, in walk\n    walk(n)\n'
    texts = [start + led + walk * 3, start + walk * 90]

    assert len({Grouper()(record("x", stack_text=t + "RecursionError: deep")).fingerprint for t in texts}) == 1


def test_different_functions_or_types_are_different_bugs(tmp_path: Path, record) -> None:
    source = "def {name}():\n    raise {error}('no')\n{name}()\n"
    texts = [
        run(tmp_path, source.format(name=name, error=error))
        for name, error in (("load", "ValueError"), ("save", "ValueError"), ("load", "KeyError"))
    ]

    assert len({Grouper()(record("failed", stack_text=text)).fingerprint for text in texts}) == 3


def test_a_trace_inside_the_message_is_found_behind_a_log_prefix(captured, record) -> None:
    trace = captured("python-3.12-chain")
    inside = record("order 17 failed\n" + trace)
    beside = record("order 99 failed", stack_text=trace)

    assert Grouper()(inside).fingerprint == Grouper()(beside).fingerprint


@pytest.mark.parametrize(
    "path",
    [
        "/usr/lib/python3.11/json/decoder.py",
        "/srv/app/.venv/lib/python3.12/site-packages/requests/api.py",
        "C:\\Python311\\Lib\\asyncio\\runners.py",
        "<frozen importlib._bootstrap>",
        "<string>",
        "/usr/lib/python3/dist-packages/apt/cache.py",
    ],
)
def test_library_frames_are_not_the_teams_own(path: str) -> None:
    assert not PYTHON.in_app(Frame("f", path))
    assert PYTHON.in_app(Frame("f", "/srv/app/shop/orders.py"))


pieces = st.sampled_from(
    ["Traceback (most recent call last):", "  + Exception Group Traceback (most recent call last):", "  | ", "    | ",
     '  File "a.py", line 1, in f', '  |   File "a.py", line 1, in f', "ValueError: x", "  | ExceptionGroup: x",
     "  +-+---------------- 1 ----------------", "    +---------------- 2 ----------------",
     "    +------------------------------------", "    ^^^^", "  [Previous line repeated 9 more times]", "",
     "During handling of the above exception, another exception occurred:", "      code()"]
)  # fmt: skip


@given(st.lists(pieces | st.text(max_size=20), max_size=25).map("\n".join))
def test_any_text_can_be_parsed(text: str) -> None:
    stack = PYTHON.parse(text)

    assert stack is None or len(stack.parts) >= 1
