"""How hard property tests try. ``make soak`` sets ``LOGMEDIC_EXAMPLES`` to 10, for ten times the examples."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("LOGMEDIC_EXAMPLES", "1"))


def examples(count: int) -> int:
    """So many in ``make test``."""
    return count * TIMES
