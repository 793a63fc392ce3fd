"""Console and JSON lines."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path

import pytest
from respond_samples import COMMIT, HOSTILE, diagnosis, hostile_incident, incident, notice

from logmedic.errors import DeliveryError
from logmedic.model import Severity, State, Substate, Suspect, Text
from logmedic.respond.console import ConsoleConfig, ConsoleResponder
from logmedic.respond.discord_message import embed
from logmedic.respond.jsonl import JsonlConfig, JsonlResponder


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(told, *, stream=None, **settings) -> str:
    stream = io.StringIO() if stream is None else stream
    ConsoleResponder(ConsoleConfig(**settings), stream=stream).deliver(told)
    return stream.getvalue()


def test_the_console_says_what_broke_and_what_to_do():
    text = shown(notice(incident(diagnosis=diagnosis()), url="https://logs.example/incidents/12"))
    assert text.splitlines()[:5] == [
        "CRITICAL · new · payments · DB_POOL_TIMEOUT",
        "  connection pool timed out after <num> ms",
        "  Where: payments.db.checkout",
        "  Occurrences: 31 (first 2026-01-01T00:00:00Z, last 2026-01-01T00:05:00Z) ▁▄▁▁█",
        "  Root cause: The pool is too small [72 % sure, verified (offline)]",
    ]
    assert "  What to do: 1. The pool is too small\n" in text
    assert text.endswith("  incident 12 · v1:0123456789abcdef · https://logs.example/incidents/12\n")


def test_the_console_speaks_korean_when_asked_by_product_or_channel():
    assert shown(notice(language="ko")).startswith("심각 · 신규")
    assert shown(notice(language="en"), language="ko").startswith("심각 · 신규")


def test_the_console_and_discord_tell_why_a_commit_is_suspected_in_the_readers_language():
    why = Text("it changed pool_size from 10 to 2", "pool_size 값 변경: 10 → 2")
    told = notice(incident(diagnosis=diagnosis(suspects=(Suspect(COMMIT, 0.82, why),))), language="ko")
    assert f"의심 커밋: {COMMIT[:12]} (0.82) {why.ko}\n" in shown(told)
    (field,) = (f for f in embed(told, "ko")["fields"] if f["name"] == "의심 커밋")
    assert field["value"] == f"`{COMMIT[:12]}` 0.82 pool\\_size 값 변경: 10 → 2"
    assert why.en in shown(told, language="en")


def test_the_console_names_a_state_that_is_not_open():
    assert "resolved" in shown(notice(incident(state=State.RESOLVED))).splitlines()[0]


def test_the_console_says_why_it_speaks_again():
    again = incident(substate=Substate.ESCALATING, reason="10× its usual rate")
    assert "  Why now: 10× its usual rate\n" in shown(notice(again))
    assert "Why now" not in shown(notice())


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_foreign_text_steers_the_terminal(text, stream):
    out = shown(notice(hostile_incident(text)), stream=stream())
    if stream is Terminal:  # rich's own colours
        out = out.replace("\x1b[0m", "")
        for style in ("1;31", "2"):
            out = out.replace(f"\x1b[{style}m", "")
    allowed = {"\n", "\u200d"}
    assert {c for c in out if not c.isprintable()} <= allowed
    assert len(out.splitlines()) <= 20


def test_brackets_of_a_log_are_no_colours_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = shown(notice(incident(title="[bold red]x[/] :boom:")), stream=Terminal())
    assert "[bold red]x[/] :boom:" in out
    assert "\x1b[1;31mCRITICAL" in out


class AsciiTerminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("kind", [io.TextIOWrapper, AsciiTerminal])
def test_a_terminal_that_lacks_the_letters_gets_escapes(kind):
    raw = io.BytesIO()
    stream = kind(raw, encoding="ascii")
    ConsoleResponder(ConsoleConfig(), stream=stream).deliver(notice(language="ko"))
    assert b"\\uc2ec\\uac01" in raw.getvalue()


@pytest.mark.parametrize(
    "make", [lambda s: ConsoleResponder(ConsoleConfig(), stream=s), lambda s: JsonlResponder(JsonlConfig(), stream=s)]
)
def test_a_closed_stream_is_a_permanent_failure(make):
    stream = io.StringIO()
    stream.close()
    with pytest.raises(DeliveryError, match="cannot write: ") as caught:
        make(stream).deliver(notice())
    assert caught.value.retry_after is None


def test_a_json_line_has_the_whole_incident_but_no_quoted_evidence():
    stream = io.StringIO()
    JsonlResponder(JsonlConfig(), stream=stream).deliver(notice(incident(diagnosis=diagnosis())))
    (line,) = stream.getvalue().splitlines()
    read = json.loads(line)
    assert (read["version"], read["type"], read["key"]) == (1, "incident", "v1:0123456789abcdef:1")
    assert read["incident"]["first_seen"] == "2026-01-01T00:00:00Z"
    assert read["incident"]["histogram"][0] == {"start": "2026-01-01T00:00:00Z", "count": 1}
    assert read["incident"]["diagnosis"]["confidence"] == 0.72
    assert "evidence" not in read["incident"]["diagnosis"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_json_line_is_one_line_that_gives_back_the_same_text_and_steers_no_terminal(text):
    stream = io.StringIO()
    JsonlResponder(JsonlConfig(), stream=stream).deliver(notice(hostile_incident(text)))
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert not set(line) & set("\x1b\x9b\u202e\u200b\u2028")
    assert json.loads(line)["incident"]["title"] == text


def test_json_lines_of_many_writers_do_not_mix(tmp_path):
    path = tmp_path / "incidents.jsonl"
    config = JsonlConfig(path=str(path))
    told = notice(hostile_incident("가" * 20_000, Severity.INFO))

    def write():
        for _ in range(10):
            JsonlResponder(config).deliver(told)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 40
    assert {json.loads(line)["key"] for line in lines} == {told.key}


def test_after_a_torn_line_the_next_one_stands_alone(tmp_path):
    path = tmp_path / "incidents.jsonl"
    path.write_bytes(b'{"half":')
    JsonlResponder(JsonlConfig(path=str(path))).deliver(notice())
    torn, whole = path.read_text(encoding="utf-8").splitlines()
    assert torn == '{"half":'
    assert json.loads(whole)["type"] == "incident"


def test_a_file_that_cannot_be_opened_is_a_permanent_failure_with_its_path(tmp_path):
    path = tmp_path / "missing" / "incidents.jsonl"
    with pytest.raises(DeliveryError, match=r"cannot write to .*missing.*: No such file") as caught:
        JsonlResponder(JsonlConfig(path=str(path))).deliver(notice())
    assert caught.value.retry_after is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_worth_a_retry():
    with pytest.raises(DeliveryError, match="No space left") as caught:
        JsonlResponder(JsonlConfig(path="/dev/full")).deliver(notice())
    assert caught.value.retry_after == 60.0
