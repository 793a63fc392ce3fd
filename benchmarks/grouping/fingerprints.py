"""Prints the fingerprint of each line of a corpus, in order: run in another process, it must print the same."""

from __future__ import annotations

import sys
from pathlib import Path

from corpus import CORPUS, load, record

from logmedic.group.fingerprint import Grouper


def fingerprints(corpus: Path) -> list[str]:
    group = Grouper()
    return [group(record(entry, i)).fingerprint for i, entry in enumerate(load(corpus))]


if __name__ == "__main__":
    print("\n".join(fingerprints(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS)))
