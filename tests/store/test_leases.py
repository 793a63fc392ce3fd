"""Where several processes share one PostgreSQL: one of them does each thing, and a late one is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from logmedic.errors import LeaseLostError, StoreError
from logmedic.pipeline.sharing import WANTED, WORKER, Sharing
from logmedic.store.database import open_database
from logmedic.store.leases import FREE, Fence, Leases
from logmedic.store.positions import StoredPosition
from logmedic.store.store import Store
from logmedic.testing.doors import FakeClock
from postgres import Postgres

NOW = 1_767_225_600_000_000_000


@pytest.fixture
def store(postgres: Postgres, postgres_template: str) -> Iterator[Store]:
    name = postgres.create(postgres_template)
    opened = Store(open_database(postgres.url(name)))
    yield opened
    opened.close()
    postgres.drop(name)


def took(fence: Fence | None) -> Fence:
    assert fence is not None
    return fence


def run_out(store: Store) -> None:
    """All leases have not been renewed for long."""
    with store.database.begin() as connection:
        connection.execute(sa.text(f"UPDATE leases SET until = 1 WHERE until > {FREE}"))


def test_one_holder_at_a_time_and_an_epoch_that_rises_with_each(store: Store) -> None:
    one, two = Leases(store.database, "one"), Leases(store.database, "two")
    first = took(one.take("source:app", over=True))
    assert two.take("source:app", over=True) is None
    assert one.renew([first]) == [first]
    run_out(store)
    assert two.take("source:app", over=False) is None, "whoever has not been well for long takes over nothing"
    second = took(two.take("source:app", over=True))
    assert second.epoch > first.epoch
    assert one.renew([first]) == []
    one.give_back([first])
    assert one.take("source:app", over=True) is None, "only who holds it can give it back"
    two.give_back([second])
    assert took(one.take("source:app", over=False)).epoch > second.epoch


def test_of_many_that_reach_for_a_lease_one_gets_it(store: Store) -> None:
    together, got = threading.Barrier(6), []

    def reach(number: int) -> None:
        together.wait()
        got.append(Leases(store.database, f"p{number}").take("keeper", over=True))

    threads = [threading.Thread(target=reach, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([fence for fence in got if fence is not None]) == 1


def test_a_late_commit_under_a_lost_lease_is_refused_and_leaves_nothing(store: Store) -> None:
    one, two = Leases(store.database, "one"), Leases(store.database, "two")
    old = took(one.take("source:app", over=True))
    run_out(store)
    new = took(two.take("source:app", over=True))
    late = StoredPosition("app", "s1", 100, {}, False)

    def commit(fence: Fence) -> None:
        with store.ingest() as ingest:
            ingest.fence(fence)
            ingest.advance(late, None, 1, 0, NOW)

    with pytest.raises(LeaseLostError, match="another process has taken over"):
        commit(old)
    assert store.positions("app") == []
    commit(new)
    assert len(store.positions("app")) == 1


def test_nobody_takes_over_within_the_transaction_that_has_compared_the_epoch(store: Store) -> None:
    one, two = Leases(store.database, "one"), Leases(store.database, "two")
    fence = took(one.take("source:app", over=True))
    run_out(store)
    taken = threading.Event()

    def take() -> None:
        two.take("source:app", over=True)
        taken.set()

    thread = threading.Thread(target=take)
    with store.ingest() as ingest:
        ingest.fence(fence)
        thread.start()
        assert not taken.wait(0.3)
    thread.join()
    assert taken.is_set()


class Process:
    """One of several, with a clock of its own; beats by hand."""

    def __init__(self, store: Store, name: str, recover: Callable[[str], None] | None = None) -> None:
        self.clock = FakeClock()
        self.recovered: list[str] = []
        self.share = 0  # sources that it reads
        self.sharing = Sharing(Leases(store.database, name), self.clock, recover=recover or self.recovered.append)
        self.sharing._run = lambda: None  # type: ignore[method-assign]
        self.sharing.open()

    def lives(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.clock.advance(1.0)
            self.sharing.beat()


def test_a_dead_process_leaves_its_sources_and_its_work_to_the_others(store: Store) -> None:
    dead, other = Process(store, "dead"), Process(store, "other")
    assert dead.sharing.source("app") is not None
    other.lives(10)
    assert other.sharing.source("app") is None
    assert other.recovered == []
    run_out(store)
    other.lives(1)
    assert other.sharing.source("app") is not None
    assert other.recovered == ["dead"]
    other.lives(3)
    assert other.recovered == ["dead"], "once"
    dead.sharing.beat()
    assert dead.sharing.lost, "should it wake up, it knows"
    assert dead.sharing.hold("anything") is None


def test_who_comes_back_while_its_work_is_taken_up_knows_that_it_is_lost(store: Store) -> None:
    found: list[bool] = []

    def recover(_executor: str) -> None:
        dead.sharing.beat()
        found.append(dead.sharing.lost)

    dead, other = Process(store, "dead"), Process(store, "other", recover)
    other.lives(10)
    run_out(store)
    other.lives(3)
    assert found == [True]


def test_who_comes_back_before_its_work_is_taken_up_keeps_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen, other = Process(store, "frozen"), Process(store, "other")
    other.lives(10)
    run_out(store)
    look = Leases.ended

    def late(leases: Leases, prefix: str, *, over: bool) -> list[str]:
        found = look(leases, prefix, over=over)
        if leases.holder == "other":
            frozen.sharing.beat()
        return found

    monkeypatch.setattr(Leases, "ended", late)
    other.lives(3)
    assert (frozen.sharing.lost, other.recovered) == (False, [])


def test_after_an_outage_of_the_database_nobody_is_dead(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Process(store, "one"), Process(store, "two")
    assert one.sharing.source("app") is not None
    one.lives(10)
    two.lives(10)

    def away(_fences: object) -> list[Fence]:
        raise StoreError("state database: the server is away")

    with monkeypatch.context() as outage:
        outage.setattr(two.sharing._leases, "renew", away)
        two.lives(30)
    run_out(store)
    two.sharing.beat()
    assert two.recovered == []
    assert two.sharing.source("app") is None, "one has had no time to renew it"
    one.sharing.beat()
    two.lives(10)
    assert (one.sharing.lost, two.recovered) == (False, [])


def test_who_ends_in_order_is_followed_at_once(store: Store) -> None:
    ended, next_one = Process(store, "ended"), Process(store, "next")
    assert ended.sharing.source("app") is not None
    ended.sharing.close()
    assert next_one.sharing.source("app") is not None
    next_one.sharing.beat()
    assert next_one.recovered == ["ended"]


def test_work_whose_recovery_fails_is_not_forgotten(store: Store) -> None:
    tries: list[str] = []

    def recover(executor: str) -> None:
        tries.append(executor)
        if len(tries) == 1:
            raise StoreError("state database: away")

    ended, next_one = Process(store, "ended"), Process(store, "next", recover)
    ended.sharing.close()
    next_one.lives(3)
    assert tries == ["ended", "ended"]
    assert Leases(store.database, "x").ended(WORKER, over=True) == []


def test_the_thread_of_a_process_keeps_its_leases_alive(store: Store) -> None:
    class Real(FakeClock):
        def monotonic(self) -> float:
            return time.monotonic()

    clock = Real()
    sharing = Sharing(Leases(store.database, "one", ttl=0.8), clock, recover=lambda _: None)
    sharing.open()
    fence = took(sharing.source("app"))
    time.sleep(2.0)
    assert sharing.source("app") == fence
    assert not sharing.lost
    sharing.close()
    assert took(Leases(store.database, "two").take("source:app", over=False)).epoch == fence.epoch + 1


def test_a_process_whose_question_is_never_answered_ends_and_one_that_is_answered_lives(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    answered = threading.Event()
    leases = Leases(store.database, "one", ttl=0.4)
    sharing = Sharing(leases, FakeClock(), recover=lambda _: None, end=lambda _: ended.set(), hung=0.5)
    sharing.open()
    assert not ended.wait(1.5)
    monkeypatch.setattr(leases, "renew", lambda fences: answered.wait() and list(fences))
    assert ended.wait(30)
    answered.set()
    sharing.close()


def test_who_comes_later_gets_its_share_and_nothing_goes_back_and_forth(store: Store) -> None:
    sources = [f"s{number}" for number in range(6)]
    everybody = [Process(store, name) for name in ("first", "second", "third")]
    shares: list[tuple[int, ...]] = []

    def turn() -> None:
        for process in everybody:
            process.lives(1)
            held = [process.sharing.source(name) for name in sources]
            process.share = sum(fence is not None for fence in held)
        shares.append(tuple(process.share for process in everybody))

    for process in everybody:
        for name in sources:
            process.sharing.follows(name)
    for name in sources:
        assert everybody[0].sharing.source(name) is not None
    while len(shares) < 40 and shares[-5:] != [(2, 2, 2)] * 5:
        turn()
    assert shares[-5:] == [(2, 2, 2)] * 5, shares
    assert sum(lease.live for lease in Leases(store.database, "x").all(WANTED).values()) == 0


def test_what_one_asks_for_is_kept_by_its_reader_when_the_one_who_asked_is_gone(store: Store) -> None:
    reader, asking = Process(store, "reader"), Process(store, "asking")
    for name in ("a", "b"):
        reader.sharing.follows(name)
        asking.sharing.follows(name)
        assert reader.sharing.source(name) is not None
    asking.lives(1)
    asking.sharing.close()
    for _ in range(3):
        reader.lives(1)
        assert [reader.sharing.source(name) is not None for name in ("a", "b")] == [True, True]


def test_parts_of_another_number_are_left_alone_and_it_is_said_once(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = Process(store, "old"), Process(store, "new")
    assert old.sharing.source("app@1/2") is not None
    for _ in range(3):
        new.lives(1)
        assert new.sharing.source("app@2/3") is None
    assert [record.getMessage() for record in caplog.records] == [
        "source app@2/3 waits: another process reads app@1/2; give all the same `shards`"
    ]
    old.sharing.close()
    new.lives(1)
    assert new.sharing.source("app@2/3") is not None
