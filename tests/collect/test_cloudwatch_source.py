"""A log group as a source: what becomes a record, what is asked, and what is said when it cannot be read."""

import pytest
from botocore import exceptions as aws

from logmedic.collect.cloudwatch.client import CloudWatchClient
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig, check
from logmedic.collect.cloudwatch.errors import AwsError, Trouble
from logmedic.collect.cloudwatch.paging import walk
from logmedic.collect.cloudwatch.probe import probe
from logmedic.collect.cloudwatch.source import REST, CloudWatchSource
from logmedic.collect.dialects import decoder
from logmedic.errors import ConfigError
from logmedic.model import Ref
from logmedic.testing.cloudwatch import FakeCloudWatch, Refused
from logmedic.testing.doors import FakeClock

from .cloudwatch_scenes import GROUP, Wire

ERROR = '{"level":"ERROR","msg":"no database","request_id":"r-1"}'


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def logs(clock):
    fake = FakeCloudWatch(clock.now)
    fake.groups[GROUP] = []
    return fake


def now(clock):
    return clock.now() // 1_000_000


def source(logs, clock, *, pattern="", **config):
    made = CloudWatchSourceConfig(group=config.pop("group", GROUP), **config)
    return CloudWatchSource("cloudwatch", made, clock, pattern=pattern, connected=lambda _: Wire(logs))


def client(logs, clock, wire=None):
    return CloudWatchClient(CloudWatchSourceConfig(group=GROUP), clock, lambda _: wire or Wire(logs))


def records(batches):
    found = []
    for batch in batches:
        at = batch.start
        for line in bytes(batch.data).splitlines(keepends=True):
            decoded = decoder(batch.dialect, batch.service).decode(line[:-1], Ref("x", "x", at, len(line)), 0)
            found.append(batch.origin.record(decoded))
            at += len(line)
    return found


def test_a_record_has_the_time_stream_and_service_of_its_event(logs, clock):
    logs.put(GROUP, "task/1", now(clock), "plain ERROR text")
    (record,) = records(source(logs, clock).read())
    assert (record.service, record.time, record.raw) == ("shop", clock.now(), b"plain ERROR text")
    assert record.fields["log_stream"] == "task/1"


def test_an_event_of_several_lines_is_one_record(logs, clock):
    trace = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n"
    logs.put(GROUP, "a", now(clock), trace)
    (record,) = records(source(logs, clock).read())
    assert record.stack_text == trace.rstrip("\n")


def test_what_comes_late_by_seconds_is_found_at_the_next_look(logs, clock):
    reading = source(logs, clock)
    logs.put(GROUP, "a", now(clock), "early")
    list(reading.read())
    clock.advance(6)
    logs.put(GROUP, "b", now(clock) - 30_000, "late")
    assert [record.message for record in records(reading.read())] == ["late"]
    assert reading.status().late == 1


def test_an_empty_page_with_a_token_is_not_the_end(logs, clock):
    for n in range(20):
        logs.put(GROUP, "a", now(clock) - 20 + n, f"fine {n}")
    logs.put(GROUP, "a", now(clock), "odd")
    logs.page = 3
    assert [record.message for record in records(source(logs, clock, pattern="odd").read())] == ["odd"]
    assert len(logs.asked) == 7


