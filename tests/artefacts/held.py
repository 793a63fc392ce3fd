"""What all tests of ``generate`` use: a config in a folder, and the programs that its output is held against."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from logmedic import build

ROOT = Path(__file__).parents[2]
PUSH = '[[sources]]\nkind = "push"\n'
FILES = '[[sources]]\nkind = "file"\npaths = ["logs/*.log", "/var/log/with \\"quote\\" 100%.log"]\n'


def loaded(folder: Path, config: str) -> build.Loaded:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "logmedic.toml").write_text(config, encoding="utf-8")
    return build.load_config(str(folder / "logmedic.toml"), folder)


def tool(name: str) -> str:
    """A program, beside this Python or on the PATH. Only where CI does not run may it be missing."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        assert not os.environ.get("LOGMEDIC_CI"), f"{name} is not installed"
        pytest.skip(f"{name} is not installed")
    return found


def ran(*arguments: str, **options: Any) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=150, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
