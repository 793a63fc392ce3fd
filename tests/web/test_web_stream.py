"""The list of incidents: filtered, sorted, paged, and changed."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event

from logmedic.web import overview


def titles(answer) -> list[str]:
    return re.findall(r'<span class="title">([^<]*)</span>', answer.text)


def test_the_latest_seen_comes_first_with_its_verdict(shop):
    answer = shop.get("/")
    assert answer.status == 200
    assert titles(answer)[0].startswith("KeyError")
    assert len(titles(answer)) == 3
    assert "DB_DOWN" in answer.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=PAYMENT", 1), ("q=stock+negative", 1), ("q=%25", 0), ("q=_", 1), ("service=pay", 1), ("service=nobody", 0),
        ("severity=info", 0), ("state=resolved", 0), ("state=all", 3), ("state=open&order=count", 3),
    ],
)  # fmt: skip
def test_a_filter_shows_what_fits_it(shop, query, expected):
    assert len(titles(shop.get(f"/?{query}"))) == expected


def test_a_search_for_nothing_that_exists_says_so(shop):
    assert "Nothing fits this filter." in shop.get("/?q=unicorn").words


@pytest.mark.parametrize("query", ["state=gone", "severity=loud", "order=size", "after=!!!", "after=W10=", "done=x"])
def test_an_address_that_makes_no_sense_is_refused_with_a_reason(shop, query):
    answer = shop.get(f"/?{query}")
    assert answer.status == 422
    assert "This cannot be understood" in answer.words


def test_pages_follow_each_other_without_gap_or_repeat(project, make_error):
    project.write(*(make_error(f"fault {chr(97 + n % 26)}{chr(97 + n // 26)} broke") for n in range(120)))
    project.scan()
    with project.served() as client:
        seen: list[str] = []
        path = "/?state=all"
        while path:
            answer = client.get(path)
            seen += re.findall(r'id="(i\d+)"', answer.text)
            more = re.search(r'rel="next" href="([^"]*)"', answer.text)
            path = more[1].replace("&amp;", "&") if more else ""
        assert len(seen) == len(set(seen)) == len(client.store.living())


def test_actions_change_what_was_selected_and_say_how_many(project, make_error):
    project.write(make_error("one"), make_error("two"))
    project.scan()
    with project.served() as client:
        answer = client.post("/incidents", {"do": "ack", "id": [1, 2]})
        assert (answer.status, answer.headers["location"]) == (303, "/?done=2")
        assert "Done: 2 incidents changed." in client.get("/?done=2").words
        assert [i.state.value for i in client.store.list_incidents()] == ["acked", "acked"]
        assert client.store.timeline(1)[-1].actor == "local"
        client.post("/incidents", {"do": "resolve", "id": 1, "release": "v9"})
        first = client.store.incident(1)
        assert first is not None
        assert (first.state.value, first.resolved_in) == ("resolved", "v9")
        client.post("/incidents", {"do": "snooze", "id": 2, "more": "5"})
        second = client.store.incident(2)
        assert second is not None
        assert (second.state.value, second.snooze_count) == ("snoozed", 6)
        client.post("/incidents", {"do": "merge", "id": 2, "into": 1})
        assert client.store.living() == [1]


@pytest.mark.parametrize(
    "form",
    [
        {"do": "explode", "id": 1}, {"do": "merge", "id": 1}, {"do": "merge", "id": 1, "into": 1},
        {"do": "merge", "id": 1, "into": 99}, {"do": "snooze", "id": 1, "more": "0"},
        {"do": "snooze", "id": 1, "more": "x"},
        {"do": "resolve", "id": 1, "release": "a\x1bb"}, {"id": 1}, {"do": "ack", "id": "one"},
    ],
)  # fmt: skip
def test_an_action_that_makes_no_sense_changes_nothing(shop, form):
    before = shop.store.incident(1)
    assert shop.post("/incidents", form).status == 422
    assert shop.store.incident(1) == before


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere_after_an_action(shop, back):
    location = shop.post("/incidents", {"do": "ack", "back": back}).headers["location"]
    assert location == "/?done=0"


def test_an_empty_state_says_what_to_do_first(project):
    with project.served() as client:
        words = client.get("/").words
        assert "Nothing seen yet" in words
        assert "shop.log" in words


def test_korean_is_chosen_by_the_browser_and_by_hand(shop):
    assert "진행 중" in shop.get("/", accept_language="ko-KR,ko;q=0.9,en;q=0.8").text
    assert "Current" in shop.get("/", accept_language="de").text
    chosen = shop.post("/preferences", {"language": "ko", "back": "/?q=a"})
    assert (chosen.status, chosen.headers["location"]) == (303, "/?q=a")
    assert "진행 중" in shop.get("/", cookie="logmedic_language=ko").text


def test_counts_are_those_of_now_as_soon_as_something_happened(project, make_error):
    project.write(make_error("one"), make_error("two"))
    project.scan()
    with project.served() as client:
        assert "Current (2)" in client.get("/").words
        client.post("/incidents", {"do": "ignore", "id": 1})
        assert "Current (1)" in client.get("/").words
        project.write(make_error("three", service="till", timestamp="2026-11-22T10:00:00Z"))
        project.scan()
        words = client.get("/").words
        assert "Current (2)" in words
        assert "till" in words


def test_counting_is_not_done_again_for_every_reader(project, make_error, monkeypatch):
    project.write(make_error("one"))
    project.scan()
    monkeypatch.setattr(overview, "OLDEST_SECONDS", 3_600.0)
    with project.served() as client:
        counted = []
        event.listen(client.store.database, "before_cursor_execute", lambda *args: counted.append(args[2]))
        for _ in range(5):
            client.get("/")
        assert sum("GROUP BY incidents.state" in statement for statement in counted) == 1
