"""One call installs the log, a second one replaces it, and closing it undoes it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from logmedic.tracing import setup


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_stdout_and_file_get_the_same_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    installed = setup(service="shop", release="4f2a", file=tmp_path / "shop.log")
    logging.getLogger("x").info("hello")
    logging.getLogger("x").debug("not shown")
    installed.close()
    assert (tmp_path / "shop.log").read_text() == capsys.readouterr().out
    fields = [line["fields"] for line in read(tmp_path / "shop.log")]
    assert fields == [{"message": "hello", "service": "shop", "release": "4f2a"}]


def test_levels_can_be_set_for_single_loggers(tmp_path: Path) -> None:
    installed = setup(service="s", level="warning", levels={"shop": "DEBUG"}, stdout=False, file=tmp_path / "a.log")
    for name in ("shop.orders", "other"):
        logging.getLogger(name).debug("debug of %s", name)
    installed.close()
    assert [line["target"] for line in read(tmp_path / "a.log")] == ["shop.orders"]


def test_a_second_call_replaces_the_first_and_close_undoes_everything(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level, sys.excepthook, threading.excepthook)
    setup(service="a", stdout=False, file=tmp_path / "a.log")
    second = setup(service="b", level="DEBUG", stdout=False, file=tmp_path / "b.log")
    logging.getLogger("x").info("once")
    second.close()
    second.close()
    assert (list(root.handlers), root.level, sys.excepthook, threading.excepthook) == before
    assert (tmp_path / "a.log").read_bytes() == b""
    assert len(read(tmp_path / "b.log")) == 1


def test_the_lines_of_the_server_come_out_and_its_access_lines_do_not(tmp_path: Path) -> None:
    server, access = logging.getLogger("uvicorn.error"), logging.getLogger("uvicorn.access")
    server.addHandler(logging.NullHandler())
    setup(service="s", stdout=False, file=tmp_path / "a.log")
    server.info("started", extra={"color_message": "\x1b[1mstarted"})
    access.info("GET /")
    assert not access.hasHandlers()
    installed = setup(service="s", stdout=False, file=tmp_path / "b.log", access_log=True)
    access.info("GET /")
    installed.close()
    assert [line["fields"] for line in read(tmp_path / "a.log")] == [{"message": "started", "service": "s"}]
    assert [line["target"] for line in read(tmp_path / "b.log")] == ["uvicorn.access"]


def test_warnings_and_the_death_of_a_thread_are_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _args: None)
    installed = setup(service="s", stdout=False, file=tmp_path / "a.log")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old way", DeprecationWarning, stacklevel=1)
    thread = threading.Thread(target=lambda: {}["missing"], name="worker-7")
    thread.start()
    thread.join()
    installed.close()
    warning, death = read(tmp_path / "a.log")
    assert "old way" in warning["fields"]["message"]
    assert death["fields"]["exception"]["type"] == "KeyError"
    assert death["fields"]["thread_name"] == "worker-7"


def test_what_ends_the_process_is_in_its_log() -> None:
    program = "from logmedic.tracing import setup\nsetup(service='s')\n{}['plan']"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=100)
    line = json.loads(done.stdout)
    assert (line["level"], line["fields"]["exception"]["type"]) == ("FATAL", "KeyError")
    assert b"Traceback" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"service": ""}, "must name the service"),
        ({"service": "s", "stdout": False}, "no output"),
        ({"service": "s", "level": "LOUD"}, "unknown log level 'LOUD'"),
        ({"service": "s", "levels": {"x": "LOUD"}}, "unknown log level 'LOUD'"),
        ({"service": "s", "max_bytes": 0}, "at least 1"),
        ({"service": "s", "backups": 0}, "at least 1"),
    ],
)
def test_nonsense_is_refused_before_anything_is_installed(arguments: dict[str, Any], complaint: str) -> None:
    before = list(logging.getLogger().handlers)
    with pytest.raises(ValueError, match=complaint):
        setup(**arguments)
    assert logging.getLogger().handlers == before


def test_the_layer_needs_nothing_of_the_rest_and_nothing_heavy() -> None:
    program = "import logmedic.tracing, sys; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=100, text=True)
    modules = done.stdout.split()
    ours = {name for name in modules if name.startswith("logmedic")}
    assert {name for name in ours if not name.startswith("logmedic.tracing")} == {"logmedic"}
    assert not {"httpx2", "starlette", "sqlalchemy", "rich", "opentelemetry"} & set(modules)