def test_a_walk_goes_on_where_it_was_when_its_token_expires(logs, clock):
    for n in range(6):
        logs.put(GROUP, "a", now(clock) - 3 + n // 2, f"line {n}")
    logs.page = 3
    found = {}
    for stretch in walk(client(logs, clock), 0, clock.now()):
        found.update({entry.key: entry.line for entry in stretch.entries})
        if len(found) == 3:
            logs.expire_tokens()
    assert sorted(found.values()) == [f"line {n}" for n in range(6)]


def test_a_token_that_does_not_move_ends_the_walk_with_an_error(logs, clock):
    class Stuck(Wire):
        def filter_log_events(self, **asked):
            return {"events": [], "nextToken": "same"}

    with pytest.raises(AwsError, match="same token"):
        list(walk(client(logs, clock, Stuck(logs)), 0, clock.now()))


def test_throttling_is_waited_for_with_growing_pauses(logs, clock):
    logs.put(GROUP, "a", now(clock), "x")
    logs.faults.extend([Refused("ThrottlingException", "Rate exceeded")] * 3)
    assert len(records(source(logs, clock).read())) == 1
    assert clock.slept == [0.5, 1.0, 2.0]


def test_after_long_throttling_the_source_rests_and_then_asks_again(logs, clock):
    reading = source(logs, clock)
    logs.faults.extend([Refused("ThrottlingException", "Rate exceeded")] * 4)
    with pytest.raises(AwsError, match="Rate exceeded"):
        list(reading.read())
    asked = len(logs.asked)
    with pytest.raises(AwsError):
        list(reading.read())
    assert len(logs.asked) == asked
    clock.advance(REST)
    list(reading.read())
    assert reading.status().last_error == ""


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Refused("AccessDeniedException", "User x is not authorized"), "logs:FilterLogEvents"),
        (Refused("ExpiredTokenException", "The security token is expired"), "log in again"),
        (Refused("UnrecognizedClientException", "invalid"), "not known to AWS"),
        (Refused("ResourceNotFoundException", "does not exist"), "is `group` spelt right"),
        (aws.NoCredentialsError(), "AWS_ACCESS_KEY_ID"),
        (aws.NoRegionError(), "set `region`"),
        (aws.EndpointConnectionError(endpoint_url="http://x"), "`endpoint_url` right"),
        (aws.DataNotFoundError(data_path="logs"), "source cloudwatch"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_the_remedy(logs, clock, fault, said):
    class Broken(Wire):
        def filter_log_events(self, **asked):
            if isinstance(fault, Refused):
                logs.faults.append(fault)
                return Wire.__getattr__(self, "filter_log_events")(**asked)
            raise fault

    with pytest.raises(AwsError) as caught:
        client(logs, clock, Broken(logs)).page(0, clock.now())
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_refused_filter_pattern_is_no_expired_token(logs, clock):
    with pytest.raises(AwsError) as caught:
        client(logs, clock).page(0, clock.now(), pattern="%(x)%")
    assert caught.value.trouble is Trouble.REFUSED
    assert "pushdown = false" in str(caught.value)


def test_neighbours_are_of_the_same_stream_and_without_the_filter(logs, clock):
    for n in range(10):
        logs.put(GROUP, "ab"[n % 2], now(clock) - 10 + n, ERROR if n == 4 else f"line {n}")
    logs.page = 3
    reading = source(logs, clock, pattern="ERROR")
    (record,) = records(reading.read())
    assert [r.raw for r in reading.around(record.ref, 1, 2)] == [b"line 2", ERROR.encode(), b"line 6", b"line 8"]
    assert reading.around(Ref("cloudwatch", "0" * 16, record.ref.offset, 1), 1, 1) == []


def test_lines_of_a_request_hold_its_id_as_a_word(logs, clock):
    for text in ("a r-1 b", "r-12", ERROR, "xr-1"):
        logs.put(GROUP, "a", now(clock), text)
    found = source(logs, clock).by_request("r-1", clock.now() - 10**9, clock.now())
    assert [record.raw for record in found] == [b"a r-1 b", ERROR.encode()]


def test_evidence_is_empty_while_aws_does_not_answer(logs, clock):
    logs.faults.extend([Refused("AccessDeniedException", "no")] * 2)
    reading = source(logs, clock)
    assert reading.around(Ref("cloudwatch", "0" * 16, 0, 1), 1, 1) == []
    assert reading.by_request("r-1", 0, clock.now()) == []


def test_check_shows_streams_and_names_groups_that_are_alike(logs, clock):
    logs.put(GROUP, "task/1", now(clock), "x")
    connected = lambda _: Wire(logs)  # noqa: E731
    said = probe(CloudWatchSourceConfig(group=GROUP), clock, connected=connected)
    assert said == "group /ecs/shop: 1 streams, newest task/1; it can be read"
    with pytest.raises(AwsError, match=r"there are: /ecs/shop"):
        probe(CloudWatchSourceConfig(group="/ecs/shpo"), clock, connected=connected)


def test_an_arn_is_asked_for_as_such(logs, clock):
    logs.put(GROUP, "a", now(clock), "x")
    arn = f"arn:aws:logs:eu-central-1:123456789012:log-group:{GROUP}"
    (record,) = records(source(logs, clock, group=arn).read())
    assert record.service == "shop"
    assert logs.asked[0]["logGroupIdentifier"] == arn


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"group": ""}, "group"),
        ({"group": "a b"}, "group"),
        ({"endpoint_url": "localhost"}, "endpoint_url"),
        ({"filter_pattern": "x" * 1025}, "filter_pattern"),
        ({"overlap_s": 8000}, "overlap_s"),
        ({"limit": 10_001}, "limit"),
        ({"poll_s": 0}, "poll_s"),
    ],
)
def test_keys_that_cannot_work_are_refused(keys, named):
    with pytest.raises(ConfigError, match=named):
        check("cloudwatch", CloudWatchSourceConfig(**{"group": GROUP, **keys}))


def test_between_two_looks_nothing_is_asked_however_often_the_source_is_read(logs, clock):
    follower = source(logs, clock, poll_s=5.0)
    list(follower.read())
    asked = len(logs.asked)
    waits = []
    for _ in range(4):
        waits.append(follower.wait(1.0))
        assert list(follower.read()) == []
    assert (waits, len(logs.asked)) == ([False] * 4, asked)
    logs.put(GROUP, "web-1", now(clock), ERROR)
    assert follower.wait(1.0)
    assert [record.message for record in records(follower.read())] == ["no database"]


def test_the_latest_lines_are_the_last_ones_whatever_the_rules(logs, clock):
    for n in range(30):
        logs.put(GROUP, "a", now(clock) - 3_000_000 + n, f"line {n}")
    reading = source(logs, clock, pattern="odd")
    assert [r.message for r in reading.latest(3)] == ["line 27", "line 28", "line 29"]
    logs.put(GROUP, "b", now(clock), "now")
    assert [r.message for r in reading.latest(50)][-2:] == ["line 29", "now"]
    logs.faults.append(Refused("AccessDeniedException", "no"))
    with pytest.raises(AwsError):
        reading.latest(3)
