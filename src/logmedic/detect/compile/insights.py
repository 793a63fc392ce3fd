"""Rules as a query of CloudWatch Logs Insights: the one expression over the whole event.

``@message`` is the event as it was sent, whatever fields Insights discovers in it.

Source: Amazon CloudWatch Logs, "Logs Insights QL", command ``filter`` (``like /…/``), and "CloudWatch Logs quotas".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from logmedic.detect.compile import expression
from logmedic.detect.compile.interface import Compiled
from logmedic.detect.interface import Rule, SurfaceLike

LONGEST = 10_000  # characters of a query
WIDENED = (
    "what a line holds is found, not under which key it stands",
    "numbers are compared by their digits",
    "nothing is asked about services",
)
_SLASH = re.compile(r"(\\.)|/", re.DOTALL)


class _Insights:
    name = "insights"

    def compile(self, rules: Sequence[Rule], surfaces: Sequence[SurfaceLike]) -> Compiled:
        """A whole query, oldest event first; ``start-query`` gives it the span of time and the log groups."""
        return _query(rules, surfaces, "fields @timestamp, @message, @logStream | {} | sort @timestamp asc")


def counting(rules: Sequence[Rule], surfaces: Sequence[SurfaceLike], seconds: int) -> Compiled:
    """A query for how many events each span of so many seconds has that a rule may match; none for an empty span."""
    return _query(rules, surfaces, f"{{}} | stats count(*) by bin({seconds}s)")


def _query(rules: Sequence[Rule], surfaces: Sequence[SurfaceLike], around: str) -> Compiled:
    """``around``: the query, with ``{}`` where the filter stands."""
    lines = expression.expression(rules, surfaces)
    if not lines:
        return Compiled("")
    pattern = _SLASH.sub(lambda found: found[1] or r"\/", lines)
    text = around.format(f"filter @message like /{pattern}/")
    if len(text) > LONGEST:
        return Compiled("", (f"rules that need more than the {LONGEST:,} characters of a query",))
    return Compiled(text, WIDENED)


INSIGHTS = _Insights()
