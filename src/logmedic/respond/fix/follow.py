"""What became of the pull requests: merged, closed, changed by a person; and whether a merged fix did help."""

from __future__ import annotations

import datetime
import enum
import logging
import threading
from collections.abc import Callable

from logmedic.doors import Clock
from logmedic.errors import ConfigError, DeliveryError, StoreError, UsageError
from logmedic.model import NANOSECONDS, Incident, Reason, State
from logmedic.reasons import render
from logmedic.respond.fix import body
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.desk import Desk
from logmedic.respond.github.pulls import Pull
from logmedic.store.fixes import DAY, HOUR, Fix, Fixes
from logmedic.store.store import Store

log = logging.getLogger("logmedic")
WAKE_SECONDS = 1.0


class Act(enum.Enum):
    NOTHING = "nothing"
    MERGED = "note the merge, and begin to watch"
    CLOSED = "note that people did not want it"
    CHANGED = "note that a person has worked on it"
    JUDGE = "say whether it helped"


def decide(fix: Fix, pull: Pull | None, now: int) -> Act:
    """Pure. ``pull``: as it stands, where it was looked at and is still there."""
    if fix.fate == "merged":
        return Act.JUDGE if fix.watch_until is not None and now >= fix.watch_until else Act.NOTHING
    if fix.fate != "open" or pull is None:
        return Act.NOTHING
    if pull.state == "MERGED":
        return Act.MERGED
    if pull.state == "CLOSED":
        return Act.CLOSED
    return Act.CHANGED if not fix.changed and pull.head and pull.head != fix.commit else Act.NOTHING


class Follower:
    """Used by one thread."""

    def __init__(
        self,
        *,
        config: FixConfig,
        store: Store,
        desk: Callable[[], Desk],
        issue: Callable[[int], int | None],
        clock: Clock,
        language: str,
    ) -> None:
        """``issue``: the number of an incident's issue."""
        self._config = config
        self._store = store
        self._fixes = Fixes(store.database)
        self._make_desk = desk
        self._desk: Desk | None = None
        self._issue = issue
        self._clock = clock
        self._language = language

    def follow(self, stop: threading.Event) -> None:
        """Look now and then, until ``stop``."""
        due = 0.0
        while not stop.wait(WAKE_SECONDS):
            if self._clock.monotonic() >= due:
                due = self._clock.monotonic() + self._config.sync_s
                self.tick()

    def tick(self) -> None:
        """Look once. What fails is logged, and tried again later."""
        try:
            offered = self._fixes.offered()
            if not offered:
                return
            self._desk = self._desk or self._make_desk()
            pulls = self._desk.look([fix.pull for fix in offered if fix.fate == "open" and fix.pull is not None])
            for fix in offered:
                self._act(fix, pulls.get(fix.pull or 0))
        except (DeliveryError, ConfigError) as error:
            log.warning("%s; pull requests are looked at again later", error)
        except StoreError as error:
            log.error("%s; trying again later", error)  # noqa: TRY400  one line, no traceback

    def _act(self, fix: Fix, pull: Pull | None) -> None:
        now = self._clock.now()
        act = decide(fix, pull, now)
        changed = pull is not None and bool(pull.head) and pull.head != fix.commit
        if act is Act.MERGED:
            assert pull is not None
            at = _time(pull.ended) or now
            self._fixes.change(
                fix.key, fate="merged", fate_at=at, changed=changed, before=self._before(fix, at),
                watch_until=at + int(self._config.watch_h * HOUR),
            )  # fmt: skip
            self._note(fix, "fix merged", Reason("fix-merged", {"pull": fix.pull or 0}))
        elif act is Act.CLOSED:
            at = _time(pull.ended if pull is not None else "") or now
            self._fixes.change(fix.key, fate="closed", fate_at=at, changed=changed)
            self._note(fix, "fix closed", Reason("fix-closed", {"pull": fix.pull or 0}))
        elif act is Act.CHANGED:
            self._fixes.change(fix.key, changed=True)
        elif act is Act.JUDGE:
            self._judge(fix, now)

    def _before(self, fix: Fix, merged: int) -> float:
        """Occurrences an hour on the day before the merge, or since it was seen first if that was later."""
        incident = self._store.incident(fix.incident_id)
        first = merged - DAY if incident is None else max(merged - DAY, min(incident.first_seen, merged - HOUR))
        return self._fixes.rate(fix.incident_id, first, merged)

    def _judge(self, fix: Fix, now: int) -> None:
        """Compare the rates. A deployment takes its time, so the second half of the watch decides."""
        assert fix.fate_at is not None
        assert fix.watch_until is not None
        middle = (fix.fate_at + fix.watch_until) // 2
        late = self._fixes.rate(fix.incident_id, middle, fix.watch_until)
        hours = (fix.watch_until - fix.fate_at) / HOUR
        params: dict[str, int | float | str] = {"before": fix.before or 0.0, "after": late, "hours": hours}
        why = Reason("fix-held" if late == 0 else "fix-not-held", params)
        issue = self._issue(fix.incident_id)
        if issue is not None:
            assert self._desk is not None
            said = render(why).in_(self._language)
            text = body.followed(fix.key, f"{self._desk.web}/pull/{fix.pull}: {said}")
            self._desk.say(issue, text, body.marker(f"{fix.key}:after"))
        self._set(self._store.incident(fix.incident_id), why, held=late == 0)
        self._fixes.change(fix.key, after=late, watch_until=None)
        self._note(fix, "fix watched", why)

    def _set(self, incident: Incident | None, why: Reason, *, held: bool) -> None:
        """A fix that holds resolves its incident; one that does not opens it again."""
        if incident is None or incident.merged_into is not None:
            return
        if held and incident.state in (State.OPEN, State.ACKED, State.SNOOZED):
            state = State.RESOLVED
        elif not held and incident.state is State.RESOLVED:
            state = State.OPEN
        else:
            return
        try:
            with self._store.changing(now=self._clock.now(), actor="logmedic") as changes:
                changes.set_state(incident.id, state, why)
        except UsageError:  # merged meanwhile
            return

    def _note(self, fix: Fix, event: str, why: Reason) -> None:
        self._store.note(fix.incident_id, self._clock.now(), event=event, reason=why)


def _time(text: str) -> int | None:
    """ns of a time as GitHub writes it."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(moment.timestamp()) * NANOSECONDS
