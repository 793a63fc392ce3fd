"""The sniffer remembers shapes of lines. What it remembers must be what it would find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.collect import dialects
from logmedic.collect.dialects.sniff import _best, sniff
from logmedic.collect.dialects.table import DIALECTS
from logmedic.model import NANOSECONDS, LogRecord, Ref

REF = Ref("log", "log", 0)
EXAMPLES = Path(__file__).parents[1] / "data" / "dialects"

KEYS = sorted({
    part
    for dialect in DIALECTS
    for names in (*dialect.signature, *dialect.hints)
    for name in names.split("|")
    for part in (name.partition(":")[0], *name.partition(":")[0].split("."))
})  # fmt: skip
SCALARS = st.sampled_from([None, 1, 1.5, "x", "", True, []])
RECORDS = st.dictionaries(
    st.sampled_from(KEYS), SCALARS | st.dictionaries(st.sampled_from(KEYS), SCALARS, max_size=3), max_size=8
)


@given(st.lists(RECORDS, max_size=20))
def test_a_line_is_of_the_dialect_that_it_is_of_when_nothing_is_remembered(records: list[dict[str, Any]]) -> None:
    for record in records:
        assert sniff(json.dumps(record).encode()) == _best(record)


def test_lines_with_very_many_or_long_keys_are_not_remembered() -> None:
    many = {f"key{i}": i for i in range(100)} | {"timestamp": "t", "level": "ERROR", "fields": {}}
    long = {"k" * 5_000: 1, "timestamp": "t", "level": "ERROR", "fields": {}}
    assert [sniff(json.dumps(record).encode()) for record in (many, long)] == ["rust-tracing", "rust-tracing"]


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[1] / "data" / "dialects").glob("*.log")), ids=lambda p: p.stem
)
def test_a_line_that_was_parsed_while_sniffing_is_decoded_as_by_itself(path: Path) -> None:
    for line in path.read_bytes().split(b"\n"):
        name, parsed = dialects.sniff_one(line)
        assert name == dialects.sniff(line)
        decoder = dialects.decoder(name)
        assert decoder.decode(line, REF, 0, parsed) == decoder.decode(line, REF, 0)


def test_a_decoder_that_is_not_asked_for_times_gives_all_else() -> None:
    now = 1_800_000_000 * NANOSECONDS  # later than the line
    line = b'{"timestamp":"2026-11-20T09:00:00Z","level":"ERROR","fields":{"message":"boom"},"target":"shop"}'
    timed = dialects.decoder("rust-tracing").decode(line, REF, now)
    untimed = dialects.decoder("rust-tracing", timed=False).decode(line, REF, now)
    assert isinstance(timed, LogRecord)
    assert untimed == msgspec.structs.replace(timed, time=now)
