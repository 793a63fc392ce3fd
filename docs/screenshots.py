"""Makes the pictures of the dashboard in docs/images: ``make screenshots`` (needs Chromium and the dev requirements).

The incidents are those of ``logmedic demo``, which breaks the sample service on purpose.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from logmedic.cli.demo import Story

IMAGES = Path(__file__).parent / "images"
LOOKS = (("en", "light"), ("ko", "dark"))


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("screenshots: no Chromium is installed; on Debian, apt-get install chromium fonts-noto-cjk")
    with tempfile.TemporaryDirectory(prefix="logmedic-demo-") as folder:
        story = Story(Path(folder), quiet=True, language="en")
        with story.run() as runtime, story.dashboard(runtime) as address, sync_playwright() as playwright:
            told = [i for i in runtime.store.list_incidents() if i.diagnosis is not None and i.diagnosis.suspects]
            worst = max(told, key=lambda i: (i.severity.rank, -i.id))
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            asked = next(i.id for i in told if i.error_code)
            paths = {
                "stream": "/",
                "incident": f"/incidents/{worst.id}",
                "request": request_of(address, asked),
                "sources": "/sources",
                "lines": "/sources/lines?source=backend",
                "rules": "/rules",
                "usage": "/usage",
                "settings": "/settings",
            }
            for language, theme in LOOKS:
                for name, path in paths.items():
                    shoot(browser, address + path, IMAGES / f"{name}-{language}-{theme}.png", language, theme)
            for name in ("stream", "incident"):
                shoot(browser, address + paths[name], IMAGES / f"{name}-phone.png", "ko", "light", width=390)
            browser.close()


def request_of(address: str, incident: int) -> str:
    """Where the page of an incident leads to for its request."""
    with urllib.request.urlopen(f"{address}/incidents/{incident}", timeout=30) as answer:  # noqa: S310  ours, on loopback
        found = re.search(r'href="(/requests/[^"]+)"', answer.read().decode())
    assert found is not None, "the sample service logs a request id"
    return found[1]


def shoot(browser: Browser, url: str, to: Path, language: str, theme: str, *, width: int = 1180) -> None:
    """One page as a reader of that language sees it first."""
    locale = {"en": "en-US", "ko": "ko-KR"}[language]
    context = browser.new_context(
        viewport={"width": width, "height": 780}, locale=locale, color_scheme="dark" if theme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(url)
    if url.endswith("/rules"):  # as somebody sees it who has tried the lines that are there
        page.locator("#try-source").locator("xpath=..").get_by_role("button").click()
        page.locator(".would").scroll_into_view_if_needed(timeout=60_000)
    page.wait_for_timeout(1_000)  # the word "live" appears when the stream of news is open
    page.screenshot(path=to)
    context.close()


if __name__ == "__main__":
    main()
