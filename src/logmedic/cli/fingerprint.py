"""``logmedic fingerprint``: which incident would each of these records belong to?"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from logmedic import build
from logmedic.cli import options
from logmedic.collect import dialects
from logmedic.detect import rules
from logmedic.group.fingerprint import Grouper
from logmedic.model import Grouping, LogRecord, Ref, Reject
from logmedic.redact import Redactor


@click.command()
@click.option("--explain", is_flag=True, help="Also print what went into it, and what was masked.")
@click.option("--plain", is_flag=True, help="Print the fingerprint alone.")
@options.config
def fingerprint(explain: bool, plain: bool, config: str | None) -> None:
    """Read log records (JSON or text) line by line from stdin, print one JSON object a line, in order."""
    fingerprinter = Fingerprinter(build.load_config(config, Path.cwd()).config, explain=explain)
    out = sys.stdout.buffer
    for number, line in enumerate(sys.stdin.buffer):
        grouping = fingerprinter(line.rstrip(b"\n"), number)
        if plain:
            out.write(grouping.fingerprint.encode() + b"\n")
        else:
            shown: dict[str, object] = {
                "fingerprint": grouping.fingerprint,
                "title": grouping.title,
                "culprit": grouping.culprit,
            }
            if explain:
                shown["components"] = grouping.components
            out.write(msgspec.json.encode(shown) + b"\n")
        out.flush()


class Fingerprinter:
    """From a line to the incident that it would belong to. Any bytes get an answer."""

    def __init__(self, config: build.Config, *, explain: bool = False) -> None:
        self._rules = rules.build_rules(config.rules)
        self._grouper = Grouper(config.group, Redactor(config.redact))
        self._explain = explain
        self._decoders: dict[str, dialects.Decoder] = {}

    def __call__(self, line: bytes, number: int = 0) -> Grouping:
        name = dialects.sniff(line)
        decoder = self._decoders.get(name)
        if decoder is None:
            decoder = self._decoders[name] = dialects.decoder(name)
        record = decoder.decode(line, Ref("stdin", "stdin", number), 0)
        if isinstance(record, Reject):
            record = LogRecord(ref=record.ref, time=0, message=record.sample or record.reason, raw=line)
        matched = tuple(rule.name for rule in self._rules if rule.judge(record) is not None)
        return self._grouper(record, matched, explain=self._explain)
