"""Logs of the Rust sample service, as tracing-subscriber writes them, mean to logmedic what the Python ones mean."""

from __future__ import annotations

import gzip
import json
import logging
import os
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from test_example_backend import start as start_python

from logmedic.collect.dialects import decoder, sniff
from logmedic.detect import rules
from logmedic.group.fingerprint import Grouper
from logmedic.model import Level, LogRecord, Ref
from logmedic.testing.claude import FakeClaude
from logmedic.tracing import span
from logmedic.tracing.format import JsonFormatter

ROOT = Path(__file__).parents[2]
RECORDINGS = sorted((ROOT / "tests" / "data" / "rust").glob("*.log.gz"))
sys.path.insert(0, str(ROOT / "examples" / "backend-rust"))

import record as rust  # noqa: E402  the example is no package of ours

CODES = {
    "ai_timeout": "AI_TIMEOUT",
    "ai_rate_limited": "AI_RATE_LIMITED",
    "ai_overloaded": "AI_OVERLOADED",
    "auth_expired": "AUTH_TOKEN_EXPIRED",
    "db_pool": "DB_POOL_EXHAUSTED",
    "surge": "IMPORT_ROW_INVALID",
    "hostile": "COMMENT_REJECTED",
    "bug": None,
    "unhandled": None,
}
EVERY = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name.partition(".")[0])


def read(lines: Iterable[bytes]) -> list[LogRecord]:
    found = [
        decoder("rust-tracing", "backend").decode(line.strip(), Ref("s", "t", i), time.time_ns())
        for i, line in enumerate(lines)
    ]
    records = [one for one in found if isinstance(one, LogRecord)]
    assert len(records) == len(found)
    return records


def recorded(path: Path) -> list[LogRecord]:
    return read(gzip.decompress(path.read_bytes()).splitlines())


def errors(records: list[LogRecord], request_id: str) -> list[LogRecord]:
    return [one for one in records if one.request_id == request_id and one.level >= Level.ERROR]


def test_both_profiles_were_recorded_in_each_backtrace_mode() -> None:
    names = {path.name.partition(".")[0] for path in RECORDINGS}
    assert names == {f"{profile}-{mode}" for profile in rust.PROFILES for mode in rust.MODES}


@EVERY
def test_a_recording_names_no_folder_of_the_machine_it_was_made_on(recording: Path) -> None:
    text = gzip.decompress(recording.read_bytes()).decode()
    assert [word for word in ("/root/", "/work/", "/home/", "/tmp/", "crates.io") if word in text] == []


@EVERY
def test_the_sniffer_knows_the_dialect_and_every_line_has_its_time_and_level(recording: Path) -> None:
    assert sniff(gzip.decompress(recording.read_bytes())[: 64 << 10]) == "rust-tracing"
    for one in recorded(recording):
        assert one.flags == ()
        assert one.target.startswith("backend")
        assert one.file is not None
        assert one.line is not None


@EVERY
def test_each_break_is_error_lines_with_its_code_under_its_request_id(recording: Path) -> None:
    records = recorded(recording)
    found = {name: {one.error_code for one in errors(records, name)} for name in CODES}
    assert found == {name: {code} for name, code in CODES.items()}
    assert len(errors(records, "surge")) == 15
    slow = [one for one in records if one.request_id == "slow" and one.message == "Response sent"]
    assert slow[0].duration_ms is not None
    assert slow[0].duration_ms > 5000


@EVERY
def test_a_panic_is_one_line_with_message_and_place_and_a_backtrace_where_it_was_asked_for(recording: Path) -> None:
    (panic,) = errors(recorded(recording), "bug")
    assert panic.exception_type == "panic"
    assert panic.exception_message == "no entry found for key"
    assert panic.stack_text is not None
    assert "panicked at src/plans.rs:7:11:" in panic.stack_text
    assert ("monthly_limit" in panic.stack_text) == ("unset" not in recording.name)
    grouping = Grouper()(panic)
    assert grouping.stack is not None
    assert ("monthly_limit" if panic.stack_text.count("\n") > 1 else "plans") in grouping.culprit


