"""Stores of entries (Loki, CloudWatch): what is the same for all of them. A source of such a kind is a package beside this.

``entry`` what is handed over · ``lines`` from entries to lines that decoders read · ``seen`` what was handed over already.
"""
