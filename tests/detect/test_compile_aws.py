"""The forms for CloudWatch: within its limits and its language, and narrow enough to be worth it."""

import json

import pytest

from logmedic.collect import dialects
from logmedic.detect import RuleConfig, build_rules
from logmedic.detect.compile import COMPILERS, filterpattern, insights
from logmedic.testing import filterpattern as patterns
from logmedic.testing import insights as queries
from logmedic.testing.filterpattern import FilterPatternError

from .test_compile import SELECTED as FORMS
from .test_compile import SURFACES, matched
from .test_exact import RULES

ORDINARY = (
    '{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","fields":{"message":"ok","error":null,"duration_ms":12}}',
    '{"level":30,"time":1795400000000,"pid":1,"msg":"The Error handler is up","err":null,"responseTime":4}',
    '{"severity":"INFO","elapsed":0.012,"message":"no errors"}',
    '{"severityText":"INFO","body":"failed: 0","failed":0}',
)
WRONG = (
    '{"level":"ERROR","msg":"x"}',
    '{"level":"info","responseTime":6001}',
    '{"level":50,"msg":"x"}',
    '{"level":"info","error_code":"DB_X"}',
    "thread 'main' panicked at src/main.rs:1",
)


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_lines_are_left_where_they_are(line):
    for form in ("insights", "filter-pattern"):
        assert not FORMS[form, "defaults"](line.encode()), form


@pytest.mark.parametrize("rules", RULES)
def test_what_a_form_selects_and_the_rules_then_judge_is_what_the_rules_match(rules):
    lines = [line.encode() for line in (*ORDINARY, *WRONG)]
    wanted = [line for line in lines if matched(RULES[rules], line, "generic")]
    for compiler in COMPILERS:
        selected = [line for line in lines if FORMS[compiler.name, rules](line)]
        assert [line for line in selected if matched(RULES[rules], line, "generic")] == wanted, compiler.name


def test_the_default_rules_fit_a_filter_pattern():
    compiled = filterpattern.FILTER_PATTERN.compile(build_rules(), SURFACES)
    assert 0 < len(compiled.text) <= 1_024
    assert not compiled.exact


def test_rules_that_do_not_fit_select_everything_and_say_so():
    many = build_rules((RuleConfig(name="many", kind="error-code", patterns=tuple(f"CODE{n}_*" for n in range(99))),))
    compiled = filterpattern.FILTER_PATTERN.compile(many, SURFACES)
    assert (compiled.text, compiled.widened) == ("", filterpattern.ALL)
    assert not compiled.exact


def test_one_dialect_has_a_shorter_pattern_with_the_exact_limit():
    only = build_rules((RuleConfig(name="error-level", enabled=False), RuleConfig(name="surge", enabled=False)))
    selects = patterns.parse(filterpattern.FILTER_PATTERN.compile(only, SURFACES).text)
    assert selects('{"duration_ms":5001}')
    assert not selects('{"duration_ms":4999}')


def test_a_query_of_insights_escapes_slashes_and_stays_within_its_limit():
    codes = build_rules((RuleConfig(name="error-code", kind="error-code", patterns=("A.B*",)),))
    text = insights.INSIGHTS.compile(codes, SURFACES).text
    assert queries.parse(text)('{"error_code":"A.Bx"}')
    huge = build_rules((RuleConfig(name="m", kind="error-code", patterns=tuple(f"CODE_{n}_X*" for n in range(999))),))
    assert insights.INSIGHTS.compile(huge, SURFACES).text == ""


def test_a_single_dialect_compiles_too():
    surface = dialects.decoder("rust-tracing").surface
    for compiler in COMPILERS:
        assert compiler.compile(build_rules(), [surface]).text


@pytest.mark.parametrize(
    ("pattern", "selected", "left"),
    [
        ("", "anything", None),
        ("ERROR", "[ERROR 401] x", "ERRORS"),
        ("ERROR 401", "401 ERROR", "ERROR 402"),
        ("?ERROR ?FATAL", "FATAL x", "INFO"),
        ("ERROR -EXIT", "ERROR x", "ERROR EXIT"),
        ('"a b"', "x a b", "a  b"),
        ("%AUTHORIZED%", "UNAUTHORIZED", "authorized"),
        (r"%^[hc]at$|\x22\d{2}%", 'a "12', "that"),
        ('{ $.level = "ERROR" }', '{"level":"ERROR"}', '{"level":"error"}'),
        ('{ ($.a.b > 5000) || ($.c[0] = "E*") }', '{"c":["Ex"]}', '{"a":{"b":5000}}'),
        ("{ $.a = %^x% && $.b NOT EXISTS }", '{"a":"xy"}', '{"a":"xy","b":1}'),
        ("{ $.ok IS FALSE }", '{"ok":false}', '{"ok":0}'),
    ],
)
def test_the_stand_in_reads_patterns_as_they_are_documented(pattern, selected, left):
    selects = patterns.parse(pattern)
    assert selects(selected)
    assert left is None or not selects(left)


@pytest.mark.parametrize(
    "pattern",
    ["%(a)%", "%a!%", '%"%', r"%\q%", r"%\x2%", "%[%", "x" * 1025, "{ $.a }", "{ $.a ~ 1 }", "{ $.a > x }", "a.b",
     "{ $.a = %x% || $.a = %y% || $.a = %z% }", "?a b", "[a, b]", "%é%"],
)  # fmt: skip
def test_the_stand_in_refuses_what_the_service_refuses(pattern):
    with pytest.raises(FilterPatternError):
        patterns.parse(pattern)


@pytest.mark.parametrize(
    "query", ["filter x = 1", "filter @message like /a/ | stats count(*)", "filter @message like /(/"]
)
def test_the_stand_in_refuses_other_queries(query):
    with pytest.raises(queries.InsightsError):
        queries.parse(query)


def test_lines_that_are_no_object_are_selected_by_the_filter_pattern():
    selects = patterns.parse(filterpattern.FILTER_PATTERN.compile(build_rules(), SURFACES).text)
    assert selects("2026-01-01 10:00:00,123 INFO fine")
    assert selects(' {"level":"INFO"}')
    assert not selects(json.dumps({"level": "INFO"}))
