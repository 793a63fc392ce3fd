"""What the engine does when it is stopped with work in hand, and when there is no room for its tables."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from logmedic.engine import DurableEngine, Step
from logmedic.errors import StoreError
from logmedic.store.database import open_database


def test_work_that_is_put_off_while_the_engine_stops_is_handed_on(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/state.db")
    engine = DurableEngine(database, poll_seconds=0.05)
    engine.prepare()
    with database.begin() as connection:
        engine.enqueue(connection, 1, "v1:a", 1)
    begun = threading.Event()

    def handler(incident_id: int, generation: int, step: Step) -> float:
        begun.set()
        time.sleep(0.5)
        return 3600.0

    engine.open(handler)
    assert begun.wait(60)
    engine.close(60)
    with database.connect() as connection:
        query = sa.text("SELECT workflow_uuid, status FROM workflow_status WHERE workflow_uuid LIKE 'incident:%'")
        found = {row[0]: row[1] for row in connection.execute(query)}
    database.dispose()
    assert found == {"incident:v1:a:1": "SUCCESS", "incident:v1:a:1:1": "DELAYED"}


def test_a_full_disk_is_reported_in_one_line(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/state.db")
    engine = DurableEngine(database)
    engine.prepare()
    database.dispose()

    @event.listens_for(database, "connect")
    def full(connection, _record) -> None:
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes the pages that there are

    with pytest.raises(StoreError, match="disk is full, while alerts were given another try"):
        engine.retry_failed([(n, "v1:" + "a" * 1_000, n) for n in range(500)], 0)
    engine.close(1)
    database.dispose()
