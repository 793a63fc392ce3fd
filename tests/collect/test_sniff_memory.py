"""The sniffer remembers shapes of lines. What it remembers must be what it would find."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from logmedic.collect.dialects.sniff import _best, sniff
from logmedic.collect.dialects.table import DIALECTS

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
