"""The latest lines of a source: whole, redacted, filtered, and told only when something was written."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest
from playwright.sync_api import expect, sync_playwright
from web_project import Project

from logmedic.build import tailing
from logmedic.testing.loki import FakeLoki, Fault

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LINES = "/sources/lines?source=shop"


def test_lines_are_shown_in_the_order_of_time_before_anybody_has_read_them(project, make_error):
    project.write(make_error("the second", timestamp="2026-11-22T09:00:02Z"))
    project.write(make_error("the first", timestamp="2026-11-22T09:00:01Z"))
    with project.served() as client:
        words = client.get(LINES).words
        assert words.index("the first") < words.index("the second")
        assert "09:00:01.000 ERROR" in words
        assert 'href="/sources/lines?source=shop"' in client.get("/sources").text


def test_a_line_without_a_time_or_a_level_is_shown_without(project):
    (project.folder / "shop.log").write_text("no object at all\n")
    with project.served() as client:
        words = client.get(LINES).words
        assert "– – " in words[: words.index("no object at all")][-12:]


def test_a_line_that_is_being_written_waits_for_its_end(project, make_error):
    project.write(make_error("whole"))
    with (project.folder / "shop.log").open("a") as file:
        file.write(json.dumps(make_error("half of it"))[:-5])
    with project.served() as client:
        words = client.get(LINES).words
        assert "whole" in words
        assert "half of it" not in words


def test_secrets_are_neither_shown_nor_found_by_asking_for_their_parts(project, make_error):
    project.write(make_error("card 4111 1111 1111 1111 refused"))
    with project.served() as client:
        assert "4111" not in client.get(LINES).text
        assert "refused" in client.get(f"{LINES}&q=REFUSED").words
        assert "None of the latest lines holds this." in client.get(f"{LINES}&q=1111").words


def test_rows_are_sent_again_only_when_something_was_written(project, make_error):
    project.write(make_error("the first"))
    with project.served() as client:
        answer = client.get(f"{LINES}&part=1")
        assert "<html" not in answer.text
        tag = answer.headers["etag"]
        assert client.get(f"{LINES}&part=1", if_none_match=tag).status == 304
        project.write(make_error("<b>the second</b>"))
        later = client.get(f"{LINES}&part=1", if_none_match=tag)
        assert (later.status, "&lt;b&gt;the second" in later.text) == (200, True)


def test_only_the_end_of_a_big_file_is_read(project, make_error):
    project.write(*(make_error(f"number {n} " + "x" * 200) for n in range(3_000)))
    with project.served() as client:
        text = client.get(LINES).text
        assert text.count("<time ") == 200
        assert "number 2999 " in text
        assert "number 2799 " not in text


def test_lines_of_a_loki_are_asked_for_at_most_every_few_seconds_and_what_is_wrong_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(tailing, "ASKED_EVERY", 3600.0)
    with FakeLoki() as loki:
        config = (
            f'[[sources]]\nkind = "loki"\nname = "shop"\nurl = "{loki.url}"\nquery = \'{{app=~".+"}}\'\ntail = false\n'
        )
        project = Project(tmp_path, config + '[web]\nlisten = "127.0.0.1:0"\n')
        loki.push({"app": "shop"}, [(time.time_ns(), '{"level":"INFO","msg":"card 4111 1111 1111 1111 taken"}')])
        with project.served() as client:
            first = client.get(LINES)
            assert "taken" in first.words
            assert "4111" not in first.text
            assert 'href="/sources/lines?source=shop"' in client.get("/sources").text
            asked = len(loki.asked)
            tag = client.get(f"{LINES}&part=1").headers["etag"]
            assert client.get(f"{LINES}&part=1", if_none_match=tag).status == 304
            assert len(loki.asked) == asked
            monkeypatch.setattr(tailing, "ASKED_EVERY", 0.0)
            loki.faults.extend([Fault.status(400, b"parse error <i>here</i>")] * 9)
            later = client.get(f"{LINES}&part=1")
            assert "parse error &lt;i&gt;here" in later.text
            assert "taken" in later.text, "what was there stays"


def test_a_source_that_cannot_be_asked_says_why(tmp_path, monkeypatch):
    monkeypatch.delenv("LOKI_TOKEN", raising=False)
    config = '[[sources]]\nkind = "loki"\nname = "shop"\nurl = "http://127.0.0.1:9"\nbearer = { env = "LOKI_TOKEN" }\n'
    with Project(tmp_path, config + '[web]\nlisten = "127.0.0.1:0"\n').served() as client:
        assert "LOKI_TOKEN" in client.get(LINES).words


@pytest.mark.parametrize("source", ["nobody", "../shop", ""])
def test_only_configured_sources_are_shown(shop, source):
    assert shop.get(f"/sources/lines?source={source}").status == 404


@pytest.mark.skipif(CHROMIUM is None and "LOGMEDIC_CI" not in os.environ, reason="no Chromium is installed")
def test_lines_appear_by_themselves_until_somebody_pauses(project, make_error):
    project.write(make_error("the first"))
    with project.served() as client, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(locale="en-US")
        page.goto(client.base + LINES)
        expect(page.locator(".tail li")).to_have_count(1)
        project.write(make_error("the second"))
        expect(page.locator(".tail li")).to_have_count(2, timeout=60_000)
        page.keyboard.press("p")
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        project.write(make_error("the third"))
        page.wait_for_timeout(2_500)
        expect(page.locator(".tail li")).to_have_count(2)
        page.get_by_role("button", name="Go on").click()
        expect(page.locator(".tail li")).to_have_count(3, timeout=60_000)
        browser.close()
