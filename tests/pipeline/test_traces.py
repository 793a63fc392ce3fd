"""Stack traces over several lines through the whole pipeline: counted once, whatever is rotated and killed."""

from __future__ import annotations

import os
import random
import shutil
import threading
import time

import pytest
from pipeline_scenes import Project, line, minutes_ago

from logmedic.build import wiring
from logmedic.testing.doors import FakeClock

KILLS = 4
TRACE = """\
Traceback (most recent call last):
  File "/app/shop/{name}.py", line 3, in {name}
    reserve(order)
shop.errors.{kind}Error: order {n} failed"""
KINDS = ("Stock", "Payment", "Mail")


class Writer(threading.Thread):
    """Mixes traces into JSON lines, a few bytes at a time, and rotates where a line ends."""

    def __init__(self, project: Project, count: int) -> None:
        super().__init__(name="writer")
        self.lines = 0
        self.counts = dict.fromkeys(KINDS, 0)
        self._project = project
        self._count = count
        self._random = random.Random(7)

    def run(self) -> None:
        for n in range(self._count):
            kind = KINDS[n % len(KINDS)]
            self.counts[kind] += 1
            trace = TRACE.format(name=kind.lower(), kind=kind, n=n)
            text = f"{line(minutes_ago(0), 'request done', level='INFO', n=n)}\n{trace}\n".encode()
            self.lines += text.count(b"\n")
            cut = self._random.randrange(len(text))
            with self._project.log.open("ab", buffering=0) as file:
                file.write(text[:cut])
                time.sleep(0.002)
                file.write(text[cut:])
            if n % 150 == 149:
                self._rotate(n)

    def _rotate(self, n: int) -> None:
        part = self._project.log.with_name(f"app.log.{10_000 - n}")
        if n % 300 == 299:
            shutil.copy2(self._project.log, part)
            os.truncate(self._project.log, 0)
        else:
            self._project.log.rename(part)
            self._project.log.touch()


def test_after_kills_every_trace_is_one_record_and_every_line_counted_once(tmp_path):
    project = Project(tmp_path)
    patient = project.config.read_text("utf-8").replace("[[channels]]", "multiline_timeout = 5.0\n\n[[channels]]")
    project.config.write_text(patient, "utf-8")  # a loaded machine may keep the writer waiting in the midst of a trace
    project.write(line(minutes_ago(1), "started", level="INFO"))
    assert project.run("scan").returncode == 0
    writer = Writer(project, 1_200)
    writer.start()
    chance = random.Random(3)
    for _ in range(KILLS):
        process = project.start("serve")
        time.sleep(chance.uniform(0.5, 1.3))
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    writer.join()
    for _ in range(2):
        assert project.run("scan").returncode == 0
    with project.store() as store:
        (total,) = store.totals()
        found = store.list_incidents(limit=100)
    assert total.lines == writer.lines + 1
    counted = {i.title.split("Error")[0].split(".")[-1]: i.count for i in found if i.rules == ("error-level",)}
    assert counted == writer.counts


class Quick(FakeClock):
    """Its seconds pass within a few milliseconds, which the threads of the engine need to get on."""

    def sleep(self, seconds):
        time.sleep(min(seconds, 0.01))
        super().sleep(seconds)


def test_a_pass_waits_for_the_trace_that_was_just_written(tmp_path, monkeypatch):
    project = Project(tmp_path)
    project.write(line(minutes_ago(1), "started", level="INFO"), TRACE.format(name="stock", kind="Stock", n=1))
    clock = Quick(project.log.stat().st_mtime_ns)
    monkeypatch.setattr(wiring, "system_clock", lambda: clock)
    summary = project.scan(deadline=1_000.0)
    assert summary.lines == 5
    assert summary.matches["error-level"] == 1
    assert clock.slept[0] == pytest.approx(1.0), "what follows within a second may belong to it"
    (sample,) = project.samples(project.incident("Stock"))
    assert sample.record.stack_text == TRACE.format(name="stock", kind="Stock", n=1)
    assert project.scan().lines == 0
