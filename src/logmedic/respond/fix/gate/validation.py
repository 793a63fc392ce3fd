"""Checks of input that were there and are not any more, or hold no longer for as much."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from logmedic.model import Text
from logmedic.respond.fix.change import Change, FileChange
from logmedic.respond.fix.gate.lines import following, fresh, gone
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.report import Finding

_REMOVED = Text("a check is removed or changed", "검증이 제거되거나 변경됨")
_REFUSES = re.compile(
    r"(?i)^(?:raise\b|throw\b|return\s+(?:Err\(|err\b|errors\.|fmt\.Errorf|nil\s*,\s*\w*err|false\b|None\b|null\b"
    r"|Promise\.reject)|panic\(|abort\(|bail!|ensure!"
    r"|reject\(|next\(\s*(?:new|err)|assert\b|res\.status\(4|return\s+.*\b(?:4\d\d|bad_?request|forbidden"
    r"|unauthori[sz]ed|invalid)\b)"
)
_CHECKS = re.compile(
    r"(?i)^(?:raise\b|throw\b|assert\w*[\s!(]|ensure!|bail!|panic!?\(|abort\()|return\s+(?:Err\(|errors\.New"
    r"|fmt\.Errorf)"
    r"|\b(?:validat\w*|is_?valid\w*|verify\w*|sanitiz\w*|escape\w*|check_\w+|require\w*|must_\w+|ensure_\w+"
    r"|clean_\w+)\s*[(:!]"
    r"|@(?:Valid|NotNull|NotBlank|NotEmpty|Size|Min|Max|Pattern|Email|Positive|Validated|field_validator|validator"
    r"|model_validator|check)\b"
    r"|\b(?:ge|gt|le|lt|min_length|max_length|minLength|maxLength|minimum|maximum|pattern|regex|required|strict|extra"
    r"|forbid\w*)\s*[=:]"
    r"|\.(?:required|email|url|regex|positive|nonnegative|strict|refine)\("
    r"|\b(?:z|[Jj]oi|[Yy]up)\..*\.(?:min|max|length)\(|requireNonNull"
    r"|Preconditions\.|Objects\.check|Assert\."
)
_CONDITION = re.compile(
    r"^(?:\}?\s*(?:else\s+)?(?:el)?if\b|unless\b|match\b|case\b|guard\b|when\b|while\b|\}?\s*else\b)"
)


def check(change: Change, _policy: Policy) -> Iterator[Finding]:
    for file in change.files:
        if file.is_test or not file.language or file.old is None:
            continue
        yield from _of(file)


def _of(file: FileChange) -> Iterator[Finding]:
    lost = gone(file)
    for line in lost:
        text = line.text.strip()
        refuses = _CONDITION.match(text) is not None and any(
            _REFUSES.match(after) for after in following(file.old, line.number, 1)
        )
        one_line = _CONDITION.match(text) is not None and _REFUSES.search(_behind(text)) is not None
        if refuses or one_line or _CHECKS.search(text):
            yield Finding(rule="validation", path=file.path, line=_near(file, line.number), why=_REMOVED)
    # A way out that stands before a check which is still there passes it by.
    for line in fresh(file):
        if _CONDITION.match(line.text.strip()) and _leaves(file, line.number) and _guards(file, line.number):
            yield Finding(rule="validation", path=file.path, line=line.number,
                          why=Text("a check behind it is passed by", "뒤에 있는 검증을 건너뜀"))  # fmt: skip


def _behind(text: str) -> str:
    """Of a condition on one line, what it does."""
    for mark in (":", ")", "{", "=>"):
        _, found, rest = text.rpartition(mark) if mark != "{" else text.partition(mark)
        if found and rest.strip(" {};"):
            return rest.strip(" {};")
    return ""


def _leaves(file: FileChange, number: int) -> bool:
    """Whether a condition returns without refusing."""
    lines = following(file.new, number, 1)
    return (
        bool(lines) and re.match(r"(?:return|continue|pass)\b", lines[0]) is not None and not _REFUSES.match(lines[0])
    )


def _guards(file: FileChange, number: int) -> bool:
    """Whether a check follows within the next lines: a condition that refuses."""
    lines = following(file.new, number, 6)[1:]
    return any(
        _CONDITION.match(one) is not None and _REFUSES.match(two) is not None for one, two in itertools.pairwise(lines)
    )


def _near(file: FileChange, number: int) -> int:
    """Where in the new file a removed line stood."""
    for hunk in file.hunks:
        if hunk.removed and hunk.removed[0].number <= number <= hunk.removed[-1].number:
            return hunk.added[0].number if hunk.added else 0
    return 0
