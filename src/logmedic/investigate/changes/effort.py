"""What kind of change a hunk is before anybody asks what failed: cosmetic, a release of a package, a limit. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import FileDiff, Hunk
from logmedic.investigate.changes.packages import is_manifest
from logmedic.investigate.changes.vocabulary import bounded_search, spaced

_SHOWN = re.compile(
    r"\.(?:css|scss|mjml|svg|ipynb|erb|html|vue|tsx|jsx|po)$|dashboard|grafana|notebook|changelog|alerts?/|license|\.github|lint|"
    r"\.editorconfig|tsconfig|mock|example|stories|locales|messages|templates?/|i18n|storybook|readme|eslint|prettier|phpstan|mypy|ruff",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_RELEASE = re.compile(
    r"version|image|tag|==|FROM|checksum|resolved|integrity|go \d|^\s*\"[@\w/.-]+\": \"[\^~]?\d|\d+\.\d+\.\d+",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?")
LEAST_STEP = 1.9  # times
_GRADES = ("", "patch", "minor", "major")
# Of these more is easier on whoever waits or needs room…
_ROOM = (
    r"pool|max_?(?:conn|open|size|body|frame|message|length|recv|header|lifetime|age|overflow|entries|heap)|time_?out|deadline|"
    r"limit|memory|cpu|heap|Xmx|size|bytes|capacity|quota|burst|rate|ttl|expire|retention|keep|idle|leeway|skew|buffer|replicas|"
    r"permits|interval|delay|back_?off|wait|within|seconds|ms\b|storage|disk|grace|lifetime"
)
# …and of these, harder on what they work on.
_LOAD = (
    r"worker|thread|concurren|parallel|instances|process|batch|records|prefetch|fetch|attempts|retr(?:y|ies)|max_?tasks|page|"
    r"per_?page|depth|-c\b|partitions|cost|rounds|iterations|chunk|limit\b.{0,20}rows"
)


def far(old: float, new: float) -> bool:
    """Whether a number was about doubled or halved: a small step seldom brings anything about."""
    small, large = sorted((abs(old), abs(new)))
    return large >= small * LEAST_STEP and large > small


def inert(file: FileDiff) -> bool:
    """New source: nothing runs it until something else does. New settings and migrations take effect themselves."""
    return file.created and not file.path.lower().endswith((*h.SETTINGS, ".sql")) and "migrat" not in file.path.lower()


def cosmetic(file: FileDiff, hunk: Hunk) -> bool:
    """Shown to people, told in a log, or only another name."""
    return (
        bool(_SHOWN.search(file.path)) or h.only_logs(hunk) or h.only_renames(hunk, file.path) or h.only_imports(hunk)
    )


def grade(hunks: Sequence[tuple[FileDiff, Hunk]]) -> tuple[str, bool]:
    """The greatest step of a version ("patch", "minor", "major" or ""), and whether versions are all that changed."""
    worst, only = 0, bool(hunks)
    for file, hunk in hunks:
        lines = [line for line in (*hunk.removed, *hunk.added) if line.strip()]
        if (
            not is_manifest(file.path)
            and "dockerfile" not in file.path.lower()
            and not all(map(_RELEASE.search, lines))
        ):
            only = False
            continue
        before, after = (
            [found for line in side if (found := _VERSION.search(line))] for side in (hunk.removed, hunk.added)
        )
        for old, new in zip(before, after, strict=False):
            step = 3 if old[1] != new[1] else 2 if old[2] != new[2] else 1
            worst = max(worst, step)
    return _GRADES[worst], only


def strain(hunks: Sequence[tuple[FileDiff, Hunk]]) -> tuple[bool, bool]:
    """Whether some number was changed to the easier side, and whether one was to the harder."""
    found = {eased for _, hunk in hunks for eased in _steps(hunk)}
    return True in found, False in found


def _steps(hunk: Hunk) -> Iterator[bool]:
    before = {_NUMBER.sub("#", line): line for line in hunk.removed}
    for line in hunk.added:
        old = before.get(_NUMBER.sub("#", line))
        steps = [] if old is None else list(zip(_NUMBER.findall(old), _NUMBER.findall(line), strict=True))
        changed = [(float(a.replace("_", "")), float(b.replace("_", ""))) for a, b in steps if a != b]
        if not changed or not far(*changed[0]):
            continue
        risen, name = changed[0][1] > changed[0][0], spaced(line)
        if bounded_search(_LOAD)(name):
            yield not risen
        elif bounded_search(_ROOM)(name):
            yield risen
