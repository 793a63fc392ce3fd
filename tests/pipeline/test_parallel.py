"""A backlog digested by worker processes comes to the same as one that this process digests alone."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from logmedic import build
from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.interface import Position
from logmedic.doors import SystemClock
from logmedic.errors import SourceError
from logmedic.model import NANOSECONDS
from logmedic.pipeline import parallel
from logmedic.pipeline.digest import LARGE_ENTRIES, Digest
from logmedic.pipeline.parallel import Pool

NOW = 1_790_000_000 * NANOSECONDS
WORDS = [f"{a}{b}{c}" for a in "kmrt" for b in "aeio" for c in "lns"]


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "MIN_BYTES", 1)
    monkeypatch.setattr(parallel, "RANGE_BYTES", 256 << 10)


def pool(workers: int = 2) -> Pool:
    made = Pool(build.digester, build.Config(), lambda: NOW)
    made._workers = workers
    return made


def file_source(folder: Path, positions: list[Position] | None = None) -> FileSource:
    config = FileSourceConfig(paths=[str(folder / "*.log")], block_bytes=32 << 10)
    source = FileSource("s", config, SystemClock())
    source.resume(positions or [])
    return source


def errors(count: int, *, distinct: bool) -> Iterator[str]:
    for number, three in zip(range(count), itertools.cycle(itertools.product(WORDS, WORDS, WORDS)), strict=False):
        message = " ".join(three) if distinct else "disk full"
        yield json.dumps(
            {"timestamp": "2026-09-21T14:00:00Z", "level": "ERROR", "message": message, "n": 10**30 + number}
        )
        yield json.dumps({"timestamp": "2026-09-21T14:00:00Z", "level": "INFO", "message": "fine", "n": number})


def write(folder: Path, count: int, *, distinct: bool) -> int:
    """Returns the size of the log."""
    path = folder / "app.log"
    path.write_text("\n".join([*errors(count, distinct=distinct), ""]))
    return path.stat().st_size


def alone(folder: Path) -> Digest:
    digest, digester = Digest(), build.digester(build.Config())
    for batch in file_source(folder).read():
        digester.add(digest, batch, NOW)
    return digest


def summary(digest: Digest) -> tuple[object, ...]:
    counts: dict[str, int] = {}
    for fold in digest.folds:
        for delta in fold.drain():
            counts[delta.fingerprint] = counts.get(delta.fingerprint, 0) + delta.count
    return digest.lines, digest.bytes, digest.matches, digest.errors, counts


def no_children_left() -> bool:
    deadline = time.monotonic() + 60
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not multiprocessing.active_children()


@pytest.mark.parametrize("distinct", [False, True])
def test_workers_find_what_one_process_finds_in_the_same_order(tmp_path: Path, distinct: bool) -> None:
    size = write(tmp_path, 8_000, distinct=distinct)
    source = file_source(tmp_path)
    whole, offsets, pieces = Digest(), [], []
    for digest, position in pool().digests(source):
        pieces.append(sum(len(fold) for fold in digest.folds))
        whole.absorb(digest)
        offsets.append(position.offset)
    assert offsets == sorted(set(offsets))
    assert offsets[-1] == size
    assert max(pieces) <= LARGE_ENTRIES + 400  # and what one more block may hold
    assert summary(whole) == summary(alone(tmp_path))
    assert no_children_left()


def test_samples_come_through_whole_with_integers_that_no_machine_word_holds(tmp_path: Path) -> None:
    write(tmp_path, 3_000, distinct=False)
    whole = Digest()
    for digest, _ in pool().digests(file_source(tmp_path)):
        whole.absorb(digest)
    (mine,), (theirs,) = whole.folds[0].drain(), alone(tmp_path).folds[0].drain()
    assert [s.record.fields["n"] for s in mine.samples] == [10**30 + n for n in (0, 1, 2_997, 2_998, 2_999)]
    # but for the stream, whose name each source draws anew
    assert [(s.record.raw, s.grouping, s.matches) for s in mine.samples] == [
        (s.record.raw, s.grouping, s.matches) for s in theirs.samples
    ]


def test_every_position_on_the_way_can_be_committed(tmp_path: Path) -> None:
    write(tmp_path, 8_000, distinct=True)
    everything = list(pool().digests(file_source(tmp_path)))
    assert len(everything) > 4
    for cut in (0, len(everything) // 2, len(everything) - 2):
        done = sum(digest.lines for digest, _ in everything[: cut + 1])
        again = file_source(tmp_path, [everything[cut][1]])
        rest = sum(bytes(batch.data).count(b"\n") for batch in again.read())
        assert done + rest == 16_000


def test_workers_end_when_nobody_wants_the_rest(tmp_path: Path) -> None:
    write(tmp_path, 8_000, distinct=True)
    with closing(pool().digests(file_source(tmp_path))) as digests:
        next(digests)
        assert multiprocessing.active_children()
    assert no_children_left()


def test_a_worker_that_dies_is_one_error_and_no_silence(tmp_path: Path) -> None:
    write(tmp_path, 8_000, distinct=True)
    with closing(pool().digests(file_source(tmp_path))) as digests:
        next(digests)
        for child in multiprocessing.active_children():
            child.kill()
        with pytest.raises(SourceError, match=r"a worker process ended \(exit code -9\)"):
            list(digests)
    assert no_children_left()


def test_a_file_that_is_cut_short_meanwhile_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, 30_000, distinct=True)
    with closing(pool().digests(file_source(tmp_path))) as digests:
        next(digests)
        os.truncate(tmp_path / "app.log", 0)
        with pytest.raises(SourceError, match="reading starts again from the stored position"):
            list(digests)


def test_one_core_does_not_start_processes(tmp_path: Path) -> None:
    write(tmp_path, 100, distinct=False)
    assert list(pool(workers=1).digests(file_source(tmp_path))) == []
