"""Any sequence of rotations, truncations, compressions, deletions and crashes: each line once, or known to be lost."""

import gzip
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .tail import Tail


class ModelFile:
    """What a file on disk holds that must come out of the source."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.partial = b""


class Rotations(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="logmedic-model-"))
        self.log = self.folder / "app.log"
        self.files: dict[str, ModelFile] = {}
        self.count = 0
        self.must: set[bytes] = set()
        self.may: set[bytes] = set()
        self.old_writer = False  # the writer still has app.log.1 open, which it knew as app.log
        self.settled = False  # everything was read by this process since the last change

    @initialize(glob=st.sampled_from(["app.log", "app.log*"]), block=st.sampled_from([7, 64, 4096]))
    def start(self, glob: str, block: int) -> None:
        self.tail = Tail(self.folder / glob, block_bytes=block, max_line_bytes=500)
        self.write(1)
        self.read()

    def teardown(self) -> None:
        self.read()
        self.tail.restart()
        self.read()
        self.tail.source.close()
        shutil.rmtree(self.folder)

    # -- what the writer and logrotate do --------------------------------------------------------------------------

    def line(self) -> bytes:
        self.count += 1
        return f"{self.count:06} {'x' * (self.count * 37 % 90)} end".encode()

    @rule(count=st.integers(1, 20))
    def write(self, count: int) -> None:
        file = self.files.setdefault("app.log", ModelFile())
        lines = [self.line() for _ in range(count)]
        with self.log.open("ab") as out:
            out.write(b"".join(line + b"\n" for line in lines))
        if file.partial:
            lines[0] = file.partial + lines[0]
            file.partial = b""
        self.written(file, lines)

    @rule()
    def write_half_a_line(self) -> None:
        file = self.files.setdefault("app.log", ModelFile())
        part = self.line()
        with self.log.open("ab") as out:
            out.write(part)
        file.partial += part
        self.settled = False

    def written(self, file: ModelFile, lines: list[bytes]) -> None:
        file.lines += lines
        self.must.update(lines)
        self.settled = False

    def shift(self) -> None:
        for number in range(6, 0, -1):
            for suffix in ("", ".gz"):
                name = f"app.log.{number}{suffix}"
                if name in self.files:
                    target = f"app.log.{number + 1}{suffix}"
                    (self.folder / name).rename(self.folder / target)
                    self.files[target] = self.files.pop(name)

    def gone(self, file: ModelFile) -> None:
        """Lines that were not read before may be lost; an unfinished one may come out as it is."""
        unread = set(file.lines) - set(self.tail.lines)
        self.must -= unread
        self.may |= unread
        self.may.add(file.partial)
        self.settled = False

    @precondition(lambda self: "app.log" in self.files and len(self.files) < 6)
    @rule()
    def rename_and_create(self) -> None:
        self.shift()
        self.log.rename(self.folder / "app.log.1")
        self.files["app.log.1"] = self.files.pop("app.log")
        self.may.add(self.files["app.log.1"].partial)
        self.settled = False
        self.old_writer = not self.files["app.log.1"].partial

    @precondition(lambda self: "app.log.1" in self.files and self.old_writer)
    @rule()
    def write_to_the_renamed_file(self) -> None:
        line = self.line()
        with (self.folder / "app.log.1").open("ab") as out:
            out.write(line + b"\n")
        self.written(self.files["app.log.1"], [line])

    @precondition(lambda self: "app.log" in self.files and len(self.files) < 6)
    @rule()
    def copy_and_truncate(self) -> None:
        self.shift()
        self.old_writer = False
        shutil.copy(self.log, self.folder / "app.log.1")
        os.truncate(self.log, 0)
        self.files["app.log.1"] = self.files["app.log"]
        self.may.add(self.files["app.log"].partial)
        self.files["app.log"] = ModelFile()
        self.settled = False

    @precondition(lambda self: "app.log" in self.files)
    @rule()
    def truncate(self) -> None:
        os.truncate(self.log, 0)
        self.gone(self.files["app.log"])
        self.files["app.log"] = ModelFile()

    @precondition(lambda self: self.settled and "app.log" in self.files and not self.files["app.log"].partial)
    @rule(keep=st.integers(1, 10))
    def truncate_to_some_lines(self, keep: int) -> None:
        file = self.files["app.log"]
        size = len(b"".join(line + b"\n" for line in file.lines[:keep]))
        if 32 <= size <= 4096:
            os.truncate(self.log, size)
            file.lines = file.lines[:keep]
            self.read()  # after a restart only digests are left to compare with, and some lines may come again

    @precondition(lambda self: any(name != "app.log" and not name.endswith(".gz") for name in self.files))
    @rule()
    def compress(self) -> None:
        name = max(name for name in self.files if name != "app.log" and not name.endswith(".gz"))
        path = self.folder / name
        status = path.stat()
        with path.open("rb") as source, gzip.open(f"{path}.gz", "wb") as out:
            shutil.copyfileobj(source, out)
        os.utime(f"{path}.gz", ns=(status.st_atime_ns, status.st_mtime_ns))
        path.unlink()
        self.files[name + ".gz"] = self.files.pop(name)

    @precondition(lambda self: self.files)
    @rule(which=st.integers(0, 9))
    def delete(self, which: int) -> None:
        name = sorted(self.files)[which % len(self.files)]
        (self.folder / name).unlink()
        self.gone(self.files.pop(name))

    # -- what the reader does --------------------------------------------------------------------------------------

    @rule()
    def read(self) -> None:
        self.tail.read()
        self.settled = True
        missing = self.must - set(self.tail.lines)
        assert not missing, f"lost: {sorted(missing)}"

    @rule(batches=st.integers(1, 3))
    def read_a_little_and_crash(self, batches: int) -> None:
        self.tail.read(batches)
        self.tail.restart()
        self.settled = False

    @rule()
    def crash_before_a_commit(self) -> None:
        for _ in self.tail.source.read():
            break
        self.tail.restart()
        self.settled = False

    @rule(seconds=st.sampled_from([1, 10, 100]))
    def time_passes(self, seconds: int) -> None:
        self.old_writer = False
        self.tail.clock.advance(seconds)

    @invariant()
    def nothing_twice_and_nothing_invented(self) -> None:
        if not hasattr(self, "tail"):
            return
        lines = self.tail.lines
        assert len(lines) == len(set(lines)), sorted(x for x in set(lines) if lines.count(x) > 1)
        assert set(lines) <= self.must | self.may, set(lines) - self.must - self.may


TestRotations = Rotations.TestCase
TestRotations.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    report_multiple_bugs=False,
)
