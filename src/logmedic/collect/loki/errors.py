"""What Loki's refusals mean. Its error bodies are plain text; a proxy in front of it may answer in HTML or JSON.

Source of the texts: recorded answers of Loki 3 (``tests/data/loki``).
"""

from __future__ import annotations

import enum
import re

from logmedic.bounds import clip
from logmedic.doors import HttpAnswer
from logmedic.errors import SourceError
from logmedic.model import NANOSECONDS

LONGEST = 300  # characters of Loki's own words that are shown


class Trouble(enum.Enum):
    """What can be done about it."""

    LIMIT = "ask for fewer entries"
    RANGE = "ask for a shorter time"
    HEAVY = "ask for less"
    BUSY = "ask again later"
    REFUSED = "people must change something"


class LokiError(SourceError):
    """``most``: the limit that Loki names (entries for LIMIT, ns for RANGE). ``retry_after``: seconds."""

    def __init__(
        self, message: str, trouble: Trouble, *, most: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.most = most
        self.retry_after = retry_after


_LIMIT = re.compile(r"max_entries_limit(?:_per_query)? \((?:\d+) > (?P<most>\d+)\)")
_RANGE = re.compile(r"query time range exceeds the limit \(query length: \S+, limit: (?P<most>\w+)\)")
_HEAVY = re.compile(
    r"maximum (?:number )?of series|would read too many bytes|too many (?:chunks|bytes)|exceeded the limit of"
    r"|context deadline exceeded|query timed out|received message larger than max|ResourceExhausted"
)
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|[ywdhms])")
_UNITS = {"y": 365 * 86_400, "w": 7 * 86_400, "d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 0.001}
_REMEDIES = (
    (401, "no org id", "this Loki has tenants: set `tenant`"),
    (401, "", "set `username` and `password`, or `bearer`, or look whether they have expired"),
    (403, "", "this user may not read there; give it the right to, or correct `tenant`"),
    (404, "", "is `url` Loki's address, without /loki/api?"),
    (405, "", "is `url` Loki's address, without /loki/api?"),
    (400, "parse error", "correct `query`"),
    (400, "matcher", "correct `query`"),
)


def refusal(answer: HttpAnswer, place: str) -> LokiError:
    """What an answer other than 2xx means. ``place``: the source and its URL, for the message."""
    said = _said(answer)
    text = f"{place}: {answer.status}{': ' + said if said else ''}"
    if answer.status == 429 or answer.status >= 500:
        if _HEAVY.search(said):
            return LokiError(text, Trouble.HEAVY)
        return LokiError(text, Trouble.BUSY, retry_after=_seconds(answer.headers.get("retry-after", "")))
    if answer.status == 400:
        if found := _LIMIT.search(said):
            return LokiError(text, Trouble.LIMIT, most=int(found["most"]))
        if found := _RANGE.search(said):
            return LokiError(text, Trouble.RANGE, most=duration(found["most"]))
        if _HEAVY.search(said):
            return LokiError(text, Trouble.HEAVY)
    remedy = next((r for status, word, r in _REMEDIES if answer.status == status and word in said), "")
    if 300 <= answer.status < 400:
        remedy = f"`url` leads elsewhere ({clip(answer.headers.get('location', '?'), 100)}); give the address behind it"
    return LokiError(f"{text}{'; ' + remedy if remedy else ''}", Trouble.REFUSED)


def duration(text: str) -> int:
    """A Prometheus duration such as ``30d1h`` or ``72h0m5s``, in ns; 0 when it is none."""
    found = list(_DURATION.finditer(text))
    if "".join(match[0] for match in found) != text:
        return 0
    return round(sum(float(match["number"]) * _UNITS[match["unit"]] for match in found) * NANOSECONDS)


def _said(answer: HttpAnswer) -> str:
    """The body's first lines as one; of HTML nothing."""
    value = answer.json()
    if isinstance(value, dict):
        said = next((value[key] for key in ("message", "error", "msg") if isinstance(value.get(key), str)), "")
    else:
        said = answer.body[: 4 * LONGEST].decode("utf-8", "replace")
    if said.lstrip().startswith("<"):
        return ""
    return clip(" ".join("".join(c if c.isprintable() else " " for c in said).split()), LONGEST)


def _seconds(text: str) -> float | None:
    """``Retry-After`` in seconds; its other form, a date, is not used by Loki or what stands before it."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return min(max(seconds, 0.0), 3600.0) if seconds == seconds else None  # noqa: PLR0124  NaN
