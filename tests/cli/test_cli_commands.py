"""What each command prints and changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_shell import environment

STACKS = Path(__file__).resolve().parents[1] / "data" / "stacks"
DIAGNOSIS_KEYS = {
    "severity", "cause_kind", "root_cause", "impact", "actions", "suspects", "code_cause", "fixable", "confidence",
    "claims", "evidence", "engine", "model", "cost_usd", "status",
}  # fmt: skip


class TestDiagnose:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("rust-unwrap-short", ("row 42 is gone", "src/main.rs:22")),
            ("rust-bounds-full", ("index out of bounds", "src/")),
            ("python-3.12-chain", ("KeyError", "shop/orders.py:6")),
            ("python-3.8-deep", ("Error", ".py:")),
        ],
    )
    def test_a_pasted_stack_is_explained_without_a_config(self, shell, name, words):
        diagnosis = shell.json("diagnose", "-", input=(STACKS / f"{name}.txt").read_bytes())
        assert diagnosis.keys() >= DIAGNOSIS_KEYS
        for word in words:
            assert word in diagnosis["root_cause"]
        assert diagnosis["cause_kind"] == "code"
        cited = {citation for claim in diagnosis["claims"] for citation in claim["citations"]}
        assert cited
        assert cited <= {evidence["id"] for evidence in diagnosis["evidence"]}
        assert list(shell.folder.iterdir()) == [], "nothing is stored"

    def test_a_log_is_explained_by_its_first_incident_and_a_number_by_what_is_stored(self, watched, record):
        watched.write("app.log", record("all is well", "INFO"), record(), record("later bug"))
        of_file = watched.json("diagnose", "app.log")
        assert "stock is negative" in of_file["root_cause"]
        watched.run("scan")
        listed = {i["title"]: i["id"] for i in watched.json("incidents", "list")}
        of_number = watched.json("diagnose", str(listed["stock is negative"]))
        assert of_number["root_cause"] == of_file["root_cause"]

    def test_a_person_gets_text_in_the_language_asked_for(self, shell):
        text = (STACKS / "python-3.12-chain.txt").read_bytes()
        korean = shell.run("diagnose", "-", "--language", "ko", input=text).stdout.decode()
        assert "근본 원인" in korean
        assert "KeyError" in korean

    def test_a_log_without_a_problem_has_nothing_to_diagnose(self, shell, record):
        err = shell.run("diagnose", "-", input=record("all is well", "INFO").encode(), code=2).stderr
        assert b"none of its 1 lines matches a rule" in err


class TestScan:
    def test_standard_input_is_read_to_its_end(self, shell, record):
        summary = shell.json("scan", "-", input=f"{record()}\n{record()}\n{record('bye', 'INFO')}".encode())
        assert summary["lines"] == 3
        (incident,) = summary["incidents"]
        assert (incident["count"], incident["title"], incident["service"]) == (2, "stock is negative", "shop")
        assert incident["diagnosis"].keys() >= DIAGNOSIS_KEYS

    def test_people_get_a_table_and_programs_nothing_but_json(self, watched, record):
        watched.write("app.log", record("\u001b[31mred\u001b[0m \u202eevil"))
        done = watched.run("scan")
        assert b"red" in done.stdout
        assert b"\x1b[31m" not in done.stdout
        assert "\u202e" not in done.stdout.decode()
        assert b"1 lines" in done.stderr


class TestReplay:
    def test_it_tells_what_would_happen_and_stores_and_sends_nothing(self, watched, record):
        watched.write("app.log", *[record(duration_ms=6000 + n) for n in range(12)])
        replayed = watched.json("replay")
        assert {tuple(i["rules"]): i["count"] for i in replayed["incidents"]} == {
            ("error-level", "slow"): 12,
            ("surge",): 2,
        }
        assert {alert["channel"] for alert in replayed["alerts"]} == {"told"}
        assert len(replayed["alerts"]) == 2
        assert {path.name for path in watched.folder.iterdir()} == {"app.log", "logmedic.toml"}

    def test_another_config_is_compared(self, watched, record):
        watched.write("app.log", record(), record("slow", "INFO", duration_ms=4000))
        other = (watched.folder / "logmedic.toml").read_text("utf-8")
        watched.write("other.toml", other, '[[rules]]\nname = "slow"\nkind = "duration"\nover_ms = 3000')
        compared = watched.json("replay", "--compare", "other.toml")["compare"]
        assert compared["only_here"] == []
        assert len(compared["only_there"]) == 1
        assert compared["alerts_there"] == compared["alerts_here"] + 1


def test_incidents_are_listed_shown_and_change_their_state(watched, record):
    assert watched.json("incidents", "list") == []
    watched.write("app.log", record(), record("second bug"))
    watched.run("scan")
    listed = {i["title"]: i for i in watched.json("incidents", "list")}
    assert {i["state"] for i in listed.values()} == {"open"}
    first = listed["stock is negative"]
    prefix = first["fingerprint"].removeprefix("v1:")[:8]
    watched.run("incidents", "resolve", prefix)
    watched.run("incidents", "ignore", str(listed["second bug"]["id"]))
    (left,) = watched.json("incidents", "list")
    assert (left["title"], left["state"]) == ("stock is negative", "resolved")
    assert [i["title"] for i in watched.json("incidents", "list", "--state", "ignored")] == ["second bug"]
    watched.run("incidents", "snooze", prefix, "--for", "30m")
    watched.run("incidents", "reopen", prefix)
    watched.run("incidents", "ack", prefix)
    shown = watched.json("incidents", "show", prefix)
    assert [e["event"] for e in shown["timeline"]] == ["new", "diagnosed", "resolved", "snoozed", "open", "acked"]
    assert [(e["generation"], e["channel"], e["result"]) for e in shown["effects"]] == [(1, "told", "sent")]
    assert shown["grouped_by"]
    assert b"Timeline" in watched.run("incidents", "show", prefix).stdout


class TestFingerprint:
    GARBAGE = (
        b'{"level":"ERROR","message":"user 1 not found"}', b"", b"{", b'{"level":', b"\xff\xfe\x00", b"null", b"[[[[",
        b'{"a":' * 5000, b'{"n":' + b"9" * 5000 + b"}", b"\xed\xa0\x80 lone surrogate", b'{"message":["a",{"b":1}]}',
        b"x" * 300_000, b'{"level":"ERROR","message":"user 2 not found"}', b"\r", b'{"level":7,"message":null}',
    )  # fmt: skip

    def test_each_line_gets_one_object_in_order_whatever_it_is(self, shell):
        out = shell.run("fingerprint", input=b"\n".join(self.GARBAGE)).stdout
        answers = [json.loads(line) for line in out.decode("utf-8").splitlines()]
        assert len(answers) == len(self.GARBAGE)
        assert all(answer.keys() == {"fingerprint", "title", "culprit"} for answer in answers)
        assert all(len(answer["title"]) <= 120 and answer["title"].isprintable() for answer in answers)
        assert answers[0] == answers[12]
        assert answers[0]["fingerprint"] != answers[2]["fingerprint"]
        backwards = shell.run("fingerprint", "--plain", input=b"\n".join(reversed(self.GARBAGE))).stdout.split()
        assert [a["fingerprint"] for a in reversed(answers)] == [b.decode() for b in backwards]

    def test_it_explains_what_went_in(self, shell):
        (line,) = shell.run("fingerprint", "--explain", input=self.GARBAGE[0]).stdout.splitlines()
        components = {c["name"]: c for c in json.loads(line)["components"]}
        assert any("1" in masked for c in components.values() for masked in c["masked"])


HEAVY = ("sqlalchemy", "dbos", "httpx2", "alembic", "rich", "hyperscan", "pydantic", "anthropic", "genai_prices")
WATCHING = """
import atexit, sys
heavy = sys.argv.pop(1).split(",")
atexit.register(lambda: print(",".join(m for m in heavy if m in sys.modules), file=sys.stderr))
from logmedic.cli.main import main
main()
"""


class TestImports:
    def loaded(self, folder: Path, *arguments: str) -> tuple[int, list[str]]:
        done = subprocess.run(
            [sys.executable, "-c", WATCHING, ",".join(HEAVY), *arguments],
            cwd=folder, env=environment(), capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        return done.returncode, [name for name in done.stderr.splitlines()[-1].split(",") if name]

    def test_help_loads_nothing_heavy(self, shell):
        assert self.loaded(shell.folder, "--help") == (0, [])
        assert self.loaded(shell.folder, "scan", "--help") == (0, [])

    def test_a_scan_with_nothing_new_loads_nothing_heavy_and_one_with_news_does(self, watched, record):
        watched.write("app.log", record())
        code, loaded = self.loaded(watched.folder, "scan", "--json")
        assert code == 0
        assert "dbos" in loaded, "else this test looks for the wrong thing"
        assert self.loaded(watched.folder, "scan", "--json") == (0, [])
