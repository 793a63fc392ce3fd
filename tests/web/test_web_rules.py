"""The page of rules: what each looks for, in every form, and what pasted lines would lead to."""

from __future__ import annotations

import json


def lines(*records):
    return "\r\n".join(json.dumps(record) for record in records)


def test_every_rule_is_shown_in_all_four_forms(shop):
    text = shop.get("/rules").text
    for backend in ("prefilter", "logql", "insights", "filter-pattern"):
        assert text.count(f"<h3>{backend} ") == 4, backend


def test_pasted_lines_are_tried_and_nothing_comes_of_it(own_shop, make_error):
    before = [i.count for i in own_shop.store.list_incidents()]
    text = lines(make_error("disk is full"), make_error("disk is full"), {"level": "INFO", "message": "fine"})
    words = own_shop.post("/rules", {"text": text}).words
    assert "3 lines: 1 incidents, 1 alerts." in words
    assert "disk is full" in words
    assert "error-level 2" in words
    assert [i.count for i in own_shop.store.list_incidents()] == before


def test_hostile_lines_stay_text(shop, make_error):
    answer = shop.post("/rules", {"text": lines(make_error("</textarea><script>alert(1)</script>"))})
    assert answer.status == 200
    assert "<script>alert" not in answer.text


def test_nothing_to_try_is_told(shop):
    answer = shop.post("/rules", {"text": " \n "})
    assert answer.status == 422
    assert "paste some lines" in answer.words
