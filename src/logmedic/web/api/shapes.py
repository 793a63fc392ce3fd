"""The shapes of requests and answers, for the description of the API; FastAPI wants pydantic's classes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Number = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Row(BaseModel):
    """An incident in a list. Times are RFC 3339 in UTC."""

    id: int
    fingerprint: str
    title: str
    culprit: str
    service: str
    error_code: str | None
    state: Literal["open", "acked", "snoozed", "resolved", "ignored"]
    substate: Literal["new", "ongoing", "regressed", "escalating"]
    severity: Literal["info", "warning", "critical"]
    count: int
    first_seen: str
    last_seen: str
    verdict: str | None
    confidence: float | None


class Rows(BaseModel):
    incidents: list[Row]
    next: str | None = Field(description="the cursor of the next page; null on the last one")


class Change(Strict):
    """One thing to do to some incidents."""

    do: Literal["ack", "resolve", "snooze", "ignore", "reopen", "merge", "right", "wrong"]
    ids: Annotated[list[Number], Field(min_length=1, max_length=1_000)]
    release: Annotated[str, Field(max_length=500)] = ""
    seconds: Annotated[int, Field(ge=60, le=366 * 86_400)] = 8 * 3_600
    more: Annotated[int | None, Field(ge=1, le=10**9)] = None
    into: Number | None = None


class Changed(BaseModel):
    changed: int = Field(description="incidents that it was done to; those that are not there are left out")


class Asked(BaseModel):
    """A fix that has begun, or was under way; its page says how it goes."""

    fix: str
    state: Literal["running", "proved"]
    page: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int


class Incident(BaseModel):
    """Everything about one incident, as ``logmedic incidents show --json`` prints it."""

    model_config = ConfigDict(extra="allow")

    id: int
    fingerprint: str
    title: str


class Line(BaseModel):
    time: str
    level: str
    service: str
    message: str
    spans: list[str]
    target: str
    duration_ms: float | None


class Lines(BaseModel):
    request: str
    lines: list[Line]


class Source(BaseModel):
    name: str
    kind: str
    what: str
    lines: int
    lines_per_s: float | None = Field(description="over the last minute; null just after the start")
    rejects: int
    unread_bytes: int | None = Field(description="bytes that are there and not read yet, where that is known")
    behind_s: float | None = Field(description="from what was read last to now, for stores of entries")
    problem: str | None
