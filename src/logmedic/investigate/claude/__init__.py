"""Claude on top of the offline verdict: the same evidence, better words, each of them checked.

::

    Case + offline verdict ─▶ material (fenced) ─▶ calling (budget, deadline, re-ask) ─▶ reply ─▶ mapping ─▶ verify
                                                   └ metering: every request is reserved, then settled

Start at ``investigator``. The model gets data and gives data: it has no tools, so nothing that a log says can act.
``metering``, ``calling`` and ``reply`` import pydantic-ai (2 s of CPU) and are themselves imported at the first call.
"""
