# ruff: noqa: E501  tables of spellings read better unwrapped
"""Prefilter and decode select exactly what decoding every line selects, whatever the writer does to its lines."""

import functools
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from effort import examples
from logmedic.collect import dialects
from logmedic.detect import DEFAULTS, Detector, RuleConfig, SurgeRule, build_rules
from logmedic.model import Finding, Ref, Reject

NOW = 1_795_400_000 * 1_000_000_000
# What rules may ask beyond the defaults: other limits, levels and globs, also such without a literal beginning.
MORE = (
    RuleConfig(name="warn", kind="level", level="warn"),
    RuleConfig(name="short", kind="duration", over_ms=0.5),
    RuleConfig(name="any-code", kind="error-code", patterns=("*_FAILED", "E[0-9]*", "1062", "?X*", "pay.*")),
)
ODD = (
    RuleConfig(name="odd", kind="duration", over_ms=1234.5),
    *(RuleConfig(name=rule.name, kind=rule.kind, enabled=False) for rule in DEFAULTS),
)
RULES = {"defaults": build_rules(), "more": build_rules(MORE), "odd": build_rules(ODD)}
LEVELS = ["ERROR", "error", "Error", "eRROR", "ERR", "err", "FATAL", "critical", "Crit", "PANIC", "dpanic", "emerg", "ALERT",
          "severe", "ERROR+4", "WARN+3", "ERROR  ", "\x1b[31merror\x1b[39m", "ERROR3", "SEVERITY_NUMBER_ERROR2", "ſevere",
          " ERROR ", "  err", "\tFatal\r", " \n critical", "ERROR\t", "\r\nPANIC", " \x1b[31m error \x1b[0m ", "\x1b[1m\t\x1b[31mERR ", " 50 ", "\t3",
          "   severe  ", " no", " ERROR+4 ", "INFO", "debug", "warn", "errors", "no error", "50", "30", "", "fail", "WARNING"]  # fmt: skip
NUMBERS = ["5000", "5000.0", "5001", "5.001e3", "50010e-1", "5000.000001", "4999.9999999999999999", "-6000", "6e3", "6E+3",
           "0.6e4", "12.5", "0", "-0", "-0.0", "3", "30", "40", "50", "60", "17", "1e400", "1e-400", "5000000001", "5000000000",
           "5.0000001", "5", "6", "1" + "0" * 400, "99999", "1234.5", "1235", "0.5", "0.51", "600", "NaN", "Infinity", "2.5",
           '"6001"', '"5.2s"', '"5001ms"', '"4999ms"', '"6001 ms"', '"1m"', '"2h"', '"6000000\u00b5s"', '"1s 250ms"',
           '"6.001e3"', '"06001"', '"999ms 999ms"', '"3"', '"50"', '"250"', "null", "true", "[6001]", "{}"]  # fmt: skip
CODES = [
    "AI_TIMEOUT",
    "AUTH_EXPIRED",
    "DB_X",
    "db_x",
    "AI-X",
    "XAI_",
    "PAY_FAILED",
    "E42",
    "Ex",
    "1062",
    "aX1",
    "pay.x",
    "",
]
LEVEL_KEYS = ["level", "severity", "log.level", "lvl", "levelname", "severityText", "Level", "LEVEL", "@l", "log_level"]
NUMBER_KEYS = ["level", "severityNumber", "levelno", "PRIORITY", "severity", "level_value", "severity_number"]
DURATION_KEYS = ["duration_ms", "duration", "elapsed", "latency_ms", "responseTime", "duration_ns", "elapsed_us", "took",
                 "duration_seconds", "event.duration", "durationMs", "status"]  # fmt: skip
CODE_KEYS = ["error_code", "code", "errorCode", "error.code", "err_code"]
SPACES = st.sampled_from(["", " ", "  ", "\t", " \r"])


SHORT = {"\t": "\\t", "\r": "\\r", "\n": "\\n"}


@st.composite
def strings(draw, texts):
    """A JSON string, some of its characters escaped as a writer may."""
    text = draw(texts)
    out = []
    for character in text:
        how = draw(st.sampled_from(["plain"] * 30 + ["lower", "upper"]))
        if how == "plain" and character in SHORT:
            out.append(draw(st.sampled_from([SHORT[character]] * 3 + [character])))
        elif how == "plain" and character >= " " and character not in '"\\':
            out.append(character)
        else:
            out.append(f"\\u{ord(character):04x}" if how != "upper" else f"\\u{ord(character):04X}")
    return '"' + "".join(out) + '"'


def one_of(values):
    return strings(st.sampled_from(values))


