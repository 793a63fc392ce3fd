"""Makes the pictures of the dashboard in docs/images: ``make screenshots`` (needs Chromium and the dev requirements).

The incidents are those of ``logmedic demo``, which breaks the sample service on purpose.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
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
            paths = {"stream": "/", "incident": f"/incidents/{worst.id}", "sources": "/sources", "rules": "/rules"}
            for language, theme in LOOKS:
                for name, path in paths.items():
                    shoot(browser, address + path, IMAGES / f"{name}-{language}-{theme}.png", language, theme)
            shoot(browser, address, IMAGES / "stream-phone.png", "ko", "light", width=390)
            browser.close()


def shoot(browser: Browser, url: str, to: Path, language: str, theme: str, *, width: int = 1180) -> None:
    """One page as a reader of that language sees it first."""
    locale = {"en": "en-US", "ko": "ko-KR"}[language]
    context = browser.new_context(
        viewport={"width": width, "height": 780}, locale=locale, color_scheme="dark" if theme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_timeout(1_000)  # the word "live" appears when the stream of news is open
    page.screenshot(path=to)
    context.close()


if __name__ == "__main__":
    main()
