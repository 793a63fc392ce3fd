"""Every request to Discord, whatever a log says, is one that Discord's own published schema takes.

The schema is npm's ``discord-api-spec`` (MIT), made from Discord's OpenAPI description; ``.ci/run`` installs it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from respond_samples import HOSTILE, hostile_incident, incident, notice

from logmedic.doors import HttpAnswer
from logmedic.model import Severity, Text
from logmedic.respond.discord import DiscordConfig, DiscordResponder
from logmedic.respond.interface import Bulletin, Kind, Mode, Section
from logmedic.respond.ratelimit import RateLimits
from logmedic.testing.doors import FakeClock

INSTALLED = Path(__file__).parents[2] / ".venv" / "discord"
WEBHOOK = "https://discord.com/api/webhooks/1400000000000000000/" + "s" * 68
# Reads {"schema": name, "body": …} a line, and writes for each what is wrong with it.
VALIDATOR = """
import readline from "node:readline";
import { isDeepStrictEqual } from "node:util";
import * as spec from "discord-api-spec/zod";
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { schema, body } = JSON.parse(line);
  const found = spec[schema].safeParse(body);
  const issues = found.success ? [] : found.error.issues.map((i) => i.path.join(".") + ": " + i.message);
  // What the schema does not know it leaves out.
  if (found.success && !isDeepStrictEqual(found.data, body))
    issues.push("the schema does not know all keys of it; it kept " + JSON.stringify(found.data));
  console.log(JSON.stringify(issues));
}
"""


class Recorder:
    """Discord, as far as it remembers what it was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    def request(self, method: str, url: str, *, timeout: float, json: Any = None, **_: Any) -> HttpAnswer:
        edit = method == "PATCH"
        schema = "IncomingWebhookUpdateRequestPartialSchema" if edit else "IncomingWebhookRequestPartialSchema"
        self.sent.append((schema, json))
        body = {"id": "1", "channel_id": "2", "embeds": json.get("embeds", [])}
        return HttpAnswer(200, {}, msgspec.json.encode(body))


def validated(requests: list[tuple[str, Any]]) -> list[list[str]]:
    lines = "".join(json.dumps({"schema": schema, "body": body}) + "\n" for schema, body in requests)
    done = subprocess.run(
        ["node", "--input-type=module", "-e", VALIDATOR], input=lines.encode(), capture_output=True, cwd=INSTALLED,
        check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(autouse=True)
def _installed() -> None:
    if shutil.which("node") is None or not (INSTALLED / "node_modules" / "discord-api-spec").is_dir():
        assert not os.environ.get("LOGMEDIC_CI"), "the schema of Discord is not installed"
        pytest.skip("the schema of Discord is not installed (see .ci/run)")


def test_what_is_sent_fits_the_published_schema_whatever_a_log_says():
    recorder = Recorder()
    for forum in (False, True):
        config = DiscordConfig(name="team", forum=forum)
        made = DiscordResponder(config, webhook=WEBHOOK, http=recorder, clock=FakeClock(), limits=RateLimits())
        for text in HOSTILE:
            for of in (hostile_incident(text), hostile_incident(text, Severity.INFO), incident()):
                sent = made.deliver(notice(of, mention=of.severity is Severity.CRITICAL))
                made.deliver(notice(of, receipt=sent.receipt, mode=Mode.EDIT))
            both = Text(text, text)
            sections = (Section(Text("New", "신규"), (both, both)),)
            made.announce(
                Bulletin(
                    key="k",
                    kind=Kind.DIGEST,
                    title=Text("Digest", "요약"),
                    sections=sections,
                    severity=Severity.INFO,
                    language="en",
                )
            )
    assert len(recorder.sent) > 2 * len(HOSTILE)
    problems = [
        (issue, body) for issue, (_, body) in zip(validated(recorder.sent), recorder.sent, strict=True) if issue
    ]
    assert problems == []


def test_the_schema_notices_what_does_not_fit():
    wrong = [{"content": "x" * 2_001}, {"embeds": [{"title": "x" * 257}]}, {"embeds": [{}] * 11}, {"unknown": 1}]
    assert all(validated([("IncomingWebhookRequestPartialSchema", body) for body in wrong]))
