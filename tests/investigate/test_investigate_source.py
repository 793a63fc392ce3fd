"""Cutting a file to the function around a line, and following lines back through diffs."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from investigate_scenes import Repo

from logmedic.doors import Git, SystemShell
from logmedic.investigate import source
from logmedic.investigate.changes import hunks
from logmedic.investigate.changes.diffs import Hunk, parse_log, touches
from logmedic.investigate.git import Repository

PYTHON = textwrap.dedent("""
    import os


    class Shop:
        @cached
        async def sell(self, item):
            def inner():
                return item.price
            return inner()

    TOTAL = 3
""").lstrip()
RUST = textwrap.dedent("""
    struct Shop;

    impl Shop {
        fn sell(&self) -> u32 {
            self.price.unwrap()
        }
    }

    fn other() {}
""").lstrip()


@pytest.mark.parametrize(("line", "expected"), [(9, (5, 9, "sell")), (8, (7, 8, "inner")), (5, (5, 9, "sell"))])
def test_python_is_cut_to_the_innermost_function_with_its_decorators(line, expected):
    span = source.enclosing("a.py", PYTHON, line)
    assert (span.start, span.end, span.name) == expected
    assert span.exact


def test_rust_is_cut_by_its_grammar():
    pytest.importorskip("tree_sitter_rust")
    span = source.enclosing("src/shop.rs", RUST, 5)
    assert (span.start, span.end, span.name) == (4, 6, "sell")


@pytest.mark.parametrize("name", ["a.py", "a.rs", "a.zig", "a", "a.py.j2"])
def test_where_no_parser_helps_some_lines_around_are_taken(name):
    text = "(\n" * 100
    span = source.enclosing(name, text, 50)
    assert (span.start, span.end, span.exact) == (38, 62, False)


def test_a_long_function_is_quoted_around_its_line():
    text = "def f():\n" + "    x = 1\n" * 500
    span = source.enclosing("a.py", text, 400)
    start, end = source.quoted(span)
    assert end - start + 1 == source.LONGEST_SPAN
    assert start <= 400 <= end


@given(st.text(max_size=200), st.integers(-3, 12), st.sampled_from(["a.py", "a.rs", "a.txt"]))
def test_any_text_can_be_cut(text, line, name):
    span = source.enclosing(name, text, line)
    assert span is None or 1 <= span.start <= line <= span.end


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=20), max_size=5))
def test_only_tracked_paths_are_ever_located(logged, tracked):
    found = source.Paths(tracked).locate(logged)
    assert found is None or found in tracked


def test_a_java_file_without_directories_is_found_by_its_package():
    paths = source.Paths(["a/src/com/acme/shop/Cart.java", "b/src/com/acme/old/Cart.java"])
    assert paths.locate("Cart.java", "com.acme.shop.Cart") == "a/src/com/acme/shop/Cart.java"
    assert paths.locate("Cart.java") is None


def history(tmp_path, *versions: str):
    repo = Repo(tmp_path / "r")
    for number, text in enumerate(versions):
        repo.commit(f"v{number}", {"f.py": text})
    names = {commit: subject for subject, commit in repo.ids.items()}
    return names, Repository(Git(repo.root, SystemShell())).window(repo.git("rev-parse", "HEAD").strip())


def test_a_span_is_followed_back_over_lines_put_above_it(tmp_path):
    base = "def a():\n    return 1\n\n\ndef b():\n    return 2\n"
    names, changes = history(
        tmp_path,
        base,
        base.replace("return 2", "return 3"),
        "import os\nimport sys\n\n" + base.replace("return 2", "return 3"),
        "import os\n\n" + base.replace("return 2", "return 3").replace("return 1", "return 9"),
    )
    found = touches(changes, "f.py", (7, 8), 8)
    assert [names[touch.commit] for touch in found] == ["v1", "v0"]


def test_a_deletion_inside_the_span_is_seen(tmp_path):
    base = "def b(x):\n    if x is None:\n        return 0\n    return x.y\n"
    names, changes = history(tmp_path, base, base.replace("    if x is None:\n        return 0\n", ""))
    found = touches(changes, "f.py", (1, 2), 2)
    assert names[found[0].commit] == "v1"
    assert hunks.removes_guard(found[0].hunk) == "if x is None:"


def test_lines_that_look_like_headers_stay_lines(tmp_path):
    _, changes = history(tmp_path, "x\n", "-- a\n++ b\ndiff --git a/x b/x\n@@ -1 +1 @@\n\x01abc\n")
    (file,) = changes[0].files
    assert file.hunks[0].added == ("-- a", "++ b", "diff --git a/x b/x", "@@ -1 +1 @@", "\x01abc")
    assert file.hunks[0].removed == ("x",)


@given(st.text(max_size=400))
def test_any_text_is_parsed(text):
    parse_log("\x01" + text)
    parse_log("\x01" + "a" * 40 + "\x001\x00s\x00p\n\ndiff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,2 +1 @@\n" + text)


@pytest.mark.parametrize(
    ("before", "after", "means"),
    [
        (["f(a, b)"], ["f(", "    a,", "    b,", ")"], False),
        (["x = 'a'"], ['x = "a"'], False),
        (["# old words"], ["# new words"], False),
        ([], ["", "   "], False),
        (["x = 1"], ["x = 2"], True),
        (["#[derive(Debug)]"], ["#[derive(Clone)]"], True),
    ],
)
def test_what_only_changes_the_form_means_nothing(before, after, means):
    assert hunks.means_something(Hunk(1, len(before), 1, len(after), tuple(before), tuple(after))) is means
