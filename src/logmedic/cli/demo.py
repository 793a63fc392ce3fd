"""``logmedic demo``: a sample service breaks on purpose, and logmedic is watched finding out why."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logmedic import build
from logmedic.cli import options, output
from logmedic.collect.file import FileSourceConfig
from logmedic.errors import LogmedicError, ShellError
from logmedic.investigate import report
from logmedic.model import Text
from logmedic.respond.console import ConsoleConfig
from logmedic.respond.spoken import spoken
from logmedic.web import opening as web

if TYPE_CHECKING:
    from logmedic.model import Incident
    from logmedic.pipeline.running import Runtime

START_SECONDS = 15.0  # for the sample service to answer
SETTLE_SECONDS = 20.0  # for the last incidents to be diagnosed
SLOW_SECONDS = 5.2  # of the slow handler: just over the limit of the default rule
_SAMPLE = Text(
    "A sample service with {commits} commits of history; three of its faults were committed today.",
    "커밋 이력이 {commits}개인 예제 서비스입니다. 결함 중 세 가지는 오늘 커밋된 것입니다.",
)
_RUNNING = Text(
    "It runs on {url} and logs to {logs}. Now it is used, and broken in nine ways …\n",
    "주소는 {url}, 로그는 {logs}에 있습니다. 이제 요청을 보내면서 아홉 가지 방법으로 고장 냅니다 …\n",
)
_WATCHING = Text(
    "\nStill watching. Break it yourself: curl -X POST {url}/break/bug   (Ctrl-C ends)",
    "\n계속 지켜보고 있습니다. 직접 고장 내 보세요: curl -X POST {url}/break/bug   (Ctrl-C로 종료)",
)
_DASHBOARD = Text("\nThe same incidents in a browser: {url}", "\n브라우저에서 보기: {url}")
_BLANK = Text("", "")


@click.command()
@click.option("--no-serve", is_flag=True, help="End when every fault has been found, as it does without a terminal.")
@options.json
@options.language
def demo(no_serve: bool, as_json: bool, language: str | None) -> None:
    """Start a sample service, break it in nine ways, and find out what broke. No key, no account, no container."""
    stay = not no_serve and sys.stdin.isatty()
    with tempfile.TemporaryDirectory(prefix="logmedic-demo-") as folder:
        story = Story(Path(folder), quiet=as_json, language=language)
        with story.run() as runtime:
            incidents = runtime.store.list_incidents(limit=1000)
            if as_json:
                output.print_json({"incidents": [output.incident_json(i, story.language) for i in incidents]})
            else:
                _tell(incidents, story)
            if stay:
                with story.dashboard(runtime) as address:
                    if address:
                        story.say(_DASHBOARD, url=address)
                    story.say(_WATCHING, url=story.url)
                    with contextlib.suppress(KeyboardInterrupt):
                        threading.Event().wait()


class Story:
    """One run of the demo, all of it in one folder that is deleted afterwards."""

    def __init__(self, folder: Path, *, quiet: bool, language: str | None) -> None:
        self._folder = folder
        self._quiet = quiet
        self._logs = folder / "logs"
        self.url = f"http://127.0.0.1:{_free_port()}"
        loaded = build.load_config(None, folder)
        self.language = language or loaded.language
        self._example = _example()

    def say(self, text: Text, **facts: object) -> None:
        if not self._quiet:
            click.echo(text.in_(self.language).format(**facts), err=True)

    @contextlib.contextmanager
    def run(self) -> Iterator[Runtime]:
        """Everything up to the moment when every fault has been found; then everything is taken down again."""
        repository = self._folder / "service"
        facts = self._make_repository(repository)
        self.say(_SAMPLE, commits=len(facts.commits))
        with contextlib.ExitStack() as stack:
            runtime = stack.enter_context(build.runtime(self._loaded(repository), poll_seconds=0.1))
            stack.enter_context(_following(runtime))
            claude = stack.enter_context(self._start(["-m", "logmedic.testing.claude"], self._folder, pipe=True))
            assert claude.stdout is not None
            claude_url = claude.stdout.readline().decode().strip()
            stack.enter_context(self._start(self._service(claude_url, facts.head), repository))
            self._wait_until_it_answers()
            self.say(_RUNNING, url=self.url, logs=self._logs)
            self._traffic()
            self._settle(runtime)
            yield runtime

    @contextlib.contextmanager
    def dashboard(self, runtime: Runtime) -> Iterator[str]:
        """Its address, while it is served; empty where it is not installed."""
        loaded, again = self._loaded(self._folder / "service"), runtime.diagnose_again
        with web.dashboard(loaded, runtime.store, any_port=True, again=again) as server:
            yield "" if server is None else f"http://127.0.0.1:{server.port}"

    def _loaded(self, repository: Path) -> build.Loaded:
        config = build.Config(
            sources=(FileSourceConfig(name="backend", paths=[str(self._logs / "*.log")]),),
            repository=build.RepositoryConfig(path=str(repository)),
            channels=() if self._quiet else (ConsoleConfig(),),
            store=build.StoreConfig(url=f"sqlite:///{self._folder / 'state.db'}"),
        )
        return build.Loaded(config, self._folder, None, self.language)

    def _make_repository(self, where: Path) -> Any:
        sys.path.insert(0, str(self._example))
        try:
            import history  # type: ignore[import-not-found]  # noqa: PLC0415  lives beside the sample, not in the package
        finally:
            sys.path.remove(str(self._example))
        try:
            return history.make_repository(where)
        except history.HistoryError as error:
            raise LogmedicError(f"demo: {error}") from None

    def _service(self, claude_url: str, release: str) -> list[str]:
        port = self.url.rpartition(":")[2]
        return [
            "-m", "backend", "--port", port, "--log-dir", str(self._logs), "--claude-url", claude_url,
            "--report-seconds", str(SLOW_SECONDS), "--release", release, "--breakable", "--quiet",
        ]  # fmt: skip

    @contextlib.contextmanager
    def _start(self, arguments: list[str], cwd: Path, *, pipe: bool = False) -> Iterator[subprocess.Popen[bytes]]:
        source = Path(__file__).resolve().parents[2]
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipe else subprocess.DEVNULL,
            stderr=None if not self._quiet else subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(cwd), str(source)]), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _wait_until_it_answers(self) -> None:
        port = int(self.url.rpartition(":")[2])
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.05)
        raise ShellError(f"demo: the sample service did not answer on {self.url} within {START_SECONDS:g} s")

    def _traffic(self) -> None:
        done = subprocess.run(
            [sys.executable, str(self._example / "traffic.py"), "--url", self.url, "--rounds", "3"],
            capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            raise ShellError(f"demo: the traffic failed: {done.stderr.decode(errors='replace').strip()[-300:]}")

    def _settle(self, runtime: Runtime) -> None:
        """Until everything that was logged is read and everything that was raised is told."""
        until = time.monotonic() + SETTLE_SECONDS
        calm = 0
        while calm < 5 and time.monotonic() < until:
            time.sleep(0.2)
            calm = 0 if runtime.store.waiting() else calm + 1


@contextlib.contextmanager
def _following(runtime: Runtime) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=runtime.serve, args=(stop,), name="demo-serve")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _tell(incidents: list[Incident], story: Story) -> None:
    story.say(_BLANK)
    output.incident_table(incidents, build.system_clock().now(), story.language)
    worst = [i for i in incidents if i.diagnosis is not None and i.diagnosis.suspects]
    if worst:
        first = max(worst, key=lambda i: i.severity.rank)
        assert first.diagnosis is not None
        click.echo("\n" + report.to_text(first.diagnosis, spoken(first, story.language), story.language))


def _example() -> Path:
    """The sample service: beside the source in a clone, inside the package when installed."""
    package = Path(__file__).resolve().parents[1]
    for place in (package / "_examples" / "backend", package.parents[1] / "examples" / "backend"):
        if (place / "history").is_dir():
            return place
    raise LogmedicError("demo: the sample service is not installed; run it from a clone, or install logmedic[demo]")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
