"""``logmedic redact`` as a filter in a pipe, as a check, and as a list of what it looks for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_shell import Shell

LINES = (
    b'{"user":{"mail":"ann@example.com"},"password":"hunter2"}\nplain ann@example.com\n{"broken":"token=abcdef12\nlast'
)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_lines_of_json_stay_json_and_others_text_and_the_last_needs_no_end(shell: Shell) -> None:
    done = shell.run("redact", input=LINES)
    first, second, third, last = done.stdout.split(b"\n")
    assert json.loads(first) == {"user": {"mail": "<email:1>"}, "password": "<secret:1>"}
    assert (second, third, last) == (b"plain <email:1>", b'{"broken":"token=<secret:1>', b"last")
    assert done.stderr == b""


def test_a_line_is_answered_while_the_pipe_is_open(shell: Shell) -> None:
    with shell.start("redact") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"password=hunter2\r\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"password=<secret:1>\r\n"
        process.stdin.close()
        assert process.wait(60) == 0


def test_report_counts_by_kind_and_check_ends_with_1_when_there_was_something(shell: Shell) -> None:
    (shell.folder / "app.log").write_bytes(LINES)
    done = shell.run("redact", "app.log", "--report", "--check", code=1)
    assert done.stderr.decode().split() == ["2", "secret", "2", "email"] or done.stderr.decode().split() == [
        "2", "email", "2", "secret",
    ]  # fmt: skip
    (shell.folder / "clean.log").write_bytes(b"all is well\n")
    done = shell.run("redact", "clean.log", "--report", "--check")
    assert (done.stdout, done.stderr) == (b"all is well\n", b"nothing found\n")


def test_a_config_says_what_is_kept_and_which_secrets_are_our_own(shell: Shell) -> None:
    shell.write("hook", "https://discord.example/hook/quite-a-plain-token")
    shell.write(
        "logmedic.toml",
        '[redact]\nkeep = ["email"]\nwords = ["Project Zebra"]\n[store]\nurl = "postgresql://app:Zup%21erPw@db/x"',
        '[[channels]]\nkind = "discord"\nname = "d"\nwebhook = { file = "hook" }',
    )
    done = shell.run("redact", input=b"ann@example.com Project Zebra quite-a-plain-token Zup!erPw Zup%21erPw\n")
    assert done.stdout == b"ann@example.com <own:1> <own:2> <own:3> <own:4>\n"


def test_a_kind_that_does_not_exist_is_refused_by_name(shell: Shell) -> None:
    shell.write("logmedic.toml", '[redact]\nkeep = ["passwords"]')
    done = shell.run("redact", code=78)
    assert b"redact" in done.stderr
    assert b"passwords" in done.stderr


def test_a_file_that_is_not_there_is_one_line_with_its_name(shell: Shell) -> None:
    done = shell.run("redact", "nowhere.log", code=2)
    assert done.stderr.startswith(b"logmedic: nowhere.log: No such file")
    assert done.stderr.count(b"\n") == 1


def test_rules_are_listed_with_family_kind_and_an_example_that_is_found(shell: Shell) -> None:
    rows = [row.split("\t") for row in shell.run("redact", "--rules").stdout.decode().splitlines()]
    assert len(rows) > 140
    assert {"cloud", "tokens", "urls", "headers", "keys", "fields", "personal"} == {family for family, _, _ in rows}
    examples = "".join(example + "\n" for _, _, example in rows).encode()
    clean = shell.run("redact", input=examples).stdout.splitlines()
    assert [row for row, line in zip(rows, clean, strict=True) if row[2].encode() == line] == []
