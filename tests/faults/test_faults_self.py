"""F59 and F60 of ``docs/faults.md``: a model in trouble, a fix that is killed, and logmedic itself standing still."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fix_scenes import GOOD
from pipeline_scenes import Project, environment
from test_claude_flow import events, fail, made

from fix.conftest import bwrap, cli, github, offering, shop
from logmedic.testing import claude as fakes
from logmedic.testing.claude import FakeClaude

__all__ = ["bwrap", "cli", "github", "offering", "shop"]  # fixtures

STEPS = {
    "limited": fakes.error(429, retry_after=86_400),
    "overloaded": fakes.error(529),
    "silent": fakes.timeout(60.0),
    "cut": fakes.cut(),
    "no json": fakes.garbage(),
    "ten megabytes": fakes.ok("x" * 10_000_000),
    "refusal": fakes.refused(),
    "unknown word": fakes.reply({"severity": "apocalyptic"}),
    "prose": fakes.ok("I would rather not."),
}


@pytest.fixture
def fake() -> Iterator[FakeClaude]:
    with FakeClaude() as running:
        yield running


QUICK = ("cut", "unknown word")


@pytest.mark.parametrize(
    "step",
    [pytest.param(step, id=name, marks=[pytest.mark.slow] * (name not in QUICK)) for name, step in STEPS.items()],
)
def test_f59_whatever_the_model_does_the_alert_goes_out_with_what_the_rules_found(
    tmp_path: Path, fake: FakeClaude, step: fakes.Step
) -> None:
    fake.default = step
    project = made(tmp_path, fake, "request_timeout_s = 1.0\ndeadline_s = 3.0\ntries = 1")
    fail(project)
    project.scan()
    (told,) = project.told()
    assert told["incident"]["diagnosis"]["engine"] == "offline"
    assert [name for name, _ in events(project)].count("no model's report") == 1


@pytest.mark.slow
def test_f60_a_killed_fix_makes_one_pull_request_and_a_watcher_that_stands_still_is_missed(
    offering, github, tmp_path: Path
) -> None:
    project = offering(GOOD)
    for point in ("in:attempt", "in:push", "push", "in:offer"):
        project.killed(point, "fix", "1")
    done = project.json("fix", "1")
    assert [pull.head for pull in github.repository.pulls] == [done["branch"]]
    assert set(project.branches) == {"main", done["branch"]}
    assert not any((project.folder / ".logmedic/fix/trees").iterdir())
    heart(tmp_path / "watched")


def waiting(ear: socket.socket) -> list[bytes]:
    """What has arrived."""
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard.append(ear.recv(100))
    return heard


def heart(folder: Path) -> None:
    """The supervisor hears a beat about once a second, and none while the process is stopped."""
    folder.mkdir()
    watched = Project(folder, "[web]\nenabled = false\n")
    watched.log.touch()
    with tempfile.TemporaryDirectory(prefix="nt") as short, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"{short}/s")
        ear.settimeout(60)
        process = subprocess.Popen(
            watched.command("serve"), cwd=folder, env={**environment(), "NOTIFY_SOCKET": f"{short}/s"}
        )
        try:
            heard = [ear.recv(100) for _ in range(3)]
            assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.2)
            ear.setblocking(False)
            waiting(ear)  # what was sent before it stood still
            time.sleep(2.5)
            assert waiting(ear) == []
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            assert process.wait(60) == 0
