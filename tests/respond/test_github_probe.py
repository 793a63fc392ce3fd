"""What `doctor` and `check` find out about gh and GitHub, before an incident does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from logmedic.doors import SystemShell
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.probe import Seen, installed, reachable
from logmedic.testing.discord import FakeDiscord
from logmedic.testing.doors import FakeClock
from logmedic.testing.github import FakeGitHub, Fault

CONFIG = """\
[[sources]]
kind = "file"
name = "app"
paths = ["app.log"]

[[channels]]
kind = "github"
repo = "acme/shop"
program = {gh}
config_dir = {config}
"""
DISCORD = """
[[channels]]
kind = "discord"
webhook = { file = "hook" }
"""


def asked(github: FakeGitHub, gh: str, *, token: str | None = None, **settings: object) -> list[Seen]:
    given = {"repo": "acme/shop", "program": gh, "config_dir": str(github.config_dir), **settings}
    return [*reachable(GithubConfig(**given), token=token or github.token, shell=SystemShell(), clock=FakeClock())]


def script(folder: Path, text: str) -> str:
    path = folder / "gh"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def look(program: str) -> Seen:
    return installed(GithubConfig(repo="acme/shop", program=program), shell=SystemShell(), clock=FakeClock())


def test_a_gh_that_is_there_is_new_enough(gh):
    seen = look(gh)
    assert seen.ok
    assert seen.detail[0].isdigit()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo 'gh version 2.4.0 (2022-01-01)'", "2.4.0 is too old; install 2.23 or newer (https://cli.github.com)"),
        ("echo 'gh version 1.14.0 (2021-08-04)'", "1.14.0 is too old; install 2.23 or newer (https://cli.github.com)"),
        ("echo 'I am ghostscript'", "is no gh: it says no version; name the real one with `program`"),
        ("echo oops >&2; exit 3", "gh: oops"),
    ],
)
def test_one_that_cannot_work_is_said_with_the_remedy(tmp_path, text, said):
    seen = look(script(tmp_path, text))
    assert not seen.ok
    assert seen.detail.endswith(said)


@pytest.mark.parametrize("text", ["gh version 2.23.0 (2023-02-27 Debian 2.23.0+dfsg1-1)", "gh version 3.0.0"])
def test_newer_ones_will_do(tmp_path, text):
    assert look(script(tmp_path, f"echo '{text}'")).ok


def test_none_at_all_is_said():
    assert look("/no/such/gh") == Seen(
        False, "gh", "/no/such/gh is not installed, or not on PATH; install gh 2.23 or newer"
    )


def test_all_is_well_and_the_label_is_made_once(github, gh):
    for _ in range(2):
        assert [(each.ok, each.what) for each in asked(github, gh)] == [
            (True, "token"),
            (True, "acme/shop"),
            (True, "write"),
        ]
    assert list(github.repository.labels) == ["logmedic"]
    assert github.repository.issues == []


def test_what_stands_in_the_way_is_the_last_that_is_said(github, gh):
    assert "the token is missing or refused" in asked(github, gh, token="ghp_wrong")[-1].detail
    assert "no such repository" in asked(github, gh, repo="acme/other")[-1].detail
    github.repository.may_write = False
    assert "the token needs the right to write issues" in asked(github, gh)[-1].detail
    github.repository.issues_enabled = False
    assert "has no issues" in asked(github, gh)[-1].detail
    github.faults.append(Fault(status=503, message="away"))
    assert asked(github, gh)[-1] == Seen(False, "acme/shop", "GitHub answered 503")


def logmedic(folder: Path, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    command = [sys.executable, "-m", "logmedic.cli.main", *argv]
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=False)


def configured(folder: Path, gh: str, config_dir: Path | str, more: str = "") -> None:
    text = CONFIG.format(gh=json.dumps(gh), config=json.dumps(str(config_dir)))
    (folder / "logmedic.toml").write_text(text + more, encoding="utf-8")


def test_doctor_says_it_line_by_line_and_asks_nobody_unless_told(tmp_path, github, gh):
    configured(tmp_path, gh, github.config_dir)
    done = logmedic(tmp_path, "doctor")
    assert done.returncode == 0
    assert "ok   github, gh: " in done.stdout
    assert github.requests == []
    done = logmedic(tmp_path, "doctor", "--online", GH_TOKEN=github.token)
    assert done.returncode == 0
    assert "ok   github, write: may write: the label `logmedic` is there" in done.stdout
    done = logmedic(tmp_path, "doctor", "--online", GH_TOKEN="ghp_wrong")
    assert done.returncode == 1
    assert "FAIL github, acme/shop: gh: " in done.stdout
    done = logmedic(tmp_path, "doctor", "--online")
    assert "FAIL github, token: channel github: the environment variable GH_TOKEN is not set" in done.stdout


@pytest.mark.parametrize("command", ["doctor", "check"])
def test_a_missing_gh_is_a_failure_of_one_line(tmp_path, command):
    configured(tmp_path, "/no/such/gh", tmp_path)
    done = logmedic(tmp_path, command, GH_TOKEN="ghp_x")
    assert done.returncode in {1, 78}
    (line,) = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("FAIL")]
    assert line.endswith("/no/such/gh is not installed, or not on PATH; install gh 2.23 or newer")


def test_without_a_token_the_other_channel_is_told_and_the_issue_can_be_filed_later(tmp_path, github, gh):
    fatal = {
        "timestamp": "2026-01-01T00:00:00Z",
        "level": "FATAL",
        "target": "a::b",
        "fields": {"message": "heart stopped"},
    }
    with FakeDiscord() as discord:
        (tmp_path / "hook").write_text(discord.url, encoding="utf-8")
        configured(tmp_path, gh, github.config_dir, DISCORD)
        (tmp_path / "app.log").write_text(json.dumps(fatal) + "\n", encoding="utf-8")
        done = logmedic(tmp_path, "scan")
        assert done.returncode == 1, "one alert did not arrive"
        assert "GH_TOKEN is not set; export it or use a file; nothing is told there meanwhile" in done.stderr
        assert "heart stopped" in str(discord.messages[0])
        titles = [str(message["embeds"][0]["title"]) for message in discord.messages[1:]]
        assert titles == ["logmedic itself is in trouble"]
        assert "github" in str(discord.messages[1])
        assert logmedic(tmp_path, "notify", "retry").returncode == 0
        assert logmedic(tmp_path, "scan", GH_TOKEN=github.token).returncode == 0
    assert len(github.repository.issues) == 1


def test_where_nobody_would_be_told_a_missing_secret_stops_the_scan(tmp_path, gh):
    configured(tmp_path, gh, tmp_path)
    done = logmedic(tmp_path, "scan")
    assert done.returncode == 78
    assert done.stderr.strip().endswith("the environment variable GH_TOKEN is not set; export it or use a file")
