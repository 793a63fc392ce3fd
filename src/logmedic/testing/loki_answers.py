"""The answers of the stand-in for Loki to questions, as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from logmedic.testing.logql import LogQuery, MetricQuery, nanoseconds, parse
from logmedic.testing.loki_store import SECOND, Found, RefusedError, Stream, Tenant, shown

LOG_LINES = 100  # entries of an answer when no limit is asked for
NOT_INSTANT = "log queries are not supported as an instant query type, please change your query to a range query type"
TOO_FINE = (
    "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter"
)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    content_type: str = "application/json; charset=UTF-8"


def answer(tenant: Tenant, what: str, asked: Mapping[str, str], headers: Mapping[str, str], now: int) -> Reply:
    """Raises :class:`RefusedError` and :class:`LogQLError`."""
    if what == "query_range":
        return _range(tenant, asked, headers, now)
    if what == "query":
        return _instant(tenant, asked, now)
    streams = _within(tenant, asked, now)
    if what == "labels":
        names = {name for stream in streams for name in stream.labels}
        return _success(sorted(names)) if names else Reply(200, b'{"status":"success"}')
    if what == "series":
        query = parse(asked.get("match[]", ""))
        return _success([s.labels for s in streams if isinstance(query, LogQuery) and query.matches(s.labels)])
    if label := re.fullmatch(r"label/(\w+)/values", what):
        return _success(sorted({s.labels[label[1]] for s in streams if label[1] in s.labels}))
    raise RefusedError(404, "404 page not found\n")


def _within(tenant: Tenant, asked: Mapping[str, str], now: int) -> list[Stream]:
    """Streams with a line in the time that is asked about."""
    start, end = _time_of(asked, "start", 0), _time_of(asked, "end", now)
    return [s for _, s in sorted(tenant.streams.items()) if any(start <= at <= end for at in s.times)]


def _range(tenant: Tenant, asked: Mapping[str, str], headers: Mapping[str, str], now: int) -> Reply:
    end = _time_of(asked, "end", now)
    since = nanoseconds(asked["since"]) if "since" in asked else 3600 * SECOND
    start = _time_of(asked, "start", end - since)
    limit = _limit(asked, tenant.limits.entries)
    direction = asked.get("direction", "backward").lower()
    if direction not in {"forward", "backward"}:
        raise RefusedError(400, f"invalid direction '{direction}'")
    if end < start:
        raise RefusedError(400, "end timestamp must not be before or equal to start time")
    query = parse(asked.get("query", ""))
    if isinstance(query, MetricQuery):
        return _matrix(tenant, query, start, end, asked)
    if end - start > tenant.limits.span:
        spans = f"query length: {_go(end - start)}, limit: {_days(tenant.limits.span)}"
        raise RefusedError(400, f"the query time range exceeds the limit ({spans})")
    found: list[Found] = []
    size = 0
    for one in tenant.select(query, start, end, backward=direction == "backward"):
        found.append(one)
        size += len(one.line)
        if tenant.limits.answer is not None and size > tenant.limits.answer:
            said = f"grpc: received message larger than max ({size} vs. {tenant.limits.answer})"
            raise RefusedError(500, f"rpc error: code = ResourceExhausted desc = {said}")
        if len(found) == limit:
            break
    if "categorize-labels" in headers.get("x-loki-response-encoding-flags", ""):
        return _success({"resultType": "streams", "encodingFlags": ["categorize-labels"], "result": _apart(found)})
    return _success({"resultType": "streams", "result": _together(found)})


def _matrix(tenant: Tenant, query: MetricQuery, start: int, end: int, asked: Mapping[str, str]) -> Reply:
    text = asked.get("step", "60")
    step = int(float(text) * SECOND) if text.replace(".", "").isdigit() else nanoseconds(text)
    if (end - start) // step > 11_000:
        raise RefusedError(400, TOO_FINE)
    series: dict[tuple[tuple[str, str], ...], list[Any]] = {}
    for at in range(start // step * step, end + 1, step):
        for labels, value in tenant.measure(query, at).items():
            series.setdefault(labels, []).append([at / SECOND, f"{value:.16g}"])
    result = [{"metric": dict(labels), "values": values} for labels, values in sorted(series.items())]
    return _success({"resultType": "matrix", "result": result})


def _instant(tenant: Tenant, asked: Mapping[str, str], now: int) -> Reply:
    at = _time_of(asked, "time", now)
    query = parse(asked.get("query", ""))
    if isinstance(query, LogQuery):
        raise RefusedError(400, NOT_INSTANT)
    result = [
        {"metric": dict(labels), "value": [at / SECOND, f"{value:.16g}"]}
        for labels, value in sorted(tenant.measure(query, at).items())
    ]
    return _success({"resultType": "vector", "result": result})


def _together(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Streams whose labels are those of the stream, the entry and the parsers together."""
    streams: dict[str, dict[str, Any]] = {}
    for one in found:
        labels = {name: value for name, value in one.row.labels.items() if value}
        stream = streams.setdefault(shown(labels), {"stream": labels, "values": []})
        stream["values"].append([str(one.time), one.line])
    return [streams[key] for key in sorted(streams)]


def _apart(found: Sequence[Found]) -> list[dict[str, Any]]:
    streams: dict[str, dict[str, Any]] = {}
    for one in found:
        stream = streams.setdefault(shown(one.stream), {"stream": dict(one.stream), "values": []})
        more: dict[str, Any] = {"structuredMetadata": dict(one.metadata)} if one.metadata else {}
        if one.row.parsed:
            more["parsed"] = one.row.parsed
        stream["values"].append([str(one.time), one.line, more])
    return [streams[key] for key in sorted(streams)]


def _success(data: Any) -> Reply:
    return Reply(200, json.dumps({"status": "success", "data": data}).encode())


def _limit(asked: Mapping[str, str], most: int) -> int:
    text = asked.get("limit", str(LOG_LINES))
    try:
        limit = int(text)
    except ValueError:
        raise RefusedError(400, f'strconv.Atoi: parsing "{text}": invalid syntax') from None
    if limit <= 0:
        raise RefusedError(400, "limit must be a positive value")
    if limit > most:
        raise RefusedError(
            400, f"max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {most})"
        )
    return limit


def _time_of(asked: Mapping[str, str], name: str, default: int) -> int:
    """Seconds with a point, nanoseconds (ten digits or fewer: seconds), or RFC 3339."""
    text = asked.get(name, "")
    if not text:
        return default
    if re.fullmatch(r"[0-9]+", text):
        return int(text) * (SECOND if len(text) <= 10 else 1)
    if re.fullmatch(r"[0-9]+\.[0-9]+", text):
        return int(float(text) * SECOND)
    try:
        return int(datetime.fromisoformat(text).timestamp()) * SECOND
    except ValueError:
        raise RefusedError(
            400, f"could not parse '{name}' parameter: strconv.ParseInt: parsing \"{text}\": invalid syntax"
        ) from None


def _go(span: int) -> str:
    seconds = span // SECOND
    return f"{seconds // 3600}h{seconds // 60 % 60}m{seconds % 60}s"


def _days(span: int) -> str:
    seconds = span // SECOND
    parts = (seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")
    return "".join(f"{number}{unit}" for number, unit in parts if number)
