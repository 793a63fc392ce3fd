"""Grafana Loki as a source: START HERE with :mod:`.source`.

``config`` the keys · ``errors`` what Loki's refusals mean · ``client`` questions and answers · ``paging`` a span of
time, whatever the limits · ``lookup`` evidence · ``tail`` the wake-up · ``probe`` for ``check``. What
it shares with other stores of entries is in :mod:`..entries`.
"""
