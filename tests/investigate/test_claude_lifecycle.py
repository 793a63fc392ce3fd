"""What is known of models: when they end, and what they cost."""

from __future__ import annotations

import datetime
import re

import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS

from logmedic.errors import ConfigError
from logmedic.investigate.claude.config import CHEAP_MODEL, DEFAULT_MODEL, DiagnoseConfig
from logmedic.investigate.claude.lifecycle import TABLE, Phase, lifecycle
from logmedic.investigate.claude.models import ladder, parse, wanted
from logmedic.investigate.claude.prices import Tokens, cost, rates, worst


def at(date: str) -> int:
    return int(datetime.datetime.fromisoformat(f"{date}T12:00:00+00:00").timestamp()) * 1_000_000_000


def test_the_table_has_every_model_that_the_installed_sdk_knows_to_end_and_the_same_date() -> None:
    for model, said in DEPRECATED_MODELS.items():
        date = datetime.datetime.strptime(re.sub(r"(\d)(st|nd|rd|th)", r"\1", said), "%B %d, %Y").date()  # noqa: DTZ007
        assert TABLE[model].retires == date.isoformat(), model


def test_no_model_is_replaced_by_one_that_ends_itself_and_the_defaults_do_not_end() -> None:
    assert not {row.replacement for row in TABLE.values()} & set(TABLE)
    assert not {DEFAULT_MODEL, CHEAP_MODEL} & set(TABLE)


@pytest.mark.parametrize(
    ("model", "day", "phase", "words"),
    [
        ("claude-sonnet-4-20250514", "2026-06-14", Phase.RETIRING, "will be retired on 2026-06-15"),
        ("claude-sonnet-4-20250514", "2026-06-15", Phase.RETIRED, "was retired on 2026-06-15"),
        ("claude-haiku-3-5-20241022", "2026-11-22", Phase.NEVER, "never existed"),
        ("claude-sonnet-5-5", "2026-11-22", Phase.ACTIVE, None),
        ("claude-of-next-year", "2026-11-22", Phase.ACTIVE, None),
    ],
)
def test_where_a_model_stands_on_a_day(model: str, day: str, phase: Phase, words: str | None) -> None:
    found = lifecycle("anthropic", model, at(day))
    assert found.phase is phase
    warning = found.warning(model)
    assert (warning is None) == (words is None)
    if words is not None and warning is not None:
        assert words in warning
        assert "claude-" in warning.partition(";")[2] or "use claude-" in warning


def test_other_providers_keep_their_own_calendars() -> None:
    assert lifecycle("bedrock", "claude-sonnet-4-20250514", at("2026-11-22")).phase is Phase.ELSEWHERE


def test_prices_are_those_of_the_list_and_the_worst_case_bounds_every_answer() -> None:
    sonnet, haiku = parse("claude-sonnet-5-5", "x"), parse("claude-haiku-5-5", "x")
    assert (rates(sonnet, {}), rates(haiku, {})) is not None
    assert [(r.input, r.output) for r in (rates(sonnet, {}), rates(haiku, {})) if r is not None] == [
        (2, 10),
        (0.1, 0.5),
    ]
    for model in (sonnet, haiku):
        for sent in (1_000, 99_000, 150_000):
            most = worst(model, sent, 8_000, {})
            assert most is not None
            for tokens in (
                Tokens(input=sent, output=8_000),
                Tokens(input=sent, output=8_000, cache_write=sent),
                Tokens(input=sent, output=8_000, cache_read=sent),
                Tokens(input=sent // 2, output=1),
            ):
                paid = cost(model, tokens, {})
                assert paid is not None
                assert 0 < paid <= most


def test_an_unknown_price_is_none() -> None:
    model = parse("ollama:llama3.3", "x")
    assert cost(model, Tokens(input=5, output=5), {}) is None
    assert worst(model, 5, 5, {}) is None
    assert rates(model, {}) is None


@pytest.mark.parametrize("text", ["", "claude sonnet", "-x", "a:b c", "x" * 200, "Ollama:x", "a\nb"])
def test_what_cannot_be_a_model_is_a_wrong_setting(text: str) -> None:
    with pytest.raises(ConfigError, match="is no model"):
        parse(text, "diagnose.model")


def test_naming_a_model_is_what_asks_for_one() -> None:
    assert not wanted(DiagnoseConfig(), None)
    assert wanted(DiagnoseConfig(), "claude-haiku-5-5")
    assert wanted(DiagnoseConfig(model="claude-haiku-5-5"), None)
    assert wanted(DiagnoseConfig(engine="claude"), None)
    assert not wanted(DiagnoseConfig(engine="offline", model="claude-haiku-5-5"), "claude-haiku-5-5")
    assert [str(m) for m in ladder(DiagnoseConfig(cheap_model=""), None).rungs] == [DEFAULT_MODEL]


@pytest.mark.parametrize(
    "wrong", [{"max_tokens": 1}, {"deadline_s": 0}, {"tries": 0}, {"asks_again": 9}, {"reuse_days": -1}]
)
def test_a_setting_that_cannot_work_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be from"):
        DiagnoseConfig(**wrong)
