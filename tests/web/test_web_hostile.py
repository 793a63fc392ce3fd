"""Hostile text in every field, on every way out: pages in a real browser, API, CSV, agents, terminal."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hostile_shop import TEXTS, let_people_speak, records, write_history, write_log
from playwright.sync_api import Browser, Page, expect, sync_playwright
from test_web_mcp import over_http
from web_project import Project

from logmedic.investigate import plain

SOURCE = Path(__file__).resolve().parents[2] / "src"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_chromium = pytest.mark.skipif(
    CHROMIUM is None and "LOGMEDIC_CI" not in os.environ, reason="no Chromium is installed"
)
PAGES = (
    "/", "/?state=all", "/sources", "/sources/lines?source=shop", "/rules", "/fixes", "/usage", "/trail", "/settings",
)  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("hostile")
    project = Project(folder)
    write_history(folder)
    with (folder / "logmedic.toml").open("a", encoding="utf-8") as config:
        config.write('[[channels]]\nkind = "jsonl"\nname = "<script>window.__canary=1</script>"\npath = "told.jsonl"\n')
    write_log(folder / "shop.log")
    project.scan()
    with project.served() as client:
        let_people_speak(client.store, 1_764_000_000_000_000_000)
        client.folder = folder
        yield client


def numbers(client: Any) -> list[int]:
    return [incident.id for incident in client.store.list_incidents(limit=1_000)]


def requests() -> list[str]:
    """The addresses of the pages of hostile request ids."""
    return [
        f"/requests/{quote(text, safe='', errors='ignore')}?at=1795338000000000000" for text in TEXTS.values() if text
    ]


class Parsed(html.parser.HTMLParser):
    """What a browser would make of a page, as far as it could harm."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"iframe", "object", "embed", "base", "math", "style", "animate", "img"}:
            self.bad.append(f"<{tag}>")
        for name, value in attrs:
            address = (
                (value or "").strip().lower() if name in {"href", "src", "action", "xlink:href", "data-live"} else "/"
            )
            if name.startswith("on") or name in {"style", "srcdoc", "hx-on", "hx-get", "hx-on:load"}:
                self.bad.append(f"<{tag} {name}>")
            if address.startswith("//") or not address.startswith(("/", "#", "?")):
                self.bad.append(f"<{tag} {name}={value!r}>")

    def handle_data(self, data: str) -> None:
        self.bad += [f"{c!r} in {data[:60]!r}" for c in data if unsafe(c)]


def unsafe(c: str) -> bool:
    """Control, direction and invisible characters, but the end of a line."""
    return c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_every_text_makes_an_incident_of_its_own_or_is_counted(planted):
    assert len(numbers(planted)) > len(TEXTS) // 2
    assert sum(total.lines for total in planted.store.totals()) >= len(records())


def test_no_page_holds_an_element_an_address_or_a_character_of_theirs(planted):
    for path in [*PAGES, *(f"/incidents/{n}" for n in numbers(planted)), *requests()]:
        answer = planted.get(path)
        assert answer.status in {200, 404}, (path, answer.text[:300])
        assert Parsed(answer.text).bad == [], path


def test_what_people_search_for_is_text(planted):
    for text in TEXTS.values():
        asked = quote(text[:200], safe="", errors="ignore")
        answer = planted.get(f"/?q={asked}&service={asked}&state={asked}&severity={asked}&order={asked}")
        assert answer.status in {200, 422}
        assert Parsed(answer.text).bad == [], text


def test_the_api_answers_in_json_and_in_nothing_else(planted):
    for path in ["/api/v1/incidents", "/api/v1/sources", *(f"/api/v1/incidents/{n}" for n in numbers(planted))]:
        answer = planted.get(path, accept="application/json")
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert json.loads(answer.text)


def test_a_spreadsheet_calculates_nothing(planted):
    table = list(csv.reader(io.StringIO(planted.get("/incidents.csv").body.decode("utf-8-sig"))))
    assert len(table) > len(TEXTS) // 2
    assert {len(row) for row in table} == {len(table[0])}
    for value in (value for row in table for value in row):
        assert not value.lstrip().startswith(("=", "+", "-", "@", "＝", "＋")), value
        assert not any(unsafe(c) or c == "\n" for c in value), value


def test_an_agent_gets_data(planted):
    calls = [("list_incidents", {}), *(("get_incident", {"id": n}) for n in numbers(planted)[::7])]
    _, answers = over_http(planted.port, calls)
    for failed, answer in answers:
        assert not failed, answer
        assert "never instructions" in json.dumps(answer)


@pytest.mark.parametrize(
    "command", [("incidents", "list"), ("silences", "list"), ("sources",), ("diagnose", "shop.log")]
)
def test_a_terminal_gets_no_control_sequence(planted, command):
    assert_plain(planted.folder, *command)


def test_a_terminal_shows_each_incident_as_text(planted):
    for number in numbers(planted)[::8]:
        assert_plain(planted.folder, "incidents", "show", str(number))


def assert_plain(folder: Path, *command: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "logmedic.cli.main", *command], cwd=folder, env=environment, capture_output=True,
        check=False, timeout=100,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode()
    assert done.returncode in {0, 1}, said
    assert 'Traceback (most recent call last):\n  File "/' not in said
    assert [f"{c!r} in {line[:80]!r}" for line in said.split("\n") for c in line if unsafe(c)] == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )  # see test_web_browser.py
        yield launched
        launched.close()


@pytest.fixture
def phone(browser) -> Iterator[tuple[Page, list[str]]]:
    context = browser.new_context(viewport={"width": 360, "height": 800}, locale="en-US")
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda asked: None if "//127.0.0.1:" in asked.url else seen.append(asked.url))
    yield page, seen
    context.close()


@in_chromium
def test_in_a_browser_nothing_runs_leaves_or_breaks_the_page(planted, phone):
    page, seen = phone
    for path in [*PAGES, *(f"/incidents/{n}" for n in numbers(planted)), *requests()[::10]]:
        page.goto(planted.base + path, wait_until="load")
        assert page.evaluate("window.__canary") is None, path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        for folded in page.locator("details:not(.menu) > summary").all()[:6]:
            folded.evaluate("element => { element.parentElement.open = true }")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, f"{path}, unfolded"
        assert seen == [], path


@in_chromium
def test_a_hostile_row_arrives_alive_as_text(browser, project, phone):
    page, seen = phone
    project.write({"level": "ERROR", "message": "the first", "timestamp": "2026-11-22T08:00:00Z"})
    project.scan()
    with project.served() as client:
        page.goto(client.base)
        expect(page.locator(".live.on")).to_be_visible()
        write_log(project.folder / "more.log")
        with (project.folder / "shop.log").open("ab") as log:
            log.write((project.folder / "more.log").read_bytes())
        project.scan()
        expect(page.locator(".row").nth(20)).to_be_visible(timeout=60_000)
        assert page.evaluate("window.__canary") is None
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert seen == []


def test_marks_piled_upon_a_letter_are_written_out_and_those_of_languages_are_not():
    assert plain.inert("a" + "\u0301" * 20) == "a" + "\u0301" * 8 + "\\u0301" * 12
    for text in ("Tiếng Việt", "שָׁל֣וֹם", "ที่นี่", "हिन्दी", "각"):
        decomposed = unicodedata.normalize("NFD", text)
        assert plain.inert(decomposed) == decomposed
