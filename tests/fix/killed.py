"""``python killed.py POINT ARGUMENTS…``: the command line, which dies by SIGKILL at a point of a fix.

POINT: the name of a step (dies when its function has returned), or ``in:NAME`` for within one, right after its effect.
"""

from __future__ import annotations

import os
import signal
import sys

from logmedic.cli import fix as command
from logmedic.cli.main import main
from logmedic.respond.fix import flow
from logmedic.respond.fix.desk import Desk

point = sys.argv.pop(1)


def dying(function):
    def wrapped(*given, **named):
        function(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return wrapped


def step(name, function):
    found = function()
    if name == point:
        os.kill(os.getpid(), signal.SIGKILL)
    return found


command._step = step
if point == "in:attempt":
    flow.attempt = dying(flow.attempt)
elif point.startswith("in:"):
    setattr(Desk, point[3:], dying(getattr(Desk, point[3:])))
main()
