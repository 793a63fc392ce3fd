"""Grafana Loki as a source: START HERE with :mod:`.source`.

``config`` the keys · ``errors`` what Loki's refusals mean · ``client`` questions and answers · ``paging`` a span of
time, whatever the limits · ``seen`` what was handed over already · ``lines`` from entries to lines that decoders read ·
``lookup`` evidence · ``tail`` the wake-up · ``probe`` for ``check``.
"""
