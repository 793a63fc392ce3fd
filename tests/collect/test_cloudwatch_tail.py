"""A live tail wakes the source; what is read comes from questions, so what the tail leaves out is not missed."""

import time

import pytest

from logmedic.collect.cloudwatch import tail as tailing
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig, check
from logmedic.collect.cloudwatch.source import CloudWatchSource
from logmedic.doors import SystemClock
from logmedic.errors import ConfigError
from logmedic.testing.cloudwatch import SAMPLE, FakeCloudWatch, Refused

from .cloudwatch_scenes import GROUP, Wire

NEVER = 3600.0  # s between two looks: only the tail can wake the source
LONG = 60.0  # s to wait for what takes milliseconds
ERROR = '{"level":"ERROR","msg":"no database"}'


@pytest.fixture
def logs():
    fake = FakeCloudWatch(time.time_ns)
    fake.groups[GROUP] = []
    return fake


@pytest.fixture
def opened(logs, monkeypatch):
    monkeypatch.setattr(tailing, "FIRST_WAIT", 0.02)
    made = []

    def make(pattern="", **config):
        keys = {"group": GROUP, "live_tail": True, "poll_s": NEVER, **config}
        settings = CloudWatchSourceConfig(**keys)
        one = CloudWatchSource("cloudwatch", settings, SystemClock(), pattern=pattern, connected=lambda _: Wire(logs))
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


def put(logs, message=ERROR, **more):
    logs.put(GROUP, "web-1", time.time_ns() // 1_000_000, message, **more)


def lines(source):
    return [line for batch in source.read() for line in bytes(batch.data).splitlines()]


def until(condition):
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def listening(source):
    """The source has looked once, and its tail is heard; the beginning of a session is a wake-up of its own."""
    lines(source)
    assert source.wait(LONG)
    lines(source)
    assert source.status().woken


def test_an_event_wakes_the_source_long_before_it_would_look_again(logs, opened):
    source = opened()
    listening(source)
    put(logs)
    assert source.wait(LONG)
    assert lines(source) == [ERROR.encode()]


def test_what_the_tail_tells_of_before_questions_find_it_is_looked_for_again(logs, opened):
    source = opened()
    listening(source)
    put(logs, delay=1_500)
    found = []
    while not found:
        assert source.wait(LONG)
        found = lines(source)
    assert found == [ERROR.encode()]


def test_what_the_tail_leaves_out_of_a_flood_is_read(logs, opened):
    source = opened()
    listening(source)
    for number in range(3 * SAMPLE):
        put(logs, f'{{"level":"ERROR","n":{number}}}')
    assert source.wait(LONG)
    found = []
    until(lambda: found.extend(lines(source)) or len(found) >= 3 * SAMPLE)
    assert len(set(found)) == len(found) == 3 * SAMPLE


def test_a_session_that_ends_is_begun_again_and_what_came_between_is_read(logs, opened):
    source = opened()
    listening(source)
    logs.end_tails(Refused("SessionTimeoutException", "Session timed out"))
    until(lambda: not logs.tails and not source.status().woken)
    put(logs)
    logs.end_tails(None)
    found = []
    while not found:
        assert source.wait(LONG)
        found = lines(source)
    assert found == [ERROR.encode()]
    until(lambda: source.status().woken)
    assert source.status().last_error == ""


def test_the_tail_asks_by_arn_with_the_pattern_and_the_streams_of_the_source(logs, opened):
    logs.groups[GROUP + "-other"] = []
    source = opened(pattern='"ERROR"', stream_prefix="web-")
    listening(source)
    arn = f"arn:aws:logs:eu-central-1:123456789012:log-group:{GROUP}"
    assert logs.tails == [
        {"logGroupIdentifiers": [arn], "logStreamNamePrefixes": ["web-"], "logEventFilterPattern": '"ERROR"'}
    ]
    source.close()
    assert logs.tails == [], "the session is closed with the source: each minute of it costs"


def test_a_refused_tail_is_said_and_the_source_reads_all_the_same(logs, opened, monkeypatch):
    def refuse(**_):
        raise Refused("AccessDeniedException", "not authorized")

    monkeypatch.setattr(logs, "start_live_tail", refuse)
    source = opened(poll_s=0.05)
    lines(source)
    source.wait(0.01)
    until(lambda: "the right to logs:StartLiveTail" in source.status().last_error)
    put(logs)
    until(lambda: source.wait(LONG) and lines(source) == [ERROR.encode()])


def test_an_address_of_its_own_goes_with_no_live_tail():
    with pytest.raises(ConfigError, match="leave out `endpoint_url`, or `live_tail`"):
        check("aws", CloudWatchSourceConfig(group=GROUP, live_tail=True, endpoint_url="http://127.0.0.1:1"))
