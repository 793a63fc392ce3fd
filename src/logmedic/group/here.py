"""A word and its neighbours."""

from __future__ import annotations

from logmedic.group.vocabulary import CALENDAR

_BETWEEN = frozenset("\"' :=([#`")  # what may stand between a word and the one that explains it


class Here:
    """One word among the ``pieces`` of a text: words at odd places, what stands between them at even ones."""

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces
        self.at = 1

    @property
    def between(self) -> str:
        """What stands before the word."""
        return self.pieces[self.at - 1]

    @property
    def after(self) -> str:
        return self.pieces[self.at + 1]

    @property
    def before(self) -> str:
        """The word before, as it is, whatever stands between."""
        return self.pieces[self.at - 2] if self.at >= 2 else ""

    @property
    def is_closed(self) -> bool:
        """Whether the word ends a clause."""
        return self.pieces[self.at][-1] in ".:!?,"

    def previous(self, back: int = 1) -> str:
        """The word before, in lower case, if what stands between fits; ``""`` otherwise."""
        index = self.at
        for _ in range(back):
            index -= 2
            if index < 1 or not _BETWEEN.issuperset(self.pieces[index + 1]):
                return ""
        return self.pieces[index].rstrip(".:!?").lower()

    def following(self, ahead: int) -> str:
        index = self.at + 2 * ahead
        return self.pieces[index].rstrip(".:!?,") if index < len(self.pieces) else ""

    def next(self) -> str:
        """The word after, if it belongs to the same clause."""
        if self.after != " " or self.pieces[self.at][-1] in ".:!?,":
            return ""
        return self.following(1)

    def dated(self) -> bool:
        """Whether a number or another name of a day or month stands beside."""
        near = [self.pieces[i] for i in (self.at - 2, self.at + 2) if 0 < i < len(self.pieces)]
        return any(word[0] in "0123456789" or word.rstrip(".,").lower() in CALENDAR for word in near)

    def beside_month(self, core: str) -> bool:
        """A day or a year beside the name of a month."""
        if not core.isdecimal() or len(core) not in {1, 2, 4}:
            return False
        near = [self.pieces[i].rstrip(".,") for i in (self.at - 2, self.at + 2) if 0 < i < len(self.pieces)]
        return any(word[:1].isupper() and word.lower() in CALENDAR for word in near)
