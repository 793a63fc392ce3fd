"""``diagnose`` of an outage over several services, with a list of changes instead of a repository."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def outage(shell):
    def line(second: int, service: str, message: str, level: str = "ERROR") -> str:
        time = f"2026-11-20T09:21:{second:02d}.000Z"
        return json.dumps({"timestamp": time, "level": level, "fields": {"message": message, "service": service}})

    shell.write(
        "app.log",
        line(0, "checkout", "order placed", "INFO"),
        line(1, "inventory-service", "QueuePool limit of size 3 overflow 0 reached, connection timed out"),
        *(
            line(n, "checkout", "POST http://inventory:8080/reserve failed: 503 Service Unavailable")
            for n in range(2, 9)
        ),
        *(line(n, "web-gateway", "upstream checkout returned 502") for n in range(3, 9)),
    )
    pool = {
        "sha": "aaa1111", "author": "Kim", "timestamp": "2026-11-20T08:00:00Z", "message": "Tune the database",
        "files_changed": ["services/inventory/config.yaml"], "diff": "-  pool_size: 20\n+  pool_size: 3\n",
    }  # fmt: skip
    rename = {
        **pool, "sha": "bbb2222", "timestamp": "2026-11-20T09:20:00Z", "message": "Checkout: large refactoring",
        "files_changed": ["services/checkout/pay.py"], "diff": "-def pay(a):\n+def pay(order):\n",
    }  # fmt: skip
    shell.write("changes.json", json.dumps([pool, rename]))
    shell.write("deploys.json", json.dumps([
        {"service": "inventory-service", "sha": "aaa1111", "timestamp": "2026-11-20T09:00:00Z"},
        {"service": "checkout", "sha": "bbb2222", "timestamp": "2026-11-20T09:20:30Z"},
    ]))  # fmt: skip
    shell.write(
        "alert.json", json.dumps({"service": "web-gateway", "fired_at": "2026-11-20T09:25:00Z", "summary": "many 5xx"})
    )
    return shell


def test_the_alert_of_a_dragged_down_service_leads_to_the_change_that_did_it(outage):
    given = ("--changes", "changes.json", "--deploys", "deploys.json", "--alert", "alert.json")
    found = outage.json("diagnose", "app.log", *given)
    assert [s["commit"] for s in found["suspects"]] == ["aaa1111"]
    assert found["code_cause"] is True
    assert found["first_failing_service"] == "inventory-service"
    assert found["blast_radius"] == ["inventory-service", "checkout", "web-gateway"]
    assert "aaa1111" in found["remediation"]
    assert found["status"] == "verified"


def test_without_a_list_the_same_log_names_no_commit(outage):
    found = outage.json("diagnose", "app.log", "--alert", "alert.json")
    assert found["suspects"] == []
    assert found["first_failing_service"] == "inventory-service"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--changes", "none.json"), "--changes none.json: No such file"),
        (("--changes", "app.log"), "--changes app.log: not JSON"),
        (("--deploys", "deploys.json"), "--deploys needs --changes beside it"),
        (("--alert", "changes.json"), "--alert changes.json: a JSON object with service"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(outage, arguments, told):
    err = outage.run("diagnose", "app.log", *arguments, code=2).stderr.decode()
    assert told in err
    assert err.count("\n") == 1
