"""Which parts of a text go: one search for the needles of all rules, then a rule only where a needle of its stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from logmedic.redact import needles
from logmedic.redact.people import addresses, emails, has_address, has_digits, has_run, has_sign, numbers
from logmedic.redact.placeholders import touches
from logmedic.redact.rules import NUMBERS, PERSONAL, SECRETS
from logmedic.redact.span import Span, merged, overlaps

_ZEROS = str.maketrans("123456789", "0" * 9)
SHORTEST = 5  # characters in which something could be found, such as ``pwd=x``


class Scanner:
    """All rules that a configuration wants. Thread-safe: it keeps nothing from one text to the next."""

    def __init__(self, personal: frozenset[str], *, accelerate: bool = True) -> None:
        """``personal``: the kinds of personal data to look for, of :data:`PERSONAL_KINDS`."""
        secrets = tuple(one for family in SECRETS.values() for one in family)
        self._rules = (*secrets, *(one for one in PERSONAL if one.kind in personal))
        self._secrets = len(secrets)
        self._numbers = tuple(one for one in NUMBERS if one.kind in personal)
        self._emails = "email" in personal
        self._addresses = "ip" in personal
        ranks: dict[str, list[int]] = {}
        for rank, one in enumerate(self._rules):
            for needle in one.needles:
                ranks.setdefault(needle, []).append(rank)
        self._find = needles.finder(tuple(ranks), accelerate=accelerate)
        shapes = {needle.translate(_ZEROS) for needle in ranks}
        self._find_shape = needles.finder(tuple(sorted(shapes)), accelerate=accelerate)
        self._ranks = tuple(map(tuple, ranks.values()))

    def spans(self, text: str) -> list[Span]:
        """What to take out, in order and without overlaps. Placeholders in the text are left alone."""
        if len(text) < SHORTEST:
            return []
        hits = self._find(lowered(text))
        secrets: list[Span] = []
        personal: list[Span] = []
        if hits:
            found = list(self._by_needles(text, hits))
            secrets = merged(span for span in found if span.rank < self._secrets)
            personal = [span for span in found if span.rank >= self._secrets]
        if self._emails and has_sign(text):
            personal += emails(text)
        if self._numbers and has_digits(text):
            personal += numbers(text, self._numbers)
        if self._addresses:
            personal += addresses(text)
        if not personal:
            return secrets
        # What is left of a number or an address beside a secret is found by the next pass, if it still is one.
        free = (one for one in personal if not overlaps(one, secrets) and not touches(text, one.start, one.stop))
        return merged([*secrets, *free])

    def never(self, text: str) -> bool:
        """Whether nothing would be found in the text, nor in any that differs from it in ASCII digits alone."""
        shape = text.translate(_ZEROS)
        return not (
            self._find_shape(lowered(shape))
            or (self._emails and ("@" in shape or "%00" in shape))
            or (self._numbers and has_run(shape))
            or (self._addresses and has_address(shape))
        )

    def _by_needles(self, text: str, hits: Iterable[tuple[int, int, int]]) -> Iterator[Span]:
        done: dict[int, int] = {}  # how far each rule has found something: what is inside it need not be tried
        for needle, begin, end in hits:
            for rank in self._ranks[needle]:
                if begin < done.get(rank, 0):
                    continue
                one = self._rules[rank]
                found = one.find(text, begin, end)
                if found is None or touches(text, *found):
                    continue
                done[rank] = found[1]
                yield Span(*found, one.kind, rank)


@lru_cache(maxsize=8)
def scanner(personal: frozenset[str]) -> Scanner:
    """Shared by all redactors that want the same rules."""
    return Scanner(personal)


def lowered(text: str) -> str:
    """In lower case, and of the same length: only of one letter does lower case make two."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.replace("İ", "i").lower()
