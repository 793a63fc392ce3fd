"""Jobs of Logs Insights find what to read after a long stop; whatever becomes of them, every event is counted once."""

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig, check
from logmedic.collect.cloudwatch.source import CloudWatchSource
from logmedic.errors import ConfigError
from logmedic.testing.cloudwatch import FakeCloudWatch, Refused
from logmedic.testing.cloudwatch_http import CloudWatchServer
from logmedic.testing.doors import FakeClock

from .cloudwatch_scenes import GROUP, Ledger, Reader, Wire, kept

MINUTE = 60_000  # ms
QUERY = "filter @message like /odd/ | stats count(*) by bin(60s)"
FAR = {"lookback_s": 86_400.0}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def logs(clock):
    fake = FakeCloudWatch(clock.now)
    fake.groups[GROUP] = []
    return fake


def reader(logs, clock, ledger=None, **config):
    return Reader(logs, clock, ledger or Ledger(), pattern="odd", query=QUERY, **{**FAR, **config})


def pages(logs):
    return [asked for asked in logs.asked if "startTime" in asked and "queryString" not in asked]


def odd(message):
    return "odd" in message


def fill(logs, clock, hours=10):
    """An even line each minute, and in three of the minutes an odd one. Returns when the odd ones were, ms."""
    now = clock.now() // 1_000_000
    for minute in range(hours * 60):
        logs.put(GROUP, "a", now - hours * 60 * MINUTE + minute * MINUTE, f"even {minute}")
    times = [now - hours * 60 * MINUTE + 7 * MINUTE, now - 3 * 60 * MINUTE, now - 3 * 60 * MINUTE + MINUTE]
    for time in times:
        logs.put(GROUP, "b", time, f"odd {time}")
    return times


def test_only_minutes_with_something_are_read(logs, clock):
    times = fill(logs, clock)
    reading = reader(logs, clock)
    reading.read()
    assert sorted(reading.ledger.counted.elements()) == kept(logs, odd)
    first, second, rest = [(asked["startTime"], asked["endTime"]) for asked in pages(logs)]
    assert first[0] <= times[0] <= first[1] < first[0] + MINUTE
    assert second[0] <= times[1] < times[2] <= second[1] < second[0] + 2 * MINUTE, "neighbours in one question"
    assert rest[0] > clock.now() // 1_000_000 - 10 * MINUTE, "what is not settled yet is paged through"


def test_a_short_gap_costs_no_job(logs, clock):
    fill(logs, clock, hours=10)
    reading = reader(logs, clock, lookback_s=3_600.0)
    reading.read()
    clock.advance(60)
    reading.read()
    assert not logs.jobs


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda logs: setattr(logs, "job_takes", 1_000), "took more than 60 s"),
        (lambda logs: setattr(logs, "job_ends", "Failed"), "ended: Failed"),
        (lambda logs: setattr(logs, "job_ends", "Timeout"), "ended: Timeout"),
        (lambda logs: logs.faults.append(Refused("AccessDeniedException", "no")), "the right to logs:StartQuery"),
        (lambda logs: logs.faults.extend([Refused("LimitExceededException", "too many")] * 4), "LimitExceeded"),
        (lambda logs: logs.faults.append(Refused("MalformedQueryException", "no")), "MalformedQueryException"),
    ],
)
def test_what_a_job_does_not_say_is_paged_through_and_why_is_said(logs, clock, caplog, spoil, said):
    fill(logs, clock)
    spoil(logs)
    reading = reader(logs, clock)
    with caplog.at_level(logging.WARNING, "logmedic"):
        reading.read()
    assert said in caplog.text
    assert sorted(reading.ledger.counted.elements()) == kept(logs, odd)
    assert not any(job.runs for job in logs.jobs.values()), "one that is left behind goes on costing"


