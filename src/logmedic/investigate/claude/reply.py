"""The shape of what a model must answer with. Texts are bounded, so that an answer is a report and not a book."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
_Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Both(_Part):
    """The same in both languages."""

    en: _Words
    ko: _Words


class Quote(_Part):
    """Words that stand in a piece of evidence, exactly."""

    id: _Id
    text: _Words
    line: int = Field(ge=0, description="Line number in the source; 0 where there is none.")


class Said(_Part):
    """A statement and the ids of the evidence that says it."""

    text: Both
    citations: list[_Id] = Field(max_length=20)
    quotes: list[Quote] = Field(max_length=10)


class SuspectCommit(_Part):
    commit: _Id = Field(description="Id of the evidence, such as C2.")
    score: float = Field(ge=0, le=1)
    why: Both


class FixVerdict(_Part):
    yes: bool
    reason: Both


class Reply(_Part):
    """A diagnosis of one incident."""

    inconclusive: bool
    severity: Literal["info", "warning", "critical"]
    cause_kind: Literal["code", "config", "dependency", "data", "capacity", "upstream", "network", "credentials",
                        "platform", "client", "unknown"]  # fmt: skip
    root_cause: Said
    impact: Both
    actions: list[Both] = Field(max_length=5)
    suspects: list[SuspectCommit] = Field(max_length=5)
    code_cause: bool
    fixable: FixVerdict
    confidence: float = Field(ge=0, le=1)
    claims: list[Said] = Field(max_length=20)


class Doubt(_Part):
    """What speaks against a root cause."""

    verdict: Literal["stands", "doubtful", "wrong"]
    objection: Both
    citations: list[_Id] = Field(max_length=20)
