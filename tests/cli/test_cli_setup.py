"""``init`` and ``check``, and what a run leaves in a repository."""

from __future__ import annotations

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
