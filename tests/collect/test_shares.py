"""Logs of one source that are shared out: each belongs to one part, with all that rotation makes of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.collect.file import FileSource, FileSourceConfig
from logmedic.collect.interface import Position
from logmedic.collect.shares import share
from logmedic.errors import ConfigError
from logmedic.testing.doors import FakeClock

ROTATED = ["{}.log", "{}.log.1", "{}.log.2.gz", "{}.log-20260101", "{}-2026-01-01.log", "{}.log.old"]


@given(
    name=st.from_regex(r"[a-z]{1,8}", fullmatch=True), folder=st.sampled_from(["/l/a", "/l/b"]), of=st.integers(1, 9)
)
def test_a_log_and_its_rotated_parts_belong_to_one_part(name: str, folder: str, of: int) -> None:
    owners = {
        tuple(n for n in range(1, of + 1) if share(n, of, ["/l/*/*.log*"]).holds(f"{folder}/{form.format(name)}"))
        for form in ROTATED
    }
    assert len(owners) == 1
    assert len(owners.pop()) == 1


def test_logs_of_the_same_name_are_told_apart_by_folder_unless_rotation_may_move_them_between_folders() -> None:
    pods = [f"/pods/p{n}/0.log" for n in range(64)]
    level = Counter(n for n in range(1, 5) for pod in pods if share(n, 4, ["/pods/*/*.log"]).holds(pod))
    assert min(level.values()) >= 6
    for globs in (["/pods/**/*.log"], ["/pods/*/*.log", "/pods/*/old/*.log*"]):
        assert len({n for n in range(1, 5) for pod in pods if share(n, 4, globs).holds(pod)}) == 1


class Team:
    """A source for each part, over the positions that all of them have stored."""

    def __init__(self, folder: Path, shards: int) -> None:
        self.positions: dict[str, Position] = {}
        self.counted = Counter[str]()
        self._config = FileSourceConfig(name="app", paths=[f"{folder}/*.log*"], shards=shards, multiline="off")

    def read(self) -> None:
        for number in range(1, self._config.shards + 1):
            source = FileSource("app", self._config, FakeClock(), number)
            source.resume(list(self.positions.values()))
            for batch in source.read():
                self.counted.update(bytes(batch.data).decode().splitlines())
                self.positions[batch.stream] = batch.position
            source.close()


def test_every_line_is_read_by_one_part_across_rotation_and_another_number_of_parts(tmp_path: Path) -> None:
    names = [f"s{n:02d}x" for n in range(12)]
    written = Counter[str]()

    def write(generation: int) -> None:
        for name in names:
            lines = [f"{name} {generation} {n}" for n in range(5)]
            with (tmp_path / f"{name}.log").open("a") as file:
                file.writelines(f"{line}\n" for line in lines)
            written.update(lines)

    team = Team(tmp_path, 3)
    write(0)
    team.read()
    assert team.counted == written
    for name in names[::2]:
        (tmp_path / f"{name}.log").rename(tmp_path / f"{name}.log.1")
    write(1)
    team.read()
    assert team.counted == written
    wider = Team(tmp_path, 5)
    wider.positions, wider.counted = team.positions, team.counted
    write(2)
    wider.read()
    assert wider.counted == written


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"shards": 0}, "`shards` must be 1 to 64"),
        ({"shards": 65}, "`shards` must be 1 to 64"),
        ({"shards": 2, "from_start": False}, "`shards` needs `from_start = true`"),
    ],
)
def test_what_cannot_be_shared_out_is_refused_with_the_remedy(keys: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=f"source app: {said}"):
        FileSource("app", FileSourceConfig(name="app", paths=["*.log"], **keys), FakeClock())  # type: ignore[arg-type]
