"""The catalogue in ``docs/faults.md`` and the tests of this folder name each other."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
ROW = re.compile(r"^\| (F\d\d) \| [^|]+ \| [^|]+ \| `(test_f\d\d_\w+)` \|$", re.MULTILINE)


def written() -> Counter[str]:
    """Every test of a row, as often as it stands in a file."""
    return Counter(
        node.name
        for path in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and re.match(r"test_f\d\d_", node.name)
    )


def test_each_row_has_one_test_and_each_test_its_row() -> None:
    text = (HERE.parents[1] / "docs/faults.md").read_text("utf-8")
    rows = ROW.findall(text)
    assert len(rows) == text.count("\n| F"), "a row is malformed"
    assert [number for number, _ in rows] == [f"F{number:02}" for number in range(1, 61)]
    assert all(name.startswith(f"test_{number.lower()}_") for number, name in rows)
    assert written() == Counter(name for _, name in rows)
