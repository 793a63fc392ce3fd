"""Money for models: by day, by model, and by incident."""

from __future__ import annotations

import re
from typing import Any

from logmedic import build
from logmedic.store.ledger import DOLLAR, Caps, Ledger, Purchase

MOST = 10**15
DAY = 86_400 * 10**9
CAPS = Caps(incident=MOST, fingerprint=MOST, hour=MOST, day=MOST, month=MOST, unpriced_day=MOST)


def spend(client: Any, fingerprint: str, dollars: float, *, days_ago: int = 0, failed: bool = False) -> None:
    ledger = Ledger(client.store.database)
    want = Purchase(fingerprint=fingerprint, generation=1, model="m-1", purpose="diagnose", worst=DOLLAR)
    ticket = ledger.reserve(want, CAPS, build.system_clock().now() - days_ago * DAY)
    assert isinstance(ticket, int)
    ledger.settle(
        ticket, state="failed" if failed else "settled", cost=round(dollars * DOLLAR), input_tokens=7,
        output_tokens=3, reason="",
    )  # fmt: skip


def test_the_dearest_incident_comes_first_and_what_was_merged_counts_with_it(own_shop):
    fingerprint = {i.id: i.fingerprint for i in own_shop.store.list_incidents()}
    spend(own_shop, fingerprint[1], 0.25)
    spend(own_shop, fingerprint[2], 0.5)
    spend(own_shop, fingerprint[3], 0.375)
    spend(own_shop, "v1:00000000forgotten", 0.125)
    assert own_shop.post("/incidents", {"do": "merge", "id": 3, "into": 1}).status == 303
    text = own_shop.get("/usage").text.split("Incidents that cost most")[1]
    assert re.findall(r"/incidents/(\d+)", text) == ["1", "2"]
    assert re.findall(r"\$([0-9.]+)", text) == ["0.6250", "0.5000", "0.1250"]
    assert "no longer kept" in text


def test_days_are_drawn_and_what_failed_cost_nothing(own_shop):
    assert "Cost by day" not in own_shop.get("/usage").words
    spend(own_shop, "v1:a", 0.5)
    spend(own_shop, "v1:a", 2.0, days_ago=3)
    spend(own_shop, "v1:a", 9.0, failed=True)
    answer = own_shop.get("/usage")
    assert "at most $2.00 a day" in answer.words
    assert answer.text.split("<figure")[1].split("</svg>")[0].count("<rect") == 2
