"""The pages in a real Chromium: what is seen, what keys do, what comes by itself, and who can use it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None and "LOGMEDIC_CI" not in os.environ, reason="no Chromium is installed")

PATHS = (
    "/",
    "/?q=unicorn",
    "/incidents/1",
    "/sources",
    "/sources/lines?source=shop",
    "/rules",
    "/fixes",
    "/usage",
    "/trail",
    "/settings",
    "/requests/r-1",
    "/login",
    "/nowhere",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs privileges that containers lack; the pages are ours.
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


def opened(browser: Browser, url: str, **options: object) -> Page:
    """A page, in a context of its own, that fails the test when its console complains."""
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}, "locale": "en-US", **options})  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    page.complaints = complaints  # type: ignore[attr-defined]
    return page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 360)])
@pytest.mark.parametrize("path", PATHS)
def test_everybody_can_use_every_page(browser, shop, path, scheme, width):
    """No violation of WCAG 2.1 A and AA that axe can find, and nothing wider than the screen."""
    page = opened(browser, shop.base + path, color_scheme=scheme, viewport={"width": width, "height": 800})
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > 5
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [c for c in page.complaints if "404" not in c] == []
    page.context.close()


def test_a_new_incident_appears_by_itself_and_nothing_else_moves(browser, project, make_error):
    project.write(make_error("the first"))
    project.scan()
    with project.served() as client:
        page = opened(browser, client.base)
        expect(page.locator(".live.on")).to_be_visible()
        expect(page.locator(".row")).to_have_count(1)
        page.locator(".row input").check()
        project.write(make_error("the second", timestamp="2026-11-22T10:00:00Z"))
        project.scan()
        expect(page.locator(".row").first).to_contain_text("the second", timeout=20_000)
        expect(page.locator(".row").nth(1).locator("input")).to_be_checked()
        assert page.complaints == []
        page.context.close()


def test_an_action_from_the_list_is_done_without_leaving_it(browser, project, make_error):
    project.write(make_error("one"), make_error("two"))
    project.scan()
    with project.served() as client:
        page = opened(browser, client.base)
        page.locator("[data-select-all]").check()
        page.get_by_role("button", name="Resolve").click()
        expect(page.get_by_role("status").filter(has_text="Done")).to_contain_text("Done: 2 incidents changed.")
        expect(page.locator(".calm")).to_be_visible()
        assert page.complaints == []
        page.context.close()


def test_the_keyboard_is_enough(browser, shop):
    page = opened(browser, shop.base)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator(".row").first.locator("a.what")).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator(".row").first.locator("input")).to_be_checked()
    page.keyboard.press("/")
    expect(page.locator("input[type=search]")).to_be_focused()
    page.keyboard.type("payment")
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("h1")).to_contain_text("payment refused")
    assert page.complaints == []
    page.context.close()


def test_a_citation_opens_the_evidence_that_it_names(browser, shop):
    page = opened(browser, f"{shop.base}/incidents/1")
    cite = page.locator("a.cite").last
    name = (cite.get_attribute("href") or "").removeprefix("#")
    cite.click()
    expect(page.locator(f"[id='{name}']")).to_be_in_viewport()
    page.context.close()


def test_language_and_theme_stay_as_they_were_chosen(browser, shop):
    page = opened(browser, shop.base)
    page.locator(".menu summary").click()
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.locator(".menu summary").click()
    page.get_by_role("button", name="어둡게").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.context.close()


def test_it_works_without_scripts(browser, shop):
    page = opened(browser, shop.base, java_script_enabled=False)
    expect(page.locator(".row")).to_have_count(3)
    page.locator(".row a.what").first.click()
    expect(page.locator("h1")).to_contain_text("KeyError")
    page.context.close()
