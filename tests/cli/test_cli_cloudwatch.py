"""A log group as the source of `check` and `scan`, through real boto3 and a stand-in on loopback."""

from __future__ import annotations

import time

import pytest

from logmedic.testing.cloudwatch import Refused
from logmedic.testing.cloudwatch_http import CloudWatchServer

pytest.importorskip("boto3")
CONFIG = """\
[[sources]]
kind = "cloudwatch"
group = "/ecs/shop"
region = "eu-central-1"
endpoint_url = "{url}"
"""
LINE = '{"level":"%s","msg":"%s"}'


@pytest.fixture
def aws():
    with CloudWatchServer() as server:
        server.logs.groups["/ecs/shop"] = []
        yield server


@pytest.fixture
def watching(shell, aws):
    shell.more = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    shell.write("logmedic.toml", CONFIG.format(url=aws.url))
    return shell


def put(aws, level="ERROR", message="no database"):
    aws.logs.put("/ecs/shop", "task/1", time.time_ns() // 1_000_000, LINE % (level, message))


def test_check_shows_the_streams(watching, aws):
    put(aws)
    done = watching.run("check")
    assert b"ok   source cloudwatch: group /ecs/shop: 1 streams, newest task/1; it can be read" in done.stderr


def test_check_says_what_is_wrong_in_one_line(watching, aws):
    aws.logs.faults.append(Refused("AccessDeniedException", "not authorized to perform: logs:FilterLogEvents"))
    done = watching.run("check", code=78)
    assert b"give this user or role the right to logs:FilterLogEvents" in done.stderr
    assert b"Traceback" not in done.stderr


def test_check_says_that_there_are_no_credentials(watching):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del watching.more[name]
    done = watching.run("check", code=78)
    assert b"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in done.stderr


def test_scan_counts_each_event_once_and_moves_only_what_rules_may_match(watching, aws):
    for n in range(50):
        put(aws, "INFO", f"fine {n}")
    put(aws)
    first = watching.json("scan")
    assert (first["lines"], len(first["incidents"])) == (1, 1)
    assert watching.json("scan")["lines"] == 0
    put(aws)
    again = watching.json("scan")
    assert (again["lines"], again["incidents"][0]["count"]) == (1, 2)
    assert again["incidents"][0]["service"] == "shop"


def test_rules_show_prints_what_cloudwatch_is_asked(watching):
    shown = watching.run("rules", "show").stdout.decode()
    assert "filter @message like /" in shown
    assert r"%\\u00[4-7]|" in shown
