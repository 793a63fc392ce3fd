"""Merging and splitting while other processes count: every record counts once, for one incident."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from life import Life, merge

HERE = Path(__file__).resolve().parent
WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from life import Life, line
life = Life(Path(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for n in range(int(sys.argv[4])):
    life.count(*[line(f"{w} broke", n) for w in ("apples", "pears", "plums")], minute=n, stream=sys.argv[3])
"""


def test_every_record_counts_once_whatever_is_merged_and_split_meanwhile(tmp_path: Path) -> None:
    life = Life(tmp_path / "state.db")
    for word in ("apples", "pears", "plums"):
        life.errors(f"{word} broke", [0])
    batches = 40
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(HERE), str(tmp_path / "state.db"), stream, str(batches)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for stream in ("w1", "w2")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdin is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    apples, pears, plums = (life.the(word) for word in ("apples", "pears", "plums"))
    turns = 0
    while turns < 4 or any(writer.poll() is None for writer in writers):
        with life.change() as changes:
            merge(changes, apples, pears)
        with life.change() as changes:
            merge(changes, plums, apples)
        with life.change() as changes:
            changes.split(plums.id, pears.fingerprint)
            changes.split(plums.id, apples.fingerprint)
        turns += 1
    for writer in writers:
        writer.stdin.close()
        writer.stdout.close()
        assert writer.wait(60) == 0
    assert turns > 4, "the writers were still at it"
    with life.change() as changes:
        merge(changes, apples, pears)
    left = life.store.list_incidents()
    wanted = 3 + 2 * 3 * batches
    assert sum(i.count for i in left) == wanted
    assert sum(bar.count for i in left for bar in i.histogram) == wanted
    life.store.close()
