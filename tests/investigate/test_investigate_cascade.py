"""Where it began: what proves that one service's fault came from another's, and what does not."""

from __future__ import annotations

import msgspec
import pytest
from investigate_scenes import record

from logmedic.investigate.faults.cascade import core_name, speaks_of_service, trace_back
from logmedic.model import NANOSECONDS, Level, Neighbour

TIME = 1_780_000_000
_NUMBER = iter(range(1, 10_000))


def failing(service: str, message: str, *, at: int = TIME, **more) -> Neighbour:
    subject = msgspec.structs.replace(record(message, time=at, **more), service=service)
    seen = at * NANOSECONDS
    return Neighbour(id=next(_NUMBER), service=service, first_seen=seen, last_seen=seen, record=subject)


def test_a_chain_of_callees_is_followed_to_its_end():
    gateway = failing("gateway", "upstream checkout returned 502", at=TIME + 2)
    checkout = failing("checkout", "POST http://inventory:8080/reserve failed: 503", at=TIME + 1)
    inventory = failing("inventory-service", "QueuePool limit of size 3 reached")
    found = trace_back(gateway, [checkout, inventory], [])
    assert found.path == ("gateway", "checkout", "inventory-service")
    assert found.root is inventory
    assert found.hit == ("inventory-service", "checkout", "gateway")


def test_errors_at_the_same_time_prove_nothing():
    mail = failing("mail", "550 mailbox full")
    shop = failing("shop", "KeyError: 'sku'", at=TIME + 1)
    found = trace_back(shop, [mail], [])
    assert (found.path, found.hit) == (("shop",), ("shop",))


def test_the_request_that_failed_elsewhere_before_tells_the_callee_without_a_name():
    pay = failing("payments", "card network timed out", at=TIME)
    shop = failing("shop", "order could not be placed", at=TIME + 1)
    found = trace_back(shop, [pay], [pay.record, shop.record])
    assert found.first == "payments"


def test_a_request_that_failed_elsewhere_later_is_no_cause():
    shop = failing("shop", "order could not be placed", at=TIME)
    gateway = failing("gateway", "bad answer", at=TIME + 1)
    assert trace_back(shop, [gateway], [gateway.record, shop.record]).first == "shop"


def test_a_callee_that_logged_no_error_did_not_fail():
    assert trace_back(failing("shop", "timeout calling payments"), [], []).first == "shop"


def line(service: str, *, at: int, **more):
    return msgspec.structs.replace(record("GET /rates", time=at, **{"level": Level.INFO, **more}), service=service)


REFUSED = "dial tcp 10.0.0.7:8080: connect: connection refused, calling rates"
LATE = "upstream rates timed out"


@pytest.mark.parametrize(
    ("message", "around", "first"),
    [
        (REFUSED, [], "rates"),  # it fell silent
        (REFUSED, [line("rates", at=TIME - 60)], "rates"),
        (LATE, [line("rates", at=TIME - 60, duration_ms=20), line("rates", at=TIME + 5, duration_ms=9_000)], "rates"),
        (LATE, [line("rates", at=TIME - 60, duration_ms=20), line("rates", at=TIME + 5, duration_ms=25)], "shop"),
        (LATE, [line("rates", at=TIME + 5, level=Level.WARN)], "rates"),
        ("cannot decode the answer of rates: unexpected token", [], "shop"),  # it answered
    ],
)
def test_a_callee_without_an_error_failed_first_unless_it_goes_on_as_before(message, around, first):
    shop = failing("shop", message)
    found = trace_back(shop, [], [], around=around, known=["rates"])
    assert found.first == first
    assert found.root is shop


def test_words_that_tell_nothing_lead_to_the_fault_that_began_shortly_before():
    ingest, alarms = failing("ingest", "invalid type: string"), failing("alarms", "window is empty", at=TIME + 300)
    kinds = {ingest.id: "bad-data", alarms.id: ""}
    assert trace_back(alarms, [ingest], [], kinds=kinds).first == "ingest"
    told = {ingest.id: "bad-data", alarms.id: "empty-value"}
    assert trace_back(alarms, [ingest], [], kinds=told).first == "alarms", "its own words tell what happened"
    late = failing("alarms", "window is empty", at=TIME + 3_000)
    assert trace_back(late, [ingest], [], kinds={ingest.id: "bad-data", late.id: ""}).first == "alarms"


def test_what_the_platform_says_of_a_service_is_told_of_that_service():
    kubelet = failing("kubelet", "Container reporting in pod reporting-6c was terminated: OOMKilled", at=TIME)
    reporting = failing("reporting", "the previous run ended without a result", at=TIME + 1)
    kinds = {kubelet.id: "out-of-memory", reporting.id: ""}
    found = trace_back(reporting, [kubelet], [], kinds=kinds)
    assert (found.first, found.root) == ("reporting", kubelet)
    assert trace_back(kubelet, [reporting], [], known=["reporting"], kinds=kinds).first == "reporting"


def test_of_services_that_fail_in_the_same_line_the_first_tells_where():
    trace = "java.lang.ArithmeticException: Rounding necessary\n\tat com.acme.money.Money.scaled(Money.kt:48)\n"
    one, two = (
        failing("invoicing", "job failed", stack_text=trace),
        failing("payouts", "job failed", at=TIME + 9, stack_text=trace),
    )
    found = trace_back(two, [one], [])
    assert found.first == "invoicing"
    assert set(found.alike) == {"invoicing", "payouts"}


def test_the_name_of_a_queue_or_of_the_caller_is_no_callee():
    for key in ("queue", "topic", "caller", "user_agent"):
        shop = failing("shop", "it failed", fields={key: "inventory"})
        assert not speaks_of_service(shop.record, "inventory-service"), key
    assert speaks_of_service(
        failing("shop", "it failed", fields={"peer.service": "inventory"}).record, "inventory-service"
    )


def test_two_services_that_name_each_other_do_not_go_round_for_ever():
    a, b = failing("alpha", "upstream bravo failed"), failing("bravo", "upstream alpha failed")
    assert trace_back(a, [b], []).path == ("alpha", "bravo")


def test_what_began_hours_before_is_another_episode():
    old = failing("inventory", "disk is full", at=TIME - 3 * 3600)
    shop = failing("shop", "upstream inventory failed")
    found = trace_back(shop, [old], [])
    assert found.root is not old


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("POST http://inventory:8080/reserve failed", True),
        ("inventory-service answered 503", True),
        ("upstream inventory timed out", True),
        ("error from inventory: 503", True),
        ("inventory returned 502 for POST /reserve", True),
        ("inventory did not answer", True),
        ("call to 'inventory' failed", True),
        ("inventory.internal refused the connection", True),
        ("request from inventory could not be parsed", False),
        ("the inventory of the shop is empty", False),
        ("reinventory:8080", False),
        ("", False),
    ],
)
def test_a_service_is_named_where_a_callee_stands(message, named):
    subject = msgspec.structs.replace(record(message, time=TIME), service="shop")
    assert speaks_of_service(subject, "inventory-service") is named


def test_the_role_of_a_service_is_no_part_of_its_name():
    assert [core_name(n) for n in ("Inventory-Service", "mail_worker", "api")] == ["inventory", "mail", "api"]
