"""Stores of entries (Loki, CloudWatch): what is the same for all. A source of such a kind is a package beside this.

``entry`` what is handed over · ``lines`` from entries to lines that decoders read · ``seen`` what was handed over
already · ``cursor`` how far it was read, as positions.
"""
