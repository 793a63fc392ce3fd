"""A strict stand-in for CloudWatch Logs: pages that are short or empty, tokens that expire, events that arrive late.

In a process it is used in place of boto3's client; :mod:`.cloudwatch_http` serves it on loopback.

Source: Amazon CloudWatch Logs API Reference, "FilterLogEvents", "DescribeLogGroups", "DescribeLogStreams",
"StartLiveTail", "StartQuery", "GetQueryResults", "StopQuery".
"""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from logmedic.testing import filterpattern, insights

_FILTER_KEYS = frozenset(
    {"logGroupName", "logGroupIdentifier", "logStreamNames", "logStreamNamePrefix", "startTime", "endTime",
     "filterPattern", "nextToken", "limit"}
)  # fmt: skip


_TAIL_KEYS = frozenset({"logGroupIdentifiers", "logStreamNames", "logStreamNamePrefixes", "logEventFilterPattern"})
_ARN = "arn:aws:logs:eu-central-1:123456789012:log-group:"
_QUERY_KEYS = frozenset({"logGroupName", "logGroupNames", "logGroupIdentifiers", "startTime", "endTime", "queryString",
                         "limit"})  # fmt: skip
MOST_JOBS = 30  # that run at a time in an account
SAMPLE = 500  # events that an update of a live tail shows at most
BEAT = 0.02  # s between two updates; a real one sends one each second


