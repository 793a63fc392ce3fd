"""Commands as processes of their own, in a folder of their own, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2] / "src"


def environment(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(SOURCE), "LANG": "C.UTF-8", **more}


class Shell:
    """``run`` to the end; ``start`` and talk to it; both in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.more: dict[str, str] = {}  # of the environment

    def start(self, *arguments: str, stdin: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "logmedic.cli.main", *arguments], cwd=self.folder, env=environment(**self.more),
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, input: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
        """Ends with ``code``, and never with a traceback."""
        with self.start(*arguments) as process:
            out, err = process.communicate(input, timeout=100)
        assert b"Traceback" not in err, err.decode()
        assert process.returncode == code, err.decode()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, *arguments: str, input: bytes = b"", code: int = 0) -> Any:
        """The one JSON document that it prints."""
        return json.loads(self.run(*arguments, "--json", input=input, code=code).stdout)

    def write(self, name: str, *lines: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
