"""Whatever goes wrong with the model: the offline verdict stands, the reason is said, the money is accounted for."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from claude_scenes import Desk, broken_shop, clean
from hypothesis import given
from hypothesis import strategies as st

from logmedic.investigate.claude.breaker import FAILURES, Breaker
from logmedic.investigate.claude.config import BudgetConfig, DiagnoseConfig, PriceConfig
from logmedic.investigate.claude.metering import Failure, next_wait
from logmedic.investigate.claude.models import ladder
from logmedic.investigate.claude.outcome import Declined, Enriched
from logmedic.investigate.interface import Case
from logmedic.testing import claude as fakes
from logmedic.testing.claude import FakeClaude

CHEAP = "claude-haiku-5-5"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return broken_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def fake() -> Iterator[FakeClaude]:
    with FakeClaude() as running:
        yield running


@pytest.mark.parametrize(
    ("step", "why", "states"),
    [
        (fakes.truncated(), "cut off; raise [diagnose] max_tokens", ["settled"]),
        (fakes.refused(), "refused to answer", ["settled"]),
        (fakes.cut(), "failed: Connection error", ["unclear"]),
        (fakes.garbage(), "Failed to decode", ["unclear"]),
        (fakes.error(429, retry_after=86_400), "it asks to wait 86,400 s", ["failed"]),
        (fakes.error(401), "was not accepted", ["failed"]),
        (fakes.error(402), "is exhausted", ["failed"]),
        (fakes.error(404), "there is no model", ["failed"]),
        (fakes.error(413), "failed: 413", ["failed"]),
        (fakes.ok("I would rather write prose."), "gave no report", ["settled", "settled"]),
        (fakes.reply({"severity": "apocalyptic"}), "gave no report", ["settled", "settled"]),
        (fakes.reply([]), "gave no report", ["settled", "settled"]),
        (fakes.ok('{"severity": "critical"'), "gave no report", ["settled", "settled"]),
        (fakes.ok("x" * 10_000_000), "over budget", ["settled"]),
        (fakes.garbage(b"null"), "could not be read", ["unclear"]),
        (fakes.garbage(b'{"a": "' + b"x" * 1_000 + b'"}'), "could not be read", ["unclear"]),
        (fakes.garbage(b"[" * 200_000), "could not be read", ["unclear"]),
        (fakes.reply({"severity": "half a pair: \ud800"}), "is no valid text", ["settled"]),
        (fakes.Step(content=({"type": "text", "text": "…"},), stop_reason="pause_turn"), "continued", ["settled"]),
    ],
    ids=["truncated", "refused", "cut", "garbage", "absurd-429", "401", "402", "404", "413", "prose", "unknown-word",
         "list", "half-json", "ten-megabytes", "null", "no-message", "nested", "surrogate", "paused"],
)  # fmt: skip
def test_a_failure_is_a_reason_and_not_an_exception(
    shop: Case, fake: FakeClaude, tmp_path: Path, step: fakes.Step, why: str, states: list[str]
) -> None:
    fake.default = step
    desk = Desk(fake, tmp_path, budget=BudgetConfig(per_incident=100, per_fingerprint=100, per_hour=100))
    outcome = desk.enrich(shop)
    assert isinstance(outcome, Declined)
    assert why in outcome.reason.en
    assert "\n" not in outcome.reason.en
    assert desk.states() == states


@pytest.mark.parametrize("status", [429, 500, 529])
def test_a_provider_in_trouble_is_asked_again_and_its_late_answer_is_used(
    shop: Case, fake: FakeClaude, tmp_path: Path, status: int
) -> None:
    desk = Desk(fake, tmp_path)
    fake.script(fakes.error(status, retry_after=1))
    fake.default = fakes.reply(clean(desk.offline.investigate(shop)))
    assert isinstance(desk.enrich(shop), Enriched)
    assert desk.states() == ["failed", "settled"]


def test_a_silent_model_is_given_up_in_time_and_what_it_may_have_cost_stays_set_aside(
    shop: Case, fake: FakeClaude, tmp_path: Path
) -> None:
    fake.default = fakes.timeout(110.0)  # the test would be given up
    desk = Desk(fake, tmp_path, request_timeout_s=0.5)
    outcome = desk.enrich(shop)
    assert isinstance(outcome, Declined)
    assert "did not answer within 0.5 s" in outcome.reason.en
    (entry,) = desk.ledger.entries(0)
    assert (entry.state, entry.cost) == ("unclear", None)
    assert desk.ledger.spent(entry.at).day == entry.reserved > 0


def test_the_deadline_holds_for_all_models_together(shop: Case, fake: FakeClaude, tmp_path: Path) -> None:
    fake.default = fakes.timeout(110.0)
    desk = Desk(fake, tmp_path, request_timeout_s=60.0, deadline_s=0.7, cheap_model=CHEAP)
    began = time.monotonic()
    outcome = desk.enrich(shop)
    assert time.monotonic() - began < 50
    assert isinstance(outcome, Declined)
    assert desk.asked() == ["claude-sonnet-5-5"]


def test_an_answer_that_is_no_report_goes_back_once_with_the_reason(
    shop: Case, fake: FakeClaude, tmp_path: Path
) -> None:
    desk = Desk(fake, tmp_path)
    good = clean(desk.offline.investigate(shop))
    fake.script(fakes.reply({**good, "severity": "apocalyptic"}), fakes.reply(good))
    outcome = desk.enrich(shop)
    assert isinstance(outcome, Enriched)
    again = fake.requests[1].body["messages"]
    assert [message["role"] for message in again] == ["user", "assistant", "user"]
    assert "severity" in str(again[2]["content"])
    assert outcome.diagnosis.tokens == sum(e.input_tokens + e.output_tokens for e in desk.ledger.entries(0))


@pytest.mark.parametrize("step", [fakes.refused(), fakes.error(404), fakes.error(429, retry_after=3_600)])
def test_the_next_model_is_asked_when_the_first_cannot(
    shop: Case, fake: FakeClaude, tmp_path: Path, step: fakes.Step
) -> None:
    desk = Desk(fake, tmp_path, cheap_model=CHEAP)
    fake.script(step)
    fake.default = fakes.reply(clean(desk.offline.investigate(shop)))
    outcome = desk.enrich(shop)
    assert isinstance(outcome, Enriched)
    assert outcome.diagnosis.model == CHEAP
    assert "(after: " in outcome.reason.en
    assert desk.asked() == ["claude-sonnet-5-5", CHEAP]


def test_a_budget_too_small_for_the_full_model_pays_for_the_cheap_one_and_then_for_none(
    shop: Case, fake: FakeClaude, tmp_path: Path
) -> None:
    desk = Desk(fake, tmp_path, cheap_model=CHEAP, budget=BudgetConfig(per_day=0.02))
    fake.default = fakes.reply(
        clean(desk.offline.investigate(shop)), usage={"input_tokens": 90_000, "output_tokens": 9_000}
    )
    first = desk.enrich(shop)
    assert isinstance(first, Enriched)
    assert first.diagnosis.model == CHEAP
    assert first.diagnosis.cost_usd == pytest.approx(0.0135)
    other = msgspec.structs.replace(shop.incident, fingerprint="v1:ffffffffffffffff")
    second = desk.enrich(msgspec.structs.replace(shop, incident=other))
    assert isinstance(second, Declined)
    assert second.reason.en.count("over budget") == 2
    assert "of $0.02 a day $0.0135 are used" in second.reason.en
    assert len(fake.requests) == 1


@pytest.mark.filterwarnings("ignore:Failed to extract usage")
@pytest.mark.parametrize("said", [-5, 10**15])
def test_tokens_that_cannot_be_are_not_believed_and_the_worst_case_stays_set_aside(
    shop: Case, fake: FakeClaude, tmp_path: Path, said: int
) -> None:
    desk = Desk(fake, tmp_path)
    fake.default = fakes.reply(clean(desk.offline.investigate(shop)), usage={"input_tokens": 9, "output_tokens": said})
    outcome = desk.enrich(shop)
    assert isinstance(outcome, Enriched)
    (entry,) = desk.ledger.entries(0)
    assert (entry.state, entry.input_tokens, entry.output_tokens) == ("unclear", 0, 0)
    assert outcome.diagnosis.cost_usd == pytest.approx((entry.reserved or 0) / 1e9)


def test_a_price_that_is_not_known_is_unpriced_and_never_zero(shop: Case, fake: FakeClaude, tmp_path: Path) -> None:
    desk = Desk(fake, tmp_path, model="claude-next-9", budget=BudgetConfig(unpriced_calls_per_day=1))
    fake.default = fakes.reply(clean(desk.offline.investigate(shop)))
    first = desk.enrich(shop)
    assert isinstance(first, Enriched)
    assert first.diagnosis.cost_usd is None
    assert first.diagnosis.tokens > 0
    other = msgspec.structs.replace(shop.incident, fingerprint="v1:ffffffffffffffff")
    second = desk.enrich(msgspec.structs.replace(shop, incident=other))
    assert isinstance(second, Declined)
    assert "the price of claude-next-9 is not known, and 1 such requests" in second.reason.en


def test_a_price_of_ones_own_is_used(shop: Case, fake: FakeClaude, tmp_path: Path) -> None:
    prices = {"claude-next-9": PriceConfig(input=1.0, output=2.0)}
    desk = Desk(fake, tmp_path, model="claude-next-9", prices=prices)
    usage = {"input_tokens": 1_000, "output_tokens": 100}
    fake.default = fakes.reply(clean(desk.offline.investigate(shop)), usage=usage)
    assert desk.enrich(shop).diagnosis.cost_usd == pytest.approx(0.0012)


def test_without_a_key_nothing_is_sent(shop: Case, fake: FakeClaude, tmp_path: Path) -> None:
    desk = Desk(fake, tmp_path)
    outcome = desk.made(keys={}).enrich(shop, desk.offline.investigate(shop))
    assert isinstance(outcome, Declined)
    assert "no key for Anthropic" in outcome.reason.en
    assert fake.requests == []
    assert desk.states() == []


def test_a_missing_package_of_another_provider_names_its_remedy(shop: Case, fake: FakeClaude, tmp_path: Path) -> None:
    pytest.importorskip("pydantic_ai")
    desk = Desk(fake, tmp_path, model="groq:llama")
    outcome = desk.enrich(shop)
    assert isinstance(outcome, Declined)
    assert "pip install 'pydantic-ai-slim[groq]'" in outcome.reason.en


def test_a_model_that_keeps_failing_is_left_alone(shop: Case, fake: FakeClaude, tmp_path: Path) -> None:
    fake.default = fakes.error(413)
    desk = Desk(fake, tmp_path)
    verdict = desk.offline.investigate(shop)
    reasons = [desk.investigator.enrich(shop, verdict).reason.en for _ in range(FAILURES + 1)]
    assert "left alone" in reasons[-1]
    assert len(fake.requests) == FAILURES


def test_the_pause_ends_and_one_more_failure_renews_it() -> None:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.pause("m", 0.0) == 0
        breaker.failed("m", 0.0)
    assert breaker.pause("m", 299.0) == 1
    assert breaker.pause("m", 301.0) == 0
    breaker.failed("m", 301.0)
    assert breaker.pause("m", 302.0) > 0
    breaker.worked("m")
    assert breaker.pause("m", 302.0) == 0


@given(
    st.builds(Failure, st.booleans(), st.booleans(), st.none() | st.floats(0, 1e9)),
    st.integers(1, 20), st.floats(-10, 200), st.floats(0, 0.999),
)  # fmt: skip
def test_no_wait_is_longer_than_allowed_or_than_what_is_left(
    failure: Failure, tried: int, left: float, roll: float
) -> None:
    config = DiagnoseConfig()
    wait = next_wait(failure, tried=tried, left=left, roll=roll, config=config)
    if wait is not None:
        assert failure.may_help
        assert tried < config.tries
        assert 0 < wait <= config.max_retry_after_s
        assert wait < left
        assert wait >= (failure.asked or 0)


def test_each_rung_of_the_ladder_stands_once() -> None:
    config = DiagnoseConfig(fallback_model="anthropic:claude-sonnet-5-5")
    rungs = ladder(config, None).rungs
    assert [str(model) for model in rungs] == ["claude-sonnet-5-5", CHEAP]
    assert str(ladder(config, "ollama:llama3.3").full) == "ollama:llama3.3"


def test_the_guard_of_the_tests_lets_nobody_beyond_this_machine() -> None:
    with pytest.raises(AssertionError, match="tried to reach"), socket.socket() as outside:
        outside.connect(("192.0.2.1", 443))
    with pytest.raises(AssertionError, match="looked up"):
        socket.getaddrinfo("api.anthropic.com", 443)
