"""What people do to incidents on the command line."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def three(watched, record):
    """Incidents 1 to 3 of one service, of which a release is known."""
    watched.write("app.log", *(record(f"{word} broke", release="1.2.0") for word in ("apples", "pears", "plums")))
    watched.run("scan")
    listed = watched.json("incidents", "list")
    watched.ids = {i["title"].split()[0]: str(i["id"]) for i in listed}
    watched.prints = {i["title"].split()[0]: i["fingerprint"] for i in listed}
    return watched


def test_several_change_at_once_and_are_printed_as_they_are_then(three):
    ids = three.ids
    done = three.json("incidents", "ack", ids["apples"], three.prints["pears"][:9], ids["apples"])
    assert [(i["title"], i["state"]) for i in done] == [("apples broke", "acked"), ("pears broke", "acked")]
    refused = three.run("incidents", "ignore", ids["apples"], "99", code=2)
    assert refused.stderr.decode().count("\n") == 1
    (apples,) = [i for i in three.json("incidents", "list") if i["title"] == "apples broke"]
    assert apples["state"] == "acked", "all or none"


def test_merged_incidents_leave_the_list_and_come_back_when_they_are_split_off(three, record):
    ids, prints = three.ids, three.prints
    (kept,) = three.json("incidents", "merge", ids["apples"], ids["pears"], ids["plums"])
    assert (kept["count"], set(kept["aliases"])) == (3, {prints["pears"], prints["plums"]})
    assert [i["title"] for i in three.json("incidents", "list")] == ["apples broke"]
    gone = three.json("incidents", "show", ids["pears"])
    assert gone["merged_into"] == int(ids["apples"])
    refused = three.run("incidents", "ack", ids["pears"], code=2).stderr.decode()
    assert refused == f"logmedic: incident {ids['pears']} is merged into {ids['apples']}; name that one\n"
    three.write("app.log", record("pears broke"))
    assert [i["title"] for i in three.json("scan")["incidents"]] == ["apples broke"]
    three.json("incidents", "split", ids["apples"], prints["pears"], prints["plums"])
    three.write("app.log", record("pears broke"))
    (anew,) = three.json("scan")["incidents"]
    assert (anew["title"], anew["count"], anew["reason_code"]) == ("pears broke", 1, "new-after-split")


def test_resolved_in_a_release_stays_resolved_while_older_ones_fail(three, record):
    one = three.ids["apples"]
    (done,) = three.json("incidents", "resolve", one, "--in-next-release")
    assert (done["resolved_in"], done["resolved_next"]) == ("1.2.0", True)
    (done,) = three.json("incidents", "resolve", one, "--in-release", "1.3.0")
    assert (done["resolved_in"], done["resolved_next"]) == ("1.3.0", False)
    three.write("app.log", record("apples broke", release="1.2.9"))
    (quiet,) = three.json("scan")["incidents"]
    assert (quiet["state"], "1.2.9" in quiet["held"]) == ("resolved", True)
    assert "1.2.9" in three.run("incidents", "show", one).stdout.decode()
    three.write("app.log", record("apples broke", release="1.3.0"))
    (back,) = three.json("scan")["incidents"]
    assert (back["state"], back["reason_code"]) == ("open", "regressed-in-release")
    korean = three.run("incidents", "show", one, "--language", "ko").stdout.decode()
    assert "1.3.0에서 재발: 1.3.0에서 해결된 오류" in korean


SENSELESS = {
    ("resolve", "1", "--in-release", "1", "--in-next-release"): "exclude each other",
    ("resolve", "1", "--in-release", " "): "write 1 to 200 printable characters",
    ("snooze", "1", "--until", "tomorrow"): "is not a time",
    ("snooze", "1", "--until", "2020-01-01"): "is past",
    ("snooze", "1", "--for", "2h", "--until", "2099-01-01"): "exclude each other",
    ("merge", "1", "1"): "cannot be merged into itself",
    ("split", "1", "v1:00"): "fits 0 fingerprints",
}


def test_what_makes_no_sense_is_one_line(three):
    for arguments, words in SENSELESS.items():
        err = three.run("incidents", *arguments, code=2).stderr.decode()
        assert words in err
        assert err.count("\n") == 1


def test_the_next_release_needs_one_that_was_seen(watched, record):
    watched.write("app.log", record())
    watched.run("scan")
    err = watched.run("incidents", "resolve", "1", "--in-next-release", code=2).stderr
    assert b"no release of service shop was ever seen" in err


def test_a_snooze_ends_by_time_or_by_count_whichever_is_first(three):
    (done,) = three.json("incidents", "snooze", "1", "--until", "2099-01-01T09:00+09:00", "--count", "10")
    assert (done["snoozed_until"], done["snooze_count"]) == ("2099-01-01T00:00:00.000000Z", 11)
    (done,) = three.json("incidents", "snooze", "1", "--count", "10")
    assert (done["snoozed_until"], done["snooze_count"]) == (None, 11)
    (done,) = three.json("incidents", "snooze", "1")
    assert done["snoozed_until"] is not None


def test_the_page_says_why_its_records_are_one_incident(watched, record):
    watched.write("app.log", record("order 4711 of bob@example.com is lost"))
    watched.run("scan")
    page = watched.run("incidents", "show", "1").stdout.decode()
    assert "template: order <num> of <email> is lost" in page
    assert "4711 → <num>" in page
    assert "bob@" not in page


def test_regrouping_by_the_same_code_changes_nothing_and_another_configuration_is_shown_first(three):
    planned = three.json("regroup", "--preview")
    assert (planned["changes"], planned["applied"], planned["incidents"], planned["unclear"]) == (False, False, 3, 0)
    trace = 'Traceback (most recent call last):\n  File "/srv/{0}.py", line 1, in {0}\n    x()\nValueError: bad'

    for name in ("cart", "order"):
        three.write("app.log", json.dumps({"level": "ERROR", "message": "bad", "exc_info": trace.format(name)}))
    three.run("scan")
    config = (three.folder / "logmedic.toml").read_text("utf-8")
    three.write("other.toml", config, '[group]\nin_app_exclude = ["/srv/"]')
    preview = three.run("regroup", "-c", "other.toml").stdout.decode()
    assert "merge  5 into 4" in preview
    assert len(three.json("incidents", "list")) == 5
    assert three.json("regroup", "--apply", "-c", "other.toml")["applied"] is True
    assert len(three.json("incidents", "list")) == 4
    assert three.json("regroup", "-c", "other.toml")["changes"] is False
