"""Which changes could have produced a fault: signals from each kind of reason, weighed against "nobody's commit".

::

    Scene ─▶ reasons · reach · installed · switches · … (one file a kind) ┐
             levers, turns ─▶ ties to the symptoms                        ┴▶ signals ─▶ ranking
"""
