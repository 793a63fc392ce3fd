"""Lists of changes and deploys, and alerts: what is taken, and what is refused in one line."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from investigate_scenes import REDACTOR, case, record, shop

from logmedic.errors import UsageError
from logmedic.investigate import alert
from logmedic.investigate.changes import changelist
from logmedic.investigate.offline import OfflineInvestigator
from logmedic.model import NANOSECONDS, Bucket, CauseKind, Diagnosis, DiagnosisStatus

TIME = 1_795_165_200  # 2026-11-20T09:00:00Z
NAMES = ("changes.json", "deploys.json")
POOL = {
    "sha": "aaa1111", "author": "Kim", "timestamp": "2026-11-20T09:00:00Z", "message": "Tune the database",
    "files_changed": ["services/inventory/config.yaml"], "diff": "@@ -3 +3 @@\n-  pool_size: 20\n+  pool_size: 3\n",
}  # fmt: skip
RENAME = {
    **POOL, "sha": "bbb2222", "message": "Rename an argument", "files_changed": ["services/checkout/pay.py"],
    "diff": "@@ -3 +3 @@\n-def pay(a):\n+def pay(order):\n",
}  # fmt: skip
EXHAUSTED = "QueuePool limit of size 3 overflow 0 reached, connection timed out, timeout 30.00"


def listed(changes=(), deploys=None) -> changelist.ChangeList:
    sent = None if deploys is None else json.dumps(deploys).encode()
    return changelist.read(json.dumps(list(changes)).encode(), sent, NAMES)


def diagnose(message: str, found: changelist.ChangeList, *, at: int = TIME + 600, **more) -> Diagnosis:
    asked = msgspec.structs.replace(case(record(message, time=at, **more)), changes=found)
    return OfflineInvestigator(REDACTOR).investigate(asked)


@pytest.mark.parametrize(
    "time", ["2026-11-20T09:00:00Z", "2026-11-20T18:00:00+09:00", TIME, TIME * 1000, "2026-11-20 09:00:00"]
)
def test_times_are_read_as_dates_and_as_epochs(time):
    assert listed([{**POOL, "timestamp": time}]).changes[0].time == TIME


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "changes.json: not JSON"),
        ('"text"', "changes.json: an array of objects is expected"),
        ("[1]", "changes.json[0]: an object is expected"),
        ('[{"sha": "aaa1111"}]', "changes.json[0]: timestamp is missing or unreadable"),
        ('[{"timestamp": 1795165200}]', "changes.json[0]: has no sha"),
        ('[{"sha": "aaa1111", "timestamp": "yesterday"}]', "changes.json[0]: timestamp is missing or unreadable"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_its_place(text, told):
    with pytest.raises(UsageError, match=rf"\A{re.escape(told)}"):
        changelist.read(text.encode(), None, NAMES)


def test_a_lowered_limit_in_a_list_explains_the_fault_and_is_cited():
    found = diagnose(EXHAUSTED, listed([POOL, RENAME]))
    assert [s.commit for s in found.suspects] == ["aaa1111"]
    assert found.status is DiagnosisStatus.VERIFIED
    assert found.cause_kind is CauseKind.CONFIG
    assert "aaa1111" in found.remediation.en
    assert any("aaa1111" in claim.text.en and claim.citations for claim in found.claims)
    assert not found.dropped


def test_a_change_after_the_first_occurrence_is_no_suspect():
    assert diagnose(EXHAUSTED, listed([POOL]), at=TIME - 60).suspects == ()


def test_a_change_that_was_deployed_after_the_first_occurrence_is_no_suspect():
    deploys = [{"service": "shop", "sha": "aaa1111", "timestamp": TIME + 3600}]
    assert diagnose(EXHAUSTED, listed([POOL], deploys)).suspects == ()
    assert diagnose(EXHAUSTED, listed([POOL], [{**deploys[0], "timestamp": TIME + 60}])).suspects


def test_a_change_of_a_service_that_did_not_fail_counts_less():
    deploys = [{"service": name, "sha": "9999999", "timestamp": TIME} for name in ("shop", "inventory")]
    assert diagnose(EXHAUSTED, listed([POOL], deploys)).suspects == ()


def test_without_a_telling_change_the_report_says_that_none_explains_it():
    found = diagnose(EXHAUSTED, listed([RENAME]))
    assert found.suspects == ()
    assert not found.code_cause


def test_a_suspect_that_is_not_in_the_list_is_dropped():
    asked = msgspec.structs.replace(case(record(EXHAUSTED, time=TIME + 600)), changes=listed([POOL]))
    investigator = OfflineInvestigator(REDACTOR)
    from logmedic.investigate.evidence import gather  # noqa: PLC0415
    from logmedic.investigate.verify import verify  # noqa: PLC0415

    draft = investigator.draft(asked, gather(asked, REDACTOR))
    forged = msgspec.structs.replace(
        draft, suspects=tuple(msgspec.structs.replace(s, commit="fff9999") for s in draft.suspects)
    )
    held = verify(forged, asked)
    assert held.suspects == ()
    assert not held.code_cause
    assert "fff9999" in held.dropped[0].en


def test_a_list_beside_a_repository_gives_the_changes_and_the_repository_the_source(tmp_path):
    repo = shop(tmp_path / "shop")
    text, stack = repo.crash("from app.orders import *; charge({'amount': 3})")
    subject = record("Unhandled exception", time=repo.time + 600, stack_text=text)
    diff = '-    return order.get("customer")\n+    return {"total": total, "customer": order["customer"]}'
    change = {**POOL, "timestamp": repo.time, "diff": diff, "files_changed": ["app/orders.py"]}
    asked = msgspec.structs.replace(case(subject, repo=repo, stack=stack), changes=listed([change]))
    found = OfflineInvestigator(REDACTOR).investigate(asked)
    assert [s.commit for s in found.suspects] == ["aaa1111"]
    assert any(item.kind == "source" for item in found.evidence)


# -- alerts -----------------------------------------------------------------------------------------------------------


def incident(number: int, service: str, first: int, last: int, title: str = "boom", count: int = 5):
    base = case(record(title, time=first)).incident
    bars = (Bucket(first * NANOSECONDS, count),)
    return msgspec.structs.replace(
        base, id=number, service=service, first_seen=first * NANOSECONDS, last_seen=last * NANOSECONDS, title=title,
        count=count, histogram=bars,
    )  # fmt: skip


def test_an_alert_is_about_its_service_and_about_what_is_new():
    old = incident(1, "shop", TIME - 80_000, TIME + 100, count=900)
    new = incident(2, "shop", TIME, TIME + 100)
    other = incident(3, "mail", TIME, TIME + 100, count=5_000)
    given = alert.Alert("shop-service", (TIME + 200) * NANOSECONDS, "errors")
    assert alert.choose(given, [old, new, other]) is new


def test_the_words_of_an_alert_tell_two_new_incidents_apart():
    one, two = (
        incident(1, "shop", TIME, TIME + 9, "card declined", 90),
        incident(2, "shop", TIME, TIME + 9, "pool exhausted"),
    )
    assert alert.choose(alert.Alert("shop", (TIME + 60) * NANOSECONDS, "Pool of shop exhausted"), [one, two]) is two


def test_an_alert_without_incidents_is_about_none():
    assert alert.choose(alert.Alert("shop", 0), []) is None


@pytest.mark.parametrize("text", ["[]", "nonsense", '{"fired_at": "soon"}'])
def test_an_alert_that_cannot_be_read_is_refused(text):
    with pytest.raises(UsageError, match=r"alert\.json: "):
        alert.read(text.encode(), "alert.json")
