"""START HERE: the five steps from a log line to people who know.

::

    collect ─▶ detect ─▶ group ─▶ ┊ store ┊ ─▶ investigate ─▶ respond
    └──── digest.py (pure) ────┘   intake.py    └──── handling.py ────┘
                                   one transaction    durable steps

No step calls the next. ``digest`` folds blocks of log lines into what is to be stored, without I/O or a clock, so that
worker processes can do it. ``intake`` decides what is new and writes everything in one transaction together with the
positions in the logs; ``reading`` feeds it from one source. ``handling`` is the workflow that the engine runs for each
incident that people should hear of.
"""
