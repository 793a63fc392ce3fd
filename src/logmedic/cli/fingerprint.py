"""``logmedic fingerprint``: which incident would each of these records belong to?"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import cast

import click
import msgspec

from logmedic import config as configuration
from logmedic.cli import options
from logmedic.collect import dialects
from logmedic.detect import rules
from logmedic.detect.interface import RuleConfig
from logmedic.errors import UsageError
from logmedic.group.fingerprint import SLOW_RULE, GroupConfig, Grouper
from logmedic.model import Component, Grouping, LogRecord, Ref, Reject
from logmedic.redact import RedactConfig, Redactor

CHUNK_BYTES = 1 << 16
KEPT_ANSWERS = 8_192


class Settings(msgspec.Struct, frozen=True):
    """What of ``logmedic.toml`` decides about fingerprints. The rest is neither read nor imported: 0.05 s of 0.12."""

    rules: tuple[RuleConfig, ...] = ()
    group: GroupConfig = GroupConfig()
    redact: RedactConfig = RedactConfig()


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is printed of a line."""

    fingerprint: str
    title: str
    culprit: str
    components: tuple[Component, ...] | None = None


_encode = msgspec.json.Encoder().encode


@click.command()
@click.option("--explain", is_flag=True, help="Also print what went into it, and what was masked.")
@click.option("--plain", is_flag=True, help="Print the fingerprint alone.")
@click.option("--multiline", is_flag=True, help="Join stack traces over several lines; one answer for each event.")
@options.config
def fingerprint(explain: bool, plain: bool, multiline: bool, config: str | None) -> None:
    """Read log records (JSON or text) line by line from stdin, print one JSON object a line, in order."""
    if sys.stdin is None or sys.stdout is None:
        raise UsageError(
            "standard input and output must be open: lines are read from the one and answered on the other"
        )
    path = configuration.find(config, configuration.Settings.from_environment(), Path.cwd())
    settings = Settings() if path is None else configuration.load(path, Settings)
    fingerprinter = Fingerprinter(settings, explain=explain)
    show = _plain if plain else _explained if explain else Whole()
    gc.set_threshold(100_000, 20, 20)  # nothing here makes cycles, and a record is dropped once it is answered
    out = sys.stdout.buffer
    number = 0
    for lines in _events() if multiline else _batches(cast(BufferedReader, sys.stdin.buffer)):
        answers = [show(fingerprinter(line, number)) for number, line in enumerate(lines, number)]
        number += len(lines)
        out.write(b"\n".join([*answers, b""]))
        out.flush()


def _batches(stream: BufferedReader) -> Iterator[list[bytes]]:
    """The lines that are there, without waiting for more: each is answered once it is complete, many at a time."""
    parts: list[bytes] = []  # of a line whose end has not come yet
    while chunk := stream.read1(CHUNK_BYTES):
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            parts.append(tail)
            continue
        yield b"".join((*parts, head)).split(b"\n")
        parts = [tail]
    if last := b"".join(parts):
        yield [last]


def _events() -> Iterator[list[bytes]]:
    """The events that are there, as a source reads them: the last one once the writer has been silent for a second."""
    from logmedic.collect.events import joining  # noqa: PLC0415  many patterns, and only here
    from logmedic.collect.stdin import StdinSource, StdinSourceConfig  # noqa: PLC0415
    from logmedic.doors import SystemClock  # noqa: PLC0415

    source = StdinSource("stdin", StdinSourceConfig(), SystemClock())
    for batch in source.read():
        data = bytes(batch.data)
        yield [data[begin:end] for begin, end in joining.spans(data) if data[begin:end].strip()]


def _plain(grouping: Grouping) -> bytes:
    return grouping.fingerprint.encode()


class Whole:
    """The answer as JSON. A grouper hands out the same object for the same evidence, so its answer is kept."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Grouping, bytes]] = {}

    def __call__(self, grouping: Grouping) -> bytes:
        known = self._kept.get(id(grouping))  # an object that is kept here keeps its id
        if known is not None:
            return known[1]
        answer = _encode(Answer(grouping.fingerprint, grouping.title, grouping.culprit))
        if grouping.stack is None:  # with a stack it is a new object each time
            if len(self._kept) >= KEPT_ANSWERS:
                self._kept.clear()
            self._kept[id(grouping)] = (grouping, answer)
        return answer


def _explained(grouping: Grouping) -> bytes:
    return _encode(Answer(grouping.fingerprint, grouping.title, grouping.culprit, grouping.components))


class Fingerprinter:
    """From a line to the incident that it would belong to. Any bytes get an answer."""

    def __init__(self, config: Settings, *, explain: bool = False) -> None:
        self._rules = rules.build_rules(config.rules)
        self._grouper = Grouper(config.group, Redactor(config.redact))
        self._explain = explain
        self._decoders: dict[str, dialects.Decoder] = {}

    def __call__(self, line: bytes, number: int = 0) -> Grouping:
        name, parsed = dialects.sniff_one(line)
        decoder = self._decoders.get(name)
        if decoder is None:
            decoder = self._decoders[name] = dialects.decoder(name, timed=False)
        record = decoder.decode(line, Ref("stdin", "stdin", number), 0, parsed)
        if isinstance(record, Reject):
            record = LogRecord(ref=record.ref, time=0, message=record.sample or record.reason, raw=line)
        return self._grouper(record, self._matched(record), explain=self._explain)

    def _matched(self, record: LogRecord) -> tuple[str, ...]:
        """Rules that match, up to the first that says more than that it was slow: the rest change nothing.

        What took no time that is known cannot have been slow, so none is asked for it.
        """
        if record.duration_ms is None:
            return ()
        matched: list[str] = []
        for rule in self._rules:
            if rule.judge(record) is not None:
                matched.append(rule.name)
                if rule.name != SLOW_RULE:
                    break
        return tuple(matched)
