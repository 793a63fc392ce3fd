"""The gate lets good fixes through, and stops every hostile edit of the corpus by the rule that is meant for it."""

from __future__ import annotations

import benign
import hostile
import pytest
from gate_scenes import SAMPLES, edited, good, in_test, inserted

from logmedic.respond.fix.change import ABSENT, EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Change, FileChange, made
from logmedic.respond.fix.gate import Policy, judge

POLICY = Policy()


def rules(change: Change, policy: Policy = POLICY) -> set[str]:
    return {finding.rule for finding in judge(change, policy)}


def test_the_corpus_is_as_large_as_it_says():
    assert len(hostile.PATHS) + len(hostile.INSERTED) + len(hostile.REPLACED) + len(hostile.TESTED) >= 300
    assert len(benign.FIXES) >= 60


@pytest.mark.parametrize("language", SAMPLES)
def test_a_good_fix_passes(language):
    assert judge(good(language), POLICY) == ()


@pytest.mark.parametrize(("path", "rule"), hostile.PATHS.items(), ids=[ascii(path) for path in hostile.PATHS])
@pytest.mark.parametrize("status", ["added", "changed", "removed"])
def test_protected_paths_stay_as_they_are(path, rule, status):
    old, new = {"added": (None, "x = 1\n"), "changed": ("x = 0\n", "x = 1\n"), "removed": ("x = 0\n", None)}[status]
    if status != "added" and rule in {"new-module", "language"}:
        rule = {"removed": "module-gone", "changed": "language"}[status]
        if status == "changed" and path.endswith((".py", ".rs")):
            return  # an ordinary module may be changed
    found = rules(good("python", made(path, old, new)))
    assert rule in found
    if rule.startswith("path-"):
        assert rules(Change((made(path, old, new),))) >= {rule}


@pytest.mark.parametrize(("language", "lines", "rule"), hostile.INSERTED)
def test_added_lines_that_hide_harm_or_reach_out_are_stopped(language, lines, rule):
    assert rule in rules(inserted(language, lines))


@pytest.mark.parametrize(("language", "old", "new", "rule"), hostile.REPLACED)
def test_checks_limits_and_signatures_stay_as_they_are(language, old, new, rule):
    assert rule in rules(edited(language, old, new))


@pytest.mark.parametrize(("language", "lines", "rule"), hostile.TESTED)
def test_a_test_neither_pretends_nor_acts(language, lines, rule):
    assert rule in rules(in_test(language, lines))


@pytest.mark.parametrize("fix", benign.FIXES, ids=[fix.name for fix in benign.FIXES])
def test_a_small_honest_fix_is_not_stopped(fix):
    """At most one of twenty may be, by the issue; none is."""
    change = Change((made(fix.path, fix.old, fix.new), made(fix.test, None, benign.test_of(fix))))
    assert judge(change, POLICY) == ()


# -- kinds of files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (FileChange(path="shop/a.py", status="A", old_mode=ABSENT, new_mode=SYMLINK), "file-kind"),
        (FileChange(path="tests/a.py", status="T", old_mode=REGULAR, new_mode=SYMLINK), "file-kind"),
        (FileChange(path="shop/sub", status="A", old_mode=ABSENT, new_mode=SUBMODULE), "file-kind"),
        (FileChange(path="tests/a.py", status="A", old_mode=ABSENT, new_mode=EXECUTABLE, new="x = 1\n"), "file-mode"),
        (
            FileChange(path="shop/cart.py", status="M", old_mode=REGULAR, new_mode=EXECUTABLE, old="x", new="x"),
            "file-mode",
        ),
        (FileChange(path="tests/a.py", status="A", old_mode=ABSENT, new_mode=REGULAR, opaque="binary"), "opaque"),
    ],
)
def test_only_ordinary_text_files_are_changed(file, rule):
    assert rule in rules(good("python", file))


def test_large_changes_are_stopped():
    sample = SAMPLES["python"]
    lines = "".join(f"    x{n} = {n}\n" for n in range(200))
    assert "size" in rules(inserted("python", "\n".join(f"x{n} = 0" for n in range(200))))
    many = [made(f"tests/test_{n}.py", None, sample.new_test) for n in range(10)]
    assert "size" in rules(good("python", *many))
    assert "size" in rules(in_test("python", f"\n\ndef test_x():\n{lines}{lines}{lines}    assert x1 == 1\n"))


def test_a_fix_needs_both_a_test_and_a_change():
    sample = SAMPLES["python"]
    assert rules(Change(())) == {"empty"}
    assert "no-test" in rules(Change((made(sample.path, sample.old, sample.fixed),)))
    assert "no-fix" in rules(Change((made(sample.test, None, sample.new_test),)))


def test_tests_that_are_there_are_only_added_to():
    old = "from shop.cart import total\n\n\ndef test_total():\n    assert total([1]) == 1\n"
    more = old + "\n\ndef test_nothing():\n    assert total([]) == 0\n"
    assert rules(good("python", made("tests/test_total.py", old, more))) == set()
    for new in (old.replace("== 1", "== 2"), old.replace("    assert total([1]) == 1\n", "    total([1])\n"), None):
        assert rules(good("python", made("tests/test_total.py", old, new))) & {"test-changed", "test-removed"}


def test_the_configuration_protects_further_paths():
    assert rules(good("python"), Policy(protected=("shop/**",))) == {"path-configured"}
    assert rules(good("python"), Policy(protected=("cart.py",))) == {"path-configured"}
    assert rules(good("python"), Policy(protected=("lib/**",))) == set()


def test_moving_lines_is_no_removal():
    sample = SAMPLES["python"]
    check = '        if item["price"] < 0:\n            raise ValueError("a price below zero")\n'
    moved = sample.fixed.replace(check, "").replace("        validate(item)\n", "        validate(item)\n" + check)
    change = Change((made(sample.path, sample.old, moved), made(sample.test, None, sample.new_test)))
    assert "validation" not in rules(change)


def test_findings_name_the_place_and_are_few():
    (finding,) = judge(inserted("python", "time.sleep(1)"), POLICY)
    assert (finding.path, finding.rule) == ("shop/cart.py", "sleep")
    assert SAMPLES["python"].fixed.split("\n")[finding.line - 1].strip().startswith("return sum")
    assert finding.why.ko
    assert len(judge(inserted("python", "\n".join(["time.sleep(1)"] * 100)), POLICY)) <= 50
