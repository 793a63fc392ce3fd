"""DBOS behind the port. The only module that imports it, and it does so on first use (about 1 s, 60 MB)."""

from __future__ import annotations

import datetime
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from logmedic.engine.attempts import Next, Work, after_failure, elapsed, first_id, lane_of, workflow_id
from logmedic.engine.interface import ALERTS, DEEPER, FIXES, Handler, Lane, Step, T
from logmedic.errors import StoreError

log = logging.getLogger("logmedic")

# Workflows of one version are not taken up by code of another; raise it when the order of steps changes.
APPLICATION_VERSION = "1"
APPLICATION = "logmedic"
EXECUTOR = "local"  # on SQLite fixed: with the instance lock it lets a new process take up what a dead one left
_MIGRATING = 7_064_812_303  # key of an advisory lock; any number of our own
_URGENT, _ORDINARY = 1, 2  # a queue gives out the lowest first
LEFT_OVER_SECONDS = 2.0  # between two looks into a lane that is not used any more
ANOTHER_TIME_SECONDS = 600.0  # until work that this process does not do is offered again
MIGRATING_POLL_SECONDS = 0.1  # between two looks whether another process has made the engine's tables
SWEPT_AT_A_TIME = 500


@contextmanager
def _storing(what: str) -> Iterator[None]:
    """The database's refusals as ours: DBOS lets those of SQLAlchemy through.

    Raises:
        StoreError: in one line.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        words = " ".join(str(error.orig).split())
        raise StoreError(
            f"state database: {words}, {what}; what was read is stored, the next run goes on with it"
        ) from error


class DurableEngine:
    """DBOS over the same database as the store. One per process (DBOS is a singleton)."""

    def __init__(
        self,
        database: sa.Engine,
        *,
        workers: int = 4,
        deeper_workers: int = 2,
        poll_seconds: float = 0.5,
        executor: str = EXECUTOR,
    ) -> None:
        """``executor``: the id of this process, where several work on one database: it owns what it has begun."""
        self._database = database
        self._executor = executor
        self._workers = workers
        self._deeper_workers = deeper_workers
        self._poll = poll_seconds
        self._url = database.url.render_as_string(hide_password=False)
        self._schema = None if database.dialect.name == "sqlite" else "dbos"
        self._client: Any = None
        self._launched = False
        self._running = 0  # workflows under way; += under the GIL is close enough for "none or some"

    @_storing("while the engine's tables were made ready")
    def prepare(self) -> None:
        if self._client is not None:
            return
        import dbos  # noqa: PLC0415  1 s and 60 MB; see the module's docstring

        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        # On PostgreSQL in any case: DBOS makes its tables in many transactions, and another process may be half-way.
        if self._schema is not None or not self._migrated():
            with self._alone():
                dbos.DBOS.migrate(self._url)
        self._client = dbos.DBOSClient(system_database_engine=self._database, retry_connection_errors=False)

    def _migrated(self) -> bool:
        return sa.inspect(self._database).has_table("workflow_status", schema=self._schema)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While other processes wait that want to change the engine's tables as well."""
        if self._schema is None:
            yield
            return
        with self._database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # Asked again and again: DBOS makes indexes CONCURRENTLY, which waits for every statement that waits.
            while not connection.execute(sa.select(sa.func.pg_try_advisory_lock(_MIGRATING))).scalar():
                time.sleep(MIGRATING_POLL_SECONDS)
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_MIGRATING)))

    @_storing("while the work of a dead process was taken up")
    def recover(self, executor: str) -> None:
        """Let whoever has a worker to spare go on with what this process has begun. Again changes nothing."""
        if not self._migrated():
            return
        owned = "SELECT 1 FROM dbos.workflow_status WHERE executor_id = :executor AND status = 'PENDING' LIMIT 1"
        with self._database.connect() as connection:
            if connection.execute(sa.text(owned), {"executor": executor}).scalar() is None:
                return
        self.prepare()
        database = self._client._sys_db
        for left in database.get_pending_workflows(executor, APPLICATION_VERSION):
            database.reenqueue_for_recovery(left.workflow_id, [executor], ALERTS.queue)

    @_storing("while the engine was started")
    def open(self, handler: Handler, deeper: Handler | None = None, fixer: Handler | None = None) -> None:
        if self._launched:
            return
        self.prepare()
        import dbos  # noqa: PLC0415  already loaded by prepare()

        dbos.DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._database,
                "system_database_url": self._url,
                "executor_id": self._executor,
                "application_version": APPLICATION_VERSION,
                "log_level": "CRITICAL",
                "max_executor_threads": self._workers + self._deeper_workers + 5,
                # We use no notifications; a listener would hold a connection, and close() waits until a polling one
                # has slept for so long.
                "use_listen_notify": False,
                "notification_listener_polling_interval_sec": 2 * self._poll,
            }
        )
        fixes = None if fixer is None else FIXES
        dbos.DBOS.workflow(name=ALERTS.workflow)(self._workflow(handler, fixes if deeper is None else DEEPER))
        # Registered in any case: an earlier process may have left some, and been configured otherwise.
        dbos.DBOS.workflow(name=DEEPER.workflow)(self._workflow(deeper or _nothing, fixes))
        dbos.DBOS.workflow(name=FIXES.workflow)(self._keeping() if fixer is None else self._workflow(fixer))
        # Before the launch: a queue that comes later is noticed a second later, and so would be the first alert.
        self._register(ALERTS.queue, self._workers, self._poll)
        self._register(DEEPER.queue, self._deeper_workers, self._poll if deeper is not None else LEFT_OVER_SECONDS)
        self._register(FIXES.queue, 1, LEFT_OVER_SECONDS)
        dbos.DBOS.launch()
        self._launched = True

    def _register(self, queue: str, workers: int, poll: float) -> None:
        self._client.register_queue(
            queue, worker_concurrency=workers, polling_interval_sec=poll, application_name=APPLICATION
        )

    def _workflow(self, handler: Handler, following: Lane | None = None) -> Callable[[int, int, str, int], None]:
        """What DBOS runs. ``following``: the lane that begins when the first attempt has ended."""
        import dbos  # noqa: PLC0415  already loaded by prepare()

        def step(name: str, function: Callable[[], T]) -> T:
            result: T = dbos.DBOS.run_step({"name": name}, function)
            return result

        def workflow(incident_id: int, generation: int, base: str, attempt: int) -> None:
            self._running += 1
            try:
                again = handler(incident_id, generation, step)
            except Exception as error:
                # One line for people; DBOS keeps the whole of it in its tables, and retry_failed tries again.
                log.error("%s: %s: %s", workflow_id(base, attempt), type(error).__name__, error)  # noqa: TRY400
                raise
            finally:
                self._running -= 1
            if following is not None and attempt == 0:
                after = f"{following.workflow}:{base.partition(':')[2]}"
                step("hand on", lambda: self._submit((incident_id, generation, after, 0)))
            if again is not None:
                # A new, delayed workflow rather than a long sleep in this one, which would hold a worker.
                step("later", lambda: self._hand_on((incident_id, generation, base, attempt), delay=again))

        return workflow

    def _keeping(self) -> Callable[[int, int, str, int], None]:
        """What DBOS runs of a lane that this process has nobody for: keep it for one that has.

        Not in a step: the workflow may have stored some of another order in an earlier life.
        """

        def workflow(incident_id: int, generation: int, base: str, attempt: int) -> None:
            self._hand_on((incident_id, generation, base, attempt), delay=ANOTHER_TIME_SECONDS)

        return workflow

    def enqueue(
        self, connection: sa.Connection, incident_id: int, fingerprint: str, generation: int, *, urgent: bool = False
    ) -> None:
        if self._client is None:
            raise StoreError("the engine was not prepared before work was handed to it")
        self._enqueue(connection, (incident_id, generation, first_id(fingerprint, generation), 0), urgent=urgent)

    def committed(self) -> None:
        """The queue is polled; there is nothing to wake."""

    @_storing("while alerts were given another try")
    def retry_failed(
        self, unhandled: Sequence[tuple[int, str, int]], now: int, *, at_once: bool = False, lane: Lane = ALERTS
    ) -> list[tuple[int, int]]:
        given_up: list[tuple[int, int]] = []
        # Of a storm thousands wait their turn; each question of its own looks through all workflows there are.
        under_way = self._under_way(lane, at_once=at_once) if unhandled else frozenset()
        for incident_id, fingerprint, generation in unhandled:
            base = first_id(fingerprint, generation, lane)
            if base in under_way:
                continue
            attempts = self._attempts(base)
            if not attempts:
                self._submit((incident_id, generation, base, 0))
                continue
            number = max(attempts)
            last = attempts[number]
            if lane is FIXES and last.status == "SUCCESS":  # an earlier fix ended; this one was asked for since
                self._client.delete_workflows([w.workflow_id for w in attempts.values()])
                self._submit((incident_id, generation, base, 0))
                continue
            if last.status == "DELAYED" and at_once:
                self._client.set_workflow_delay(last.workflow_id, delay_seconds=0)
            if last.status in ("PENDING", "ENQUEUED", "DELAYED"):
                continue
            step = after_failure(
                number, failing=elapsed(now, attempts[min(attempts)].created_at), since=elapsed(now, last.updated_at)
            )
            if step is Next.GIVE_UP:
                given_up.append((incident_id, generation))
            elif step is Next.TRY or at_once:
                self._hand_on((incident_id, generation, base, number))
        return given_up

    def _under_way(self, lane: Lane, *, at_once: bool) -> frozenset[str]:
        """The first workflow ids of all that is running, waits, or is put off; not of the last where it is to be done
        ``at_once``."""
        few = {"queue_name": lane.queue, "load_input": False, "load_output": False}
        found = self._client.list_workflows(status=["PENDING", "ENQUEUED", "DELAYED"], **few)
        # ``incident:v1:0123:4``, and ``incident:v1:0123:4:1`` of a later attempt: both are told, one is nobody's.
        put_off = {w.workflow_id for w in found if w.status == "DELAYED"} if at_once else set()
        awake = {w.workflow_id for w in found} - put_off
        names = awake | {name.rpartition(":")[0] for name in awake}
        return frozenset(names - put_off - {name.rpartition(":")[0] for name in put_off})

    def _attempts(self, base: str) -> dict[int, Any]:
        """What is known of the workflows of one generation, by attempt."""
        found = self._client.list_workflows(workflow_id_prefix=base, load_input=False, load_output=False)
        numbers = {w.workflow_id.removeprefix(base): w for w in found}
        return {int(rest[1:] or 0): w for rest, w in numbers.items() if rest == "" or rest[0] == ":"}

    @_storing("while an incident was begun anew")
    def forget(self, fingerprint: str, generation: int, *, deeper: bool = False) -> None:
        self.prepare()
        for lane in (ALERTS, DEEPER) if deeper else (ALERTS,):
            attempts = self._attempts(first_id(fingerprint, generation, lane))
            ended = [w.workflow_id for w in attempts.values() if w.status not in ("PENDING", "ENQUEUED", "DELAYED")]
            if len(ended) == len(attempts):
                self._client.delete_workflows(ended)

    def _hand_on(self, work: Work, delay: float | None = None) -> None:
        """Let the next attempt follow this one. Of earlier ones only the first is kept, whose id makes it unique."""
        incident_id, generation, base, attempt = work
        urgent = any(each.priority == _URGENT for each in self._attempts(base).values())
        self._submit((incident_id, generation, base, attempt + 1), delay, urgent=urgent)
        if attempt > 1:
            self._client.delete_workflows([workflow_id(base, attempt - 1)])

    @_storing("while alerts were under way")
    def busy(self, now: int) -> bool:
        if self._client is None:
            return False
        for lane in (ALERTS, DEEPER):
            ours = {"queue_name": lane.queue, "app_version": APPLICATION_VERSION}
            few = {"load_input": False, "load_output": False}
            # In the order that work moves, so that none slips by between the two looks.
            delayed = self._client.list_workflows(status="DELAYED", **ours, **few)
            if any((w.delay_until_epoch_ms or 0) * 1_000_000 <= now for w in delayed):
                return True
            if self._client.list_workflows(status=["PENDING", "ENQUEUED"], limit=1, **ours, **few):
                return True
        return False

    @_storing("while old work was forgotten")
    def sweep(self, before: int) -> int:
        self.prepare()
        until = datetime.datetime.fromtimestamp(before / 1e9, datetime.UTC).isoformat()
        found = self._client.list_workflows(
            status="SUCCESS", completed_before=until, limit=SWEPT_AT_A_TIME, load_input=False, load_output=False
        )
        self._client.delete_workflows([workflow.workflow_id for workflow in found])
        return len(found)

    def _submit(self, work: Work, delay: float | None = None, *, urgent: bool = False) -> None:
        with self._database.begin() as connection:
            self._enqueue(connection, work, delay, urgent=urgent)

    def _enqueue(
        self, connection: sa.Connection, work: Work, delay: float | None = None, *, urgent: bool = False
    ) -> None:
        options: dict[str, Any] = {
            "queue_name": lane_of(work).queue,
            "workflow_name": lane_of(work).workflow,
            "workflow_id": workflow_id(work[2], work[3]),
            "app_version": APPLICATION_VERSION,
            "priority": _URGENT if urgent else _ORDINARY,
        }
        if delay is not None:
            options["delay_seconds"] = delay
        self._client.enqueue_in_transaction(connection, options, *work)

    @_storing("while the engine was stopped")
    def close(self, timeout: float) -> None:
        if self._client is None:
            return
        import dbos  # noqa: PLC0415  already loaded by open()

        if self._launched:
            self._launched = False
            # DBOS looks only once a second whether its workflows have ended, so it is not asked when none is running.
            seconds = max(1, round(timeout)) if self._running else 0
            dbos.DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=seconds)
        # Only now: a workflow that ends meanwhile may hand on what it could not deliver.
        self._client.destroy()
        self._client = None


def _nothing(incident_id: int, generation: int, step: Step) -> None:
    """What is left of a lane that is not used any more."""
