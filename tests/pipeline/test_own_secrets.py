"""The secrets of the channels themselves, when a service logs them: nowhere in what is stored or shown."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pipeline_scenes import Project, line, minutes_ago

TOKEN = "quite-a-plain-looking-hook-token-of-some-length-000000000000000000001"
CHANNEL = '\n[[channels]]\nkind = "discord"\nname = "d"\nwebhook = { file = "hook" }\n'


def spoken_of(tmp_path: Path) -> Project:
    """A service that logs the token where texts become titles, codes, services and types."""
    project = Project(tmp_path, CHANNEL)
    (tmp_path / "hook").write_text(f"https://discord.com/api/webhooks/1400000000000000000/{TOKEN}")
    project.write(
        *(line(minutes_ago(2), f"cannot post to {TOKEN} now", level="ERROR") for _ in range(2)),
        line(minutes_ago(2), "coded", error_code=f"X_{TOKEN}", service=f"shop-{TOKEN}"),
        line(minutes_ago(2), "slow", level="INFO", duration_ms=9000, path=f"/hook/{TOKEN}"),
    )
    return project


def test_a_scan_stores_and_prints_none(tmp_path: Path) -> None:
    project = spoken_of(tmp_path)
    address = (tmp_path / "hook").read_text()
    project.write(line(minutes_ago(2), f"posting to {address} failed"), line(minutes_ago(2), "x", error_code=address))
    done = project.run("scan", "--json")
    assert done.returncode == 0, done.stderr
    assert b"plain-looking-hook" not in done.stdout + done.stderr
    with sqlite3.connect(tmp_path / ".logmedic" / "state.db") as database:
        assert "plain-looking-hook" not in "\n".join(database.iterdump())


def test_a_replay_prints_none_where_they_are_known_and_works_where_they_are_not(tmp_path: Path) -> None:
    project = spoken_of(tmp_path)
    done = project.run("replay", "--json")
    assert b"plain-looking-hook" not in done.stdout
    (tmp_path / "hook").unlink()
    assert project.run("replay", "--json").returncode == 0


def test_of_an_apprise_url_tokens_and_passwords_go_and_the_names_of_hosts_and_topics_stay(tmp_path: Path) -> None:
    project = Project(
        tmp_path,
        "".join(
            f'\n[[channels]]\nkind = "apprise"\nname = "{name}"\nurl = {{ file = "{name}" }}\n'
            for name in ("mail", "chat", "topic")
        ),
    )
    (tmp_path / "mail").write_text("mailtos://ops:hunter22x@mail.example?to=team@mail.example")
    (tmp_path / "chat").write_text("mmosts://chat.example/3ccdd113474722377935511fc85d3dd4")
    (tmp_path / "topic").write_text("ntfy://payments")
    project.write(line(minutes_ago(2), "payments: hunter22x at chat.example with 3ccdd113474722377935511fc85d3dd4"))
    done = project.run("replay", "--json")
    assert done.returncode == 0, done.stderr
    assert b"hunter22x" not in done.stdout
    assert b"3ccdd1134747" not in done.stdout
    assert b"payments" in done.stdout
    assert b"chat.example" in done.stdout or b"<host>" in done.stdout
