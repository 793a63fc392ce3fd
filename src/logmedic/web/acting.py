"""What people do to incidents from a page or through the API; the same changes as from the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from logmedic.bounds import LONGEST_NAME
from logmedic.errors import UsageError
from logmedic.model import NANOSECONDS, Reason, State
from logmedic.store.changes import Changes
from logmedic.store.store import Store


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do to some incidents."""

    do: str  # a key of :data:`ACTIONS`
    ids: tuple[int, ...]
    release: str = ""  # resolve: mended in this release
    seconds: int = 8 * 3_600  # snooze: for so long
    more: int | None = None  # snooze: until so many more occurrences, in place of a time
    into: int | None = None  # merge: the incident that stays


def whole(text: str, name: str) -> int | None:
    """A form's number, which may be left empty. Raises :class:`UsageError`."""
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdigit()):
        raise UsageError(f"{name}: {text!r} is not a whole number")
    return int(text)


def act(store: Store, action: Action, *, now: int, actor: str) -> int:
    """Do it in one transaction; the number of incidents that it was done to. ``now``: ns.

    Raises:
        UsageError: there is no such action, or its details make no sense.
    """
    perform = ACTIONS.get(action.do)
    if perform is None:
        raise UsageError(f"do: {action.do!r} is no action; known are {', '.join(ACTIONS)}")
    chosen = [i.id for i in store.list_incidents(ids=action.ids, limit=len(action.ids))] if action.ids else []
    if not chosen:
        return 0
    with store.changing(now=now, actor=actor) as changes:
        for number in chosen:
            perform(changes, number, action, now)
    return len(chosen)


def _ack(changes: Changes, number: int, _action: Action, _now: int) -> None:
    changes.set_state(number, State.ACKED, Reason("acked-by-hand"))


def _ignore(changes: Changes, number: int, _action: Action, _now: int) -> None:
    changes.set_state(number, State.IGNORED, Reason("ignored-by-hand"))


def _reopen(changes: Changes, number: int, _action: Action, _now: int) -> None:
    changes.set_state(number, State.OPEN, Reason("reopened-by-hand"))


def _resolve(changes: Changes, number: int, action: Action, _now: int) -> None:
    if not action.release:
        changes.set_state(number, State.RESOLVED, Reason("resolved-by-hand"))
        return
    if not action.release.isprintable() or len(action.release) > LONGEST_NAME:
        raise UsageError(f"release: write 1 to {LONGEST_NAME} printable characters, as the log names the release")
    why = Reason("resolved-in-release", {"release": action.release})
    changes.set_state(number, State.RESOLVED, why, resolved_in=action.release)


def _snooze(changes: Changes, number: int, action: Action, now: int) -> None:
    if action.more is not None:
        if action.more < 1:
            raise UsageError("more: at least one more occurrence")
        why = Reason("snoozed-count", {"more": action.more})
        changes.set_state(number, State.SNOOZED, why, snooze_more=action.more)
        return
    until = now + action.seconds * NANOSECONDS
    changes.set_state(number, State.SNOOZED, Reason("snoozed-for", {"until": until}), snoozed_until=until)


def _merge(changes: Changes, number: int, action: Action, _now: int) -> None:
    if action.into is None:
        raise UsageError("into: name the incident to merge into by its number")
    if action.into == number:
        raise UsageError(f"incident {number} cannot be merged into itself")
    changes.merge(action.into, number)


def _right(changes: Changes, number: int, _action: Action, _now: int) -> None:
    changes.judge(number, right=True)


def _wrong(changes: Changes, number: int, _action: Action, _now: int) -> None:
    changes.judge(number, right=False)


ACTIONS: Mapping[str, Callable[[Changes, int, Action, int], None]] = {
    "ack": _ack,
    "resolve": _resolve,
    "snooze": _snooze,
    "ignore": _ignore,
    "reopen": _reopen,
    "merge": _merge,
    "right": _right,
    "wrong": _wrong,
}
