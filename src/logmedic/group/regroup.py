"""What another way of grouping would do to what is stored. Pure: incidents with their samples in, a plan out.

A fingerprint that is stored never changes; the plan only says which new fingerprints count as which incident, so that
issues, threads and history stay attached:

* Of each old fingerprint, the new one that most of its samples have (of several, that of the newest sample) stays
  attached. What else its samples have become opens incidents of its own, unless it belongs to one already.
* Where several incidents lead to one new fingerprint, they are merged onto the one seen first.
* An incident part of whose samples keep their fingerprint is never merged away for the rest.

Samples are stored redacted. Where redaction took something that grouping looks at, the sample cannot tell what becomes
of the original, and is left out (and counted); see ``model.Sample.stored_fingerprint``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from logmedic.model import Incident, Sample, State


class Placed(msgspec.Struct, frozen=True):
    """A stored sample: the fingerprint of its original then, and by the code of now."""

    old: str
    new: str | None  # None: the stored form cannot tell
    time: int  # ns


class Stored(msgspec.Struct, frozen=True):
    """An incident, with every fingerprint that counts as it, its own first."""

    id: int
    title: str
    fingerprints: tuple[str, ...]
    first_seen: int
    samples: tuple[Placed, ...]
    settled: bool = False  # resolved or ignored: what is open is not merged into it, or nobody would hear of it


class Merge(msgspec.Struct, frozen=True):
    """``merged`` becomes part of ``kept``, because both lead to ``fingerprint``."""

    kept: int
    merged: int
    fingerprint: str


class Alias(msgspec.Struct, frozen=True):
    """A new fingerprint that counts as an incident."""

    incident: int
    fingerprint: str


class Split(msgspec.Struct, frozen=True):
    """``samples`` of the ``total`` that an incident has now belong to ``fingerprint``.

    ``to``: the incident that this counts as; ``None``: its next occurrence opens one.
    """

    incident: int
    fingerprint: str
    samples: int
    total: int
    to: int | None


class Plan(msgspec.Struct, frozen=True):
    merges: tuple[Merge, ...]
    aliases: tuple[Alias, ...]
    splits: tuple[Split, ...]
    unclear: int  # samples whose stored form cannot tell
    samples: int
    incidents: int

    @property
    def changes(self) -> bool:
        return bool(self.merges or self.aliases or self.splits)


def placed(sample: Sample, now: str) -> Placed:
    """Where a sample belongs. ``now``: the fingerprint that the code of now gives to its stored form."""
    old, time = sample.grouping.fingerprint, sample.record.time
    if now in (sample.stored_fingerprint, old):
        return Placed(old, old, time)
    return Placed(old, now if sample.stored_fingerprint == old else None, time)


def stored(incident: Incident, samples: Iterable[Placed]) -> Stored:
    fingerprints = (incident.fingerprint, *incident.aliases)
    settled = incident.state in {State.RESOLVED, State.IGNORED}
    return Stored(incident.id, incident.title, fingerprints, incident.first_seen, tuple(samples), settled)


def plan(incidents: Sequence[Stored]) -> Plan:
    """What to do so that every incident keeps what belongs to it."""
    claims = {i.id: _claims(i) for i in incidents}
    owners = _owners(incidents, claims)
    kept: dict[int, int] = {}
    merges: list[Merge] = []
    for merge in _merges(incidents, claims, owners):
        root = _root(kept, merge.kept)
        if root != merge.merged:  # two that swap their fingerprints become one
            kept[merge.merged] = root
            merges.append(merge)
    kept = {merged: _root(kept, merged) for merged in kept}
    final = {fingerprint: kept.get(owner, owner) for fingerprint, owner in owners.items()}
    own = {f: kept.get(i.id, i.id) for i in incidents for f in i.fingerprints}
    aliases = tuple(
        Alias(owner, fingerprint) for fingerprint, owner in sorted(final.items()) if own.get(fingerprint) != owner
    )
    everywhere = {**own, **final}
    splits = tuple(s for i in incidents for s in _splits(i, kept.get(i.id, i.id), everywhere))
    return Plan(
        tuple(Merge(kept[m.merged], m.merged, m.fingerprint) for m in merges),
        aliases,
        splits,
        sum(p.new is None for i in incidents for p in i.samples),
        sum(len(i.samples) for i in incidents),
        len(incidents),
    )


def _root(kept: Mapping[int, int], incident: int) -> int:
    while incident in kept:
        incident = kept[incident]
    return incident


def _claims(incident: Stored) -> frozenset[str]:
    """The new fingerprint that each old one leads to."""
    found = set()
    for old in {p.old for p in incident.samples}:
        led = [p for p in incident.samples if p.old == old and p.new is not None]
        if led:
            counts = Counter(p.new for p in led)
            latest = {p.new: p.time for p in sorted(led, key=lambda p: p.time)}
            found.add(str(max(counts, key=lambda new: (counts[new], latest[new], str(new)))))
    return frozenset(found)


def _owners(incidents: Sequence[Stored], claims: Mapping[int, frozenset[str]]) -> dict[str, int]:
    """Which incident each claimed fingerprint is to count as."""
    has = {f: i.id for i in incidents for f in i.fingerprints}
    oldest = sorted(incidents, key=lambda i: (i.settled, i.first_seen, i.id))
    owners: dict[str, int] = {}
    for incident in oldest:
        for fingerprint in claims[incident.id]:
            holder = has.get(fingerprint)
            if holder is not None and fingerprint not in claims[holder]:
                owners[fingerprint] = holder  # it is that one's already, though not by most of its samples
            else:
                owners.setdefault(fingerprint, incident.id)
    return owners


def _merges(
    incidents: Sequence[Stored], claims: Mapping[int, frozenset[str]], owners: Mapping[str, int]
) -> Iterable[Merge]:
    for incident in incidents:
        elsewhere = sorted(f for f in claims[incident.id] if owners[f] != incident.id)
        if not elsewhere:
            continue
        staying = {p.new for p in incident.samples if p.new in incident.fingerprints} - set(elsewhere)
        owns = any(owners[f] == incident.id for f in claims[incident.id])
        if incident.fingerprints[0] in elsewhere or not (staying or owns):
            first = incident.fingerprints[0] if incident.fingerprints[0] in elsewhere else elsewhere[0]
            yield Merge(owners[first], incident.id, first)


def _splits(incident: Stored, final: int, everywhere: Mapping[str, int]) -> Iterable[Split]:
    counts = Counter(p.new for p in incident.samples if p.new is not None)
    for fingerprint, samples in sorted(counts.items()):
        to = everywhere.get(fingerprint)
        if to != final:
            yield Split(incident.id, fingerprint, samples, len(incident.samples), to)
