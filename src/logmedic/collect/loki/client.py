"""Questions to one Loki, and its answers as entries.

Source: Loki HTTP API, "Query logs within a range of time", "Query logs at a single point in time", "Query labels",
"List series"; the header ``X-Loki-Response-Encoding-Flags: categorize-labels`` keeps structured metadata apart from the
stream's labels, so that a stream is the same in every answer.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar
from urllib.parse import urlencode

import msgspec

from logmedic.collect.entries.entry import Entry
from logmedic.collect.loki.errors import LokiError, Trouble, refusal
from logmedic.doors import Clock, Http, HttpAnswer, HttpError, HttpTooLargeError

_T = TypeVar("_T")

API = "/loki/api/v1/"
LONG_QUERY = 2_000  # characters from which on it goes in the body: proxies cut URLs at 4 to 8 kB
TRIES = 3
FIRST_WAIT, LONGEST_WAIT = 0.5, 5.0  # s between tries; who asks for a longer pause gets it from the caller
OWN_LABELS = ("__error__", "__error_details__", "__stream_shard__", "detected_level")
"""Added by Loki itself, not by who wrote the line: a parser's complaint, a shard, a guess at the level."""


class _More(msgspec.Struct):
    structured: dict[str, str] = msgspec.field(name="structuredMetadata", default_factory=dict)


class _Value(msgspec.Struct, array_like=True):
    time: str
    line: str
    more: _More | None = None


class _Stream(msgspec.Struct):
    stream: dict[str, str]
    values: list[_Value]


class _Result(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"null")  # of a form that depends on its kind
    kind: str = msgspec.field(name="resultType", default="streams")


class _Range(msgspec.Struct):
    data: _Result


class _Sample(msgspec.Struct):
    value: tuple[float, str]


class _Vector(msgspec.Struct):
    result: list[_Sample] | None = None


class _Instant(msgspec.Struct):
    data: _Vector


class _Names(msgspec.Struct):
    data: list[str] | None = None


class _Series(msgspec.Struct):
    data: list[dict[str, str]] | None = None


# Made here, before there are threads.
_RANGE = msgspec.json.Decoder(_Range)
_STREAMS = msgspec.json.Decoder(list[_Stream] | None)
_INSTANT = msgspec.json.Decoder(_Instant)
_NAMES = msgspec.json.Decoder(_Names)
_SERIES = msgspec.json.Decoder(_Series)
_SORTED = msgspec.json.Encoder(order="sorted")


