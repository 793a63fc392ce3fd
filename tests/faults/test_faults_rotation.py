"""F01 to F13 and F15 to F21 of ``docs/faults.md``: whatever is done to a log file, each line comes once."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pipeline_scenes import Project

from collect.tail import Tail, append, encoded, lines_of, numbered
from logmedic import build
from logmedic.collect.file import RECONCILE_EVERY, FileSource, FileSourceConfig
from logmedic.doors import SystemClock


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


def shift(log: Path, keep: int = 9) -> None:
    """What logrotate does with older parts before it makes a new one."""
    for number in range(keep, 0, -1):
        part = log.with_name(f"{log.name}.{number}")
        if part.exists() and number == keep:
            part.unlink()
        elif part.exists():
            part.rename(log.with_name(f"{log.name}.{number + 1}"))


def rotate(log: Path, keep: int = 9) -> Path:
    shift(log, keep)
    return log.rename(log.with_name(log.name + ".1"))


def copytruncate(log: Path) -> Path:
    shift(log)
    copy = log.with_name(log.name + ".1")
    shutil.copy(log, copy)
    os.truncate(log, 0)
    return copy


def compress(path: Path) -> None:
    """As gzip does it: the modification time stays."""
    status = path.stat()
    with path.open("rb") as source, gzip.open(f"{path}.gz", "wb") as out:
        shutil.copyfileobj(source, out)
    os.utime(f"{path}.gz", ns=(status.st_atime_ns, status.st_mtime_ns))
    path.unlink()


def test_f01_a_writer_that_keeps_the_rotated_file_open_is_read_to_its_end(log: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", f"import sys; f = open({str(log)!r}, 'ab', 0)\nfor l in sys.stdin.buffer: f.write(l)"],
        stdin=subprocess.PIPE,
    )
    assert writer.stdin is not None
    tail = Tail(log, rotate_wait=30.0)
    writer.stdin.write(b"before\n")
    writer.stdin.flush()
    wait_for(lambda: log.exists() and log.stat().st_size == 7)
    assert tail.read() == [b"before"]
    old = rotate(log)
    append(log, "new file")
    tail.clock.advance(29)
    writer.stdin.write(b"after\n")
    writer.stdin.close()
    assert writer.wait(60) == 0
    assert old.stat().st_size == 13
    assert sorted(tail.read()) == [b"after", b"new file"]


@pytest.mark.parametrize("rotations", [1, 2, 5])
def test_f02_of_several_rotations_between_two_looks_only_deleted_files_are_lost(log: Path, rotations: int) -> None:
    tail = Tail(log)
    append(log, "first")
    tail.read()
    for number in range(rotations):
        append(log, f"generation {number}")
        rotate(log)
    append(log, "live")
    assert tail.read() == [*(f"generation {number}".encode() for number in range(rotations)), b"live"]
    with log.open("ab") as writer:
        writer.write(b"cut off")
    tail.read()
    os.truncate(log, 0)  # and no copy of it anywhere
    assert tail.read() == []
    tail.clock.advance(31)
    tail.restart()  # a scan that comes now and then is another process each time
    tail.read()
    tail.clock.advance(31)
    tail.restart()
    tail.read()
    (loss,) = [position.token for position in tail.stored.values() if "lost_at" in position.token]
    assert loss["lost_bytes"] == len(b"cut off")


def test_f03_what_was_rotated_while_nobody_looked_is_gone_on_with_under_its_new_name(log: Path) -> None:
    tail = Tail(log)
    append(log, *numbered("read", 3))
    tail.read()
    tail.source.close()
    append(log, "unread")
    rotate(log)
    append(log, "live")
    tail.restart()
    assert tail.read() == [b"unread", b"live"]


def test_f04_a_copytruncate_neither_stalls_nor_doubles_and_the_copy_completes_the_log(log: Path) -> None:
    tail = Tail(log)
    append(log, *numbered("old", 50))
    tail.read()
    append(log, "written just before the copy")
    copytruncate(log)
    append(log, "new")
    assert tail.read() == [b"written just before the copy", b"new"]
    append(log, "newer")
    assert tail.read() == [b"newer"]


def test_f05_a_log_that_regrew_past_the_offset_while_nobody_looked_is_read_from_its_beginning(log: Path) -> None:
    tail = Tail(log)
    append(log, *numbered("old", 10))
    tail.read()
    tail.source.close()
    copytruncate(log)
    append(log, *numbered("new", 40))
    assert log.stat().st_size > next(iter(tail.stored.values())).offset
    tail.restart()
    assert tail.read() == encoded(numbered("new", 40))


def test_f06_a_log_rewritten_at_once_is_read_by_one_reader(log: Path) -> None:
    tail = Tail(log)
    append(log, *numbered("old", 100))
    tail.read()
    with log.open("wb") as writer:
        writer.writelines(text + b"\n" for text in encoded(numbered("new", 100)))
        writer.flush()
        assert tail.read() == encoded(numbered("new", 100))
        writer.write(b"one more\n")
    assert tail.read() == [b"one more"]
    assert tail.source.status().streams <= 2, "the new content, and the old until it is given up"


def test_f07_after_a_cut_to_some_lines_the_position_is_that_of_the_cut_and_is_stored(log: Path) -> None:
    tail = Tail(log)
    lines = numbered("old", 10)
    append(log, *lines)
    tail.read()
    os.truncate(log, 2 * (len(lines[0]) + 1))
    append(log, "new")
    assert tail.read() == [b"new"]
    tail.restart()
    assert tail.read() == [], "a restart has not forgotten the cut"
    append(log, "newer")
    assert tail.read() == [b"newer"]


def test_f08_the_hole_of_a_writer_without_append_is_jumped_over_in_bounded_memory(log: Path) -> None:
    code = textwrap.dedent(
        """
        import os, sys, resource
        from collect.tail import Tail
        log = __import__("pathlib").Path(sys.argv[1])
        tail = Tail(log)
        with log.open("wb", 0) as writer:
            writer.write(b"x" * 999 + b"\\n")
            tail.read()
            os.truncate(log, 0)
            writer.seek(4 << 30)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            writer.write(b"after the hole\\n")
            print(tail.read(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024)
        """
    )
    assert child(code, log) == "[b'after the hole'] True"


def test_f09_a_new_file_with_the_inode_of_the_old_one_is_read_from_its_beginning(log: Path) -> None:
    tail = Tail(log)
    reused = 0
    for number in range(30):
        append(log, *numbered(f"life {number}", 3))
        assert tail.read() == encoded(numbered(f"life {number}", 3))
        inode = log.stat().st_ino
        tail.source.close()
        log.unlink()
        append(log, *numbered(f"stale {number}", 5))
        reused += log.stat().st_ino == inode
        tail.restart()
        assert tail.read() == encoded(numbered(f"stale {number}", 5))
        log.unlink()
    print(f"{reused} of 30 inodes were given again")


def test_f10_live_files_with_the_same_four_kilobytes_at_the_top_are_all_read(tmp_path: Path) -> None:
    banner = numbered("banner", 100)
    tail = Tail(tmp_path / "*.log")
    for name in ("a", "b"):
        append(tmp_path / f"{name}.log", *banner, f"of {name}")
    assert sum(len("".join(banner)) for _ in "a") >= 4096
    assert sorted(tail.read()) == sorted([*encoded(banner), *encoded(banner), b"of a", b"of b"])
    tail.restart()
    append(tmp_path / "b.log", "later")
    assert tail.read() == [b"later"]


def test_f11_a_file_of_one_short_line_is_read_at_once(tmp_path: Path, log: Path) -> None:
    tail = Tail(tmp_path / "*.log")
    log.touch()
    assert tail.read() == []
    assert child("import sys; open(sys.argv[1], 'ab').write(b'x\\n')", log) == ""
    assert tail.read() == [b"x"]


def test_f12_a_file_that_grows_byte_by_byte_is_never_read_again(log: Path) -> None:
    tail = Tail(log)
    text = b"".join(b"%07d\n" % number for number in range(600))  # beyond all lengths that are compared
    with log.open("ab", buffering=0) as writer:
        for at in range(0, len(text), 61):
            writer.write(text[at : at + 61])
            tail.read()
            if at % 610 == 0:
                tail.restart()
    assert tail.lines == text.split(b"\n")[:-1]


def test_f13_of_a_compressed_part_that_the_glob_names_only_the_rest_is_read(tmp_path: Path, log: Path) -> None:
    tail = Tail(tmp_path / "app.log*")
    append(log, *numbered("old", 200))
    tail.read()
    append(log, "unread")
    tail.source.close()
    compress(rotate(log))
    append(log, "live")
    tail.restart()
    assert tail.read() == [b"unread", b"live"]
    tail.clock.advance(60)
    assert tail.read() == []


def test_f15_when_a_symbolic_link_is_swapped_the_old_file_is_drained_and_the_new_one_read(tmp_path: Path) -> None:
    link, one, two = tmp_path / "current.log", tmp_path / "one", tmp_path / "two"
    append(one, "one")
    link.symlink_to(one)
    tail = Tail(link)
    assert tail.read() == [b"one"]
    append(one, "late")
    append(two, "two")
    subprocess.run(["ln", "-sfn", str(two), str(link)], check=True)
    assert sorted(tail.read()) == [b"late", b"two"]
    tail.restart()
    append(two, "three")
    assert tail.read() == [b"three"]


def test_f16_a_log_that_is_gone_or_closed_to_us_is_picked_up_and_why_is_said_meanwhile(log: Path) -> None:
    tail = Tail(log)
    assert tail.read() == []
    append(log, "one")
    assert tail.read() == [b"one"]
    log.unlink()
    assert tail.read() == []
    append(log, "two")
    assert tail.read() == [b"two"]
    tail.source.close()
    log.unlink()
    append(log, "three")
    ran = child(
        """
        import ctypes, os, sys
        from collect.tail import Tail
        if os.getuid() == 0:  # root as well may then read only what its mode allows
            header = (ctypes.c_uint32 * 2)(0x20080522, 0)
            assert ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()) == 0
        os.chmod(sys.argv[1], 0)
        tail = Tail(sys.argv[1])
        print(tail.read(), tail.source.backlog().problem)
        os.chmod(sys.argv[1], 0o600)
        tail.clock.advance(2)
        print(tail.read(), tail.source.backlog().problem)
        """,
        log,
    )
    assert ran.splitlines() == [f"[] {log}: Permission denied", "[b'three']"]


def test_f17_a_folder_that_is_empty_for_some_looks_costs_no_line_and_doubles_none(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail = Tail(log.with_name("*.log"))
    append(log, *numbered("one", 3))
    tail.read()
    with monkeypatch.context() as patch:
        patch.setattr("logmedic.collect.survey._expand", lambda paths: set())
        for _ in range(5):
            tail.clock.advance(10)
            assert tail.read() == []
    append(log, "two")
    assert tail.read() == [b"two"]


def test_f18_overlapping_globs_and_hard_links_read_once_and_a_second_process_is_turned_away(tmp_path: Path) -> None:
    project = Project(tmp_path)
    os.link(write(project.log, b"x\n"), tmp_path / "linked.log")
    tail = Tail(tmp_path / "*.log", project.log, tmp_path / "**" / "*.log")
    assert tail.read() == [b"x"]
    with build.single_instance(project.loaded):
        second = project.run("scan")
    assert second.returncode == os.EX_TEMPFAIL
    assert b"another logmedic" in second.stderr
    assert second.stderr.count(b"\n") == 1
    assert project.run("scan").returncode == 0


def test_f19_with_64_descriptors_500_files_are_read_whole(tmp_path: Path) -> None:
    for number in range(500):
        append(tmp_path / f"{number}.log", f"line of {number}")
    ran = child(
        """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        from collect.tail import Tail
        tail = Tail(sys.argv[1] + "/*.log")
        first = len(tail.read())
        for number in range(500):
            with open(f"{sys.argv[1]}/{number}.log", "ab") as log:
                log.write(b"second\\n")
        print(first, len(tail.read()), tail.source.status().open_files <= 32)
        """,
        tmp_path,
    )
    assert ran == "500 500 True"


def test_f20_while_the_consumer_is_stuck_deleted_files_are_held_open(log: Path) -> None:
    append(log, *numbered("one", 300))
    tail = Tail(log, block_bytes=500)
    batches = tail.source.read()
    tail.commit(next(batches))
    rotate(log).unlink()  # and nobody has it any more but the reader
    append(log, "new")
    for batch in batches:
        tail.commit(batch)
    assert tail.lines == encoded(numbered("one", 300))
    assert tail.read() == [b"new"]


def test_f21_a_notification_that_was_missed_is_made_up_for_by_the_next_full_look(log: Path) -> None:
    append(log, "one")
    source = FileSource("files", FileSourceConfig(paths=[str(log)], dialect="text", multiline="off"), SystemClock())
    source.resume([])
    seen = [text for batch in source.read() for _, text in lines_of(batch)]
    source.wait(0.01)
    assert source._wakeups is not None
    source._wakeups.wait = deaf  # type: ignore[method-assign]  every event is dropped
    append(log, "two")
    until = time.monotonic() + 60 * RECONCILE_EVERY
    while b"two" not in seen:
        assert time.monotonic() < until
        source.wait(RECONCILE_EVERY / 4)
        seen += [text for batch in source.read() for _, text in lines_of(batch)]
    source.close()
    assert seen == [b"one", b"two"]


# -- what the tests above are made of ----------------------------------------------------------------------------------


def deaf(timeout: float) -> set[str]:
    threading.Event().wait(timeout)
    return set()


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def child(code: str, *arguments: object) -> str:
    """The output of this code in a process of its own."""
    tests = Path(__file__).parents[1]
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True, text=True, timeout=100, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{tests}:{tests.parent / 'src'}"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
