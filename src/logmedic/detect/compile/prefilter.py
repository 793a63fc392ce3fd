"""Rules as the byte prefilter of :mod:`logmedic.detect.detector`, to be looked at; the detector compiles its own."""

from __future__ import annotations

from collections.abc import Sequence

from logmedic.detect import needles
from logmedic.detect.compile.interface import Compiled
from logmedic.detect.interface import Rule, SurfaceLike

WIDENED = ("what a line holds is found, not under which key it stands", "lines that are no JSON object are all decoded")


class _Prefilter:
    name = "prefilter"

    def compile(self, rules: Sequence[Rule], surfaces: Sequence[SurfaceLike]) -> Compiled:
        """One regular expression a line; a line of the log has to match one of them."""
        found = [needle for surface in surfaces for rule in rules for needle in rule.needles(surface)]
        if not found:
            return Compiled("", WIDENED)
        patterns = dict.fromkeys(needle.pattern for needle in (needles.escapes(), *found))
        return Compiled("\n".join(pattern.decode() for pattern in patterns), WIDENED)


PREFILTER = _Prefilter()