def test_a_break_is_the_same_incident_in_debug_and_release_and_in_every_backtrace_mode() -> None:
    group = Grouper()
    found: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for path in RECORDINGS:
        records = recorded(path)
        for name in CODES.keys() - {
            "hostile"
        }:  # its messages are what strangers wrote, and without a stack no two alike
            found[name][path.name] = {group(one).fingerprint for one in errors(records, name)}
    split = {name: per for name, per in found.items() if len(set(map(frozenset, per.values()))) > 1}
    assert split == {}


def test_two_breaks_are_never_one_incident() -> None:
    group = Grouper()
    for path in RECORDINGS:
        records = recorded(path)
        owners: dict[str, set[str]] = defaultdict(set)
        for name in CODES:
            for one in errors(records, name):
                owners[group(one).fingerprint].add(name)
        assert [names for names in owners.values() if len(names) > 1] == []


def test_the_python_tracing_layer_writes_the_keys_that_tracing_subscriber_writes() -> None:
    line = next(
        json.loads(one) for one in gzip.decompress(RECORDINGS[0].read_bytes()).splitlines() if b"Processing" in one
    )
    given = logging.makeLogRecord({"name": "backend.services", "levelno": logging.DEBUG, "msg": "Processing ticket"})
    with span("handler", request_id="r"), span("service.ticket", number=3):
        ours = json.loads(JsonFormatter().format(given))
    assert list(ours) == list(line)
    assert shape(ours["span"]) == shape(line["span"])
    assert [one["name"] for one in ours["spans"]] == [one["name"] for one in line["spans"]]
    assert {type(value) for value in ours.values()} == {type(value) for value in line.values()}
    assert "message" in ours["fields"]
    assert "message" in line["fields"]
    assert ours["timestamp"][-1] == line["timestamp"][-1] == "Z"


def test_levels_are_spelled_as_rust_spells_them() -> None:
    ours = {
        json.loads(JsonFormatter().format(logging.makeLogRecord({"levelno": number, "msg": "x"})))["level"]
        for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
    }
    theirs = {json.loads(line)["level"] for line in gzip.decompress(RECORDINGS[0].read_bytes()).splitlines()}
    assert theirs <= ours == {"DEBUG", "INFO", "WARN", "ERROR"}


def shape(value: dict[str, Any]) -> dict[str, type]:
    return {key: type(member) for key, member in value.items()}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(shutil.which("cargo") is None, reason="needs cargo")
def test_live_logs_of_the_rust_service_read_as_those_of_the_python_service(tmp_path: Path, claude: FakeClaude) -> None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", tmp_path / "target"))
    program = rust.build("debug", target)
    names = [name for name in rust.BREAKS if name != "unhandled"]
    with rust.running(program, tmp_path / "rust", claude, "1", report_s=0.3) as server:
        statuses = {name: server.ask("POST", f"/break/{name}", name).status_code for name in names}
        theirs = summaries(server.log, names)
    python = start_python(tmp_path / "python", claude, "--breakable")
    try:
        ids = {name: {"x-request-id": name} for name in names}
        expected = {name: python.ask("POST", f"/break/{name}", headers=ids[name]).status_code for name in names}
        ours = summaries(python.log, names)
    finally:
        python.process.terminate()
        python.process.wait(60)
    assert statuses == expected
    assert theirs == ours


def summaries(log: Path, names: list[str]) -> dict[str, list[object]]:
    """What logmedic sees of each break: levels, codes, rules that match, spans of coded errors, and the answer."""
    deadline = time.monotonic() + 60
    while True:
        records = read(line for line in log.read_bytes().splitlines())
        last = [one for one in records if one.message == "Response sent"]
        if len({one.request_id for one in last} & set(names)) == len(names) or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    built = rules.build_rules()
    return {
        name: [
            (
                one.level,
                one.error_code,
                one.spans if one.error_code else (),
                tuple(r.name for r in built if r.judge(one)),
            )
            for one in errors(records, name)
        ]
        + [one.fields["status"] for one in last if one.request_id == name]
        for name in names
    }
