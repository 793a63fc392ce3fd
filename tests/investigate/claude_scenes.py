"""A broken shop, a ledger in a real database, and a Claude on loopback, for the tests of the model's report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from investigate_scenes import DAY, REDACTOR, History, case, incident, record, shop

from logmedic.doors import SystemClock
from logmedic.investigate.claude.breaker import Breaker
from logmedic.investigate.claude.config import DiagnoseConfig
from logmedic.investigate.claude.investigator import ClaudeInvestigator
from logmedic.investigate.claude.models import ladder
from logmedic.investigate.interface import Case
from logmedic.investigate.offline import OfflineInvestigator
from logmedic.model import Diagnosis, Text
from logmedic.store.database import open_database
from logmedic.store.ledger import Ledger
from logmedic.testing.claude import FakeClaude

KEY = "sk-ant-test-0123456789"
FAST = {"request_timeout_s": 60.0, "deadline_s": 60.0, "cheap_model": None}


def broken_shop(folder: Path, **more: object) -> Case:
    """A KeyError that one commit brought about, with every kind of evidence."""
    repo = shop(folder / "shop")
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    text, stack = repo.crash("from app.orders import *; charge(load({'sku': 'a', 'amount': '3'}))")
    subject = record("charge failed for mail kim@example.com", time=repo.time + 600, stack_text=text,
                     exception_type="KeyError", exception_message="'currency'", request_id="r-1")  # fmt: skip
    lines = [record(f"step {n}", time=repo.time + n, offset=n, level=9, request_id="r-1") for n in range(5)]
    earlier = incident(record("charge failed before", time=repo.time - DAY), id=7, fingerprint="v1:ffee00112233aabb")
    options: dict[str, object] = {"count": 40, **more}
    logs = options.pop("lines", lines)
    shown = REDACTOR.record(subject)
    return case(shown, repo=repo, stack=stack, logs=[*logs, subject], history=History([earlier]), **options)


class Desk:
    """An investigator that asks a fake, with its ledger."""

    def __init__(self, fake: FakeClaude, folder: Path, **config: Any) -> None:
        self.fake = fake
        self.database = open_database(f"sqlite:///{folder / 'state.db'}")
        self.ledger = Ledger(self.database)
        self.offline = OfflineInvestigator(REDACTOR)
        self.config = DiagnoseConfig(engine="claude", base_url=fake.url, **{**FAST, **config})
        self.investigator = self.made()

    def made(self, **more: Any) -> ClaudeInvestigator:
        parts: dict[str, Any] = {
            "config": self.config, "ladder": ladder(self.config, None), "keys": {"anthropic": KEY},
            "ledger": self.ledger, "clock": SystemClock(), "redactor": REDACTOR, "offline": self.offline,
            "breaker": Breaker(),
        }  # fmt: skip
        return ClaudeInvestigator(**{**parts, **more})

    def enrich(self, case: Case) -> Any:
        return self.investigator.enrich(case, self.offline.investigate(case))

    def states(self) -> list[str]:
        return [entry.state for entry in self.ledger.entries(0)]

    def asked(self) -> list[str]:
        return [r.body["model"] for r in self.fake.requests]


def both(text: Text) -> dict[str, str]:
    return {"en": text.en, "ko": text.ko}


def said(en: str, *citations: str, ko: str | None = None, quotes: list[Any] | None = None) -> dict[str, Any]:
    return {"text": {"en": en, "ko": en if ko is None else ko}, "citations": list(citations), "quotes": quotes or []}


def clean(verdict: Diagnosis, **change: Any) -> dict[str, Any]:
    """A report in the shape of a reply, every word of which holds: what the rules found, in a model's mouth."""
    ids = {e.locator.get("commit"): e.id for e in verdict.evidence if e.kind == "commit"}
    claims = [{"text": both(c.text), "citations": list(c.citations), "quotes": []} for c in verdict.claims]
    reply = {
        "inconclusive": False,
        "severity": verdict.severity.value,
        "cause_kind": verdict.cause_kind.value,
        "root_cause": said(
            "The price is looked up under a key that the order does not have: `KeyError` on `currency`.", "L1", "S1",
            ko="주문에 없는 키로 환율을 조회합니다: `KeyError`, `currency`.",
        ),
        "impact": both(verdict.impact),
        "actions": [{"en": "Give every order a currency, or fall back to a default one.",
                     "ko": "모든 주문에 통화를 넣거나 기본 통화를 쓰세요."}],
        "suspects": [{"commit": ids[s.commit], "score": s.score, "why": both(s.why)} for s in verdict.suspects],
        "code_cause": verdict.code_cause,
        "fixable": {"yes": verdict.fixable.yes, "reason": both(verdict.fixable.reason)},
        "confidence": 0.8,
        "claims": claims,
    }  # fmt: skip
    return {**reply, **change}


def replace(incident_case: Case, **more: Any) -> Case:
    """The case with another incident."""
    changed = msgspec.structs.replace(incident_case.incident, **more)
    return msgspec.structs.replace(incident_case, incident=changed)


Reply = Callable[[Diagnosis], dict[str, Any]]