class Refused(Exception):  # noqa: N818  what the service answers, not what went wrong here
    """An error answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class Event(msgspec.Struct, frozen=True):
    event_id: str
    stream: str
    time: int  # ms
    message: str
    visible: int  # ms; from when on questions find it


class Job(msgspec.Struct):
    """A query of Logs Insights. ``takes``: looks at it until it has ended."""

    asked: dict[str, Any]
    takes: int
    ending: str = "Complete"
    stopped: bool = False

    @property
    def runs(self) -> bool:
        return self.takes > 0 and not self.stopped


class FakeCloudWatch:
    """``now``: ns. ``faults``: codes (or ``None`` for a good answer), one for each of the next questions."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._ids = itertools.count(1)
        self._tokens: dict[str, tuple[tuple[object, ...], int]] = {}
        self.groups: dict[str, list[Event]] = {}
        self.faults: deque[Refused | None] = deque()
        self.page = 10_000  # events that a page looks at, so that a filter leaves some of them empty
        self.asked: list[dict[str, Any]] = []
        self.tails: list[dict[str, Any]] = []  # questions of the live tails that are open
        self._ending: Refused | None = None
        self.jobs: dict[str, Job] = {}
        self.job_takes = 2  # looks, of jobs to come
        self.job_ends = "Complete"  # of jobs to come

    def put(self, group: str, stream: str, time: int, message: str, *, delay: int = 0) -> str:
        """Store an event of a time (ms) that is found after so many more milliseconds. Returns its id."""
        event_id = f"{next(self._ids):056d}"
        event = Event(event_id, stream, time, message, self._now() // 1_000_000 + delay)
        self.groups.setdefault(group, []).append(event)
        return event_id

    def expire_tokens(self) -> None:
        self._tokens.clear()

    def filter_log_events(self, **asked: Any) -> Mapping[str, Any]:
        self.asked.append(asked)
        self._fault()
        if unknown := asked.keys() - _FILTER_KEYS:
            raise Refused("InvalidParameterException", f"unknown parameters {sorted(unknown)}")
        group = self._group(asked)
        limit = asked.get("limit", 10_000)
        if not 1 <= limit <= 10_000:
            raise Refused("InvalidParameterException", "limit must be between 1 and 10000")
        question = tuple(sorted((key, str(value)) for key, value in asked.items() if key != "nextToken"))
        begin = self._continued(asked["nextToken"], question) if "nextToken" in asked else 0
        try:
            selects = filterpattern.parse(asked.get("filterPattern", ""))
        except filterpattern.FilterPatternError as error:
            raise Refused("InvalidParameterException", f"Invalid filter pattern: {error}") from None
        candidates = self._found(group, asked)
        looked = candidates[begin : begin + min(self.page, limit)]
        answer: dict[str, Any] = {
            "events": [_shown(event) for event in looked if selects(event.message)],
            "searchedLogStreams": [],
        }
        if begin + len(looked) < len(candidates):
            answer["nextToken"] = token = f"token-{len(self._tokens)}-{len(self.asked)}"
            self._tokens[token] = (question, begin + len(looked))
        return answer

    def describe_log_groups(self, **asked: Any) -> Mapping[str, Any]:
        self._fault()
        prefix = asked.get("logGroupNamePrefix", "")
        names = sorted(name for name in self.groups if name.startswith(prefix))
        groups = [{"logGroupName": name, "arn": f"{_ARN}{name}:*", "logGroupArn": f"{_ARN}{name}"} for name in names]
        return {"logGroups": groups[: asked.get("limit", 50)]}

    def start_live_tail(self, **asked: Any) -> Mapping[str, Any]:
        """What is put from now on, at once, and of many events a sample."""
        self._fault()
        identifiers = asked.get("logGroupIdentifiers", [])
        if asked.keys() - _TAIL_KEYS or not 1 <= len(identifiers) <= 10:
            raise Refused("InvalidParameterException", "1 to 10 logGroupIdentifiers, and nothing that is not known")
        if any(not one.startswith("arn:") or one.endswith("*") for one in identifiers):
            raise Refused("InvalidParameterException", "logGroupIdentifiers are ARNs, which do not end with *")
        if "logStreamNames" in asked and "logStreamNamePrefixes" in asked:
            raise Refused("InvalidParameterException", "give either logStreamNames or logStreamNamePrefixes")
        events = self._group({"logGroupIdentifier": identifiers[0]})
        try:
            selects = filterpattern.parse(asked.get("logEventFilterPattern", ""))
        except filterpattern.FilterPatternError as error:
            raise Refused("InvalidParameterException", f"Invalid filter pattern: {error}") from None
        prefixes = tuple(asked.get("logStreamNamePrefixes", [""]))
        self.tails.append(asked)

        def shown(event: Event) -> bool:
            return event.stream.startswith(prefixes) and selects(event.message)

        return {"responseStream": self._session(asked, events, shown)}

    def _session(
        self, asked: dict[str, Any], events: list[Event], selects: Callable[[Event], bool]
    ) -> Iterator[Mapping[str, Any]]:
        seen = len(events)
        try:
            yield {"sessionStart": dict(asked)}
            while True:
                time.sleep(BEAT)
                if self._ending is not None:
                    raise self._ending
                fresh, seen = [event for event in events[seen:] if selects(event)], len(events)
                shown = [{"message": e.message, "timestamp": e.time, "logStreamName": e.stream} for e in fresh[:SAMPLE]]
                yield {"sessionUpdate": {"sessionMetadata": {"sampled": len(fresh) > SAMPLE}, "sessionResults": shown}}
        finally:
            self.tails.remove(asked)

    def end_tails(self, ending: Refused | None) -> None:
        """End all live tails so, and those to come; ``None``: no more."""
        self._ending = ending

    def start_query(self, **asked: Any) -> Mapping[str, Any]:
        self.asked.append(asked)
        self._fault()
        named = [key for key in ("logGroupName", "logGroupNames", "logGroupIdentifiers") if key in asked]
        if asked.keys() - _QUERY_KEYS or len(named) != 1:
            raise Refused("InvalidParameterException", "one parameter that names groups, and nothing that is not known")
        identifier = asked[named[0]] if named[0] == "logGroupName" else asked[named[0]][0]
        if identifier.endswith("*"):
            raise Refused("InvalidParameterException", "ARNs of log groups do not end with *")
        self._group({"logGroupIdentifier": identifier})
        if not 0 <= asked["startTime"] <= asked["endTime"] < 10**11 or not 1 <= asked.get("limit", 1_000) <= 10_000:
            raise Refused("InvalidParameterException", "seconds since 1970, in order; limit between 1 and 10000")
        try:
            counted = insights.counted(asked["queryString"])
        except insights.InsightsError as error:
            raise Refused("MalformedQueryException", str(error)) from None
        if counted is None:
            raise Refused("MalformedQueryException", "this stand-in only counts")
        if sum(job.runs for job in self.jobs.values()) >= MOST_JOBS:
            raise Refused("LimitExceededException", "too many queries at a time")
        self.jobs[made := f"job-{len(self.jobs)}"] = Job({**asked, "group": identifier}, self.job_takes, self.job_ends)
        return {"queryId": made}

    def get_query_results(self, **asked: Any) -> Mapping[str, Any]:
        """Half of the rows while it runs."""
        self._fault()
        job = self._job(asked)
        if job.stopped:
            return {"status": "Cancelled", "results": []}
        rows, looked = self._rows(job.asked)
        job.takes = max(0, job.takes - 1)
        if job.takes:
            return {"status": "Running", "results": rows[: len(rows) // 2]}
        figures = {"recordsScanned": float(len(looked)), "bytesScanned": float(sum(len(e.message) for e in looked))}
        return {"status": job.ending, "results": rows if job.ending == "Complete" else [], "statistics": figures}

    def stop_query(self, **asked: Any) -> Mapping[str, Any]:
        self._fault()
        job = self._job(asked)
        if not job.runs:
            raise Refused("InvalidParameterException", "Query is not in a running state")
        job.stopped = True
        return {"success": True}

    def _job(self, asked: Mapping[str, Any]) -> Job:
        if asked.keys() != {"queryId"} or asked["queryId"] not in self.jobs:
            raise Refused("ResourceNotFoundException", "The specified query does not exist.")
        return self.jobs[asked["queryId"]]

    def _rows(self, asked: Mapping[str, Any]) -> tuple[list[list[dict[str, str]]], list[Event]]:
        counted = insights.counted(asked["queryString"])
        assert counted is not None
        selects, seconds = counted
        span = {"startTime": asked["startTime"] * 1_000, "endTime": asked["endTime"] * 1_000 + 999}
        looked = self._found(self._group({"logGroupIdentifier": asked["group"]}), span)
        bins = Counter(e.time // 1_000 // seconds * seconds for e in looked if selects(e.message))
        rows = [
            [{"field": f"bin({seconds}s)", "value": f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M:%S}.000"},
             {"field": "count(*)", "value": str(count)}]
            for at, count in bins.items()
        ]  # fmt: skip
        return rows[: asked.get("limit", 1_000)], looked

    def describe_log_streams(self, **asked: Any) -> Mapping[str, Any]:
        self._fault()
        newest: dict[str, int] = {}
        for event in self._group(asked):
            newest[event.stream] = max(event.time, newest.get(event.stream, 0))
        names = sorted(newest, key=lambda name: -newest[name])
        return {"logStreams": [{"logStreamName": name} for name in names[: asked.get("limit", 50)]]}

    def close(self) -> None:
        """Nothing is open."""

    def _fault(self) -> None:
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            raise fault

    def _group(self, asked: Mapping[str, Any]) -> list[Event]:
        named = [asked[key] for key in ("logGroupName", "logGroupIdentifier") if key in asked]
        if len(named) != 1:
            raise Refused("InvalidParameterException", "give either logGroupName or logGroupIdentifier")
        name = named[0].partition(":log-group:")[2] or named[0]
        if name not in self.groups:
            raise Refused("ResourceNotFoundException", "The specified log group does not exist.")
        return self.groups[name]

    def _continued(self, token: str, question: tuple[object, ...]) -> int:
        if token not in self._tokens:
            raise Refused("InvalidParameterException", "The specified nextToken is invalid.")
        of, begin = self._tokens[token]
        if of != question:
            raise Refused("InvalidParameterException", "The nextToken belongs to another request.")
        return begin

    def _found(self, events: list[Event], asked: Mapping[str, Any]) -> list[Event]:
        now = self._now() // 1_000_000
        streams = asked.get("logStreamNames")
        prefix = asked.get("logStreamNamePrefix", "")
        if streams is not None and prefix:
            raise Refused("InvalidParameterException", "give either logStreamNames or logStreamNamePrefix")
        found = [
            event
            for event in events
            if event.visible <= now
            and asked.get("startTime", 0) <= event.time <= asked.get("endTime", now)
            and event.stream.startswith(prefix)
            and (streams is None or event.stream in streams)
        ]
        return sorted(found, key=lambda event: (event.time, event.event_id))


def _shown(event: Event) -> Mapping[str, Any]:
    return {
        "eventId": event.event_id,
        "logStreamName": event.stream,
        "timestamp": event.time,
        "message": event.message,
        "ingestionTime": event.visible,
    }
