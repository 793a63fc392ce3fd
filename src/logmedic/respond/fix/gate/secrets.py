"""Secrets in what is added: by the rules that redact logs, personal data left out."""

from __future__ import annotations

from collections.abc import Iterator

from logmedic.model import Text
from logmedic.redact import RedactConfig, Redactor
from logmedic.respond.fix.change import Change
from logmedic.respond.fix.gate.lines import fresh
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.report import Finding

_REDACTOR = Redactor(RedactConfig(personal=False))
_WHY = Text("something that looks like a secret", "비밀값처럼 보이는 것")


def check(change: Change, _policy: Policy) -> Iterator[Finding]:
    for file in change.files:
        for line in fresh(file):
            if _REDACTOR.text(line.text) != line.text:
                yield Finding(rule="secret", path=file.path, line=line.number, why=_WHY)
