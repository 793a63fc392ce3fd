"""Whatever happens in between, every entry of a Loki is counted once: random schedules against a model."""

from contextlib import suppress
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from effort import examples
from logmedic.collect.entries import lines, seen
from logmedic.collect.loki.errors import LokiError
from logmedic.collect.loki.source import OVERLAP_EVERY
from logmedic.testing.doors import FakeClock
from logmedic.testing.loki import FakeLoki, Fault
from logmedic.testing.loki_store import SECOND, Limits

from .loki_scenes import Ledger, Reader, Wire, kept

OVERLAP = 300.0
LATEST = int((OVERLAP - OVERLAP_EVERY - 15) * SECOND)  # how late an entry may be and still be found for certain
FAULTS = st.sampled_from(
    [
        Fault.status(429, b"too many outstanding requests"),
        Fault.status(429, b"slow down", retry_after="2"),
        Fault.status(429, b"come back later", retry_after="60"),
        Fault.status(500, b"context deadline exceeded"),
        Fault.status(502, b"<html>bad gateway</html>"),
        Fault.status(503, b"Ingester not ready: waiting for 15s after being ready\n"),
        Fault.status(200, b'{"status":"success","data":{"resultType":"streams","result":[{"stre'),
        Fault.status(400, b"the query time range exceeds the limit (query length: 72h0m5s, limit: 1s)"),
        Fault.cut_off(0.5),
        Fault.hang_up(),
    ]
)
PUSH = st.tuples(
    st.just("push"),
    st.sampled_from(["a", "b", "c"]),  # stream
    st.sampled_from([0, 0, 0, 1, SECOND // 2, 5 * SECOND, 30 * SECOND, 120 * SECOND, LATEST]),  # how late
    st.sampled_from([1, 1, 2, 5, 12, 40]),  # entries
    st.sampled_from([0, 0, 1, SECOND // 1000, SECOND]),  # ns between them, towards the past
    st.booleans(),  # with metadata
)
STEPS = st.one_of(
    PUSH,
    PUSH,
    st.tuples(st.just("again")),  # the last push once more: senders repeat themselves
    st.tuples(st.just("advance"), st.sampled_from([0.05, 0.5, 1.0, 5.0, 29.0])),
    st.tuples(st.just("read"), st.sampled_from([1, 2, 100])),
    st.tuples(st.just("kill"), st.integers(1, 6), st.sampled_from([1, 2, 100])),
    st.tuples(st.just("fault"), st.integers(0, 3), FAULTS),
    st.tuples(st.just("expire")),
    st.tuples(st.just("renew")),
)


@settings(max_examples=examples(150), deadline=None)
@given(
    steps=st.lists(STEPS, max_size=25),
    limit=st.sampled_from([3, 7, 5000]),
    most=st.sampled_from([5, 5000]),
)
@example(  # one nanosecond with more entries than any page
    steps=[("push", "a", 0, 40, 0, False), ("read", 1)], limit=3, most=5
)
@example(  # killed within a page of which half is committed, then the same again
    steps=[("push", "a", 0, 40, 1, False), ("push", "b", 0, 40, 1, True), ("kill", 3, 1), ("again",)],
    limit=7,
    most=5000,
)
@example(  # killed while catching up with what is older than the overlap
    steps=[("push", "a", 0, 40, SECOND, False), *[("advance", 29.0)] * 15, ("kill", 4, 1)], limit=7, most=5000
)
def test_every_entry_is_counted_once_whatever_happens(steps, limit, most):
    with patch.object(seen, "BLOCK", 8), patch.object(lines, "LINES", 5):  # so that few entries fill many
        _run(steps, limit, most)


def _run(steps, limit, most):
    clock = FakeClock()
    loki = FakeLoki(now=clock.now, limits=Limits(entries=most))
    wire, ledger = Wire(loki), Ledger()
    reader = Reader(wire, clock, ledger, limit=limit, overlap_s=OVERLAP, lookback_s=3600.0)
    last = None
    number = 0
    for step in steps:
        kind, *rest = step
        if kind == "push":
            stream, late, count, apart, with_metadata = rest
            values = []
            for _ in range(count):
                number += 1
                at = clock.now() - late - len(values) * apart
                more = [{"trace_id": f"{number:x}"}] if with_metadata else []
                values.append([max(at, clock.now() - LATEST), f"line {number % 30}", *more])
            last = stream, values
            loki.push({"app": stream}, values)
        elif kind == "again" and last is not None:
            loki.push({"app": last[0]}, last[1])
        elif kind == "advance":
            clock.advance(rest[0])
        elif kind == "fault":
            good = len(loki.faults)
            loki.faults.extend([Fault()] * max(0, rest[0] - good))
            loki.faults.append(rest[1])
        elif kind == "expire":
            loki.authorization = "Bearer other"
        elif kind == "renew":
            loki.authorization = ""
        elif kind == "read":
            try:
                reader.read(commit_every=rest[0])
            except LokiError:
                reader.resume()
        elif kind == "kill":
            with suppress(LokiError):
                reader.read(stop_after=rest[0], commit_every=rest[1])
            reader = Reader(wire, clock, ledger, limit=limit, overlap_s=OVERLAP, lookback_s=3600.0)
    loki.faults.clear()
    loki.authorization = ""
    for _ in range(3):
        clock.advance(OVERLAP_EVERY + 31)  # beyond any pause that was asked for
        reader.read()
    assert ledger.counted == kept(loki)
