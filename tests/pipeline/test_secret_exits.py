"""One secret of every rule in a log: none is in the state, in what is sent, or on any page."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from pipeline_scenes import Project, line, minutes_ago
from test_claude_flow import CRITICAL, DIAGNOSE, report

from logmedic import build
from logmedic.redact import PERSONAL, SECRETS, fill
from logmedic.testing.claude import FakeClaude
from logmedic.testing.discord import FakeDiscord
from logmedic.testing.github import FakeGitHub
from logmedic.web.news import News
from logmedic.web.opening import dashboard

CERTAIN = 8  # letters and digits of a secret in a row, which nothing else has by chance
PAGES = (
    "/",
    "/incidents.csv",
    "/sources",
    "/sources/lines?source=app",
    "/usage",
    "/trail",
    "/settings",
    "/rules",
    "/metrics",
    "/api/v1/incidents",
)
CHANNELS = """
[[channels]]
kind = "discord"
name = "team"
min_severity = "info"
webhook = {{ file = "discord" }}

[[channels]]
kind = "webhook"
name = "program"
min_severity = "info"
url = "{hook}"
secret = {{ file = "signing" }}
"""
GITHUB = """
[[channels]]
kind = "github"
repo = "acme/shop"
token = {{ file = "token" }}
program = {gh}
config_dir = {config}
"""


def planted(seed: int = 11) -> list[tuple[str, list[str]]]:
    """What to write of each rule, and what must not be seen again."""
    rng = random.Random(seed)
    texts = []
    for rules in (*SECRETS.values(), PERSONAL):
        for rule in rules:
            text, parts = fill(rule.sample, lambda alphabet, length: "".join(rng.choices(alphabet, k=length)))
            texts.append((text, [run for part in parts for run in re.findall(f"[A-Za-z0-9]{{{CERTAIN},}}", part)]))
    return texts


def lines(texts: list[str]) -> Iterator[str]:
    """A dozen at a time: in a message, a stack trace, spans, and fields with and without a telling place."""
    for number, first in enumerate(range(0, len(texts), 12)):
        some = (texts[first : first + 12] * 12)[:12]
        trace = (
            f'Traceback (most recent call last):\n  File "/srv/a{number}.py", line 1, in pay\n    pay("{some[1]}")\n'
            f"shop.Broken{number}: cannot use {some[2]} here"
        )
        yield line(
            minutes_ago(30 - number), f"failure {'abcdefghijklmnop'[number]}: {some[0]} !", exception=trace,
            route=some[3], url=f"https://a.example/?x={some[4]}", nested={"deep": [some[5], {"er": some[6]}]},
            body=json.dumps([some[7]]), header=some[8], query=f"select '{some[9]}'", note=some[10],
            request_id=f"r {some[11]}",
        )  # fmt: skip


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    got: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/x", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pages(project: Project) -> Iterator[tuple[str, bytes]]:
    """Every page and answer of the dashboard, and the first rows that a page which follows the news gets."""
    with ExitStack() as stack:
        store = stack.enter_context(build.open_store(project.loaded))
        server = stack.enter_context(dashboard(project.loaded, store))
        assert server is not None
        numbers = [incident.id for incident in store.list_incidents(limit=1_000)]
        every = (f"{begin}{number}" for number in numbers for begin in ("/incidents/", "/api/v1/incidents/"))
        for path in (*PAGES, *every):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.request("GET", path, headers={"accept": "text/html"})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, (path, answer.status)
            yield path, body
            connection.close()
        yield "mcp", asyncio.run(asked(server.port)).encode()


async def asked(port: int) -> str:
    """What an editor's agent is answered when it reads incidents and searches the logs themselves."""
    address = f"http://127.0.0.1:{port}/mcp"
    async with (
        create_mcp_http_client() as client,
        streamable_http_client(address, http_client=client) as (read, write, *_),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        answers = [
            await session.call_tool("list_incidents", {}),
            *[await session.call_tool("get_incident", {"id": number}) for number in range(1, 12)],
            *[await session.call_tool("search_logs", {"text": text}) for text in ("failure", "Broken1", "select")],
        ]
        return "\n".join(answer.content[0].text for answer in answers)  # type: ignore[union-attr]


def test_no_secret_of_any_rule_gets_out(tmp_path: Path, github_schema: Path, gh: str) -> None:
    secrets = planted()
    with (
        FakeDiscord() as discord, FakeClaude(report) as claude, listening() as (hook, posted),
        tempfile.TemporaryDirectory(prefix="gh") as short,  # a socket's path has at most 107 bytes
        FakeGitHub(github_schema, Path(short)) as github,
    ):  # fmt: skip
        for name, value in (("key", "sk-ant-" + "x" * 20), ("discord", discord.url), ("token", github.token),
                            ("signing", "whsec_" + "QUJD" * 8)):  # fmt: skip
            (tmp_path / name).write_text(value, "utf-8")
            (tmp_path / name).chmod(0o600)
        extra = DIAGNOSE.format(url=claude.url, more="") + CRITICAL + CHANNELS.format(hook=hook)
        extra += GITHUB.format(gh=json.dumps(gh), config=json.dumps(str(github.config_dir)))
        project = Project(tmp_path, '\n[web]\nlisten = "127.0.0.1:0"\n' + extra)
        project.write(*lines([text for text, _ in secrets]))
        with build.open_store(project.loaded) as store:
            news = News(store.database, build.system_clock())
            news()
            scanned = project.run("scan", "--json", "--deadline", "60s")
            rows = news()
        shown = project.run("incidents", "show", "1")
        places = {
            "output": scanned.stdout + scanned.stderr + shown.stdout,
            "told": project.told_file.read_bytes(),
            "discord": json.dumps([discord.messages, discord.requests], ensure_ascii=False, default=str).encode(),
            "model": json.dumps([one.body for one in claude.requests], ensure_ascii=False).encode(),
            "webhook": b"\n".join(posted),
            "live": b"".join((rows or {}).values()),
            "github": "\n".join(f"{issue.title}\n{issue.body}" for issue in github.repository.issues).encode(),
            **dict(pages(project)),
        }
    states = [path for path in (tmp_path / ".logmedic").rglob("*") if path.is_file()]
    places |= {path.name: path.read_bytes() for path in states}
    reached = (
        "mcp",
        "live",
        "told",
        "discord",
        "model",
        "webhook",
        "github",
        "state.db",
        "/",
        "/incidents/1",
        "/api/v1/incidents/1",
    )
    assert [place for place in reached if b"Broken" not in places[place]] == []
    assert len(claude.requests) >= 3
    leaks = {
        (place, text)
        for place, said in places.items()
        for text, runs in secrets
        if any(run.encode() in said for run in runs)
    }
    assert not leaks


def test_the_samples_are_long_enough_to_be_searched_for() -> None:
    assert sum(bool(runs) for _, runs in planted()) >= 135


@pytest.mark.parametrize("secret", ["postgresql://app:Hunter2Zq@db/x", "Bearer abcdef0123456789XYZ"])
def test_the_same_bug_keeps_its_fingerprint_whatever_the_secret_and_when_it_is_grouped_again(
    tmp_path: Path, secret: str
) -> None:
    """Grouping looks at redacted texts; what is stored gives the same fingerprint as what was read."""
    project = Project(tmp_path)
    project.write(
        *(line(minutes_ago(9), f"cannot log in with {text} at gateway") for text in (secret, secret.replace("2", "7"))),
        line(minutes_ago(9), "cannot log in with a ticket at gateway"),
    )
    project.scan()
    (incident,) = [one for one in project.incidents().values() if one.count == 2]
    assert len(project.incidents()) == 2
    (sample, *_) = project.samples(incident)
    grouper = build.grouper(project.loaded.config)
    assert secret.encode() not in sample.record.raw
    assert grouper(sample.record, tuple(match.rule for match in sample.matches)).fingerprint == incident.fingerprint
