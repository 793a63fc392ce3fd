"""Rules as stages of a LogQL query.

An entry of Loki is more than its line: its stream's labels, or its structured metadata, may hold the level, the code or
the duration (all that an OpenTelemetry collector sends but the body). A line filter and a filter of labels cannot be
joined by *or*, so the line's expression becomes a label of its own, which is dropped again behind the filter.

Source: Grafana Loki, "Log queries" (regular expression parser, label filter expression, drop labels expression).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from logmedic.detect.compile import expression
from logmedic.detect.compile.interface import Compiled
from logmedic.detect.interface import Asks, Rule, SurfaceLike
from logmedic.model import Level

HIT = "logmedic_hit"  # the label; a stream that has one of this name keeps it, and the filter selects all of its lines
WIDENED = (
    "what a line holds is found, not under which key it stands",
    "numbers are compared by their digits",
    "nothing is asked about services",
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")  # of a label; others cannot be asked for, nor stored


class _LogQL:
    name = "logql"

    def compile(self, rules: Sequence[Rule], surfaces: Sequence[SurfaceLike]) -> Compiled:
        """Stages to put behind a log query; they change neither lines nor labels."""
        lines = expression.expression(rules, surfaces)
        if not lines or "`" in lines:
            return Compiled("", ("rules that Loki's strings cannot hold: every line is fetched",) if lines else ())
        asks = [rule.asks() for rule in rules]
        filters = [f'{HIT}!=""', *_levels(asks, surfaces), *_durations(asks, surfaces), *_codes(asks, surfaces)]
        return Compiled(f"| regexp `(?P<{HIT}>{lines})` | {' or '.join(filters)} | drop {HIT}", WIDENED)


def _levels(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    level = expression.lowest(asks)
    if level is None:
        return []
    words = rf"(?i:.*(?:{_stems(surfaces, level)}).*)"
    ranges = expression.level_ranges(surfaces, level)
    return [
        f"{key}=~`(?s:{words}|[ \\t\\r\\n]*(?:{'|'.join(expression.numbers(ranges[key]))}).*)`"
        for key in _names(ranges)
    ]


def _durations(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    limits = expression.duration_limits(asks, surfaces)
    # A number with enough digits, or anything that is none and so may bring a unit.
    return [f"{key}=~`(?s:.*(?:[0-9]{{{limits[key][1]}}}|[^0-9.-]).*)`" for key in _names(limits)]


def _codes(asks: Sequence[Asks], surfaces: Sequence[SurfaceLike]) -> list[str]:
    prefixes, anything = expression.code_prefixes(asks)
    if not prefixes and not anything:
        return []
    wanted = "(?s:.+)" if anything else f"(?s:(?:{'|'.join(map(re.escape, prefixes))}).*)"
    return [f"{key}=~`{wanted}`" for key in _names(key for surface in surfaces for key in surface.code_keys)]


def wake(rules: Sequence[Rule], surfaces: Sequence[SurfaceLike]) -> str:
    """A short line filter that finds most of it: for Loki's tail, which only has to tell that there may be something.

    It is part of a URL, and proxies allow 4 to 8 kB of those.
    """
    asks = [rule.asks() for rule in rules]
    level = expression.lowest(asks)
    words = [] if level is None else expression.shortest(expression.stems(surfaces, level))
    words += map(re.escape, expression.code_prefixes(asks)[0])
    return f"|~ `(?i:{'|'.join(words)})`" if words else ""


def _stems(surfaces: Sequence[SurfaceLike], level: Level) -> str:
    return "|".join(expression.shortest(expression.stems(surfaces, level)))


def _names(keys: Iterable[str]) -> list[str]:
    return [key for key in dict.fromkeys(keys) if _NAME.match(key)]


LOGQL = _LogQL()
