"""What changed and what was deployed, when there is no repository to ask: two JSON files.

``changes.json`` is an array of ``{sha, author, timestamp, message, files_changed, diff}``, ``deploys.json`` of
``{service, sha, timestamp}``. Times are RFC 3339 or Unix epochs (seconds or milliseconds). A diff may be what ``git
show`` prints, with or without its headers, or just lines that begin with ``+`` and ``-``. Unknown keys are ignored.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from logmedic.errors import UsageError
from logmedic.investigate.changes.diffs import Change, FileDiff
from logmedic.investigate.changes.patch import parse_patch, paths

MOST_CHANGES = 5_000
_MILLISECONDS_FROM = 100_000_000_000  # epochs above are in milliseconds: in seconds they would be the year 5138
_TIME_KEYS = ("timestamp", "deployed_at", "time", "date", "at")
_SHA_KEYS = ("sha", "commit", "id", "revision", "version")


class Deploy(msgspec.Struct, frozen=True):
    """``commit`` began to run in ``service`` ("" when the list does not say where) at ``time`` (s since the epoch)."""

    service: str
    commit: str
    time: int


class ChangeList(msgspec.Struct, frozen=True):
    """Newest first, both."""

    changes: tuple[Change, ...] = ()
    deploys: tuple[Deploy, ...] = ()

    def find(self, commit: str) -> Change | None:
        """The change of this id; a prefix of at least seven characters is enough where it fits one only."""
        fits = [c for c in self.changes if c.commit == commit]
        if not fits and len(commit) >= 7:
            fits = [c for c in self.changes if c.commit.startswith(commit)]
        return fits[0] if len(fits) == 1 else None

    def deployed(self, commit: str) -> tuple[Deploy, ...]:
        """Where and when a change went out, as far as the list of deploys names it itself."""
        return tuple(d for d in self.deploys if d.commit and (d.commit == commit or _same(d.commit, commit)))


def _same(a: str, b: str) -> bool:
    return min(len(a), len(b)) >= 7 and (a.startswith(b) or b.startswith(a))


def read(changes: bytes | None, deploys: bytes | None, names: tuple[str, str]) -> ChangeList:
    """Both lists from the contents of their files; ``names`` are told in errors.

    Raises:
        UsageError: not JSON, not an array of objects, or an entry without its id or time; names the entry.
    """
    found = [_change(entry, where) for entry, where in _entries(changes, names[0])]
    sent = [_deploy(entry, where) for entry, where in _entries(deploys, names[1])]
    found.sort(key=lambda change: change.time, reverse=True)
    sent.sort(key=lambda deploy: deploy.time, reverse=True)
    return ChangeList(tuple(found), tuple(sent))


def _entries(data: bytes | None, name: str) -> Iterable[tuple[dict[str, Any], str]]:
    if data is None:
        return
    try:
        decoded = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{name}: not JSON ({error}); an array of objects is expected") from error
    if isinstance(decoded, dict):  # {"changes": [...]}
        decoded = next((value for value in decoded.values() if isinstance(value, list)), decoded)
    if not isinstance(decoded, list):
        raise UsageError(f"{name}: an array of objects is expected")
    if len(decoded) > MOST_CHANGES:
        raise UsageError(f"{name}: {len(decoded):,} entries; give the latest {MOST_CHANGES:,} at most")
    for number, entry in enumerate(decoded):
        if not isinstance(entry, dict):
            raise UsageError(f"{name}[{number}]: an object is expected")
        yield entry, f"{name}[{number}]"


def _change(entry: dict[str, Any], where: str) -> Change:
    message = _text(entry, ("message", "subject", "title"))
    names = entry.get("files_changed", entry.get("files", ()))
    listed = [name for n in (names if isinstance(names, list) else ()) if (name := _path(n))]
    files = list(parse_patch(_text(entry, ("diff", "patch")), listed))
    known = set(paths(files))
    files += [FileDiff(name, name, ()) for name in listed if name not in known]
    subject = " ".join(message.partition("\n")[0].split())
    commit = _required(entry, _SHA_KEYS, where, "sha")
    return Change(commit, time_of(entry, where), subject, 1, tuple(files))


def _deploy(entry: dict[str, Any], where: str) -> Deploy:
    return Deploy(_text(entry, ("service", "app", "name")), _text(entry, _SHA_KEYS), time_of(entry, where))


def _path(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("path", value.get("filename", ""))
    return value if isinstance(value, str) else ""


def _text(entry: dict[str, Any], keys: Sequence[str]) -> str:
    return next((value for key in keys if isinstance(value := entry.get(key), str)), "")


def _required(entry: dict[str, Any], keys: Sequence[str], where: str, name: str) -> str:
    value = _text(entry, keys).strip()
    if not value:
        raise UsageError(f"{where}: has no {name}; give the id of the change")
    return value


def time_of(entry: dict[str, Any], where: str, keys: Sequence[str] = _TIME_KEYS) -> int:
    """Seconds since the epoch. Raises :class:`UsageError` when there is no time or it cannot be read."""
    value = next((entry[key] for key in keys if entry.get(key) not in {None, ""}), None)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return int(value / 1000 if value >= _MILLISECONDS_FROM else value)
    if isinstance(value, str):
        try:
            moment = datetime.datetime.fromisoformat(value.strip())
        except ValueError:
            moment = None
        if moment is not None:
            return int((moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp())
    raise UsageError(f"{where}: {keys[0]} is missing or unreadable; write it like 2026-11-20T09:00:00Z")
