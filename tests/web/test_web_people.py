"""What people say and do: judgements of verdicts, the trail, and what they take away as CSV."""

from __future__ import annotations

import csv
import io
import json
import logging

import pytest

from logmedic.web.pages.export import cell


def test_a_verdict_is_judged_once_and_counted(own_shop):
    for word in ("wrong", "right"):
        assert own_shop.post("/incidents", {"do": word, "id": 1, "back": "/incidents/1"}).status == 303
    assert own_shop.post("/incidents", {"do": "wrong", "id": 2}).status == 303
    assert "the diagnosis was right" in own_shop.get("/incidents/1").words
    assert "1 right, 1 wrong" in own_shop.get("/usage").words
    assert "Nobody has said yet" not in own_shop.get("/usage").words


def test_the_trail_names_who_did_what(own_shop):
    assert "Nobody has done anything yet" in own_shop.get("/trail").words
    body = json.dumps({"do": "resolve", "ids": [2], "release": "v2"}).encode()
    headers = {"content_type": "application/json", "accept": "application/json"}
    assert own_shop.ask("POST", "/api/v1/incidents/changes", body, **headers).status == 200
    assert "local #2 resolved in v2" in own_shop.get("/trail").words


def test_what_is_no_change_of_an_incident_stands_in_the_log(own_shop, caplog):
    with caplog.at_level(logging.INFO, "logmedic"):
        own_shop.post("/settings/test", {"channel": "console"})
    assert any("audit: local tested channel console" in record.getMessage() for record in caplog.records)


def rows(client, path: str, **headers: str) -> list[list[str]]:
    answer = client.get(path, **headers)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))


def test_csv_holds_what_the_filter_shows(shop):
    every = rows(shop, "/incidents.csv")
    assert every[0][:4] == ["id", "title", "culprit", "service"]
    assert len(every) == 4
    assert [row[3] for row in rows(shop, "/incidents.csv?service=pay")[1:]] == ["pay"]
    assert 'href="/incidents.csv?service=pay"' in shop.get("/?service=pay").text


def test_csv_goes_beyond_one_page(project, make_error):
    project.write(*[make_error(f"{word} failed", service=f"s-{word}") for word in numbered(230)])
    project.scan()
    with project.served() as client:
        assert len(client.store.list_incidents(limit=1_000)) > 200
        numbers = [row[0] for row in rows(client, "/incidents.csv")[1:]]
        assert len(numbers) == len(set(numbers)) == len(client.store.list_incidents(limit=1_000))


def numbered(count: int) -> list[str]:
    letters = "abcdefghijklmnop"
    return [f"step{letters[n // 16]}{letters[n % 16]}" for n in range(count)]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =cmd|' /C calc'!A0", "\r=1", "＝1＋1", "\u202e=1", "\n=HYPERLINK(1)"],
)
def test_no_text_from_a_log_is_a_formula(text):
    assert not cell(text).lstrip().startswith(("=", "+", "-", "@", "＝", "\t", "\r"))
    assert "\n" not in cell(text)


def test_an_ordinary_text_stays_as_it_is():
    assert cell('재고가 음수, "quoted" - 1') == '재고가 음수, "quoted" - 1'
    assert cell(12) == "12"
