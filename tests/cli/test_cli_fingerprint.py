"""``logmedic fingerprint`` in a pipe: each line is answered once it is there, in order, however it arrives."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

from cli_shell import environment
from hypothesis import given
from hypothesis import strategies as st

from logmedic.cli.fingerprint import _batches

COMMAND = [str(Path(sys.executable).with_name("logmedic")), "fingerprint"]


class Arriving(io.BytesIO):
    """A pipe that hands out its bytes in pieces of the given sizes."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self._sizes = iter(sizes)

    def read1(self, size: int | None = -1) -> bytes:
        return super().read1(next(self._sizes, size))


@given(st.binary(max_size=60).map(lambda data: data.replace(b"\r", b"\n")), st.lists(st.integers(1, 9)))
def test_lines_are_those_of_the_file_however_the_pipe_cuts_them(data: bytes, sizes: list[int]) -> None:
    found = [line for batch in _batches(Arriving(data, sizes)) for line in batch]
    assert found == [line.removesuffix(b"\n") for line in io.BytesIO(data)]


def test_a_line_is_answered_before_the_next_one_comes() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            os.write(process.stdin.fileno(), b'{"level":"ERROR","message":"order %d fail' % number)
            os.write(process.stdin.fileno(), b'ed"}\n')
            answer = json.loads(process.stdout.readline())
            assert answer["title"] == "order <num> failed"
        process.stdin.close()
        assert process.wait(60) == 0


def test_a_line_longer_than_a_chunk_and_one_without_an_end_are_answered() -> None:
    lines = [b'{"message":"' + b"x" * 200_000 + b'"}', b'{"message":"short"}', b"no end"]
    done = subprocess.run(COMMAND, input=b"\n".join(lines), stdout=subprocess.PIPE, check=True)
    assert [json.loads(line)["title"] for line in done.stdout.splitlines()][1:] == ["short", "no end"]


def test_rules_of_the_configuration_apply_and_a_wrong_one_is_told_in_a_line(tmp_path: Path) -> None:
    config = tmp_path / "logmedic.toml"
    rule = "[[group.rules]]\nmatch = { message = '*' }\nfingerprint = ['{{ default }}', '{{ field.tenant }}']\n"
    config.write_text(rule, encoding="utf-8")
    lines = b"".join(b'{"level":"ERROR","message":"order 7 failed","tenant":"%s"}\n' % t for t in (b"a", b"b", b"a"))
    done = subprocess.run([*COMMAND, "-c", str(config), "--explain"], input=lines, stdout=subprocess.PIPE, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0]["fingerprint"] == answers[2]["fingerprint"] != answers[1]["fingerprint"]
    assert {"name": "rule", "value": "group.rules[0]", "masked": []} in answers[0]["components"]

    config.write_text(rule.replace("default", "defalt"), encoding="utf-8")
    wrong = subprocess.run([*COMMAND, "-c", str(config)], input=lines, capture_output=True, check=False)
    assert wrong.returncode == 78
    assert b"group.rules[0]: fingerprint: unknown name `defalt`; did you mean `default`?" in wrong.stderr
    assert wrong.stderr.count(b"\n") == 1


def test_output_that_cannot_be_written_is_one_line(shell):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "logmedic.cli.main", "fingerprint"], input=b'{"message":"x"}\n', stdout=full,
            stderr=subprocess.PIPE, env=environment(), cwd=shell.folder, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "logmedic: the output cannot be written: No space left on device; make room, or write elsewhere"
    ]
