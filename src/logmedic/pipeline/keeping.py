"""What is to be told beside single incidents, at its time: digests, storms, reminders, and our own troubles.

Each message is written down in the transaction that decides on it, and sent afterwards: after a crash it is neither
decided on twice nor forgotten. Runs at the end of a ``scan``, and every second in ``serve``.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping, Sequence

import msgspec

from logmedic.doors import Clock
from logmedic.model import NANOSECONDS, Incident, Outcome, Result
from logmedic.respond import digest, reminder, selfcheck
from logmedic.respond.digest import DigestConfig
from logmedic.respond.interface import Bulletin, Kind
from logmedic.respond.policy import PolicyConfig
from logmedic.respond.retry import RetryConfig, put_off
from logmedic.respond.schedule import HOUR, Cadence, boundary, following, minutes, shown
from logmedic.respond.selfcheck import Seen, SelfConfig, Trouble, Vitals
from logmedic.store.bulletins import Bulletins, Letter
from logmedic.store.digests import Digests, Waiting
from logmedic.store.health import Health, OpenTrouble, Told
from logmedic.store.store import Store

log = logging.getLogger("logmedic")

CHECK_SECONDS = 60.0  # between two looks at ourselves in one process
IDLE_CHECK_SECONDS = 600.0  # after which a scan with nothing new looks as well
STORM_SECONDS = 600.0  # for which a storm's message is added to
SEEN = "lines-seen"  # what is carried of the shares of rejects
KNOWN_SINCE = "sources-since"  # and of when each source was configured
GRACE_SECONDS = 600.0  # for which a source need not be read after a start: there may be much to read first

# Made here, before there are threads; see ``store.store``.
_BULLETIN = msgspec.json.Decoder(Bulletin)
_SEEN = msgspec.json.Decoder(dict[str, Seen])
_SINCE = msgspec.json.Decoder(dict[str, int])

Announce = Callable[[Bulletin], Outcome]
"""One channel with its retries around it."""


class KeeperConfig(msgspec.Struct, frozen=True, kw_only=True):
    policy: PolicyConfig
    digest: DigestConfig
    selfcheck: SelfConfig
    retry: RetryConfig
    zone: datetime.tzinfo
    language: str


class Keeper:
    """One for the process; used by one thread at a time."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        config: KeeperConfig,
        announce: Mapping[str, Announce],
        storms: Mapping[str, Announce],
        sources: Sequence[str],
        messengers: Sequence[str],
        free: Callable[[], int | None],
        others: Callable[[int], Sequence[Trouble]],
    ) -> None:
        """``announce``: the channels that take all of it. ``storms``: further ones, that take the alerts of storms.
        ``sources``: names of those that are configured. ``messengers``: the channels that interrupt people.
        ``free``: bytes left on the disk of the state. ``others``: further troubles at a time (ns)."""
        self._store = store
        self._clock = clock
        self._config = config
        self._announce = announce
        self._reached = {**storms, **announce}
        self._sources = frozenset(sources)
        self._messengers = messengers
        self._free = free
        self._others = others
        self._bulletins = Bulletins(store.database)
        self._digests = Digests(store.database)
        self._health = Health(store.database)
        self._began: float | None = None  # when this process began to follow the sources
        self._checked: float | None = None
        self._said: set[str] = set()  # troubles that this process has logged
        self._noted: float | None = None  # when the next time to wake an idle scan was written down
        self._until: dict[Cadence, int] = {}  # ns: up to when this process knows digests to be written

    def following(self) -> None:
        """The sources are read from now on, beside the ticks rather than before them."""
        self._began = self._clock.monotonic()

    def tick(self) -> None:
        """Do what is due. Raises :class:`StoreError`."""
        now = self._clock.now()
        if self._announce:
            for cadence in Cadence:
                self._close(cadence, now)
            self._remind(now)
        if self._reached:
            since = now - int(STORM_SECONDS * NANOSECONDS)
            self._digests.gather_storms(lambda *of: self._storm(now, *of), now, since)
        if self._config.selfcheck.enabled:
            self._check(now)
        self._send()
        self._note_wake()

    # -- digests and storms ----------------------------------------------------------------------------------------

    def _close(self, cadence: Cadence, now: int) -> None:
        """Write the digests of all windows that have ended since the last time, as one."""
        config = self._config
        daily_at = minutes(config.digest.daily_at)
        end = boundary(now, cadence, config.zone, daily_at)
        if self._until.get(cadence, 0) >= end or config.policy.quiet.hold(now, config.zone):
            return
        until = self._digests.until(cadence, end)
        if until < end:
            window = digest.Window(cadence, until, end, config.zone)
            self._digests.close(cadence, until, end, lambda *of: self._digest(window, *of), now)
        self._until[cadence] = max(until, end)

    def _digest(self, window: digest.Window, channel: str, items: Sequence[Waiting]) -> Letter | None:
        if channel not in self._announce:
            return None  # it is not configured any more
        key = f"digest:{window.cadence}:{shown(window.end, window.zone).replace(' ', 'T')}:{channel}"
        known = [
            digest.Item(incident=i.incident, news=i.news, waiting=i.waiting, added=i.added, active=i.active)
            for i in items
        ]
        made = digest.digest(
            known, window, key=key, language=self._config.language, most=self._config.digest.most
        )  # fmt: skip
        return None if made is None else _letter(made, channel)

    def _storm(self, now: int, channel: str, key: str | None, incidents: Sequence[Incident]) -> Letter:
        began = now if key is None else int(key.split(":")[1]) * NANOSECONDS
        made = digest.storm(
            incidents,
            key=key or f"storm:{now // NANOSECONDS}:{channel}",
            language=self._config.language,
            since=shown(began, self._config.zone),
        )
        return _letter(made, channel)

    # -- reminders -------------------------------------------------------------------------------------------------

    def _remind(self, now: int) -> None:
        config = self._config.policy.escalation
        for told in self._unacknowledged(now):
            which = reminder.number(told.at, now, config)
            for channel in (config.channels or (told.channel,)) if which else ():
                if channel not in self._announce:
                    continue
                made = reminder.bulletin(
                    incident_id=told.incident_id,
                    title=told.title,
                    service=told.service,
                    key=f"reminder:{told.fingerprint}:{told.generation}:{which}:{channel}",
                    which=which,
                    language=self._config.language,
                    config=config,
                )
                self._bulletins.put(_letter(made, channel), now)

    def _unacknowledged(self, now: int) -> Sequence[Told]:
        config = self._config.policy.escalation
        if not config.after_s:
            return ()
        since = now - int(config.after_s * (config.times + 1) * NANOSECONDS) - 24 * HOUR
        return self._health.unacknowledged(self._messengers, since)

    # -- ourselves -------------------------------------------------------------------------------------------------

    def _check(self, now: int) -> None:
        """Look at ourselves, now and then; tell of each trouble once, and of its end."""
        if self._checked is not None and self._clock.monotonic() - self._checked < CHECK_SECONDS:
            return
        self._checked = self._clock.monotonic()
        early = self._began is not None and self._checked - self._began < GRACE_SECONDS
        left_out = selfcheck.SOURCE if early else None
        known = {trouble.name: trouble for trouble in self._health.troubles() if trouble.code != left_out}
        found = {trouble.name: trouble for trouble in self.troubles(now) if trouble.code != left_out}
        for name, trouble in found.items():
            if name not in self._said:
                log.warning("%s", trouble.text.in_(self._config.language))
                self._said.add(name)
            before = known.get(name)
            if before is None or before.cleared_at is not None:
                self._begin(trouble, before, now)
        for name, before in known.items():
            if before.cleared_at is None and name not in found:
                self._said.discard(name)
                self._health.end(name, self._letters(name, before, over=True), now)

    def troubles(self, now: int) -> list[Trouble]:
        """What is wrong with us at ``now`` (ns)."""
        totals = {total.source: (total.lines, total.rejects) for total in self._store.totals()}
        since = _SINCE.decode(self._health.remember(KNOWN_SINCE, lambda stored: self._first_known(stored, now)))
        read = self._health.last_read()
        seen = _SEEN.decode(self._health.remember(SEEN, lambda stored: _rolled(stored, totals)))
        vitals = Vitals(
            now=now,
            last_read={name: read.get(name, at) for name, at in since.items()},
            seen={name: each for name, each in seen.items() if name in self._sources},
            lost=self._health.lost(now - int(selfcheck.LOST_SECONDS * NANOSECONDS)),
            backlog=self._health.backlog(),
            refused=self._health.refused(self._messengers),
            disk_free=self._free(),
            others=self._others(now),
        )
        return selfcheck.look(vitals, self._config.selfcheck)

    def _first_known(self, stored: bytes | None, now: int) -> bytes:
        before = {} if stored is None else _SINCE.decode(stored)
        return msgspec.json.encode({name: before.get(name, now) for name in sorted(self._sources)})

    def _begin(self, trouble: Trouble, before: OpenTrouble | None, now: int) -> None:
        again = before is not None and before.cleared_at is not None and (
            now - before.cleared_at < selfcheck.AGAIN_SECONDS * NANOSECONDS
        )  # fmt: skip
        since = before.since if again and before is not None else now
        opened = OpenTrouble(name=trouble.name, since=since, cleared_at=None, text=trouble.text)
        self._health.begin(trouble.name, since, trouble.text, self._letters(trouble.name, opened, over=False), now)

    def _letters(self, name: str, trouble: OpenTrouble, *, over: bool) -> list[Letter]:
        code, _, subject = name.partition(":")
        letters = []
        for channel in self._announce:
            if code == selfcheck.CHANNEL and channel == subject:
                continue
            key = f"self:{name}:{trouble.since // NANOSECONDS}:{channel}"
            made = selfcheck.bulletin(trouble.text, key=key, language=self._config.language, over=over)
            letters.append(_letter(made, channel))
        return letters

    # -- sending ---------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        for letter in self._bulletins.due(self._clock.now()):
            announce = self._reached.get(letter.channel)
            if announce is None:
                gone = Outcome(Result.SKIPPED, "the channel is not configured any more", letter.receipt)
                self._bulletins.settle(letter, gone, self._clock.now())
                continue
            # In a forum, messages of one kind share a post: the first of a bulletin goes where the last one went.
            thread = {} if letter.receipt else self._bulletins.receipts(letter.kind, letter.channel)
            receipt = letter.receipt or {name: thread[name] for name in ("thread_id",) if name in thread}
            bulletin = msgspec.structs.replace(_BULLETIN.decode(letter.body), receipt=receipt)
            outcome, pause = put_off(announce(bulletin), letter.receipt, self._clock.now(), self._config.retry)
            now = self._clock.now()
            if pause is None:
                self._bulletins.settle(letter, outcome, now)
            else:
                self._bulletins.settle(letter, outcome, now, now + int(pause * NANOSECONDS))
            if outcome.result in (Result.DEFERRED, Result.FAILED):
                log.warning("%s: %s: %s", letter.channel, letter.key, outcome.reason)

    def _note_wake(self) -> None:
        """For a scan; what serves looks itself, so a note of it now and then is enough."""
        at = self._clock.monotonic()
        if self._noted is None or at - self._noted >= CHECK_SECONDS:
            self._noted = at
            self._bulletins.wake_at(self._next(self._clock.now()))

    def _next(self, now: int) -> int:
        """When (ns) an idle scan should look in again."""
        config = self._config
        times = [now + int(IDLE_CHECK_SECONDS * NANOSECONDS)] if config.selfcheck.enabled else []
        due = self._bulletins.next_due()
        times += [] if due is None else [due]
        if self._announce and self._digests.anything():
            daily_at = minutes(config.digest.daily_at)
            times += [following(now, cadence, config.zone, daily_at) for cadence in Cadence]
        for told in self._unacknowledged(now):
            at = reminder.next_at(told.at, now, config.policy.escalation)
            times += [] if at is None else [at]
        return min(times, default=now + 24 * HOUR)


def _letter(bulletin: Bulletin, channel: str) -> Letter:
    body = msgspec.json.encode(bulletin).decode()
    return Letter(key=bulletin.key, channel=channel, kind=Kind(bulletin.kind).value, body=body)


def _rolled(stored: bytes | None, totals: Mapping[str, tuple[int, int]]) -> bytes:
    return msgspec.json.encode(selfcheck.roll({} if stored is None else _SEEN.decode(stored), totals), order="sorted")
