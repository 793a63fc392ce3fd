"""Rules of the configuration: what they match, what they make of a fingerprint, and how a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from logmedic import config as configuration
from logmedic.errors import ConfigError
from logmedic.group.fingerprint import GroupConfig, Grouper
from logmedic.group.overrides import GroupRule
from logmedic.model import ExceptionPart, Frame, Level, LogRecord, Stack


def grouper(*rules: dict) -> Grouper:
    return Grouper(msgspec.convert({"rules": rules}, GroupConfig))


def test_a_rule_without_a_match_changes_nothing(record) -> None:
    one = record("order 7 failed")
    assert grouper({"match": {"message": "*timeout*"}, "fingerprint": ["x"]})(one) == Grouper()(one)


def test_default_with_a_field_splits_by_that_field(record) -> None:
    group = grouper({"match": {"service": "shop"}, "fingerprint": ["{{ default }}", "{{ field.tenant }}"]})
    prints = [
        group(record(f"order {i} of {what} failed", fields={"tenant": tenant})).fingerprint
        for i, (what, tenant) in enumerate([("ann", "a"), ("ann", "a"), ("ann", "b"), ("bob", "a")])
    ]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_a_constant_merges_types_and_services(record) -> None:
    group = grouper({"match": {"type": ["*Timeout*", "OperationalError"]}, "fingerprint": ["database-down"]})
    records = [
        record("a", exception_type="psycopg.OperationalError"),
        record("b", exception_type="PoolTimeout", service="web"),
        record("c", exception_type="ValueError"),
    ]
    first, second, third = (group(r).fingerprint for r in records)
    assert first == second != third
    assert third == Grouper()(records[2]).fingerprint


def test_the_first_rule_that_matches_decides(record) -> None:
    first, second = (
        {"match": {"message": "*pay*"}, "fingerprint": ["one"]},
        {"match": {"service": "*"}, "fingerprint": ["two"]},
    )
    assert grouper(first, second)(record("cannot pay")) == grouper(first)(record("cannot pay"))
    assert (
        grouper(first, second)(record("cannot ship")).fingerprint == grouper(second)(record("cannot ship")).fingerprint
    )


STACK = Stack(
    "python",
    (
        ExceptionPart("app.PayError", "no money", (Frame("pay", "/srv/app/shop/pay.py", 1, "shop.pay"),)),
        ExceptionPart("KeyError", "'price'", (Frame("price", "/srv/app/shop/price.py", 1, "shop.price"),)),
    ),
)


@pytest.mark.parametrize(
    "match",
    [
        {"service": "sh?p"}, {"level": "ERROR"}, {"level": "error"}, {"error_code": "DB_*"}, {"type": "KeyError"},
        {"error.type": "app.PayError"}, {"type": "PayError"}, {"message": "*42*"}, {"message": "*money*"},
        {"error.value": "'price'"}, {"target": "shop::*"}, {"logger": "shop::*"}, {"function": "price"},
        {"function": "*shop.price*"}, {"module": "shop.pay"}, {"path": "*/shop/*"}, {"field.http.status": "503"},
        {"field.region": "eu-*"}, {"tag.canary": "true"}, {"field.request_id": "r-1"}, {"service": "!web"},
        {"service": ["web", "shop"]}, {"service": ["*", "!web"]}, {"message": "*42*", "service": "shop"},
    ],
)  # fmt: skip
def test_a_name_matches_what_it_names(match: dict, record) -> None:
    one = record(
        "order 42 failed", stack=STACK, error_code="DB_GONE", target="shop::orders", request_id="r-1",
        fields={"http": {"status": 503}, "region": "eu-west", "tags": {"canary": True}},
    )  # fmt: skip
    assert grouper({"match": match, "fingerprint": ["x"]})(one).fingerprint != Grouper()(one).fingerprint


@pytest.mark.parametrize(
    "match", [{"service": "web"}, {"service": "!shop"}, {"service": "SHOP"}, {"field.missing": "?*"}, {"type": "?*"},
              {"message": "order"}, {"message": "*42*", "service": "web"}]
)  # fmt: skip
def test_all_of_a_match_must_fit_the_whole_value(match: dict, record) -> None:
    one = record("order 42 failed")
    assert grouper({"match": match, "fingerprint": ["x"]})(one) == Grouper()(one)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("service", "shop"), ("level", "ERROR"), ("error_code", "DB_GONE"), ("type", "PayError < KeyError"),
        ("error.type", "PayError < KeyError"), ("message", "order 42 failed"), ("error.value", "no money"),
        ("culprit", "shop.price.price"), ("function", "shop.price.price"), ("module", "shop.price"),
        ("target", "shop::orders"), ("field.http.status", "503"), ("tag.canary", "true"), ("field.none", ""),
    ],
)  # fmt: skip
def test_a_variable_stands_for_its_value(variable: str, value: str, record) -> None:
    one = record(
        "order 42 failed", stack=STACK, error_code="DB_GONE", target="shop::orders",
        fields={"http": {"status": 503}, "tags": {"canary": True}},
    )  # fmt: skip
    named = grouper({"match": {"service": "*"}, "fingerprint": [f"a-{{{{ {variable} }}}}"]})
    constant = grouper({"match": {"service": "*"}, "fingerprint": [f"a-{value}"]})
    assert named(one).fingerprint == constant(one).fingerprint


def test_a_title_of_its_own_is_safe_and_redacted(record) -> None:
    rule = {"match": {"service": "*"}, "title": "Tenant {{ field.tenant }}: {{ default }}"}
    one = record("order 42 failed", fields={"tenant": "@everyone jane@example.com"})
    grouping = grouper(rule)(one)
    assert grouping.title == "Tenant ＠everyone <email:1>: order <num> failed"
    assert grouping.fingerprint == Grouper()(one).fingerprint


def test_an_explanation_names_the_rule_and_its_parts(record) -> None:
    rule = {"match": {"service": "*"}, "fingerprint": ["{{ default }}", "{{ field.tenant }}"]}
    grouping = grouper({"match": {"service": "web"}}, rule)(record("order 42 failed", fields={"tenant": "acme"}))
    components = {c.name: c for c in grouping.components}
    assert components["rule"].value == "group.rules[1]"
    assert components["part"].masked == ("{{ field.tenant }} → acme",)
    assert components["template"].value == "order <num> failed"


def test_only_slow_records_are_matched_too(record) -> None:
    group = grouper({"match": {"field.path": "/health*"}, "fingerprint": ["health"]})
    one, other = (record("done", level=Level.INFO, fields={"path": p}) for p in ("/health/a", "/health/b"))
    assert group(one, ("slow",)).fingerprint == group(other, ("slow",)).fingerprint


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"match": {}}, "match is empty and would fit everything"),
        ({"match": {"servce": "x"}}, "match: unknown name `servce`; did you mean `service`?"),
        ({"match": {"zzz": "x"}}, "match: unknown name `zzz`; known are error_code, function"),
        ({"match": {"field.": "x"}}, "match: unknown name `field.`"),
        ({"match": {"default": "x"}}, "match: unknown name `default`"),
        ({"match": {"service": ""}}, "match.service: give a glob that is not empty"),
        ({"match": {"service": []}}, "match.service: give a glob that is not empty"),
        ({"match": {"service": "!"}}, "match.service: give a glob that is not empty"),
        ({"match": {"service": "*"}, "fingerprint": []}, "fingerprint: give at least one part"),
        ({"match": {"service": "*"}, "fingerprint": ["{{ defalt }}"]}, "fingerprint: unknown name `defalt`; did you"),
        ({"match": {"service": "*"}, "fingerprint": ["{{ default }"]}, "is written {{ name }}"),
        ({"match": {"service": "*"}, "title": "{{ x y }}"}, "title: unknown name `x y`"),
    ],
)
def test_a_wrong_rule_is_one_line_with_its_place(rule: dict, told: str, tmp_path: Path) -> None:
    body = ", ".join(f"{k} = {_toml(v)}" for k, v in rule.items())
    (tmp_path / "c.toml").write_text(f"rules = [{{ match = {{ service = 'a' }} }}, {{ {body} }}]\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        configuration.load(tmp_path / "c.toml", GroupConfig)
    assert told in str(caught.value)
    assert "rules[1]" in str(caught.value)
    assert "\n" not in str(caught.value)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k!r} = {_toml(v)}" for k, v in value.items()) + " }"
    return repr(value)


def test_a_glob_of_many_stars_is_not_slow() -> None:
    rule = GroupRule(match={"message": "*a" * 30 + "*b"}, fingerprint=("x",))
    one = LogRecord(ref=None, time=0, message="a" * 4_000)  # type: ignore[arg-type]  the reference is not looked at
    assert Grouper(GroupConfig(rules=(rule,)))(one) == Grouper()(one)
