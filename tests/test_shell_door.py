"""Child processes: bounded in time and in what is kept of their words, and nothing of them stays behind."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from logmedic.doors import Git, Ran, SystemShell
from logmedic.errors import ShellError

ENV = {"PATH": os.environ["PATH"]}


def run(script: str, **more: object) -> Ran:
    options: dict[str, object] = {"timeout": 60.0, "env": ENV, **more}
    return SystemShell().run(["sh", "-c", script], **options)  # type: ignore[arg-type]


def gone(pid: int) -> bool:
    """Whether the process has ended, within a minute."""
    for _ in range(3_000):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_both_streams_and_the_code_come_back_and_a_big_input_does_not_block() -> None:
    data = os.urandom(1 << 20)
    assert run("cat; echo oops >&2; exit 3", input=data) == Ran(3, data, b"oops\n")
    assert run("echo early", input=data) == Ran(0, b"early\n", b""), "it need not read what it is given"


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_one_that_writes_without_end_is_killed_at_the_limit(stream: str) -> None:
    ran = run(f"yes {stream}", limit=100_000)  # raises when it has to wait for the time-out
    assert ran.cut
    assert (len(ran.out), len(ran.err)) == ((0, 100_000) if stream else (100_000, 0))
    assert run("head -c 100000 /dev/zero", limit=100_000) == Ran(0, bytes(100_000), b""), (
        "the limit itself is no excess"
    )


def test_the_memory_is_bounded_by_the_limit_and_not_by_what_is_written() -> None:
    # VmHWM begins anew with the program; ru_maxrss would still count what the tests held when it was started.
    script = (
        "import os, re\n"
        "from logmedic.doors import SystemShell\n"
        "SystemShell().run(['head', '-c', '400000000', '/dev/zero'], timeout=60, env=dict(os.environ), limit=1 << 20)\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])\n"
    )
    source = Path(__file__).parents[1] / "src"
    env = {**ENV, "PYTHONPATH": str(source)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, check=True)
    assert int(done.stdout) / 1024 < 150


@pytest.mark.parametrize("end", ["yes", "sleep 100"], ids=["too much", "too long"])
def test_what_it_started_ends_with_it(tmp_path: Path, end: str) -> None:
    script = f"sleep 100 & echo $! > {tmp_path}/pid; {end}"
    if end == "yes":
        assert run(script, limit=1000).cut
    else:
        with pytest.raises(ShellError, match=r"sh did not end within 2 s"):
            run(script, timeout=2)
    assert gone(int((tmp_path / "pid").read_text()))


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShellError, match="no-such-program is not installed"):
        SystemShell().run(["no-such-program"], timeout=1, env=ENV)
    with pytest.raises(ShellError, match="working directory"):
        run("true", cwd=tmp_path / "nowhere")


def test_git_says_that_it_was_cut_and_hands_over_what_there_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Chatty:
        def run(self, argv: object, **options: object) -> Ran:
            return Ran(-9, b"some", b"", cut=True)

    with caplog.at_level(logging.WARNING, "logmedic"):
        assert Git(tmp_path, Chatty()).run("log") == b"some"  # type: ignore[arg-type]
    assert "the rest was not read" in caplog.text


def test_a_file_that_is_shared_is_open_in_the_program_and_no_other_is(tmp_path: Path) -> None:
    with (tmp_path / "a").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        ask = f"test -e /proc/self/fd/{file.fileno()}"
        assert run(ask, shared=(file.fileno(),)).code == 0
        assert run(ask).code == 1
