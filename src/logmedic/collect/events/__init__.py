"""Events of several lines: which lines belong together (:mod:`.joining`, by the shapes of :mod:`.shapes`), and blocks
that end where an event ends (:mod:`.whole`).

To teach it another runtime's traces, add what only they look like to :mod:`.shapes`, and one to the tests' examples.
"""

MAX_LINES = 1_000
"""Lines of one event; what follows is an event by itself."""
MAX_BYTES = 256 * 1024
"""Bytes of one event of several lines."""
MAX_BLANKS = 3
"""Blank lines in a row inside an event."""
