"""A Loki as the source of `check`, `scan` and `serve`, and what `rules show` says it is asked."""

from __future__ import annotations

import json
import signal
import time

import pytest

from logmedic.testing.logql import parse
from logmedic.testing.loki import FakeLoki, Fault

CONFIG = """\
[[sources]]
kind = "loki"
url = "{url}"
query = '{{app=~".+"}}'
"""
LINE = '{"level":"%s","msg":"%s"}'


@pytest.fixture
def loki():
    with FakeLoki() as fake:
        yield fake


@pytest.fixture
def watching(shell, loki):
    shell.write("logmedic.toml", CONFIG.format(url=loki.url))
    return shell


def push(loki, level="ERROR", message="no database", **labels):
    loki.push({"app": "shop", **labels}, [(time.time_ns(), LINE % (level, message))])


def test_check_shows_the_streams_and_where_services_come_from(watching, loki):
    push(loki)
    push(loki, pod="a")
    done = watching.run("check")
    assert b"ok   source loki: 2 streams within the last hour; service from app (2); labels app, pod" in done.stderr


def test_check_says_what_is_wrong_in_one_line(watching, loki):
    loki.faults.append(Fault.status(401, b"no org id\n"))
    done = watching.run("check", code=78)
    assert b"401: no org id; this Loki has tenants: set `tenant`" in done.stderr
    assert watching.run("check", "--no-environment")


def test_scan_counts_each_line_once_and_moves_only_what_rules_may_match(watching, loki):
    for n in range(50):
        push(loki, "INFO", f"fine {n}")
    push(loki)
    first = watching.json("scan")
    assert (first["lines"], len(first["incidents"])) == (1, 1)
    assert watching.json("scan")["lines"] == 0
    push(loki)
    again = watching.json("scan")
    assert (again["lines"], again["incidents"][0]["count"]) == (1, 2)
    assert again["incidents"][0]["service"] == "shop"


def test_scan_says_that_a_loki_is_down_and_catches_up_later(watching, loki):
    push(loki)
    loki.faults.extend([Fault.status(500, b"ring is empty")] * 3)
    down = watching.run("scan", code=1)
    assert b"source loki: " in down.stderr
    assert b"500: ring is empty" in down.stderr
    assert len(watching.json("scan")["incidents"]) == 1


def test_a_password_is_never_shown(watching, loki):
    watching.write("logmedic.toml", 'username = "ann"', 'password = { file = "secret" }')
    watching.write("secret", "hunter2hunter2")
    loki.authorization = "Basic nobody"
    push(loki, message="hunter2hunter2 leaked")
    for command in ("check", "scan"):
        done = watching.run(command, code=78 if command == "check" else 1)
        assert b"401: Unauthorized" in done.stderr
        assert b"hunter2" not in done.stdout + done.stderr


def test_serve_hears_of_a_line_by_the_tail(watching, loki):
    pytest.importorskip("websockets")
    with watching.start("serve", "--json") as serve:
        deadline = time.monotonic() + 60
        while not loki.subscribers:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        push(loki)
        first = next(event for event in map(json.loads, serve.stdout) if event["event"] == "incident")
        serve.send_signal(signal.SIGTERM)
        out, err = serve.communicate(timeout=60)
    assert serve.returncode == 0, out + err
    assert first["incident"]["title"] == "no database"


def test_rules_show_says_what_is_asked_of_each_backend(watching):
    shown = watching.json("rules", "show")
    assert list(shown) == ["error-level", "slow", "surge", "error-code", "all rules together"]
    for forms in shown.values():
        assert list(forms) == ["prefilter", "logql", "insights", "filter-pattern"]
        assert forms["logql"]["exact"] is False
        assert forms["logql"]["widened"]
        parse('{app="x"} ' + forms["logql"]["text"])
    text = watching.run("rules", "show", "slow", "--backend", "logql").stdout.decode()
    assert text.splitlines()[1].startswith("# slow · logql: more than the rule matches (")
    assert b"there is no rule 'nope'; there are: error-level" in watching.run("rules", "show", "nope", code=2).stderr
    assert b"--dialect: 'nope' is none of" in watching.run("rules", "show", "--dialect", "nope", code=2).stderr
