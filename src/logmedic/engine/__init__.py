"""Durable execution: what was begun for an incident is finished, once, whatever dies in between.

The only module that imports DBOS, and it does so on first use (about 1 s, 60 MB): a scan that finds nothing never pays.

A workflow is enqueued in the transaction that stores its incident, so neither exists without the other. Its id is
``incident:<fingerprint>:<generation>``: enqueued twice, it runs once. Each step's result is stored; after a crash the
workflow continues behind its last stored step. A step that was interrupted runs again, so every effect must bear that.
"""

from logmedic.engine.attempts import Next, after_failure
from logmedic.engine.durable import DurableEngine
from logmedic.engine.inline import InlineEngine
from logmedic.engine.interface import ALERTS, DEEPER, FIXES, GIVE_UP_SECONDS, Engine, Handler, Lane, Step

__all__ = [
    "ALERTS",
    "DEEPER",
    "FIXES",
    "GIVE_UP_SECONDS",
    "DurableEngine",
    "Engine",
    "Handler",
    "InlineEngine",
    "Lane",
    "Next",
    "Step",
    "after_failure",
]
