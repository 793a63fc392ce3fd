"""The API: what it answers, and that it answers as it is described."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families


def test_a_list_goes_on_behind_its_cursor(shop):
    seen: list[int] = []
    cursor = ""
    for _ in range(5):
        body = json.loads(shop.get(f"/api/v1/incidents?limit=1&cursor={cursor}").body)
        seen += [row["id"] for row in body["incidents"]]
        cursor = body["next"]
        if cursor is None:
            break
    assert sorted(seen) == shop.store.living()


def test_one_incident_is_what_the_command_prints(shop):
    body = json.loads(shop.get("/api/v1/incidents/1").body)
    assert body["id"] == 1
    assert body["diagnosis"]["claims"]
    assert body["timeline"]
    assert body["grouped_by"]


def test_a_reader_who_has_it_already_is_told_so(shop):
    tag = shop.get("/api/v1/incidents/1").headers["etag"]
    answer = shop.get("/api/v1/incidents/1", if_none_match=tag)
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/incidents/999", 404), ("/api/v1/incidents/0", 422), ("/api/v1/incidents?cursor=x", 422),
        ("/api/v1/incidents?cursor=W10=", 422), ("/api/v1/incidents?limit=0", 422), ("/api/v1/nothing", 404),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_a_problem_document(shop, path, status):
    answer = shop.get(path)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert json.loads(answer.body)["status"] == status


def test_changes_are_made_and_counted(project, make_error):
    project.write(make_error("one"))
    project.scan()
    with project.served() as client:
        body = json.dumps({"do": "resolve", "ids": [1, 77], "release": "v2"}).encode()
        answer = client.ask("POST", "/api/v1/incidents/changes", body, content_type="application/json")
        assert json.loads(answer.body) == {"changed": 1}
        incident = client.store.incident(1)
        assert incident is not None
        assert incident.resolved_in == "v2"


def test_the_lines_of_a_request_come_in_order(shop):
    body = json.loads(shop.get("/api/v1/requests/r-1?at=1795338000000000000").body)
    assert [line["message"] for line in body["lines"]] == ["stock is negative"]


def test_metrics_are_read_by_prometheus_own_parser_and_agree_with_the_store(shop):
    text = shop.get("/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert all(family.documentation for family in families.values())
    (lines,) = families["logmedic_lines_read"].samples
    assert (lines.labels, lines.value) == ({"source": "shop"}, 4.0)
    assert sum(sample.value for sample in families["logmedic_incidents"].samples) == len(shop.store.living())


def test_prometheus_finds_nothing_to_complain_of_in_the_metrics(shop):
    promtool = shutil.which("promtool")
    if promtool is None:
        assert not os.environ.get("LOGMEDIC_CI"), "promtool is not installed"
        pytest.skip("promtool is not installed")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=shop.get("/metrics").body, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
