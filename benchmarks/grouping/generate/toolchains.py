"""What all languages share: a folder to build in, a later release of the source, and neutral names for its paths."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parent / "programs"
RELEASES = (1, 2, 3)
_COMMENTS = {".py": "#", ".go": "//", ".rs": "//", ".js": "//", ".java": "//"}
_MARK = "--- neighbours ---"


@dataclass(frozen=True)
class Trace:
    """One failure of one bug as one toolchain printed it; ``ROOT`` stands for the folder of the program."""

    bug: str
    language: str
    runtime: str
    release: int
    number: int  # the id in its message
    text: str
    mode: str = ""  # e.g. "full": RUST_BACKTRACE
    more: dict[str, Any] = field(default_factory=dict)


def lay_out(language: str, release: int, folder: Path) -> Path:
    """The program as of a release: from the second on, each file has neighbours above its functions."""
    place = folder / language / f"r{release}"
    shutil.copytree(PROGRAMS / language, place, ignore=shutil.ignore_patterns("__pycache__", "target"))
    for path in place.rglob("*"):
        comment = _COMMENTS.get(path.suffix)
        if comment is not None:
            lines = path.read_text("utf-8").split("\n")
            shifted = [out for line in lines for out in _neighbours(line, path, comment, release)]
            path.write_text("\n".join(shifted), "utf-8")
    return place


def _neighbours(line: str, path: Path, comment: str, release: int) -> list[str]:
    if _MARK not in line:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    more = [f"{indent}{comment} Release {release} needs some more words here." for _ in range((release - 1) * 7)]
    name = f"neighbour{release}"
    bodies = {
        ".py": [f"def {name}(xs):", "    return [x + 1 for x in xs]"],
        ".go": [f"func {name}(xs []int) func() int {{ return func() int {{ return len(xs) }} }}"],
        ".rs": ["#[allow(dead_code)]", f"pub fn {name}(xs: &[u8]) -> usize {{ xs.iter().map(|x| *x as usize).sum() }}"],
        ".js": [f"const {name} = (xs) => xs.map((x) => x + 1);"],
        ".java": [f"static java.util.function.IntSupplier {name}(int x) {{ return () -> x + 1; }}"],
    }
    code = [indent + text for text in bodies[path.suffix]] if release > 1 else []
    return [line, *more, *code]


def run(command: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Both streams as text. A failing program is what we are after, so its exit code is left to the caller."""
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, encoding="utf-8", check=False
    )


def build(command: list[str], cwd: Path, **environment: str) -> None:
    done = run(command, cwd, **environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")


def neutral(text: str, *replacements: tuple[str, str]) -> str:
    """The text without folders of this machine."""
    for was, now in replacements:
        text = text.replace(was, now)
    return text
