"""``init`` and ``check``, and what a run leaves in a repository."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

CHANNEL = '[[channels]]\nkind = "discord"\nname = "team"\nwebhook = { file = "hook" }'
TOKEN = "s3cr3t-token-" * 5


def test_init_says_as_json_what_it_wrote(shell):
    assert shell.json("init") == {
        "path": str(shell.folder / "logmedic.toml"),
        "next": ["logmedic check", "logmedic scan"],
    }
    assert (shell.folder / "logmedic.toml").exists()


def test_every_example_that_init_leaves_as_a_comment_works_once_it_is_one_no_more(shell, tmp_path):
    shell.json("init", "--logs", "app.log")
    text = (shell.folder / "logmedic.toml").read_text(encoding="utf-8")
    live = re.sub(r"^# (?=\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    (shell.folder / "logmedic.toml").write_text(live, encoding="utf-8")
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text("#!/bin/sh\necho gh version 2.23.0\n", encoding="utf-8")
    gh.chmod(0o755)
    shell.more = {
        "PATH": f"{gh.parent}:{os.environ['PATH']}", "GH_TOKEN": "ghp_x",
        "LOGMEDIC_DISCORD_WEBHOOK": f"https://discord.com/api/webhooks/123456789012345678/{TOKEN}",
        "LOGMEDIC_APPRISE_URL": "json://localhost", "LOGMEDIC_WEBHOOK_SECRET": f"whsec_{'QUJD' * 10}",
    }  # fmt: skip
    found = shell.json("check")
    assert all(each["ok"] for each in found)
    assert {"channel discord", "channel github", "channel chat", "channel hook"} <= {each["what"] for each in found}
    assert not re.search(r"^# [a-z_]+ =|^# \[", live, re.MULTILINE)


def test_init_in_a_folder_that_is_not_there_is_refused_in_one_line(shell):
    assert b"nowhere/logmedic.toml: cannot be written" in shell.run("init", "nowhere/logmedic.toml", code=2).stderr


@pytest.mark.parametrize(
    ("webhook", "fits"),
    [
        (f"https://discord.com/api/webhooks/123456789012345678/{TOKEN}", True),
        (f"https://ptb.discord.com/api/v10/webhooks/123456789012345678/{TOKEN}", True),
        (f"http://127.0.0.1:8080/api/webhooks/123456789012345678/{TOKEN}", True),
        (f"http://discord.com/api/webhooks/123456789012345678/{TOKEN}", False),
        (f"https://discord.com.evil.example/api/webhooks/123456789012345678/{TOKEN}", False),
        (f"https://evil.example/api/webhooks/123456789012345678/{TOKEN}", False),
        (f"https://hooks.slack.com/services/{TOKEN}", False),
        (TOKEN, False),
        (f"https://discord.com/api/webhooks/123456789012345678/{TOKEN}/slack", False),
    ],
)
def test_check_looks_at_the_form_of_a_webhook_and_never_shows_it(watched, webhook, fits):
    watched.write("logmedic.toml", CHANNEL)
    watched.write("hook", webhook)
    done = watched.run("check", "--json", code=0 if fits else 78)
    assert (b"is not of the form" in done.stdout) is not fits
    assert TOKEN.encode() not in done.stdout + done.stderr
    assert not fits or b"right form" in done.stdout


def test_a_run_leaves_nothing_for_git_to_see_and_keeps_what_people_wrote(watched, record):
    def git(*argv: str) -> str:
        return subprocess.run(["git", *argv], cwd=watched.folder, check=True, capture_output=True, text=True).stdout

    watched.write("app.log", record())
    git("init", "-q")
    watched.run("scan")
    assert "logmedic/" not in git("status", "--porcelain", "--untracked-files=all")
    ignore = watched.folder / ".logmedic" / ".gitignore"
    ignore.write_text("# ours\n")
    watched.write("app.log", record("another"))
    watched.run("scan")
    assert ignore.read_text() == "# ours\n"


def test_a_state_in_a_folder_of_yours_adds_no_file_to_it(watched, record):
    watched.write("logmedic.toml", '[store]\nurl = "sqlite:///state.db"')
    watched.write("app.log", record())
    watched.run("scan")
    assert not (watched.folder / ".gitignore").exists()
