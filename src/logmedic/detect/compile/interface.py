"""What a compiler of rules is.

A compiled form selects *at least* every line whose record a rule may match. What a backend cannot say is widened, never
narrowed; the detector judges what comes, which makes the answer exact. So the only fault that loses an alert is a form
that is too narrow: the property test ``tests/detect/test_compile.py`` runs over the table of compilers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from logmedic.detect.interface import Rule, SurfaceLike


class Compiled(msgspec.Struct, frozen=True):
    """Rules in the words of a backend."""

    text: str
    """What the backend is given. Empty: it cannot select at all, and everything is fetched."""
    widened: tuple[str, ...] = ()
    """In which ways it selects more than the rules match, for people. Empty: it selects exactly that."""

    @property
    def exact(self) -> bool:
        """Whether it selects nothing but what the rules match."""
        return bool(self.text) and not self.widened


class Compiler(Protocol):
    """A backend's form of rules. Stateless."""

    @property
    def name(self) -> str:
        """For JSON and for people, such as ``logql``."""
        ...

    def compile(self, rules: Sequence[Rule], surfaces: Sequence[SurfaceLike]) -> Compiled:
        """One form for all of ``rules`` together.

        ``surfaces``: one for each dialect that lines may be written in; all of them where that is not known.
        """
        ...
