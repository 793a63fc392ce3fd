"""``fingerprint --multiline``: one answer for each event; without it, one for each line."""

from __future__ import annotations

import json
import subprocess
import sys

LOG = b"""\
{"level":"ERROR","message":"no stock"}
2026-01-31 12:00:00,123 ERROR shop: order 7 failed
Traceback (most recent call last):
  File "/app/shop/orders.py", line 3, in reserve
    take(order)
ValueError: bad

thread 'main' panicked at src/main.rs:2:5:
boom
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"""


def answers(*options: str) -> list[dict[str, str]]:
    command = [sys.executable, "-c", "from logmedic.cli.main import main; main()", "fingerprint", *options]
    done = subprocess.run(command, input=LOG, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_trace_over_several_lines_has_one_fingerprint():
    stock, order, panic = answers("--multiline")
    assert stock["title"] == "no stock"
    assert "ValueError" in order["title"]
    assert "reserve" in order["culprit"]
    assert "boom" in panic["title"]


def test_without_the_option_every_line_is_answered():
    assert len(answers()) == LOG.count(b"\n")


def test_diagnose_finds_the_trace_in_a_log_of_plain_text(tmp_path):
    log = tmp_path / "app.log"
    calm = b"".join(b"2026-01-31 11:59:%02d,000 INFO shop: order %d done\n" % (n, n) for n in range(50))
    log.write_bytes(calm + LOG.split(b"\n", 1)[1])
    command = [sys.executable, "-c", "from logmedic.cli.main import main; main()", "diagnose", str(log), "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    diagnosis = json.loads(done.stdout)
    assert "ValueError: bad" in diagnosis["root_cause"]
    assert any("reserve" in quoted["text"] for quoted in diagnosis["evidence"])
