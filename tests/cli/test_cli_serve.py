"""What ``serve`` says while it runs: on stderr what did not arrive, as JSON everything."""

from __future__ import annotations

import json
import signal
import time

import pytest

GONE = '[[channels]]\nkind = "jsonl"\nname = "gone"\npath = "/nonexistent/told.jsonl"'
DOWN = '[[channels]]\nkind = "discord"\nname = "team"\nmin_severity = "info"\nwebhook = { file = "hook" }'
ONCE = "[retry]\ntries = 1"


def served(shell, *arguments: str, until: bytes) -> tuple[str, str]:
    """stdout and stderr of a ``serve`` that was stopped once it had said something."""
    with shell.start("serve", *arguments) as serve:
        said = b""
        deadline = time.monotonic() + 100
        for line in serve.stderr:
            said += line
            if until in line:
                break
            assert time.monotonic() < deadline, said
        serve.send_signal(signal.SIGTERM)
        out, err = serve.communicate(timeout=100)
    assert serve.returncode == 0, said + err
    assert b"Traceback" not in said + err
    return out.decode(), (said + err).decode()


def test_what_failed_and_what_was_put_off_is_logged_with_the_remedy(watched, record):
    watched.write("logmedic.toml", GONE, DOWN, ONCE)
    watched.write("hook", "http://127.0.0.1:9/api/webhooks/1400000000000000000/" + "a" * 60)
    watched.write("app.log", record())
    out, err = served(watched, until=b"did not reach team")
    assert out == ""
    assert "ERROR incident 1 did not reach gone: gone: cannot write" in err
    assert "`logmedic notify retry 1` tries again" in err
    assert "WARNING incident 1 did not reach team yet: " in err
    assert "tried again in 60 s" in err
    assert "a" * 60 not in err


def test_json_is_one_object_a_line_for_each_event(watched, record):
    watched.write("logmedic.toml", GONE)
    watched.write("app.log", record())
    out, _ = served(watched, "--json", until=b"did not reach gone")
    events = [json.loads(line) for line in out.splitlines()]
    assert [e["event"] for e in events] == ["started", "incident", "delivery", "delivery", "stopped"]
    assert events[0]["sources"] == ["app"]
    assert events[1]["incident"]["title"] == "stock is negative"
    assert events[1]["incident"]["diagnosis"] is not None
    assert [(e["channel"], e["result"], e["again_in_s"]) for e in events[2:4]] == [
        ("told", "sent", None),
        ("gone", "failed", None),
    ]
    assert all(e["at"].endswith("Z") for e in events)


@pytest.mark.parametrize("command", ["scan", "serve", "replay"])
def test_without_a_source_a_run_is_refused_with_the_remedy(shell, command):
    refused = shell.run(command, code=78).stderr.decode()
    assert "no [[sources]] to read" in refused
    assert "logmedic init" in refused
    assert not (shell.folder / ".logmedic").exists()
