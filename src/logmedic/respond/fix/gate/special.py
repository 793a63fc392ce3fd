"""Cures that only the test needs: an answer that is made for the very input that fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

from logmedic.model import Text
from logmedic.respond.fix.change import Change
from logmedic.respond.fix.gate.lines import following, fresh
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.report import Finding

_STRING = re.compile(r"\"((?:[^\"\\]|\\.){2,})\"|'((?:[^'\\]|\\.){2,})'|`([^`]{2,})`")
_NUMBER = re.compile(r"(?<![\w.])(\d{2,}(?:\.\d+)?)(?![\w.])")
_COMPARED = re.compile(
    r"(?:[=!]==?|\bis\b|\bin\b|\.equals\(|\bcase\b|\bmatches!|\.includes\(|startswith\(|startsWith\(|\beq\b|\bmatch\b"
    r"|=>|->)"
)
_CONSTANT = re.compile(
    r"^(?:return\s+)?(?:-?\d[\d_.]*|\"[^\"]*\"|'[^']*'|None|null|nil|true|false|True|False|\[\]|\{\}|\(\)"
    r"|Ok\([^()]*\)|Some\([^()]*\))\s*[;,]?$"
)
_WHY = Text("an answer made for the input of the test", "테스트 입력에만 맞춘 답")


def check(change: Change, _policy: Policy) -> Iterator[Finding]:
    given = _literals("\n".join(line.text for file in change.files if file.is_test for line in file.added))
    for file in change.files:
        if file.is_test or not file.language:
            continue
        old = file.old or ""
        for line in fresh(file):
            if not _COMPARED.search(line.text):
                continue
            special = {text for text in _literals(line.text) & given if text not in old}
            if special or (_literals(line.text) and _constant(file.new, line.number, line.text)):
                yield Finding(rule="special-case", path=file.path, line=line.number, why=_WHY)


def _literals(text: str) -> set[str]:
    found = {next(group for group in match if group) for match in _STRING.findall(text)}
    return found | set(_NUMBER.findall(text))


def _constant(new: str | None, number: int, text: str) -> bool:
    """Whether what follows a comparison with a literal is a literal answer."""
    behind = re.split(r"=>|->|:\s|\)\s*(?=return)|\{\s*(?=return)", text)[-1].strip(" {}")
    if behind != text.strip() and _CONSTANT.match(behind):
        return True
    after = following(new, number, 1)
    return bool(after) and after[0].startswith("return") and _CONSTANT.match(after[0]) is not None
