"""How well a grouping fits the labels. Pure; none of the figures depends on the order of the records.

GA and FGA are as in Khan et al., "Guidelines for Assessing the Accuracy of Log Message Template Identification
Techniques" (ICSE 2022) and Jiang et al., "LogPub" (ISSTA 2024).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence

import msgspec


class Score(msgspec.Struct, frozen=True):
    """Shares are between 0 and 1."""

    records: int
    bugs: int
    groups: int
    ga: float  # records whose group holds exactly the records of their bug
    fga: float  # harmonic mean of the shares of groups, and of bugs, that match exactly
    hidden: float  # bugs that own no group: all their records went into groups where another bug has more
    stray: float  # records in a group that another bug owns
    split: float  # bugs spread over several groups


def score(bugs: Sequence[str], groups: Sequence[Hashable]) -> Score:
    by_bug: dict[str, set[int]] = defaultdict(set)
    by_group: dict[Hashable, set[int]] = defaultdict(set)
    for i, (bug, group) in enumerate(zip(bugs, groups, strict=True)):
        by_bug[bug].add(i)
        by_group[group].add(i)
    right = [members for members in by_group.values() if members == by_bug[bugs[next(iter(members))]]]
    owners = {group: _owner(bugs[i] for i in members) for group, members in by_group.items()}
    precision, recall = len(right) / len(by_group), len(right) / len(by_bug)
    return Score(
        records=len(bugs),
        bugs=len(by_bug),
        groups=len(by_group),
        ga=sum(map(len, right)) / len(bugs),
        fga=2 * precision * recall / (precision + recall) if right else 0.0,
        hidden=1 - len(set(owners.values())) / len(by_bug),
        stray=sum(owners[group] != bug for bug, group in zip(bugs, groups, strict=True)) / len(bugs),
        split=sum(len({groups[i] for i in members}) > 1 for members in by_bug.values()) / len(by_bug),
    )


def _owner(bugs: Iterable[str]) -> str:
    """The bug with the most records of a group; of several, the first by name."""
    counts = Counter(bugs)
    return min(counts, key=lambda bug: (-counts[bug], bug))


def misses(bugs: Sequence[str], groups: Sequence[Hashable]) -> list[str]:
    """One sentence for each bug that was split, and for each group that mixes bugs."""
    by_bug: dict[str, Counter[Hashable]] = defaultdict(Counter)
    by_group: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for bug, group in zip(bugs, groups, strict=True):
        by_bug[bug][group] += 1
        by_group[group][bug] += 1
    split = [f"split: {b} over {len(c)} groups ({c.total()} records)" for b, c in sorted(by_bug.items()) if len(c) > 1]
    mixed = [f"mixed: {', '.join(sorted(c))} in one group" for c in by_group.values() if len(c) > 1]
    return [*split, *sorted(mixed)]
