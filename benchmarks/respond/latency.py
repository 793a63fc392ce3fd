"""How long from the detection of a critical error until Discord has accepted its alert, in an always-on process.

    python benchmarks/respond/latency.py [--alerts 40]

The pipeline is the one of ``logmedic serve`` on a real SQLite state; Discord is the strict fake on loopback, without a
rate limit. Alerts come one at a time, each a new incident. The target is a median of 500 ms; the peer is the pause of
a cron job that runs every minute, which is 30 s in the middle.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
from pathlib import Path

from logmedic import build
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.interface import Batch
from logmedic.config import Secret
from logmedic.detect.interface import RuleConfig
from logmedic.pipeline.digest import Digest, Digester
from logmedic.respond.discord import DiscordConfig
from logmedic.respond.policy import PolicyConfig
from logmedic.testing.discord import Answer, FakeDiscord

TARGET = 500.0  # ms


class Noting(Digester):
    """A digester that notes when each match of a rule was detected."""

    def __init__(self, inner: Digester) -> None:
        self._inner = inner
        self.detected: list[int] = []  # ns

    def add(self, digest: Digest, batch: Batch, received: int) -> tuple[int, int]:
        before = sum(digest.matches.values())
        result = self._inner.add(digest, batch, received)
        self.detected += [time.time_ns()] * (sum(digest.matches.values()) - before)
        return result


class TimedDiscord(FakeDiscord):
    """Notes when each message was accepted."""

    def __init__(self) -> None:
        super().__init__(limit=10_000)
        self.accepted: list[int] = []  # ns

    def handle(self, method: str, target: str, headers: dict[str, str], raw: bytes) -> Answer:
        answer = super().handle(method, target, headers, raw)
        if method == "POST" and answer.status == 200:
            self.accepted.append(time.time_ns())
        return answer


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alerts", type=int, default=40)
    options = parser.parse_args()
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="logmedic-alerts-") as folder, TimedDiscord() as discord:
        base = Path(folder)
        log = base / "app.log"
        log.write_bytes(b"")
        (base / "webhook").write_text(discord.url, "utf-8")
        config = build.Config(
            sources=(FileSourceConfig(name="app", paths=[str(log)]),),
            channels=(DiscordConfig(name="team", webhook=Secret(file="webhook")),),
            policy=PolicyConfig(storm=0),
            rules=(RuleConfig(name="surge", enabled=False),),
            store=build.StoreConfig(url=f"sqlite:///{base / 'state.db'}"),
        )
        with build.runtime(build.Loaded(config, base, None, "en")) as runtime:
            (reader,) = runtime.readers
            noting = Noting(reader.digester)
            reader.digester = noting  # type: ignore[assignment]
            stop = threading.Event()
            thread = threading.Thread(target=runtime.serve, args=(stop,))
            thread.start()
            time.sleep(3)
            waited = []
            for number in range(options.alerts):
                word = "".join(chance.choice("abcdefghij") for _ in range(12))
                line = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "level": "FATAL",
                        "fields": {"message": f"worker {word} died"}, "target": f"shop::{word}"}  # fmt: skip
                with log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
                until = time.monotonic() + 30
                while len(discord.accepted) <= number and time.monotonic() < until:
                    time.sleep(0.005)
                waited.append((discord.accepted[number] - noting.detected[number]) / 1e6)
                time.sleep(chance.uniform(0.3, 0.9))
            stop.set()
            thread.join()
    median, worst = statistics.median(waited), max(waited)
    p95 = statistics.quantiles(waited, n=20)[-1]
    print(f"detection → accepted by Discord, {len(waited)} alerts: median {median:.0f} ms, p95 {p95:.0f} ms, "
          f"worst {worst:.0f} ms; target {TARGET:.0f} ms; {30_000 / median:.0f} times sooner than cron")  # fmt: skip
    if median > TARGET:
        raise SystemExit("the median is above the target")


if __name__ == "__main__":
    main()
