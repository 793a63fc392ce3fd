"""``logmedic sources``: how far each has been read, and what waits."""

from __future__ import annotations

import json


def test_it_tells_what_was_read_what_waits_and_where(watched, record):
    watched.write("app.log", record(), "no json", record())
    watched.run("scan")
    more = record("stock is gone")
    watched.write("app.log", more)
    (source,) = watched.json("sources")["sources"]
    assert (source["name"], source["kind"], source["lines"], source["rejects"]) == ("app", "file", 3, 0)
    assert source["waiting_bytes"] == len(more) + 1
    assert source["behind_s"] is None
    assert source["last_read"].endswith("Z")
    (stream,) = source["streams"]
    assert stream["stream"].startswith("app.log~")
    watched.run("scan")
    assert watched.json("sources")["sources"][0]["waiting_bytes"] == 0
    told = watched.run("sources", "--streams").stdout.decode()
    assert "0 B" in told
    assert "  app.log~" in told


def test_halves_of_objects_are_counted_as_rejected_and_never_taken_for_silence(watched, record):
    watched.write("app.log", record(), '{"level":', "{half of an object", record("stock is gone"))
    watched.run("scan")
    (source,) = watched.json("sources")["sources"]
    assert (source["lines"], source["rejects"]) == (4, 2)


def test_before_anything_was_read_nothing_is_made_up(watched):
    (source,) = watched.json("sources")["sources"]
    assert (source["lines"], source["last_read"], source["streams"]) == (0, None, [])
    assert "never" in watched.run("sources").stdout.decode()


def test_a_store_that_cannot_tell_how_much_waits_tells_no_number(shell):
    url = json.dumps("http://127.0.0.1:9")
    shell.write("logmedic.toml", f'[[sources]]\nkind = "loki"\nurl = {url}\nquery = \'{{app="shop"}}\'')
    (source,) = shell.json("sources")["sources"]
    assert (source["waiting_bytes"], source["behind_s"]) == (None, None)
    assert "?" in shell.run("sources").stdout.decode()


def test_without_a_source_the_remedy_is_told(shell):
    assert b"[[sources]]" in shell.run("sources", code=78).stderr