NOISE = st.one_of(
    st.sampled_from(["1", "null", "[]", "{}", '"x"', '"\\ud800"', "NaN", "1e400", "9" * 5000, '"a\x01b"', '"\\"level\\":\\"ERROR\\""']),
    st.text(max_size=10).map(json.dumps),
)  # fmt: skip
MEMBER = st.one_of(
    st.tuples(one_of(LEVEL_KEYS), one_of(LEVELS)),
    st.tuples(one_of(NUMBER_KEYS), st.sampled_from(NUMBERS)),
    st.tuples(one_of(DURATION_KEYS), st.sampled_from(NUMBERS)),
    st.tuples(one_of(DURATION_KEYS), st.decimals(min_value=-(10**7), max_value=10**10, places=3).map(str)),
    st.tuples(one_of(CODE_KEYS), st.one_of(one_of(CODES), st.sampled_from(["1062", "500", "-5"]))),
    st.tuples(strings(st.sampled_from(["msg", "took_ms", "user", "x" * 90])), NOISE),
)


@st.composite
def objects(draw, members=MEMBER, depth=2):
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["member"] * 6 + ["nested", "error", "attributes"]))
        if kind == "member" or depth == 0:
            key, value = draw(members)
        elif kind == "nested":
            key, value = (
                draw(one_of(["fields", "log", "event", "extra", "service", "other"])),
                draw(objects(depth=depth - 1)),
            )
        elif kind == "error":
            key, value = draw(one_of(["err", "error", "exception"])), draw(objects(depth=depth - 1))
        else:
            key, value = '"attributes"', draw(attributes())
        parts.append(draw(SPACES) + key + draw(SPACES) + ":" + draw(SPACES) + value + draw(SPACES))
    return "{" + ",".join(parts) + "}"


@st.composite
def attributes(draw):
    """OTLP's list, with the key first or last, now and then a member twice."""
    items = []
    for _ in range(draw(st.integers(1, 3))):
        key = draw(one_of([*DURATION_KEYS, *CODE_KEYS]))
        space = draw(SPACES)
        inner = [
            f'"{draw(st.sampled_from(["intValue", "doubleValue", "stringValue"]))}"{space}:{space}'
            + draw(st.one_of(st.sampled_from(NUMBERS), one_of(CODES)))
            for _ in range(draw(st.sampled_from([1, 1, 1, 2])))
        ]
        members = [f'"key"{space}:{space}{key}']
        members += [f'"value"{space}:{space}{{{value}}}' for value in inner]
        items.append("{" + f",{space}".join(draw(st.permutations(members))) + "}")
    return "[" + ",".join(items) + "]"


@st.composite
def lines(draw):
    line = draw(objects()).encode("utf-8", "surrogatepass").replace(b"\n", b"")
    how = draw(st.sampled_from(["whole"] * 12 + ["cut", "tail", "prefix", "bytes", "deep", "text"]))
    if how == "cut":
        return line[: draw(st.integers(0, len(line)))]
    if how == "tail":
        return line + draw(st.sampled_from([b" trailing", b"\r", b"}", b"\x00", line]))
    if how == "prefix":
        return draw(st.sampled_from([b" ", b"\x00\x00", b"\xef\xbb\xbf", b"app: ", b"["])) + line
    if how == "bytes":
        return line.replace(b":", draw(st.sampled_from([b":\xff", b": \xc2\x85", b'"', b"\\"])), 1)
    if how == "deep":
        return b'{"x":' * 70 + line
    if how == "text":
        return draw(
            st.sampled_from([b"", b"\r", b"\x00", b"panic: x", b"ERROR x", b"KeyError: 1", b"INFO", b"[]", b"{", b'{"'])
        )
    return line


def reference(rules, data: bytes, dialect: str):
    """Every line decoded, every rule asked."""
    decoder = dialects.decoder(dialect, "")
    findings, errors, rejects, offset = [], [], [], 0
    *whole, rest = data.split(b"\n")
    for line in [*whole, *([rest] if rest else [])]:
        record = decoder.decode(line, Ref("s", "t", offset, len(line)), NOW)
        offset += len(line) + 1
        if isinstance(record, Reject):
            if record.reason != dialects.BLANK:
                rejects.append(record)
            continue
        matches = tuple(m for rule in rules if (m := rule.judge(record)) is not None)
        if matches:
            findings.append(Finding(record, matches))
        elif any(isinstance(rule, SurgeRule) and rule.counts(record) for rule in rules):
            errors.append(record)
    return findings, errors, rejects


def select(detector, data: bytes, dialect: str):
    return detector.select(
        data, source="s", stream="t", start=0, dialect=dialect, service="", received=NOW, truncated={}
    )


# A detector learns from its first big block which keys are hot; here once none and once these.
RARE = b"{}\n" * 20_000
HOT = b'{"level":"","duration_ms":0,"took":0,"error_code":0,"\\u00":"error"}\n' * 1_000


