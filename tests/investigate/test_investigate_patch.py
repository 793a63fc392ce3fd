"""Patches as people hand them over: whole, cut short, or without headers."""

from __future__ import annotations

import subprocess

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.investigate.changes.patch import parse_patch


def test_lines_of_context_part_the_hunks_and_count():
    text = "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -10,5 +10,5 @@ def f():\n a\n-b\n+c\n d\n-e\n+f\n g\n"
    (file,) = parse_patch(text)
    assert [(h.old_start, h.start, h.removed, h.added) for h in file.hunks] == [
        (11, 11, ("b",), ("c",)),
        (13, 13, ("e",), ("f",)),
    ]


def test_a_removed_line_that_looks_like_a_header_is_a_removed_line():
    (file,) = parse_patch("--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1 @@\n--- drop it\n a\n")
    assert file.hunks[0].removed == ("-- drop it",)


def test_bare_lines_belong_to_the_first_file_that_is_named():
    (file,) = parse_patch("- pool: 20\n+ pool: 2", ["config/app.yaml", "other.py"])
    assert (file.path, file.hunks[0].removed, file.hunks[0].added) == ("config/app.yaml", (" pool: 20",), (" pool: 2",))


@pytest.mark.parametrize(
    ("head", "created", "deleted"),
    [
        ("--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+a\n", True, False),
        ("--- a/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", False, True),
        ("diff --git a/new.py b/new.py\nnew file mode 100644\n@@ -0,0 +1 @@\n+a\n", True, False),
    ],
)
def test_created_and_deleted_files_are_told(head, created, deleted):
    (file,) = parse_patch(head)
    assert (file.created, file.deleted) == (created, deleted)
    assert file.path in {"new.py", "old.py"}


def test_several_files_and_windows_line_ends():
    text = "--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n--- a/y\r\n+++ b/y\r\n@@ -7 +7 @@\r\n-c\r\n+d\r\n"
    assert [(f.path, f.hunks[0].added) for f in parse_patch(text)] == [("x", ("b",)), ("y", ("d",))]


def test_a_patch_of_real_git_reads_alike_with_and_without_context(tmp_path):
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    lines = [f"line {n}" for n in range(60)]
    old.write_text("\n".join(lines) + "\n")
    lines[10:12] = ["changed"]
    del lines[40]
    lines.insert(50, "more")
    new.write_text("\n".join(lines) + "\n")

    def diff(unified: int) -> str:
        argv = ["git", "diff", "--no-index", f"-U{unified}", "--no-color", str(old), str(new)]
        return subprocess.run(argv, capture_output=True, check=False).stdout.decode()

    (without,), (with_lines,) = parse_patch(diff(0)), parse_patch(diff(3))
    bare = [[msgspec.structs.replace(h, context=()) for h in file.hunks] for file in (with_lines, without)]
    assert bare[0] == bare[1]
    assert with_lines.hunks[0].context[-3:] == ("line 7", "line 8", "line 9")
    assert len(without.hunks) == 3


@given(st.text(alphabet="+-@ \n ab1,/\\d", max_size=200))
def test_nothing_that_is_handed_over_raises(text):
    for file in parse_patch(text, ["x"]):
        assert all(h.removed or h.added for h in file.hunks)
