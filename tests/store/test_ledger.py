"""No number of workers can spend more than the caps allow; what is unclear counts as spent."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from logmedic.errors import StoreError
from logmedic.model import CauseKind, Diagnosis, DiagnosisStatus, Fixable, Severity, Text
from logmedic.store.database import open_database
from logmedic.store.ledger import DAY, DOLLAR, HOUR, MONTH, Caps, Ledger, Purchase, Refused, Report, Spent, refusal

NOW = 1_790_000_000_000_000_000
MOST = 10**15
OPEN = Caps(incident=MOST, fingerprint=MOST, hour=MOST, day=MOST, month=MOST, unpriced_day=MOST)


def caps(**more: int) -> Caps:
    return Caps(**{**{name: getattr(OPEN, name) for name in OPEN.__struct_fields__}, **more})


def want(worst: int | None = DOLLAR, *, fingerprint: str = "v1:a", generation: int = 1) -> Purchase:
    return Purchase(fingerprint=fingerprint, generation=generation, model="m", purpose="diagnose", worst=worst)


@pytest.fixture
def database(state_url: str) -> Iterator[sa.Engine]:
    engine = open_database(state_url)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(database: sa.Engine) -> Ledger:
    return Ledger(database)


def buy(ledger: Ledger, limits: Caps, wanted: Purchase, now: int = NOW) -> int:
    ticket = ledger.reserve(wanted, limits, now)
    assert isinstance(ticket, int), ticket
    return ticket


def settle(ledger: Ledger, ticket: int, cost: int | None, state: str = "settled") -> None:
    ledger.settle(ticket, state=state, cost=cost, input_tokens=1, output_tokens=1, reason="")


@pytest.mark.parametrize(
    ("cap", "second", "later"),
    [
        ("incident", want(), 0),
        ("fingerprint", want(generation=2), 20 * DAY),
        ("hour", want(fingerprint="v1:b"), HOUR - 1),
        ("day", want(fingerprint="v1:b"), DAY - 1),
        ("month", want(fingerprint="v1:b"), MONTH - 1),
    ],
)
def test_each_cap_refuses_what_would_exceed_it_and_says_so(
    ledger: Ledger, cap: str, second: Purchase, later: int
) -> None:
    limits = caps(**{cap: DOLLAR * 3 // 2})
    buy(ledger, limits, want())
    refused = ledger.reserve(second, limits, NOW + later)
    assert isinstance(refused, Refused)
    assert "m may cost $1; of $1.5 " in refused.reason.en
    assert refused.reason.en.endswith(" $1 are used")


@pytest.mark.parametrize(("cap", "later"), [("hour", HOUR), ("day", DAY), ("month", MONTH), ("fingerprint", MONTH)])
def test_a_window_slides_on(ledger: Ledger, cap: str, later: int) -> None:
    limits = caps(**{cap: DOLLAR})
    buy(ledger, limits, want())
    assert isinstance(ledger.reserve(want(generation=2), limits, NOW + later - 1), Refused)
    buy(ledger, limits, want(generation=3), NOW + later)


def test_what_was_set_aside_in_vain_can_be_spent_again_and_what_is_unclear_cannot(ledger: Ledger) -> None:
    limits = caps(day=DOLLAR)
    settle(ledger, buy(ledger, limits, want()), DOLLAR // 10)
    assert ledger.spent(NOW).day == DOLLAR // 10
    settle(ledger, buy(ledger, limits, want(DOLLAR // 2)), 0, "failed")
    assert ledger.spent(NOW).day == DOLLAR // 10
    settle(ledger, buy(ledger, limits, want(DOLLAR // 2)), None, "unclear")
    buy(ledger, limits, want(DOLLAR // 5))  # never settled: its process died
    assert ledger.spent(NOW).day == DOLLAR // 10 + DOLLAR // 2 + DOLLAR // 5
    assert isinstance(ledger.reserve(want(DOLLAR * 21 // 100), limits, NOW), Refused)


def test_requests_without_a_price_are_counted(ledger: Ledger) -> None:
    limits = caps(unpriced_day=2)
    settle(ledger, buy(ledger, limits, want(None)), None)
    settle(ledger, buy(ledger, limits, want(None)), 0, "failed")
    buy(ledger, limits, want(None))
    assert isinstance(ledger.reserve(want(None), limits, NOW), Refused)
    assert ledger.spent(NOW).unpriced_day == 2
    assert ledger.spent(NOW).day == 0
    buy(ledger, limits, want())


SPENDER = """
import sys
from logmedic.store.database import open_database
from logmedic.store.ledger import Caps, Ledger, Purchase
ledger = Ledger(open_database(sys.argv[1]))
big = 10**15
caps = Caps(incident=big, fingerprint=big, hour=big, day=10 * 10**9, month=big, unpriced_day=0)
got = 0
for n in range(40):
    want = Purchase(fingerprint=f"{sys.argv[2]}:{n}", generation=1, model="m", purpose="p", worst=3 * 10**8)
    got += isinstance(ledger.reserve(want, caps, int(sys.argv[3])), int)
print(got)
"""


def test_processes_and_threads_together_cannot_overspend(state_url: str, database: sa.Engine) -> None:
    limits = caps(day=10 * DOLLAR)
    got: list[int] = []

    def spend(name: str) -> None:
        ledger = Ledger(database)
        for n in range(20):
            ticket = ledger.reserve(want(3 * DOLLAR // 10, fingerprint=f"{name}:{n}"), limits, NOW)
            got.extend([1] if isinstance(ticket, int) else [])

    others = [
        subprocess.Popen(
            [sys.executable, "-c", SPENDER, state_url, str(n), str(NOW)], stdout=subprocess.PIPE, text=True
        )
        for n in range(2)
    ]
    threads = [threading.Thread(target=spend, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elsewhere = sum(int(process.communicate(timeout=60)[0]) for process in others)
    assert len(got) + elsewhere == 33, "33 times $0.30 fit into $10, whoever was first"
    assert Ledger(database).spent(NOW).day == 33 * 3 * DOLLAR // 10


@given(st.builds(Spent, **{name: st.integers(0, 10**13) for name in Spent.__struct_fields__}),
       st.builds(Caps, **{name: st.integers(0, 10**13) for name in Caps.__struct_fields__}),
       st.none() | st.integers(0, 10**12))  # fmt: skip
def test_what_is_allowed_fits_under_every_cap(spent: Spent, limits: Caps, worst: int | None) -> None:
    if refusal(want(worst), spent, limits) is None:
        if worst is None:
            assert spent.unpriced_day < limits.unpriced_day
        else:
            names = ("incident", "fingerprint", "hour", "day", "month")
            assert all(getattr(spent, name) + worst <= getattr(limits, name) for name in names)


def test_the_latest_report_of_a_fingerprint_is_kept(ledger: Ledger, database: sa.Engine) -> None:
    assert ledger.report("v1:a") is None
    for confidence in (0.3, 0.7):
        said = Text("x", "x")
        diagnosis = Diagnosis(
            severity=Severity.WARNING, cause_kind=CauseKind.CODE, root_cause=said, impact=said, actions=(),
            code_cause=True, fixable=Fixable(False, said), confidence=confidence, status=DiagnosisStatus.VERIFIED,
        )  # fmt: skip
        ledger.save_report("v1:a", Report(at=NOW, basis="b", rate=3, diagnosis=diagnosis))
    kept = ledger.report("v1:a")
    assert kept == Report(at=NOW, basis="b", rate=3, diagnosis=diagnosis)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE model_reports SET diagnosis = '{'"))
    with pytest.raises(StoreError, match="damaged"):
        ledger.report("v1:a")
