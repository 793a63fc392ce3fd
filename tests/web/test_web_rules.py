"""The page of rules: what each looks for, in every form, and what pasted lines would lead to."""

from __future__ import annotations

import json

from logmedic import build
from logmedic.web.trying import tried


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
    assert "What would fire, and when" in words
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


def test_the_latest_lines_of_a_source_are_tried_as_well(project, make_error):
    project.write(*(make_error("stock is negative", timestamp=f"2026-11-22T{hour:02}:30:00Z") for hour in (1, 1, 9)))
    with project.served() as client:
        answer = client.post("/rules", {"source": "shop"})
        assert "3 lines: 1 incidents, 1 alerts." in answer.words
        assert answer.text.split('class="would"')[1].split("</svg>")[0].count("<rect") == 2, "two bars: two hours"
        assert client.store.list_incidents() == []
        assert client.post("/rules", {"source": "nobody"}).status == 422


def test_a_chart_spans_what_occurred_and_at_most_a_day(project, make_error):
    for stamps, minutes in ((("09:00", "09:10"), 24), (("08:00", "09:00"), 96), (("01:00", "09:00"), 576)):
        text = lines(*(make_error("disk is full", timestamp=f"2026-11-22T{stamp}:00Z") for stamp in stamps))
        found = tried(build.load_config(None, project.folder), text.encode(), "lines")
        assert (found.until - found.since) // 60_000_000_000 == minutes
        assert sum(found.drawn[0].bars) == 2
