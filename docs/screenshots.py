"""Makes the pictures of the dashboard in docs/images: ``make screenshots`` (needs Chromium and the dev requirements).

The incidents are those of ``logmedic demo``, which breaks the sample service on purpose; the fix is written in by hand,
since the demo calls no agent.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, sync_playwright

from logmedic import build
from logmedic.cli.demo import Story
from logmedic.model import NANOSECONDS, Incident, Text
from logmedic.respond.fix.report import Attempt, Baseline, Proof, Report
from logmedic.store.fixes import Fixes
from logmedic.store.store import Store
from logmedic.web.opening import dashboard

IMAGES = Path(__file__).parent / "images"
LOOKS = (("en", "light"), ("ko", "dark"))


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("screenshots: no Chromium is installed; on Debian, apt-get install chromium fonts-noto-cjk")
    fonts = subprocess.run(["fc-list", ":lang=ko"], capture_output=True, check=False)
    if not fonts.stdout.strip():
        sys.exit("screenshots: no font has Korean letters; on Debian, apt-get install fonts-noto-cjk")
    with tempfile.TemporaryDirectory(prefix="logmedic-demo-") as folder:
        story = Story(Path(folder), quiet=True, language="en")
        with story.run() as runtime, story.dashboard(runtime) as address, sync_playwright() as playwright:
            told = [i for i in runtime.store.list_incidents() if i.diagnosis is not None and i.diagnosis.suspects]
            worst = max(told, key=lambda i: (i.severity.rank, -i.id))
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            begin = example_of_a_fix(runtime.store, worst)
            asked = next(i.id for i in told if i.error_code)
            paths = {
                "stream": "/",
                "incident": f"/incidents/{worst.id}",
                "request": request_of(address, asked),
                "sources": "/sources",
                "lines": "/sources/lines?source=backend",
                "rules": "/rules",
                "fixes": "/fixes",
                "fix": f"/fixes/{begin}",
                "usage": "/usage",
                "trail": "/trail",
                "settings": "/settings",
            }
            for language, theme in LOOKS:
                for name, path in paths.items():
                    shoot(browser, address + path, IMAGES / f"{name}-{language}-{theme}.png", language, theme)
            for name in ("stream", "incident"):
                shoot(browser, address + paths[name], IMAGES / f"{name}-phone.png", "ko", "light", width=390)
            with empty(Path(folder) / "new") as fresh:
                for language, theme in LOOKS:
                    shoot(browser, fresh, IMAGES / f"first-{language}-{theme}.png", language, theme)
            browser.close()


@contextlib.contextmanager
def empty(folder: Path) -> Iterator[str]:
    """The address of a dashboard that has seen nothing yet."""
    folder.mkdir()
    loaded = build.load_config(None, folder)
    with build.open_store(loaded) as store, dashboard(loaded, store, any_port=True) as server:
        assert server is not None, "the dashboard is installed with the dev requirements"
        yield f"http://127.0.0.1:{server.port}/"


def example_of_a_fix(store: Store, incident: Incident) -> str:
    """One that was proved and offered; its key."""
    fixes = Fixes(store.database)
    now = incident.last_seen + 90 * NANOSECONDS
    made = fixes.begin(
        incident.id, incident.fingerprint, incident.generation, stem="default-plan", dry=False, actor="minji", now=now,
        decide=lambda _: None,
    )  # fmt: skip
    assert not isinstance(made, Text)
    report = Report(
        model="claude-sonnet-5-5", sandbox="bubblewrap", cost_usd=0.31,
        baseline=Baseline(
            failure=Text("the tests fail without it", "수정 전에는 테스트가 실패함"), summary="1 failed, 41 passed"
        ),
        attempts=(
            Attempt(
                number=1, outcome=Text("proved", "증명됨"),
                said="A trial has no quota of its own; it falls back to the free plan again, with a test.",
                proof=Proof(failure=None, transcript="42 passed"),
            ),
        ),
    )  # fmt: skip
    fixes.change(
        made.key, state="offered", reason=Text("it failed before and passes after", "수정 전 실패, 수정 후 통과"),
        ended_at=now + 240 * NANOSECONDS, report=msgspec.json.encode(report).decode(),
    )  # fmt: skip
    return made.key


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
