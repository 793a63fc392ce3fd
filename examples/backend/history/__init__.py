"""Builds a git repository whose last commit is the sample service, with a past in which its faults were made.

Which commit introduced which fault is known, so whoever looks for suspects can be checked against the truth.
"""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "backend"

Tree = dict[str, bytes]  # path inside the package → content


class HistoryError(Exception):
    """The history does not fit the package, or git could not build it. One line."""


@dataclass(frozen=True)
class Commit:
    """``introduces``: the break that only fails because of this commit; ``None`` for all others."""

    id: str
    subject: str
    author: str
    time: datetime
    introduces: str | None


@dataclass(frozen=True)
class HistoryFacts:
    """What the repository is known to hold. ``commits`` run from the oldest to ``head``."""

    root: Path
    head: str
    commits: tuple[Commit, ...]

    @property
    def introduced(self) -> dict[str, str]:
        """Break → id of the commit that made it."""
        return {commit.introduces: commit.id for commit in self.commits if commit.introduces}

    @property
    def decoys(self) -> tuple[str, ...]:
        """Ids of harmless commits that came after the first fault was made, so that "the latest" is a wrong guess."""
        first = next(number for number, commit in enumerate(self.commits) if commit.introduces)
        return tuple(commit.id for commit in self.commits[first:] if not commit.introduces)


def make_repository(dest: Path, *, now: datetime | None = None) -> HistoryFacts:
    """Make a repository in ``dest``, a directory that is empty or does not exist yet.

    Its tree is the package under ``backend/``. Commit times count back from ``now`` (the present, when ``None``), so
    the same ``now`` gives the same commit ids. No hook runs, and no git configuration of the machine is read.

    Raises:
        HistoryError: ``dest`` is not empty, the steps do not fit the package, or git failed or is not installed.
    """
    moment = datetime.now(UTC) if now is None else now
    if dest.exists() and any(dest.iterdir()):
        raise HistoryError(f"{dest} is not empty")
    history = tomllib.loads((HERE / "steps.toml").read_text("utf-8"))
    steps: list[dict[str, Any]] = history["steps"]
    trees = _trees(steps, read_package())
    stream = b"".join(
        _commit(step, history["authors"][step["author"]], moment, tree) for step, tree in zip(steps, trees, strict=True)
    )
    dest.mkdir(parents=True, exist_ok=True)
    _git(dest, "init", "--quiet", "--template=", "--initial-branch=main")
    _git(dest, "fast-import", "--quiet", "--done", stdin=stream + b"done\n")
    _git(dest, "reset", "--quiet", "--hard", "main")
    (dest / ".git" / "info").mkdir(exist_ok=True)
    (dest / ".git" / "info" / "exclude").write_text("__pycache__/\n", "utf-8")
    ids = _git(dest, "rev-list", "--reverse", "main").split()
    commits = tuple(_fact(commit, step, history["authors"], moment) for commit, step in zip(ids, steps, strict=True))
    return HistoryFacts(dest, commits[-1].id, commits)


def read_package() -> Tree:
    """The package as it is now, without what Python compiled."""
    paths = (path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(PACKAGE).as_posix(): path.read_bytes() for path in paths}


def _trees(steps: list[dict[str, Any]], last: Tree) -> list[Tree]:
    """The tree after each step, found by undoing the steps from the last one back to nothing."""
    trees: list[Tree] = []
    tree = last
    for step in reversed(steps):
        trees.append(tree)
        tree = _undo(step, tree)
    if tree:
        raise HistoryError(f"no step adds {', '.join(sorted(tree))}")
    return trees[::-1]


def _undo(step: Mapping[str, Any], tree: Tree) -> Tree:
    before = dict(tree)
    for edit in reversed(step.get("edits", [])):
        path, new = edit["path"], edit["new"].encode()
        if before.get(path, b"").count(new) != 1:
            raise HistoryError(f"step {step['subject']!r}: its new text does not stand exactly once in {path}")
        before[path] = before[path].replace(new, edit["old"].encode())
    for path in step.get("adds", []):
        if before.pop(path, None) is None:
            raise HistoryError(f"step {step['subject']!r} adds {path}, which is not there")
    return before


def _time(step: Mapping[str, Any], now: datetime) -> datetime:
    return now.replace(microsecond=0) - timedelta(minutes=step["minutes_ago"])


def _commit(step: Mapping[str, Any], author: Mapping[str, str], now: datetime, tree: Tree) -> bytes:
    """One commit in the language of ``git fast-import``."""
    when = f"{author['name']} <{author['email']}> {int(_time(step, now).timestamp())} {author['zone']}"
    message = "\n\n".join(text for text in (step["subject"], step.get("body")) if text) + "\n"
    head = f"commit refs/heads/main\nauthor {when}\ncommitter {when}\n".encode() + _data(message.encode())
    return head + b"deleteall\n" + b"".join(_files(tree))


def _files(tree: Tree) -> Iterator[bytes]:
    for path, content in tree.items():
        yield f"M 100644 inline backend/{path}\n".encode() + _data(content)


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _fact(commit: str, step: Mapping[str, Any], authors: Mapping[str, Any], now: datetime) -> Commit:
    name = authors[step["author"]]["name"]
    return Commit(commit, step["subject"], name, _time(step, now).astimezone(UTC), step.get("introduces"))


def _git(dest: Path, *argv: str, stdin: bytes = b"") -> str:
    """Run git with a clean environment: no user or system configuration, no hooks, nobody asked anything."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(dest),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }
    command = ["git", "-C", str(dest), "-c", f"core.hooksPath={os.devnull}", *argv]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, env=environment, timeout=30, check=False)
    except FileNotFoundError:
        raise HistoryError("git is not installed, or not on PATH") from None
    except subprocess.TimeoutExpired:
        raise HistoryError(f"git {argv[0]} did not end within 30 s") from None
    if done.returncode:
        complaint = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
        raise HistoryError(f"git {argv[0]}: {complaint[0]}")
    return done.stdout.decode()
