"""Prints the fingerprint of each line of the corpus, in order: run in another process, it must print the same."""

from __future__ import annotations

from corpus import load, record

from logmedic.group.fingerprint import Grouper


def fingerprints() -> list[str]:
    group = Grouper()
    return [group(record(entry, i)).fingerprint for i, entry in enumerate(load())]


if __name__ == "__main__":
    print("\n".join(fingerprints()))