def test_jobs_have_a_cap_an_hour(logs, clock):
    fill(logs, clock)
    reading = reader(logs, clock, insights_per_hour=2)
    for _ in range(3):  # each begins anew: nothing was kept
        reading.source.resume([])
        list(reading.source.read())
    assert len(logs.jobs) == 2
    clock.advance(3_600)
    reading.source.resume([])
    list(reading.source.read())
    assert len(logs.jobs) == 3


def test_a_stretch_that_is_longer_than_an_answer_takes_several_jobs(logs, clock):
    now = clock.now() // 1_000_000
    for day in range(1, 20):
        logs.put(GROUP, "a", now - day * 86_400_000, f"odd {day}")
    reading = reader(logs, clock, lookback_s=20 * 86_400.0)
    reading.read()
    assert sorted(reading.ledger.counted.elements()) == kept(logs, odd)
    assert len(logs.jobs) == 3


def test_an_answer_that_is_not_as_documented_is_not_trusted(logs, clock):
    class Odd(Wire):
        def get_query_results(self, **_):
            return {"status": "Complete", "results": [[{"field": "bin(1m)", "value": "soon"}]]}

    fill(logs, clock)
    config = CloudWatchSourceConfig(group=GROUP, lookback_s=86_400.0)
    source = CloudWatchSource("cloudwatch", config, clock, pattern="odd", query=QUERY, connected=lambda _: Odd(logs))
    assert sum(bytes(batch.data).count(b"\n") for batch in source.read()) == 3


@settings(max_examples=examples(60), deadline=None)
@given(
    events=st.lists(st.tuples(st.integers(0, 700_000), st.booleans()), max_size=30),
    stop=st.integers(1, 6),
    takes=st.sampled_from([1, 3, 200]),
    ends=st.sampled_from(["Complete", "Complete", "Cancelled"]),
)
def test_killed_and_begun_again_it_counts_each_event_once(events, stop, takes, ends):
    """``events``: how many tenths of seconds before now."""
    clock = FakeClock()
    logs = FakeCloudWatch(clock.now)
    logs.groups[GROUP] = []
    logs.page, logs.job_takes, logs.job_ends = 3, takes, ends
    now = clock.now() // 1_000_000
    for number, (before, is_odd) in enumerate(events):
        logs.put(GROUP, "a", now - before * 100, f"{'odd' if is_odd else 'even'} {number}")
    ledger = Ledger()
    reader(logs, clock, ledger).read(stop_after=stop)
    reader(logs, clock, ledger).read()
    assert sorted(ledger.counted.elements()) == kept(logs, odd)


def test_boto3_asks_as_the_service_wants_it(monkeypatch):
    pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    from logmedic.doors import SystemClock  # noqa: PLC0415

    with CloudWatchServer() as server:
        hours_ago = server.logs._now() // 1_000_000 - 5 * 60 * MINUTE
        server.logs.put(GROUP, "a", hours_ago, "odd one")
        server.logs.put(GROUP, "a", hours_ago + 60 * MINUTE, "even one")
        config = CloudWatchSourceConfig(
            group=f"arn:aws:logs:eu-central-1:123456789012:log-group:{GROUP}",
            region="eu-central-1", endpoint_url=server.url, insights=True, **FAR,
        )  # fmt: skip
        source = CloudWatchSource("cloudwatch", config, SystemClock(), pattern="odd", query=QUERY)
        assert [bytes(batch.data) for batch in source.read() if batch.data] == [b"odd one\n"]
        assert [job.ending for job in server.logs.jobs.values()] == ["Complete"]
        source.close()


@pytest.mark.parametrize(
    "keys",
    [{"pushdown": False}, {"filter_pattern": "odd"}, {"insights_per_hour": 0}],
    ids=lambda keys: next(iter(keys)),
)
def test_keys_that_cannot_work_together_are_refused(keys):
    with pytest.raises(ConfigError, match="insights"):
        check("cloudwatch", CloudWatchSourceConfig(group=GROUP, insights=True, **keys))
