"""What ``serve`` logs of errors and of what nobody caught: readable, and without secrets."""

from __future__ import annotations

import subprocess
import sys

from cli_shell import environment

PROGRAM = """
import logging, threading
from logmedic.cli import logs

formatter = logs.begin()
log = logging.getLogger("logmedic")
log.warning("cannot reach %s", "https://app:Hunter2Zq@host/x")
formatter.clean = lambda text: text.replace("ours", "<own:1>")
def fail(): raise ValueError("line with ours")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
raise RuntimeError("ours again")
"""


def test_lines_and_tracebacks_of_every_thread_are_redacted_as_the_latest_configuration_wants_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment(), capture_output=True, timeout=100, check=False
    )
    said = done.stderr.decode()
    assert done.returncode == 1
    assert "WARNING cannot reach https://app:<url-password:1>@host/x" in said
    assert said.count("CRITICAL unexpected\nTraceback (most recent call last):") == 2
    assert "ValueError: line with <own:1>" in said
    assert "RuntimeError: <own:1> again" in said
    assert "ours again" not in said
