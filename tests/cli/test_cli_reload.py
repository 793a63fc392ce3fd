"""``serve`` takes up a changed configuration while it runs, and keeps the one it has when the new one is wrong."""

from __future__ import annotations

import http.client
import json
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cli_shell import Shell

WAIT = 60.0  # seconds, for what takes a few at most


def config(*sources: str, listen: str = "127.0.0.1:0") -> str:
    parts = [f'[[sources]]\nkind = "file"\nname = "{name}"\npaths = ["{name}.log"]\n' for name in sources]
    return "".join([*parts, f'[web]\nlisten = "{listen}"\n', '[[channels]]\nkind = "jsonl"\npath = "told.jsonl"\n'])


class Serving:
    """A process of ``serve --json``; ``event`` waits for the next one of a name."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.errors: list[str] = []
        self._events: queue.Queue[dict[str, object]] = queue.Queue()
        self._said = threading.Condition()
        self._threads = [threading.Thread(target=self._read_events), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()

    def event(self, name: str) -> dict[str, object]:
        while True:
            found = self._events.get(timeout=WAIT)
            if found["event"] == name:
                return found

    def said(self, words: str) -> str:
        with self._said:
            assert self._said.wait_for(lambda: any(words in line for line in self.errors), WAIT), self.errors
        return next(line for line in self.errors if words in line)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(WAIT)
        for thread in self._threads:
            thread.join(WAIT)
        return code

    def _read_events(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._events.put(json.loads(line))

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._said:
                self.errors.append(line.decode())
                self._said.notify_all()


@pytest.fixture
def serving(shell: Shell, record: Callable[..., str]) -> Iterator[Serving]:
    write(shell.folder, config("app"))
    shell.write("app.log", record())
    with shell.start("serve", "--json") as process:
        found = Serving(process)
        try:
            found.event("dashboard")
            found.event("incident")
            yield found
        finally:
            process.kill()


def write(folder: Path, text: str) -> None:
    (folder / "logmedic.toml").write_text(text, encoding="utf-8")


def test_a_new_source_is_followed_and_what_was_read_is_not_read_again(serving, shell, record):
    write(shell.folder, config("app", "pay"))
    shell.write("pay.log", record("card refused"))
    serving.process.send_signal(signal.SIGHUP)
    assert serving.event("started")["sources"] == ["app", "pay"]
    assert serving.event("incident")["incident"]["title"] == "card refused"
    shell.write("app.log", record("stock is gone"))
    assert serving.event("incident")["incident"]["title"] == "stock is gone"
    assert serving.end() == 0
    counts = {i["title"]: i["count"] for i in shell.json("incidents", "list")}
    assert counts == {"stock is negative": 1, "card refused": 1, "stock is gone": 1}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("[[sources]]\nkind = 'file'\npath = 'x'\n", "path"),
        ("", "no [[sources]] to read"),
        (config("app", listen="192.0.2.1:80"), "192.0.2.1"),  # known only when it is tried: no machine has it
    ],
)
def test_a_wrong_one_is_said_and_changes_nothing(serving, shell, record, wrong, words):
    write(shell.folder, wrong)
    serving.process.send_signal(signal.SIGHUP)
    assert words in serving.said("going on with the configuration as it was")
    shell.write("app.log", record("stock is gone"))
    assert serving.event("incident")["incident"]["title"] == "stock is gone"
    assert serving.end() == 0
    assert not any("Traceback" in line for line in serving.errors)


def test_the_dashboard_reloads_and_tells_what_is_wrong(shell, record):
    write(shell.folder, config("app"))
    shell.write("app.log", record())
    with shell.start("serve", "--json") as process:
        serving = Serving(process)
        url = str(serving.event("dashboard")["url"])
        write(shell.folder, config("app").replace("paths", "pathes"))
        status, words = post(url)
        assert status == 422
        assert "pathes" in words
        write(shell.folder, config("pay"))
        assert post(url)[0] == 202
        assert serving.event("started")["sources"] == ["pay"]
        assert serving.end() == 0


def post(url: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=WAIT)
    try:
        connection.request("POST", "/-/reload")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
