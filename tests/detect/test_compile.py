"""Whatever a rule matches, its form for a backend selects: the table of compilers is held to this, one by one."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from effort import examples
from logmedic.collect import dialects
from logmedic.collect.entries.entry import Entry
from logmedic.collect.entries.lines import Layout
from logmedic.collect.loki.config import LokiSourceConfig
from logmedic.detect import build_rules
from logmedic.detect.compile import COMPILERS, logql
from logmedic.detect.compile.expression import expression
from logmedic.model import LogRecord, Ref
from logmedic.testing import filterpattern, insights
from logmedic.testing import logql as loki

from .test_exact import CODE_KEYS, CODES, DURATION_KEYS, LEVEL_KEYS, LEVELS, NOW, NUMBERS, RULES, lines

SURFACES = [dialects.decoder(name).surface for name in dialects.names()]
TEXTS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "  ", "\x00", "\ufeff", "2026-01-01 10:00:00 ", "\x1b[2m2026\x1b[0m ", "x" * 236, "app: "]),
    st.sampled_from(
        ["ERROR", "\x1b[31mERROR\x1b[0m", "E\x1b[1mRROR", "level=error", 'lvl="crit"', "level\x1b[0m=\x1b[1merr",
         "[error]", "[\x1b[31mcrit]", "panic: ", "thread 'main' panicked at ", "FooError", "a.b.FooException: ",
         "Traceback (most recent call last):", "  + Exception Group Traceback (most recent call last):",
         "Exception in thread main", "Unhandled exception", "[Unhandled", "Uncaught ", "error: ", "eRRor\x1b[0m: ",
         "goroutine 1 [running", "Node.js v20", "fail: A.B[", "crit: a[", "fatal error: ", "Fatal Python error: ",
         "SyntaxError: x", "INFO fine", "no errors", "KeyError", "severity=FATAL", "\x1b[31mpanic\x1b[0m: x"]),
    st.sampled_from(["", " ", ": x", "\x1b[0m", "S", "\n"]),
    st.sampled_from(["", "boom", "\nKeyError: 1", "\n  SyntaxError: bad", "\npanic: again", "\nfine"]),
)  # fmt: skip


def matched(rules, line: bytes, dialect: str) -> bool:
    record = dialects.decoder(dialect).decode(line, Ref("s", "t", 0, len(line)), NOW)
    return isinstance(record, LogRecord) and wanted(rules, record)


def wanted(rules, record: LogRecord) -> bool:
    return any(rule.judge(record) is not None or getattr(rule, "counts", lambda _: False)(record) for rule in rules)


def by_prefilter(text: str):
    patterns = [re.compile(pattern.encode()) for pattern in text.split("\n")]
    return lambda line: not line.startswith(b"{") or any(pattern.search(line) for pattern in patterns)


def by_logql(text: str):
    query = loki.parse('{app="x"} ' + text)
    # As Loki keeps it: text, whatever the bytes were.
    return lambda line: query.run(line.decode("utf-8", "replace"), {"app": "x"}) is not None


def by_insights(text: str):
    selects = insights.parse(text)
    return lambda line: selects(line.decode("utf-8", "replace"))


def by_filter_pattern(text: str):
    selects = filterpattern.parse(text)
    return lambda line: selects(line.decode("utf-8", "replace"))


SELECTORS = {
    "prefilter": by_prefilter,
    "logql": by_logql,
    "insights": by_insights,
    "filter-pattern": by_filter_pattern,
}
SELECTED = {
    (compiler.name, name): SELECTORS[compiler.name](compiler.compile(rules, SURFACES).text)
    for compiler in COMPILERS
    for name, rules in RULES.items()
}


@pytest.mark.parametrize("rules", RULES)
@settings(max_examples=examples(80))
@given(line=lines() | TEXTS.map(str.encode), dialect=st.sampled_from(dialects.names()))
@example(line=b'{"level":"\x1b[31mERROR\x1b[0m"}', dialect="generic")
@example(line=b'{"elapsed":6.5}', dialect="zap")
@example(line=b'{"lvl":"dpanic"}', dialect="rust-tracing")
@example(line=b'{"attributes":[{"key":"duration_ms","value":{"intValue":"6001"}}]}', dialect="otlp")
def test_what_a_rule_matches_every_compiled_form_selects(rules, line, dialect):
    if matched(RULES[rules], line, dialect):
        for compiler in COMPILERS:
            if compiler.name == "prefilter" and b"\n" in line:
                continue  # it is given single lines, and pieces that an event's lines join
            assert SELECTED[compiler.name, rules](line), compiler.name


@pytest.mark.parametrize("rules", RULES)
@settings(max_examples=examples(60))
@given(
    line=TEXTS | lines().map(lambda line: line.decode("utf-8", "replace")),
    split=st.booleans(),
    labels=st.dictionaries(st.sampled_from(LEVEL_KEYS[:1]), st.sampled_from([w for w in LEVELS if w]), max_size=1),
    metadata=st.dictionaries(
        st.sampled_from([key for key in (*LEVEL_KEYS, *DURATION_KEYS, *CODE_KEYS, "trace_id") if key.isidentifier()]),
        st.sampled_from([*LEVELS, *CODES, *(number.strip('"') for number in NUMBERS), "17", "6001", "40000"]),
        max_size=3,
    ),
)
def test_loki_selects_what_a_rule_matches_also_by_labels_and_over_several_lines(rules, line, split, labels, metadata):
    """The record of an entry is made of its labels, its structured metadata and its line, as the source makes it."""
    if split:
        line = line.replace(",", ",\n ")
    entry = Entry(NOW, line, {"app": "x", **labels}, metadata, 1)
    layout = Layout("loki", LokiSourceConfig())
    text = layout.line(entry).text
    for dialect in dialects.names():
        if matched(RULES[rules], text, dialect):
            query = loki.parse('{app="x"} ' + logql.LOGQL.compile(RULES[rules], SURFACES).text)
            assert query.run(line, {**entry.labels, **metadata}) is not None, dialect


def test_ordinary_lines_are_left_where_they_are():
    """An expression that selects everything would pass the tests above."""
    rules = build_rules()
    query = loki.parse('{app="x"} ' + logql.LOGQL.compile(rules, SURFACES).text)
    for line in (
        '{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","fields":{"message":"ok","error":null,"duration_ms":12}}',
        '{"level":30,"time":1795400000000,"pid":1,"msg":"The Error handler is up","err":null,"responseTime":4}',
        "2026-01-01 10:00:00,123 INFO shop.orders 12 orders",
        "\x1b[2m2026-01-01T10:00:00Z\x1b[0m \x1b[32m INFO\x1b[0m \x1b[2mhyper\x1b[0m\x1b[2m:\x1b[0m connected",
        'level=info msg="errors: none" duration_ms=17',
        "",
    ):
        assert query.run(line, {"app": "x", "level": "info", "severity_number": "9", "trace_id": "5b8e"}) is None, line


def test_the_label_that_marks_a_hit_is_gone_from_what_is_selected():
    row = loki.parse('{app="x"} ' + logql.LOGQL.compile(build_rules(), SURFACES).text).run("ERROR x", {"app": "x"})
    assert row is not None
    assert row.labels == {"app": "x"}
    assert row.parsed == {}


def test_expressions_are_in_the_syntax_of_re2():
    """Loki, Logs Insights and others use engines without look-around."""
    re2 = pytest.importorskip("re2")
    compiled = {name: re2.compile(expression(rules, SURFACES)) for name, rules in RULES.items()}
    assert compiled["defaults"].search('{"level":"ERROR"}')
    assert not compiled["defaults"].search('{"level":"TRACE"}')


def test_without_rules_there_is_nothing_to_select_by():
    assert [compiler.compile((), SURFACES).text for compiler in COMPILERS] == [""] * len(COMPILERS)


def test_waking_filters_are_short_enough_for_an_address():
    text = logql.wake(build_rules(), SURFACES)
    assert len(text) < 300
    query = loki.parse('{app="x"} ' + text)
    assert query.run('{"level":"ERROR"}', {"app": "x"}) is not None
    assert query.run('{"level":"INFO"}', {"app": "x"}) is None
