"""``diagnose --engine claude``, ``usage`` and ``doctor``, as somebody types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from logmedic.testing import claude as fakes
from logmedic.testing.claude import FakeClaude, Received, Step

PANIC = """Traceback (most recent call last):
  File "/srv/app/app/orders.py", line 9, in charge
    total = price(order)
KeyError: 'currency'
"""
CAUSE = "The order has no `currency`."


def report(received: Received) -> Step:
    both = {"en": CAUSE, "ko": "주문에 `currency`가 없습니다."}
    plain = {"en": "Orders fail.", "ko": "주문이 실패합니다."}
    return fakes.reply(
        {
            "inconclusive": False, "severity": "warning", "cause_kind": "data",
            "root_cause": {"text": both, "citations": ["L1"], "quotes": []}, "impact": plain, "actions": [plain],
            "suspects": [], "code_cause": False, "fixable": {"yes": False, "reason": plain}, "confidence": 0.7,
            "claims": [],
        },
        usage={"input_tokens": 3_000, "output_tokens": 500},
    )  # fmt: skip


@pytest.fixture
def fake() -> Iterator[FakeClaude]:
    with FakeClaude(report, models=["claude-sonnet-5-5", "claude-haiku-5-5"]) as running:
        yield running


@pytest.fixture
def configured(shell: Any, fake: FakeClaude) -> Any:
    (shell.folder / "key").write_text("sk-ant-test-0123456789", "utf-8")
    set_model(shell, fake)
    return shell


def set_model(project: Any, fake: FakeClaude, **more: str) -> None:
    settings = {"engine": "claude", "base_url": fake.url, **more}
    rows = [f'{name} = "{value}"' for name, value in settings.items()]
    text = "[diagnose]\n" + "\n".join(rows) + '\napi_key = { file = "key" }\n'
    (project.folder / "logmedic.toml").write_text(text, "utf-8")


def test_a_traceback_is_diagnosed_by_the_model_and_its_cost_is_kept(configured: Any, fake: FakeClaude) -> None:
    done = configured.run("diagnose", "-", "--engine", "claude", "--json", input=PANIC.encode())
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert (body["engine"], body["model"], body["root_cause"]) == ("claude", "claude-sonnet-5-5", CAUSE)
    assert body["cost_usd"] == pytest.approx(0.011)
    usage = json.loads(configured.run("usage", "--json").stdout)
    assert usage["cost_usd"] == pytest.approx(0.011)
    assert usage["models"][0]["requests"] == 1
    assert usage["windows"]["day"] == {"used_usd": pytest.approx(0.011), "cap_usd": 10.0}
    told = configured.run("usage").stdout.decode()
    assert "claude-sonnet-5-5 (diagnose): 1 requests; 3,000 tokens sent, 500 received; $0.0110" in told


def test_offline_is_the_default_and_asks_nobody(configured: Any, fake: FakeClaude) -> None:
    done = configured.run("diagnose", "-", "--json", input=PANIC.encode())
    assert json.loads(done.stdout)["engine"] == "offline"
    assert fake.requests == []


def test_when_the_model_fails_the_verdict_of_the_rules_is_shown_and_why(configured: Any, fake: FakeClaude) -> None:
    fake.default = fakes.error(401)
    done = configured.run("diagnose", "-", "--engine", "claude", "--json", input=PANIC.encode())
    assert done.returncode == 0
    assert json.loads(done.stdout)["engine"] == "offline"
    assert b"no model's report: the key for claude-sonnet-5-5 was not accepted" in done.stderr


def test_without_a_key_it_is_a_wrong_configuration(configured: Any) -> None:
    (configured.folder / "key").unlink()
    done = configured.run("diagnose", "-", "--engine", "claude", input=PANIC.encode(), code=78)
    assert done.stderr.decode().startswith("logmedic: diagnose.api_key: cannot read ")
    assert done.stderr.count(b"\n") == 1


def lines(project: Any, *arguments: str, code: int = 0) -> dict[str, tuple[bool, str]]:
    done = project.run("doctor", "--json", *arguments, code=code)
    assert done.stderr == b""
    return {row["name"]: (row["ok"], row["detail"]) for row in json.loads(done.stdout)}


def test_doctor_shows_model_lifecycle_price_key_and_budget_and_calls_nobody(configured: Any, fake: FakeClaude) -> None:
    found = lines(configured)
    assert found["model, from configuration"] == (
        True, "claude-sonnet-5-5: active; $2 in, $10 out per million tokens",
    )  # fmt: skip
    assert found["then"] == (True, "claude-haiku-5-5: active; $0.1 in, $0.5 out per million tokens")
    assert found["key"] == (True, "there")
    assert found["budget"][1].startswith("$0.5 an incident, $2 an hour, $10 a day, $100 in 30 days")
    assert fake.requests == []


def test_doctor_online_asks_for_each_model_without_tokens(configured: Any, fake: FakeClaude) -> None:
    found = lines(configured, "--online")
    assert found["online, claude-haiku-5-5"] == (True, "there: claude-haiku-5-5")
    assert [request.path for request in fake.requests] == [
        "/v1/models/claude-sonnet-5-5", "/v1/models/claude-haiku-5-5",
    ]  # fmt: skip
    set_model(configured, fake, model="claude-next-9")
    found = lines(configured, "--online", code=1)
    assert found["model, from configuration"] == (True, "claude-next-9: active; unpriced")
    assert not found["online, claude-next-9"][0]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("claude-sonnet-4-20250514", "was retired on 2026-06-15: requests to it fail; use claude-sonnet-5-5"),
        ("claude-haiku-3-5-20241022", "never existed under this id; use claude-haiku-5-5"),
    ],
)
def test_a_model_that_has_gone_is_said_so_by_doctor_and_at_start(
    configured: Any, fake: FakeClaude, model: str, said: str
) -> None:
    set_model(configured, fake, model=model)
    found = lines(configured, code=1)
    assert said in found["model, from configuration"][1]
    (configured.folder / "app.log").write_text('{"level":"ERROR","message":"boom"}\n', "utf-8")
    scanned = configured.run("scan", "app.log")
    assert f"model {model} {said}" in scanned.stderr.decode()


def test_no_model_named_is_no_fault(shell: Any) -> None:
    found = lines(shell)
    assert "none is asked" in found["model"][1]
