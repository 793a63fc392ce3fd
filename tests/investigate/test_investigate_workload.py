"""Changes that make a service slow, full or stuck, and where a change runs."""

from __future__ import annotations

import pytest

from logmedic.investigate.changes.diffs import Change
from logmedic.investigate.changes.hunks import telling_hunks
from logmedic.investigate.changes.patch import parse_patch
from logmedic.investigate.faults.clues import Clues
from logmedic.investigate.faults.kinds import KINDS
from logmedic.investigate.suspects import locality
from logmedic.investigate.suspects.scene import Scene, View
from logmedic.investigate.suspects.workload import by_workload


def change(diff: str, path: str = "app/orders.py") -> Change:
    return Change("aaa1111", 0, "A change", 1, parse_patch(diff, [path]))


def reasons(diff: str, kind: str = "upstream-timeout") -> list[str]:
    made = change(diff)
    scene = Scene(kind=KINDS[kind], clues=Clues(), places=(), changes=(made,), blamed={}, first_seen=0)
    return [reason.why.en for reason in by_workload(scene, View(made, tuple(telling_hunks(made)), ()))]


@pytest.mark.parametrize(
    ("diff", "said"),
    [
        ("+DROP INDEX idx_orders_customer;", "it takes an index away"),
        ("-CREATE INDEX idx_orders_customer ON orders (customer_id);", "it takes an index away"),
        ("-    rows = query.limit(100).all()\n+    rows = query.all()", "it takes the bound of a query or a list away"),
        ("-@lru_cache(maxsize=512)\n-def rates():\n+def rates():", "it takes a cache away"),
        ("+    for order in orders:\n+        customer = db.execute(find, order)", "it queries or calls in a loop"),
        ("+    time.sleep(2)", "it waits"),
        ("-    SELECT * FROM stock\n+    SELECT * FROM stock FOR UPDATE", "it takes a lock"),
    ],
)
def test_what_slows_a_service_down_is_a_reason(diff, said):
    assert [why.partition(":")[0] for why in reasons(diff)][:1] == [said]


@pytest.mark.parametrize(
    "diff",
    [
        "-    rows = query.limit(100).all()\n+    rows = query.limit(50).all()",  # still bounded
        "+# DROP INDEX idx_orders_customer;",
        "-def pay(a):\n+def pay(order):",
        "+    total = total + 1",
    ],
)
def test_what_does_not_is_none(diff):
    assert reasons(diff) == []


def test_a_list_that_nothing_empties_explains_a_full_memory_and_no_timeout():
    diff = "+    SEEN.append(request)"
    assert reasons(diff, "out-of-memory")
    assert reasons(diff, "upstream-timeout") == []
    assert reasons("+    SEEN.append(request)\n+    if len(SEEN) > 10: SEEN.clear()", "out-of-memory") == []


# -- where it runs ----------------------------------------------------------------------------------------------------

SERVICES = ("inventory-service", "checkout", "mail")


@pytest.mark.parametrize(
    ("path", "sent", "own"),
    [
        ("services/inventory/app.py", {}, {"inventory-service"}),
        ("services/mail/app.py", {}, {"mail"}),
        ("libs/common/mail/format.py", {}, {"mail"}),  # a folder of the service's own, wherever it stands
        ("libs/common/format.py", {}, set()),
        ("app/orders.py", {}, set()),
        ("app/orders.py", {"aaa1111": ("mail",)}, {"mail"}),
        ("app/orders.py", {"aaa1111": ("mail", "inventory-service")}, {"mail", "inventory-service"}),
    ],
)
def test_a_change_belongs_to_the_service_whose_folder_it_is_in_or_that_it_was_sent_to(path, sent, own):
    assert locality.belongs_to(change("-a\n+b", path), SERVICES, sent) == own
