"""What each rule says about one record, and how a config becomes rules."""

import pickle

import pytest

from logmedic.collect import dialects
from logmedic.detect import DEFAULTS, KINDS, Detector, RuleConfig, build_rules
from logmedic.detect.detector import DECODERS_HELD
from logmedic.detect.rules import DurationRule
from logmedic.errors import ConfigError
from logmedic.model import Ref, Severity

NOW = 1_795_400_000 * 1_000_000_000


def select(text: str, *configs: RuleConfig, service: str = "", truncated: dict[int, int] | None = None):
    return Detector(build_rules(configs), dialects.decoder).select(
        text.encode(), source="app.log", stream="1", start=1000, dialect="generic", service=service, received=NOW,
        truncated=truncated or {},
    )  # fmt: skip


def matches(text: str, *configs: RuleConfig, service: str = ""):
    found = select(text + "\n", *configs, service=service).findings
    return [(m.rule, str(m.severity), m.reason) for finding in found for m in finding.matches]


def test_the_four_defaults_have_the_names_of_the_requirements():
    assert [rule.name for rule in build_rules()] == ["error-level", "slow", "surge", "error-code"]
    assert {config.kind for config in DEFAULTS} == set(KINDS)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"level":"ERROR"}', [("error-level", "warning", "level ERROR is ERROR or worse")]),
        ('{"level":"panic"}', [("error-level", "critical", "level FATAL is ERROR or worse")]),
        ("thread 'main' panicked at src/main.rs:1:2:", [("error-level", "critical", "level FATAL is ERROR or worse")]),
        ('{"duration_ms":6001}', [("slow", "warning", "took 6,001 ms, more than 5,000 ms")]),
        ('{"duration_ms":5000}', []),
        ('{"error_code":"AUTH_X"}', [("error-code", "warning", "error code AUTH_X matches AUTH_*")]),
        ('{"error_code":"auth_x"}', []),
        ('{"level":"WARN","duration_ms":12,"error_code":"OK"}', []),
    ],
)
def test_a_match_gives_its_reason_with_figures(line, expected):
    assert matches(line) == expected


def test_one_record_may_match_several_rules():
    found = select('{"level":"fatal","duration_ms":9000,"error_code":"DB_X"}\n').findings
    assert [m.rule for m in found[0].matches] == ["error-level", "slow", "error-code"]
    assert found[0].severity == Severity.CRITICAL


def test_a_finding_says_where_its_line_stands():
    line = '{"level":"ERROR"}'
    found = select(f"{{}}\n{line}\n").findings
    assert (found[0].record.ref.source, found[0].record.ref.stream) == ("app.log", "1")
    assert (found[0].record.ref.offset, found[0].record.ref.length) == (1003, len(line))


def test_a_line_that_was_cut_is_marked_with_its_full_length():
    found = select('{"level":"ERROR","message":"abc\n', truncated={1000: 5_000_000}).findings
    assert "truncated" in found[0].record.flags
    assert found[0].record.fields["full_length"] == 5_000_000


def test_errors_still_reach_the_surge_when_the_level_rule_is_off():
    off = RuleConfig(name="error-level", kind="level", enabled=False)
    selected = select('{"level":"ERROR"}\n{"level":"ERROR","error_code":"DB_X"}\n{}\n', off)
    assert [record.ref.offset for record in selected.errors] == [1000]
    assert [finding.record.ref.offset for finding in selected.findings] == [1018]


def test_without_rules_nothing_is_found():
    off = [RuleConfig(name=rule.name, kind=rule.kind, enabled=False) for rule in DEFAULTS]
    selected = select('{"level":"ERROR"}\n', *off)
    assert (selected.lines, selected.findings, selected.errors) == (1, [], [])


def test_a_hole_of_nul_bytes_is_a_reject_and_a_blank_line_is_not():
    selected = select("\0\0\0\n\n \r\n{}\n")
    assert [(reject.ref.offset, reject.reason) for reject in selected.rejects] == [(1000, dialects.NULS)]
    assert selected.lines == 4


def test_a_rule_may_be_limited_to_services():
    rule = RuleConfig(name="error-level", kind="level", services=("shop-*",))
    assert matches('{"level":"ERROR"}', rule, service="shop-api")
    assert not matches('{"level":"ERROR"}', rule, service="cart")
    assert matches('{"level":"ERROR","service":"shop-api"}', rule, service="cart")


def test_a_rule_of_the_same_name_replaces_the_default():
    assert matches(
        '{"duration_ms":150}', RuleConfig(name="slow", kind="duration", over_ms=100, severity=Severity.INFO)
    ) == [("slow", "info", "took 150 ms, more than 100 ms")]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (RuleConfig(name="x", kind="level", level="loud"), "rule `x`: unknown level `loud`; use one of warn, warning"),
        (RuleConfig(name="x", kind="duration", over_ms=-1), "rule `x`: over_ms must be between 0 and 1e12, not -1"),
        (RuleConfig(name="x", kind="duration", over_ms=float("nan")), "over_ms must be between"),
        (RuleConfig(name="x", kind="error-code", patterns=()), "rule `x`: patterns must name at least one glob"),
        (RuleConfig(name="x", kind="surge", more_than=0), "rule `x`: more_than must be between 1 and 10000, not 0"),
        (RuleConfig(name="", kind="level"), "each rule needs a name"),
    ],
)
def test_a_setting_that_makes_no_sense_is_one_clear_line(config, message):
    with pytest.raises(ConfigError, match=message):
        build_rules([config])


def test_two_rules_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="a name of its own"):
        build_rules([RuleConfig(name="x", kind="level")] * 2)


def test_a_detector_and_its_answer_go_to_another_process():
    detector = Detector(build_rules(), dialects.decoder, accelerate=False, warm_up=7)
    detector.select(
        b'{"level":"ERROR"}\n', source="", stream="", start=0, dialect="generic", service="", received=NOW, truncated={}
    )
    copy = pickle.loads(pickle.dumps(detector))
    assert (copy.rules, copy.accelerate, copy.warm_up) == (detector.rules, False, 7)
    selected = select('{"level":"ERROR"}\n')
    assert pickle.loads(pickle.dumps(selected)) == selected


def test_a_rule_that_replaces_a_default_one_keeps_its_kind() -> None:
    rules = {rule.name: rule for rule in build_rules([RuleConfig(name="slow", over_ms=3000)])}
    assert isinstance(rules["slow"], DurationRule)
    assert rules["slow"].over_ms == 3000


def test_a_new_rule_without_a_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="rule `mine`: name its kind, one of level, duration"):
        build_rules([RuleConfig(name="mine")])


def test_decoders_of_many_services_are_few_and_share_their_tables():
    """A service may be named after what a label says: whatever labels say must not fill the memory."""
    detector = Detector(build_rules(), dialects.decoder)
    for number in range(DECODERS_HELD + 100):
        detector.select(
            b"{}\n", source="app", stream="1", start=0, dialect="generic", service=f"s{number}", received=NOW,
            truncated={},
        )  # fmt: skip
    assert 0 < len(detector._decoders) <= DECODERS_HELD
    assert len({id(decoder._roles) for decoder in detector._decoders.values()}) == 1
    record = dialects.decoder("generic", "one").decode(b'{"level":"error"}', Ref("app", "1", 0, 17), NOW)
    assert (record.service, dialects.decoder("generic", "two").service) == ("one", "two")
