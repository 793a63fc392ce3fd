"""``serve`` fixes critical incidents by itself, after people have been told, and survives being stopped meanwhile."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from dataclasses import replace

from fix_scenes import GOOD

UNASKED = "min_confidence = 0.6\nsync_s = 1\n"


def wait(holds, process) -> None:
    until = time.monotonic() + 150
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.1)


def dashboard(process) -> str:
    """Its address, which ``serve --json`` tells."""
    return next(event["url"] for event in map(json.loads, process.stdout) if event["event"] == "dashboard")


def ask(address: str) -> tuple[int, str]:
    """Ask for a fix of the first incident, as the button on its page does."""
    asked = urllib.request.Request(f"{address}/incidents/1/fix", b"", {"accept": "text/html"})
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_stopped_fix_is_gone_on_with_by_the_next_serve(offering, github):
    project = offering(GOOD, GOOD, fix=UNASKED, scan=False, web='listen = "127.0.0.1:0"')
    answer = project.model.default
    project.model.default = lambda received: replace(answer(received), hold=600.0)
    with project.start("serve") as process:
        wait(lambda: project.script.seen, process)
        assert github.repository.issues, "people are told first"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    assert b"Traceback" not in err
    assert github.repository.pulls == []

    project.model.default = answer
    with project.start("serve", "--json") as process:
        wait(lambda: github.repository.pulls and github.repository.issues[0].comments, process)
        (pull,) = github.repository.pulls
        address = dashboard(process)
        status, page = ask(address)
        assert (status, f"pull request {pull.number} is open" in page) == (409, True)
        github.repository.end(pull.number, "CLOSED")
        wait(lambda: project.json("usage")["fixes"]["closed"] == 1, process)
        status, page = ask(address)
        assert (status, "under way" in page) == (200, True)
        wait(lambda: len(github.repository.pulls) == 2, process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    assert [pull.head for pull in github.repository.pulls] == [b for b in project.branches if b != "main"]
    events = [entry["event"] for entry in project.json("incidents", "show", "1")["timeline"]]
    assert [event for event in events if "fix" in event] == ["fix offered", "fix closed", "fix asked", "fix offered"]


def test_a_scan_leaves_a_killed_fix_to_the_next_serve(offering, github):
    project = offering(GOOD, fix=UNASKED, scan=False)
    answer = project.model.default
    project.model.default = lambda received: replace(answer(received), hold=600.0)
    with project.start("serve") as process:
        wait(lambda: project.script.seen, process)
        process.kill()
    project.model.default = answer
    record = {"timestamp": "2026-11-20T09:05:00Z", "level": "ERROR", "service": "shop", "message": "stock is negative"}
    with (project.folder / "app.log").open("a") as file:
        file.write(json.dumps(record) + "\n")
    _, said = project.run("scan", code=None)  # it runs the engine, which finds the killed workflow
    assert "fix:" not in said
    assert github.repository.pulls == []
    with project.start("serve") as process:
        wait(lambda: github.repository.pulls, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert len(github.repository.pulls) == 1
