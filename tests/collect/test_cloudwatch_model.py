"""Whatever happens in between, every event of a log group is counted once: random schedules against a model."""

from contextlib import suppress
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st

from effort import examples
from logmedic.collect.cloudwatch.errors import AwsError
from logmedic.collect.cloudwatch.source import OVERLAP_EVERY, REST
from logmedic.collect.entries import lines, seen
from logmedic.testing import filterpattern
from logmedic.testing.cloudwatch import FakeCloudWatch, Refused
from logmedic.testing.doors import FakeClock

from .cloudwatch_scenes import GROUP, Ledger, Reader, kept

OVERLAP = 300.0
LATEST = int((OVERLAP - OVERLAP_EVERY - 61) * 1000)  # ms; how late an event may be and still be found for certain
FAULTS = st.sampled_from(
    [
        Refused("ThrottlingException", "Rate exceeded"),
        Refused("ServiceUnavailableException", "try again", 503),
        Refused("InternalFailure", "", 500),
        Refused("ExpiredTokenException", "The security token included in the request is expired"),
        Refused("InvalidParameterException", "The specified nextToken is invalid."),
    ]
)
STEPS = st.one_of(
    st.tuples(
        st.just("put"),
        st.sampled_from(["a", "b"]),
        st.sampled_from([0, 0, 1, 500, 5_000, 30_000, LATEST // 2]),  # ms before now
        st.sampled_from([0, 0, 0, 50, 10_000, LATEST // 2]),  # ms until it is found
        st.sampled_from([1, 2, 5, 20]),  # events
        st.sampled_from([0, 1, 700]),  # ms between them, towards the past
    ),
    st.tuples(st.just("advance"), st.sampled_from([0.05, 1.0, 5.0, 59.0])),
    st.tuples(st.just("read"), st.sampled_from([1, 2, 100])),
    st.tuples(st.just("kill"), st.integers(1, 6), st.sampled_from([1, 2, 100])),
    st.tuples(st.just("fault"), st.integers(0, 4), FAULTS, st.integers(1, 5)),
    st.tuples(st.just("expire")),
)


@settings(max_examples=examples(150), deadline=None)
@given(
    steps=st.lists(STEPS, max_size=25),
    page=st.sampled_from([1, 3, 7, 10_000]),
    pattern=st.sampled_from(["", "?odd", r"%odd\s[1-4]%"]),
)
@example(  # one millisecond with more events than a page
    steps=[("put", "a", 0, 0, 20, 0), ("read", 1)], page=3, pattern=""
)
@example(  # killed within a page of which half is committed, then late ones
    steps=[("put", "a", 0, 0, 20, 1), ("kill", 3, 1), ("put", "b", 5_000, 10_000, 5, 1), ("advance", 59.0)],
    page=7,
    pattern="?odd",
)
@example(  # killed while catching up with what is older than the overlap
    steps=[("put", "a", 0, 0, 20, 700), *[("advance", 59.0)] * 12, ("kill", 2, 1)], page=3, pattern=""
)
def test_every_event_is_counted_once_whatever_happens(steps, page, pattern):
    with patch.object(seen, "BLOCK", 8), patch.object(lines, "LINES", 5):  # so that few events fill many
        _run(steps, page, pattern)


def _run(steps, page, pattern):
    clock = FakeClock()
    logs = FakeCloudWatch(clock.now)
    logs.groups[GROUP] = []
    logs.page = page
    ledger = Ledger()
    reader = Reader(logs, clock, ledger, pattern=pattern, overlap_s=OVERLAP)
    number = 0
    for kind, *rest in steps:
        if kind == "put":
            stream, before, delay, count, apart = rest
            now = clock.now() // 1_000_000
            for n in range(count):
                number += 1
                time = max(now - before - n * apart, now + delay - LATEST)
                logs.put(GROUP, stream, time, f"{'odd' if number % 2 else 'even'} {number % 9}", delay=delay)
        elif kind == "advance":
            clock.advance(rest[0])
        elif kind == "fault":
            good, fault, times = rest
            logs.faults.extend([None] * max(0, good - len(logs.faults)) + [fault] * times)
        elif kind == "expire":
            logs.expire_tokens()
        elif kind == "read":
            try:
                reader.read(commit_every=rest[0])
            except AwsError:
                reader.resume()
        elif kind == "kill":
            with suppress(AwsError):
                reader.read(stop_after=rest[0], commit_every=rest[1])
            reader = Reader(logs, clock, ledger, pattern=pattern, overlap_s=OVERLAP)
    logs.faults.clear()
    for _ in range(4):
        clock.advance(max(OVERLAP_EVERY, REST) + 1)
        reader.read()
    assert sorted(ledger.counted.elements()) == kept(logs, filterpattern.parse(pattern))
