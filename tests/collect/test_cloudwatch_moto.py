"""The same client against moto, whose pages and ranges of time others have written (its patterns match everything)."""

import boto3
import pytest

from logmedic.collect.cloudwatch.client import CloudWatchClient
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.cloudwatch.errors import AwsError
from logmedic.collect.cloudwatch.paging import walk
from logmedic.testing.doors import FakeClock

moto = pytest.importorskip("moto")
GROUP = "/ecs/shop"


@pytest.fixture
def logs(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with moto.mock_aws():
        client = boto3.client("logs", region_name="eu-central-1")
        client.create_log_group(logGroupName=GROUP)
        client.create_log_stream(logGroupName=GROUP, logStreamName="a")
        yield client


def asking(limit=10_000, group=GROUP):
    config = CloudWatchSourceConfig(group=group, region="eu-central-1", limit=limit)
    return CloudWatchClient(config, FakeClock())


def put(logs, first, count):
    events = [{"timestamp": first + n // 2, "message": f"line {n}"} for n in range(count)]
    logs.put_log_events(logGroupName=GROUP, logStreamName="a", logEvents=events)
    return events


def test_a_span_of_time_is_read_in_pages(logs):
    import time  # noqa: PLC0415  moto has real time, and refuses old events

    first = time.time_ns() // 1_000_000
    put(logs, first, 25)
    client = asking(limit=4)
    found = {}
    for stretch in walk(client, (first + 1) * 1_000_000, (first + 9) * 1_000_000):
        found.update({entry.key: entry for entry in stretch.entries})
    assert [entry.line for entry in found.values()] == [f"line {n}" for n in range(2, 20)]
    assert next(iter(found.values())).labels == {"log_group": GROUP, "log_stream": "a"}


def test_groups_and_streams_are_listed(logs):
    assert asking().groups(50) == [GROUP]
    assert asking().streams(50) == ["a"]


def test_a_group_that_is_not_there_is_named_in_one_line(logs):
    with pytest.raises(AwsError, match=r"ResourceNotFoundException.*is `group` spelt right"):
        asking(group="/none").page(0, 1)
