"""The page of one incident."""

from __future__ import annotations

import re

import pytest


def number_of(client, word: str) -> int:
    return next(i.id for i in client.store.list_incidents() if word in i.title)


def test_it_tells_the_verdict_the_stack_and_why_it_was_grouped(shop):
    words = shop.get(f"/incidents/{number_of(shop, 'apple')}").words
    assert "Root cause" not in words or words.index("Verdict") < words.index("Evidence")
    assert words.index("price") < words.index("handler")  # the deepest call first
    assert "1 frames of libraries" in words
    assert "Why these records are one incident" in words


def test_every_citation_leads_to_an_item_on_the_page(shop):
    for incident in shop.store.list_incidents():
        text = shop.get(f"/incidents/{incident.id}").text
        cited = set(re.findall(r'href="#(e-[^"]+)"', text))
        assert cited
        assert cited <= set(re.findall(r'id="(e-[^"]+)"', text))


@pytest.mark.parametrize("number", ["0", "-1", "999", "9223372036854775808", "99999999999999999999999"])
def test_an_incident_that_is_not_there_is_404(shop, number):
    answer = shop.get(f"/incidents/{number}")
    assert answer.status == 404
    assert "There is nothing here." in answer.words


def test_it_speaks_korean(shop):
    assert "진단 결과" in shop.get("/incidents/1", accept_language="ko").text