class Access(msgspec.Struct, frozen=True):
    """How to reach a Loki. ``secret`` is the password when there is a user name, else a bearer token, or empty."""

    name: str
    url: str
    tenant: str = ""
    username: str = ""
    secret: str = ""
    timeout: float = 30.0

    @property
    def headers(self) -> dict[str, str]:
        """For every request. ``no-cache``: an empty answer may not come from before a late entry arrived."""
        headers = {"cache-control": "no-cache"}
        if self.tenant:
            headers["x-scope-orgid"] = self.tenant
        if self.username:
            pair = base64.b64encode(f"{self.username}:{self.secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        elif self.secret:
            headers["authorization"] = f"Bearer {self.secret}"
        return headers

    @property
    def place(self) -> str:
        return f"source {self.name}: {self.url}"


class LokiClient:
    """Not for several threads at a time."""

    def __init__(self, access: Access, http: Http, clock: Clock) -> None:
        self.access = access
        self._http = http
        self._clock = clock

    def entries(
        self, query: str, start: int, end: int, limit: int, direction: Literal["forward", "backward"] = "forward"
    ) -> list[Entry]:
        """At most ``limit`` entries with ``start <= time < end`` (ns), in order of time; the first or the last of them.

        Raises:
            LokiError: see :class:`.errors.Trouble` for what to do.
        """
        asked = {
            "query": query,
            "start": str(start),
            "end": str(end),
            "limit": str(limit),
            "direction": direction,
        }
        result = self._decoded(_RANGE, self._ask("query_range", asked).body).data
        if result.kind != "streams":
            raise LokiError(
                f"{self.access.place}: the query gives figures, not lines; `query` must be a log query", Trouble.REFUSED
            )
        found = [entry for stream in self._decoded(_STREAMS, result.result) or () for entry in _entries(stream)]
        found.sort(key=_time)
        return found

    def count(self, query: str, milliseconds: int, end: int) -> int:
        """How many entries there are from so many milliseconds before ``end`` (ns, inclusive) on.

        Raises:
            LokiError: also where lines that a parser stage of the query cannot read make Loki refuse.
        """
        asked = {"query": f"sum(count_over_time({query} [{milliseconds}ms]))", "time": str(end)}
        answer = self._decoded(_INSTANT, self._ask("query", asked).body)
        return sum(int(float(sample.value[1])) for sample in answer.data.result or ())

    def labels(self, start: int, end: int) -> list[str]:
        """Names of the labels in use."""
        return self._decoded(_NAMES, self._ask("labels", {"start": str(start), "end": str(end)}).body).data or []

    def series(self, selector: str, start: int, end: int) -> Sequence[Mapping[str, str]]:
        """The labels of every stream."""
        asked = {"match[]": selector, "start": str(start), "end": str(end)}
        return self._decoded(_SERIES, self._ask("series", asked).body).data or []

    def _ask(self, what: str, asked: Mapping[str, str]) -> HttpAnswer:
        """Up to three times where a pause may help and is short."""
        wait = FIRST_WAIT
        for left in range(TRIES - 1, -1, -1):
            try:
                return self._once(what, asked)
            except LokiError as error:
                pause = wait if error.retry_after is None else error.retry_after
                if error.trouble is not Trouble.BUSY or not left or pause > LONGEST_WAIT:
                    raise
                self._clock.sleep(pause)
                wait *= 2
        raise AssertionError("the last try answers or raises")

    def _once(self, what: str, asked: Mapping[str, str]) -> HttpAnswer:
        access = self.access
        headers = {**access.headers, "x-loki-response-encoding-flags": "categorize-labels"}
        url = f"{access.url.rstrip('/')}{API}{what}"
        form = len(asked.get("query", "")) > LONG_QUERY
        try:
            answer = self._http.request(
                "POST" if form else "GET",
                url if form else f"{url}?{urlencode(asked)}",
                timeout=access.timeout,
                headers=headers,
                form=asked if form else None,
            )
        except HttpTooLargeError as error:
            raise LokiError(f"{access.place}: {error}; raise `max_answer_bytes`", Trouble.HEAVY) from None
        except HttpError as error:
            raise LokiError(f"{access.place}: {error}; is it running, and is `url` right?", Trouble.BUSY) from None
        if not 200 <= answer.status < 300:
            raise refusal(answer, access.place)
        return answer

    def _decoded(self, decoder: msgspec.json.Decoder[_T], body: bytes | msgspec.Raw) -> _T:
        try:
            try:
                return decoder.decode(body)
            except UnicodeDecodeError:  # of a line that somebody wrote; the others are good
                return decoder.decode(bytes(body).decode("utf-8", "replace"))
        except msgspec.DecodeError as error:
            raise LokiError(
                f"{self.access.place}: no answer of a Loki: {error}; check `url`", Trouble.REFUSED
            ) from None


def _entries(stream: _Stream) -> list[Entry]:
    labels = {name: value for name, value in stream.stream.items() if name not in OWN_LABELS}
    plain = hashlib.blake2b(_SORTED.encode(labels), digest_size=8)
    found = []
    for value in stream.values:
        metadata: dict[str, str] = {}
        hasher = plain.copy()
        if value.more is not None and value.more.structured:
            metadata = {name: text for name, text in value.more.structured.items() if name not in OWN_LABELS}
            if metadata:
                # Together, as a Loki without ``categorize-labels`` hands them over: its update makes no line new.
                hasher = hashlib.blake2b(_SORTED.encode({**labels, **metadata}), digest_size=8)
        time = int(value.time)
        hasher.update(b"\n%d\n" % time)
        hasher.update(value.line.encode())
        found.append(Entry(time, value.line, labels, metadata, int.from_bytes(hasher.digest(), "big")))
    return found


def _time(entry: Entry) -> int:
    return entry.time
