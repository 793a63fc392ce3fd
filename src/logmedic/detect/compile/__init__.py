"""The same rules, written for where the logs are. START HERE with :mod:`.interface`; to add a backend, add it below."""

from __future__ import annotations

from logmedic.detect.compile import filterpattern, insights, logql, prefilter
from logmedic.detect.compile.interface import Compiled, Compiler

COMPILERS: tuple[Compiler, ...] = (
    prefilter.PREFILTER,
    logql.LOGQL,
    insights.INSIGHTS,
    filterpattern.FILTER_PATTERN,
)
"""In the order in which ``logmedic rules show`` prints them. A plug-in is one entry here."""

__all__ = ["COMPILERS", "Compiled", "Compiler"]