def detector(rules: str, accelerate: bool, first: bytes) -> Detector:
    made = Detector(RULES[rules], dialects.decoder, accelerate=accelerate, warm_up=0)
    for dialect in dialects.names():
        select(made, first, dialect)
    return made


@functools.cache
def detectors(rules: str, accelerate: bool) -> list[Detector]:
    """Made for the first test that needs them: it takes seconds, which collecting the tests must not cost."""
    return [detector(rules, accelerate, first) for first in (RARE, HOT)]


@pytest.mark.parametrize("rules", RULES)
@settings(max_examples=examples(40))
@given(data=st.lists(lines(), min_size=1, max_size=6).map(b"\n".join), dialect=st.sampled_from(dialects.names()))
@example(data=b'{"attributes":[{"value":{"intValue":"6001"},"key":"duration_ms"}]}', dialect="otlp")
@example(
    data=b'{"attributes":[{"key":"duration_ms","value":{"intValue":"1"},"value":{"intValue":"6001"}}]}', dialect="otlp"
)
@example(data=b'{"attributes":[{"key":"duration_ms","value":{"intValue":"1","intValue":"6001"}}]}', dialect="otlp")
@example(data=b'{"a":\\"took"level":"ERROR"}\n{"a":\\"took"level":3}', dialect="generic")
@example(data=b'{"level":"\x1b[31mERROR\x1b[0m"}', dialect="generic")
@example(data=b'{"level":"ERROR\x1b[0m"}\n{"level":5e1}\n{"level":"\\u0035\\u0030"}', dialect="generic")
@example(data=b'{"duration_ms":"\\u0036001"}\n{"duration_ms":"999ms 999ms"}', dialect="generic")
@example(data=b'{"error":null,"level":"ERROR"}\n{"level":"error":null}\n{"level":"error"', dialect="generic")
@example(
    data=b'{"level":" error "}\n{"level":"\\tERROR"}\n{"level":"\tERROR"}\n{"level":" \\u0020Err"}', dialect="generic"
)
@example(
    data=b'{"level":"\\u0020ERROR"}\n{"level":"  ERROR\t"}\n{"level":" 50 "}\n{"level":"\x1b[31m ERROR"}',
    dialect="generic",
)
@example(data=b'{"level":"\\u0009\\n\\r ERROR"}\n{"level":"\\u001b[31m\\tERROR"}\n{"level":"\\n50"}', dialect="pino")
@example(data=b'{"a":{"level":"info"},"level":"ERROR","x":"cut\n{"level":"ERROR","x":{"level":"WAR', dialect="generic")
@example(data=b'{"level":-0}\n{"PRIORITY":-0.0}', dialect="pino")
def test_prefilter_and_decode_select_what_decoding_every_line_selects(rules, data, dialect):
    findings, errors, rejects = reference(RULES[rules], data, dialect)
    for detector in (*detectors(rules, True), *detectors(rules, False)):
        selected = select(detector, data, dialect)
        assert selected.findings == findings, detector.accelerate
        assert selected.errors == errors, detector.accelerate
        assert selected.rejects == rejects, detector.accelerate
        assert selected.lines == data.count(b"\n") + (not data.endswith(b"\n") and data != b"")


@pytest.mark.parametrize("accelerate", [True, False])
def test_the_answer_is_the_same_in_one_block_in_many_and_as_a_view(accelerate, monkeypatch):
    line = b'{"level":"%s","message":"m%d","duration_ms":%d}\n'
    data = b"".join(line % (b"ERROR" if i % 7 == 0 else b"INFO", i, i * 3) for i in range(3000))
    detector = detectors("defaults", accelerate)[0]
    whole = select(detector, data, "generic")
    assert (whole.lines, whole.bytes) == (3000, len(data))
    monkeypatch.setattr("logmedic.detect.detector.BLOCK", 700)
    assert select(detector, memoryview(data), "generic") == whole
    findings, errors, rejects = reference(RULES["defaults"], data, "generic")
    assert (whole.findings, whole.errors, whole.rejects) == (findings, errors, rejects)


@pytest.mark.parametrize("name", dialects.names())
@pytest.mark.parametrize("accelerate", [True, False])
def test_a_needle_is_found_behind_a_warm_up_with_the_other_engine(name, accelerate):
    detector = Detector(build_rules(), dialects.decoder, accelerate=accelerate, warm_up=50_000)
    data = b'{"level":"INFO","message":"fine","duration_ms":12}\n' * 1000 + b'{"lvl":"\\u0065rror"}\n{"elapsed":"7s"}\n'
    for _ in range(3):
        assert len(select(detector, data, name).findings) == 2
