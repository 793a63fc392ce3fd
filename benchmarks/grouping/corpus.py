"""The labelled corpus: lines of which somebody knows which bug wrote them. ``generate/`` says how it was made."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import msgspec

from logmedic.collect import dialects
from logmedic.collect.dialects import Decoder
from logmedic.model import LogRecord, Ref, Reject

CORPUS = Path(__file__).parents[2] / "tests" / "data" / "grouping" / "corpus.jsonl.gz"
SERVICE = "shop"  # what a config says of sources whose lines name no service


class Entry(msgspec.Struct, frozen=True):
    """One occurrence. ``line`` has several lines of text where a trace was printed as it is."""

    bug: str  # language/name: the label
    language: str
    variant: str  # runtime, release, mode, logger
    line: str


def load(path: Path = CORPUS) -> list[Entry]:
    with gzip.open(path, "rb") as file:
        return [msgspec.json.decode(line, type=Entry) for line in file]


@cache
def _decoder(dialect: str) -> Decoder:
    return dialects.decoder(dialect, SERVICE)


def record(entry: Entry, number: int = 0) -> LogRecord:
    """The record that the collector makes of it, its lines joined."""
    line = entry.line.encode()
    found = _decoder(dialects.sniff(line)).decode(line, Ref("corpus", "corpus", number), 0)
    if isinstance(found, Reject):
        raise ValueError(  # noqa: TRY004  it is about the value: a line of the corpus that cannot be read
            f"{entry.bug} {entry.variant}: {found.reason}"
        )
    return found
