"""What masked words become together: lists of any length, a number with its unit, a time over several words."""

from __future__ import annotations

import re

from logmedic.group.vocabulary import PARTICLES, RUN_ON_UNITS, UNITS, ZONES

_LISTED = re.compile(r"[ ,;]{1,3}|[)\]}'\"]{1,3}[ ,;]{0,3}[(\[{'\"]{1,3}")  # between two members of a list
_THOUSANDS = re.compile(r"\d{3}(?!\d)")
_AFTER_UNIT = frozenset("를는가와로의에도만후전간동이내마째 の後前間内以でが")


class Joined:
    """The pieces of a template, as they come."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.last = ""  # what the word before became, when it is masked and nothing but a comma or space came after it

    def add(self, word: str, core: str) -> int:
        """Append what a word became after what stands before it; by how many words there are more.

        ``core`` is the word as it was, without the punctuation that ends it.
        """
        out = self.pieces
        last, between = self.last, out[-1]
        self.last = ""
        bare = word.rstrip(".:!?,")
        rest = word[len(bare) :]
        if last == "<num>" and between in {"", " "}:
            amount = UNITS.get(bare.lower(), "") if between else ""
            if not amount and bare[:1] > "\u0dff":
                amount = _amount(bare)
            if amount:
                out[-2:] = [amount + rest]  # "30 ms" is the same as "1.5s"
                if len(out) >= 3 and out[-3] == amount and out[-2] in {" ", ", "}:
                    out[-3:] = [amount + rest]  # "1 min 5 s" is one duration
                self.last = "" if rest.strip(",") else amount
                return 0
        if last == "<num>" and between == "," and bare in {"<dur>", "<size>"} and _THOUSANDS.match(core):
            out[-2:] = [word]  # "1,234ms"
            self.last = "" if rest.strip(",") else bare
            return 0
        if last and bare == last and "<" in bare and _LISTED.fullmatch(between):
            out[-2:] = []  # "<num>, <num>, <num>": lists of any length are alike
            out.append(word)
            self.last = "" if rest.strip(",") else bare
            return 0
        if last == "<time>" and between in {" ", ","} and _is_of_time(bare, core, between):
            out[-2:] = [last + rest]
            self.last = last
            return 0
        out.append(word)
        if "<" in bare and not rest.strip(","):
            self.last = bare
        return 1


def _is_of_time(bare: str, core: str, between: str) -> bool:
    """What belongs to the time before it: a zone, a year, milliseconds."""
    if between == ",":
        return bare == "<num>" and len(core.rstrip("]")) == 3
    return core in ZONES or (bare == "<num>" and (len(core) == 4 or core[0] in "+-") and core.lstrip("+-").isdecimal())


def _amount(word: str) -> str:
    """``30초를`` after its number: a unit with what may follow it; ``""`` for words that only begin like a unit."""
    for unit, becomes in RUN_ON_UNITS:
        tail = word.removeprefix(unit)
        if tail != word and (not tail or tail in PARTICLES or tail[0] in _AFTER_UNIT):
            return becomes + PARTICLES.get(tail, tail)
    return ""
