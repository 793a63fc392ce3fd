"""The page of one incident."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from logmedic.model import Claim, Evidence, Quotation, Reason, State, Text
from logmedic.web.pages.incident import lines_of


def utc(time: str) -> str:
    return datetime.fromisoformat(time).astimezone(UTC).isoformat()


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


def test_releases_and_changes_of_state_stand_on_the_histogram_and_in_the_timeline(project, make_error):
    now = datetime.now(UTC)
    times = [(now - timedelta(minutes=minutes)).isoformat() for minutes in (90, 40, 3)]
    project.write(
        make_error("pears broke", timestamp=times[0], version="1.0.0"),
        make_error("apples broke", timestamp=times[1], version="1.1.0-\u202e<b>rc</b>"),
        make_error("apples broke", timestamp=times[2], version="1.1.0-\u202e<b>rc</b>"),
    )
    project.scan()
    with project.served() as client:
        number = number_of(client, "apples")
        with client.store.changing(now=int((now - timedelta(minutes=9)).timestamp()) * 10**9, actor="kim") as changes:
            changes.set_state(number, State.ACKED, Reason("acked-by-hand"))
        page = client.get(f"/incidents/{number}").text
        listed = re.findall(r'<li class="(mark|dashed)"><time datetime="([^"]+)">([^<]+)</time> (.*?)</li>', page)
        assert [(kind, at[:16]) for kind, at, _, _ in listed if kind == "dashed"] == [
            ("dashed", utc(time)[:16]) for time in times[:2]
        ]
        assert [what for kind, _, _, what in listed if kind == "mark"] == ["acked"], "within the 24 h"
        assert "1.0.0" in listed[0][3]
        assert "&lt;b&gt;rc" in listed[1][3]
        assert "\u202e" not in page
        drawn = re.findall(r'<path class="(mark|dashed)" d="M([\d.]+) 0V80"/>', page)
        assert [kind for kind, _ in drawn] == [kind for kind, *_ in listed]
        assert [float(x) for _, x in drawn] == sorted(float(x) for _, x in drawn)
        assert "the service began to log 1.0.0" in page
        assert "확인됨" in client.get(f"/incidents/{number}", accept_language="ko").text


def test_only_what_makes_a_difference_can_be_done(own_shop):
    def offered() -> set[str]:
        text = own_shop.get("/incidents/1").text.split('<div class="actions">')[1].split("</div>")[0]
        return set(re.findall(r'name="do" value="([a-z]+)"', text))

    assert offered() == {"ack", "ignore", "resolve", "snooze", "merge"}
    own_shop.post("/incidents", {"do": "ack", "id": 1})
    assert offered() == {"ignore", "reopen", "resolve", "snooze", "merge"}
    own_shop.post("/incidents", {"do": "resolve", "id": 1})
    assert offered() == {"reopen", "merge"}


def test_the_line_in_question_is_marked_in_source_code_only():
    text = "    39     late = now\n    40>    raise Late(now)\n    41     return 1"
    assert marked("S1", "source", text) == ["    40>    raise Late(now)"]
    assert marked("L1", "log", "40> a prompt") == []


def marked(name: str, kind: str, text: str, *quotes: tuple[str, str]) -> list[str]:
    claims = [Claim(Text("a", "b"), (name,), tuple(Quotation(*quote) for quote in quotes))]
    lines = lines_of(Evidence(name, kind, text), claims)
    assert ["".join(part for _, part in parts) for parts in lines] == text.splitlines(), "nothing is left out"
    return [part for parts in lines for hit, part in parts if hit]


def test_what_a_claim_quotes_is_marked_where_it_stands():
    long = "x" * 3_000 + " pool  exhausted after 5 s; pool exhausted again" + "y" * 3_000
    assert marked("L1", "log", long, ("L1", "pool exhausted")) == ["pool  exhausted", "pool exhausted"]
    assert marked("L1", "log", long, ("L2", "pool exhausted")) == [], "of another item"
    assert marked("L1", "log", "a (b) [c", ("L1", "(b) [c")) == ["(b) [c"]
    assert marked("L1", "log", "one two three", ("L1", "two"), ("L1", "two three")) == ["two three"]
    code = "   1  def price(cart):\n   2      total = cart.total\n   3      return total"
    assert marked("S1", "source", code, ("S1", "def price(cart): total = cart.total")) == code.splitlines()[:2]
