"""Secrets in any part of any line: none is stored, printed or sent."""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
import time
from pathlib import Path

import pytest
from pipeline_scenes import Project, minutes_ago

from growth import assert_in_proportion
from logmedic.testing.discord import FakeDiscord

GITHUB = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
SECRETS = {  # what is planted → the part that must not be seen again
    "AKIA" + "QWERTYUIOPASDFGH": "QWERTYUIOPASDFGH",
    "postgres://app:Hunter2Zq@db/x": "Hunter2Zq",
    "alice.secret@example.org": "alice.secret",
    GITHUB: "abcdefghijkl",
    "Bearer abcdef0123456789XYZ": "abcdef0123456789XYZ",
    "900101-1234567": "101-1234567",
}
KEYS = (
    "message", "service", "error_code", "target", "request_id", "trace_id", "file", "release", "route", "thread",
    "exception_type", "exception_message", "logger", "own", "path", "url",
)  # fmt: skip


def lines_with(secret: str) -> list[dict[str, object]]:
    trace = (
        f'Traceback (most recent call last):\n  File "/srv/{secret}/a.py", line 1, in f_{secret}\n'
        f'    x = "{secret}"\npkg.Broken_{secret}: cannot use {secret}'
    )
    return [
        *({"message": f"failed {key}", "service": "shop", key: f"pre {secret} post"} for key in KEYS),
        {"message": "with a trace", "service": "shop", "exception": trace},
        {"message": f"trace inside\n{trace}", "service": "shop"},
        {"message": "spans", "span": {"name": f"x {secret}"}, "spans": [{"name": f"y {secret}", "arg": secret}]},
        {"message": "keys", "service": "shop", secret: 1, "nested": {secret: {secret: [secret]}}},
        {"message": "slow", "level": "INFO", "duration_ms": 90_000, "route": f"/u/{secret}", "service": f"s {secret}"},
    ]


def test_no_secret_of_any_field_is_stored_printed_or_sent(tmp_path: Path) -> None:
    with FakeDiscord() as discord:
        hook = tmp_path / "hook"
        hook.write_text(discord.url, "utf-8")
        hook.chmod(0o600)
        channel = (
            f'\n[[channels]]\nkind = "discord"\nname = "d"\nmin_severity = "info"\nwebhook = {{ file = "{hook}" }}\n'
            '[[rules]]\nname = "codes"\nkind = "error-code"\npatterns = ["pre *"]\n'
        )
        project = Project(tmp_path, channel)
        now = minutes_ago(1).isoformat()
        for secret in SECRETS:
            found = lines_with(secret)
            project.write(*(json.dumps({"timestamp": now, "level": "ERROR", **line}) for line in found))
            project.write(f"{now} ERROR plain {secret}", f'{{"level":"ERROR","message":"cut {secret}')
        outcome = project.run("scan", "--json", "--deadline", "8s")
        assert b'"incidents"' in outcome.stdout, outcome.stderr.decode()
        listed = project.run("incidents", "list")
        places = {
            "stdout": outcome.stdout + listed.stdout,
            "stderr": outcome.stderr + listed.stderr,
            "discord": json.dumps(discord.messages, ensure_ascii=False).encode(),
            "told": project.told_file.read_bytes(),
        }
    assert discord.messages
    states = [path for path in (tmp_path / ".logmedic").iterdir() if path.is_file()]
    assert states
    places |= {path.name: path.read_bytes() for path in states}
    leaks = {(place, part) for place, text in places.items() for part in SECRETS.values() if part.encode() in text}
    assert not leaks


@pytest.mark.parametrize(
    "unit", ["aws secret key ", "token: ", "lorem ipsum ", "<secret:1>", "a:b@"], ids=lambda unit: unit.split()[0]
)
def test_lines_of_a_megabyte_neither_stall_a_scan_nor_fill_the_state(tmp_path: Path, unit: str) -> None:
    words = ["alpha", "beta", "gamma"]
    folders = (tmp_path / str(n) for n in itertools.count())

    def scan(length: int) -> None:
        folder = next(folders)
        folder.mkdir()
        project = Project(folder)
        text = unit * (length // len(unit))
        project.write(*(json.dumps({"level": "ERROR", "message": f"{w} {text}", "service": "S" * 999}) for w in words))
        project.scan()
        with contextlib.closing(sqlite3.connect(folder / ".logmedic" / "state.db")) as state:
            (largest,) = state.execute("select max(length(body)) from samples").fetchone()
            (service,) = state.execute("select max(length(service)) from incidents").fetchone()
        assert largest < 400_000
        assert service <= 200

    # Measured: 1.5 times as long; 6 and more without bounds.
    assert_in_proportion(scan, lambda length: length, 125_000, times=8, most=4.0, clock=time.process_time)
