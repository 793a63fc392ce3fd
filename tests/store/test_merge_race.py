"""Merging and splitting while other processes count: every record counts once, for one incident."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from life import Life, merge

HERE = Path(__file__).resolve().parent
TURNS = 15
WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
import threading
from life import Life, line
life = Life(sys.argv[2])
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stopped.set())).start()
batches = 0
while not stopped.is_set():
    life.count(*[line(f"{w} broke", batches) for w in ("apples", "pears", "plums")], minute=batches, stream=sys.argv[3])
    batches += 1
    if batches == 1:
        print("begun", flush=True)
print(batches)
"""


def test_every_record_counts_once_whatever_is_merged_and_split_meanwhile(state_url: str) -> None:
    life = Life(state_url)
    for word in ("apples", "pears", "plums"):
        life.errors(f"{word} broke", [0])
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(HERE), state_url, stream],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for stream in ("w1", "w2")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"begun\n"
    apples, pears, plums = (life.the(word) for word in ("apples", "pears", "plums"))
    for _ in range(TURNS):
        with life.change() as changes:
            merge(changes, apples, pears)
        with life.change() as changes:
            merge(changes, plums, apples)
        with life.change() as changes:
            changes.split(plums.id, pears.fingerprint)
            changes.split(plums.id, apples.fingerprint)
    assert [writer.poll() for writer in writers] == [None, None], "they were at it all the time"
    batches = 0
    for writer in writers:
        said, _ = writer.communicate(b"stop\n", timeout=60)
        assert writer.returncode == 0
        batches += int(said)
    with life.change() as changes:
        merge(changes, apples, pears)
    left = life.store.list_incidents()
    wanted = 3 + 3 * batches
    assert sum(i.count for i in left) == wanted
    assert sum(bar.count for i in left for bar in i.histogram) == wanted
    life.store.close()
