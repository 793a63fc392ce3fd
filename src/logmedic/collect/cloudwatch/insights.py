"""Which minutes of a long stretch hold anything to read: a job of Logs Insights says, far faster than paging through.

The events themselves are read as always, by id. What the job cannot say is paged through.

Source: Amazon CloudWatch Logs API Reference, "StartQuery", "GetQueryResults", "StopQuery"; "Logs Insights QL", command
``stats`` and function ``bin``.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from logmedic.collect.cloudwatch.client import CloudWatchClient
from logmedic.collect.cloudwatch.errors import AwsError
from logmedic.doors import Clock
from logmedic.model import NANOSECONDS

log = logging.getLogger("logmedic")

BIN_SECONDS = 60
MOST_ROWS = 10_000  # of an answer; StartQuery, ``limit``
LONGEST = (MOST_ROWS - 2) * BIN_SECONDS * NANOSECONDS  # of a stretch, whose minutes then fit an answer
POLL = 1.0  # s between two looks at a job
PATIENCE = 60.0  # s until paging through is begun instead
HOUR = 3600.0  # s
_BIN = f"bin({BIN_SECONDS}s)"


class Span(msgspec.Struct, frozen=True):
    """``start <= time <= end``, ns."""

    start: int
    end: int


class Insights:
    """Jobs on one log group. Not for several threads at a time."""

    def __init__(self, client: CloudWatchClient, clock: Clock, query: str, most_per_hour: int) -> None:
        """``query`` counts events by bins of :data:`BIN_SECONDS`."""
        self._client = client
        self._clock = clock
        self._query = query
        self._most_per_hour = most_per_hour
        self._begun: deque[float] = deque()

    def find(self, start: int, end: int) -> list[Span] | None:
        """The parts of ``start <= time < end`` (ns, at most :data:`LONGEST`) outside of which nothing is to be read.

        In order. ``None``: that cannot be told, for a reason that was logged.
        """
        now = self._clock.monotonic()
        while self._begun and now - self._begun[0] >= HOUR:
            self._begun.popleft()
        if len(self._begun) >= self._most_per_hour:
            return None  # said when the last one began
        self._begun.append(now)
        try:
            answer = self._run(start, end)
        except AwsError as error:
            log.warning("%s; everything is paged through instead", error)
            return None
        if answer is None:
            return None
        rows = answer.get("results", ())
        minutes = [_minute(row) for row in rows]
        if None in minutes or len(rows) >= MOST_ROWS:
            log.warning("%s: Logs Insights answered otherwise than is documented; paging through", self._client.place)
            return None
        scanned = float(answer.get("statistics", {}).get("bytesScanned", 0.0))
        spans = _joined([minute for minute in minutes if minute is not None], start, end)
        total = -(-(end - start) // (BIN_SECONDS * NANOSECONDS))
        log.info(
            "%s: Logs Insights scanned %.1f MB: %d of %d minutes are to be read (%d jobs left this hour)",
            self._client.place, scanned / 1e6, len(rows), total, self._most_per_hour - len(self._begun),
        )  # fmt: skip
        return spans

    def _run(self, start: int, end: int) -> Mapping[str, Any] | None:
        asked: dict[str, Any] = {
            "logGroupIdentifiers": [self._client.group],
            "startTime": start // NANOSECONDS,
            "endTime": (end - 1) // NANOSECONDS,  # both are included
            "queryString": self._query,
            "limit": MOST_ROWS,
        }
        job = str(self._client.ask(lambda logs: logs.start_query(**asked), "logs:StartQuery")["queryId"])
        runs = True
        until = self._clock.monotonic() + PATIENCE
        try:
            while self._clock.monotonic() < until:
                self._clock.sleep(POLL)
                answer = self._client.ask(lambda logs: logs.get_query_results(queryId=job), "logs:GetQueryResults")
                status = answer.get("status")
                runs = status in {"Scheduled", "Running"}
                if status == "Complete":
                    return answer
                if not runs:
                    log.warning("%s: the job of Logs Insights ended: %s; paging through", self._client.place, status)
                    return None
            log.warning("%s: Logs Insights took more than %.0f s; paging through", self._client.place, PATIENCE)
            return None
        finally:
            if runs:  # it goes on being charged for
                with suppress(AwsError):
                    self._client.ask(lambda logs: logs.stop_query(queryId=job), "logs:StopQuery")


def _minute(row: Sequence[Mapping[str, str]]) -> int | None:
    """Where a bin begins, ns."""
    for cell in row:
        if cell.get("field") == _BIN:
            with suppress(ValueError):
                begin = dt.datetime.fromisoformat(cell.get("value", "")).replace(tzinfo=dt.UTC)
                return int(begin.timestamp()) * NANOSECONDS
    return None


def _joined(minutes: Sequence[int], start: int, end: int) -> list[Span]:
    """Each minute with a neighbour that is one minute away or less, for every span costs a request."""
    width = BIN_SECONDS * NANOSECONDS
    spans: list[Span] = []
    for minute in sorted(minutes):
        begin, last = max(minute, start), min(minute + width, end) - 1
        if last < begin:
            continue
        if spans and begin - spans[-1].end <= width + 1:
            spans[-1] = Span(spans[-1].start, last)
        else:
            spans.append(Span(begin, last))
    return spans
