"""A Loki without a network, and a store that commits what was read with the positions, as the real one does."""

from collections import Counter
from urllib.parse import parse_qsl, urlsplit

from logmedic.collect.loki.config import LokiSourceConfig
from logmedic.collect.loki.source import LokiSource
from logmedic.doors import HttpAnswer, HttpError
from logmedic.testing.logql import LogQLError
from logmedic.testing.loki import FakeLoki
from logmedic.testing.loki_store import RefusedError


class Wire:
    """In place of HTTP: asks the stand-in directly, and fails as HTTP does."""

    def __init__(self, loki: FakeLoki) -> None:
        self.loki = loki
        self.asked: list[tuple[str, dict[str, str]]] = []

    def request(self, method, url, *, timeout, json=None, headers=None, form=None):
        parts = urlsplit(url)
        asked = dict(form or parse_qsl(parts.query))
        what = parts.path.removeprefix("/loki/api/v1/")
        self.asked.append((what, asked))
        fault = self.loki.faults.popleft() if self.loki.faults else None
        if fault is not None and fault.cut is not None:
            raise HttpError("RemoteProtocolError: peer closed connection", sent=True)
        if fault is not None and fault.code:
            return HttpAnswer(fault.code, dict(fault.headers), fault.body)
        named = {name.lower(): value for name, value in (headers or {}).items()}
        try:
            reply = self.loki.answer(what, asked, named)
        except RefusedError as error:
            return HttpAnswer(error.status, {}, str(error).encode())
        except LogQLError as error:
            return HttpAnswer(400, {}, str(error).encode())
        return HttpAnswer(reply.status, {}, reply.body)

    def close(self):
        pass


class Ledger:
    """Counts and positions, moved together or not at all; a position that is not as expected is not moved."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[int, str]] = Counter()
        self.positions = {}

    def stored(self):
        return list(self.positions.values())

    def commit(self, pending, reach, expected):
        for key in reach:
            assert expected.get(key) == (self.positions[key].offset if key in self.positions else None)
        self.counted.update(pending)
        self.positions.update(reach)


class Reader:
    """A process that reads: commits every few batches, and may be killed at any of them."""

    def __init__(self, wire: Wire, clock, ledger: Ledger, **config) -> None:
        config.setdefault("tail", False)
        self.source = LokiSource("loki", LokiSourceConfig(query='{app=~".+"}', **config), clock, wire)
        self.ledger = ledger
        self.resume()

    def resume(self):
        self.expected = {(p.source, p.stream): p.offset for p in self.ledger.stored()}
        self.source.resume(self.ledger.stored())

    def read(self, *, commit_every: int = 1, stop_after: int | None = None):
        """``stop_after``: so many batches, then the process is killed."""
        pending, reach, count = [], {}, 0
        try:
            for count, batch in enumerate(self.source.read(), 1):
                if count == stop_after:
                    return
                pending += entries(batch)
                for position in (batch.position, batch.also):
                    if position is not None:
                        reach[position.source, position.stream] = position
                if count % commit_every == 0:
                    self._commit(pending, reach)
                    pending, reach = [], {}
        finally:
            if count != stop_after:
                self._commit(pending, reach)

    def _commit(self, pending, reach):
        if reach:
            self.ledger.commit(pending, reach, self.expected)
            self.expected.update({key: position.offset for key, position in reach.items()})


def entries(batch):
    """Time and line of each entry of a batch."""
    return [(line.entry.time, line.entry.line) for line in batch.origin._lines] if batch.origin else []


def kept(loki: FakeLoki) -> Counter[tuple[int, str]]:
    return Counter(
        (time, line)
        for tenant in loki._tenants.values()
        for stream in tenant.streams.values()
        for time, (line, _) in zip(stream.times, stream.entries, strict=True)
    )
