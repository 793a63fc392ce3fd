"""Known bugs of other programs that follow logs, put into ours one at a time: a fault's test or the model must notice.

Each is named after what it does; the sources are issues of vector, fluent-bit, Filebeat, OpenTelemetry's file receiver
and promtail that describe the symptom, as ``docs/faults.md`` lists it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import test_faults_bytes as about_bytes
import test_faults_rotation as rotation
from hypothesis import Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from test_faults_model import Faults
from test_faults_model import TestFaults as Model

from logmedic.collect import comparing, following, reading, survey
from logmedic.collect.comparing import Stranger
from logmedic.collect.following import Following
from logmedic.collect.identity import digest
from logmedic.collect.interface import Position
from logmedic.collect.reading import Reader
from logmedic.collect.survey import Seen, look
from logmedic.collect.track import Track

pytestmark = pytest.mark.slow
Patch = pytest.MonkeyPatch


def trusts_inodes(patch: Patch) -> None:
    """A file is what its inode says."""
    patch.setattr(Following, "_still_in", lambda self, track, seen: seen.size >= track.offset)
    patch.setattr(reading, "intact", lambda track: True)
    patch.setattr(reading, "continues", lambda known, read: True)
    patch.setattr(Track, "recall", lambda self: True)


def knows_files_by_their_first_bytes(patch: Patch) -> None:
    """Two files that begin alike are one."""
    every = survey.survey

    def deduplicated(*args: object, **named: object) -> list[Seen]:
        found = every(*args, **named)  # type: ignore[arg-type]
        return list({Path(seen.path).read_bytes()[:1000] or seen.path: seen for seen in found}.values())

    patch.setattr(following, "survey", deduplicated)


def drops_a_file_when_it_is_renamed(patch: Patch) -> None:
    """A descriptor is closed as soon as no watched name leads to it."""
    patch.setattr(following, "siblings", lambda paths, *, gz: [])
    ready = Following.ready
    patch.setattr(Following, "ready", lambda self: [track for track in ready(self) if track.present])


def begins_anew_after_any_truncation(patch: Patch) -> None:
    """Whatever is left in a file that was cut is read once more."""
    patch.setattr(following, "kept_prefix", lambda known, head, read: 0)


def waits_for_a_truncated_file_to_grow_back(patch: Patch) -> None:
    """An offset beyond the end is no reason to look closer."""
    patch.setattr(Following, "_still_in", lambda self, track, seen: track.key == seen.key)
    patch.setattr(following, "intact", lambda track: True)
    patch.setattr(reading, "intact", lambda track: True)


def takes_a_compressed_part_for_a_new_file(patch: Patch) -> None:
    holds = Stranger.holds
    patch.setattr(Stranger, "holds", lambda self, track: not self.gz and holds(self, track))
    copies = Stranger.copies
    patch.setattr(Stranger, "copies", lambda self, track: not self.gz and copies(self, track))


def hands_on_half_a_line(patch: Patch) -> None:
    """What stands at the end of a file is a line."""
    lines = Reader._lines
    patch.setattr(Reader, "_lines", lambda self, track, *, final: lines(self, track, final=True))


def waits_for_enough_bytes_to_know_a_file_by(patch: Patch) -> None:
    """Files shorter than a fingerprint are left alone."""
    every = survey.survey
    patch.setattr(
        following, "survey", lambda *args, **named: [seen for seen in every(*args, **named) if seen.size > 256]
    )


def forgets_a_file_that_is_away_for_a_look(patch: Patch) -> None:
    expire = Following._expire

    def forgetful(self: Following) -> None:
        expire(self)
        for name in [name for name, track in self.tracks.items() if not track.present]:
            self.tracks.pop(name).close()

    patch.setattr(Following, "_expire", forgetful)


def reads_once_for_each_name(patch: Patch) -> None:
    """What a position is kept under is the name: hard links are read once each."""

    def each(paths: list[str], exclude: list[str], *, gz: bool) -> list[Seen]:
        return [seen for path in sorted(survey._expand(paths)) if (seen := look(path)) is not None]

    patch.setattr(following, "survey", each)
    patch.setattr(Following, "_claim", lambda self, seen: any(t.path == seen.path for t in self.tracks.values()))
    patch.setattr(Following, "_relatives", lambda self, seen: [])


def notes_positions_ahead_of_delivery(patch: Patch) -> None:
    """What was read counts as handed on, though it stands in a buffer."""
    position = Track.position

    def ahead(self: Track, source: str) -> Position:
        made = position(self, source)
        return Position(made.source, made.stream, max(made.offset, self.size), made.token, made.done)

    patch.setattr(Track, "position", ahead)


def reads_the_newest_part_first(patch: Patch) -> None:
    ready = Following.ready
    patch.setattr(Following, "ready", lambda self: ready(self)[::-1])


def looks_for_no_rotated_parts_after_a_restart(patch: Patch) -> None:
    patch.setattr(following, "siblings", lambda paths, *, gz: [])


def knows_a_growing_file_by_as_much_as_there_is(patch: Patch) -> None:
    """The fingerprint changes while a file grows through its size."""

    def changed(known, read) -> bool:
        return known.offset == 0 or digest(read(4096, 0)) == known.heads[-1][1]

    for module in (following, reading, comparing):
        patch.setattr(module, "continues", changed)


def hides_what_was_lost(patch: Patch) -> None:
    """Bytes that were cut off unread are nobody's business."""
    patch.setattr(Track, "lose", lambda self, count, now: None)


def blinking(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        rotation.test_f17_a_folder_that_is_empty_for_some_looks_costs_no_line_and_doubles_none(
            folder / "app.log", patch
        )


def the_model(_folder: Path) -> None:
    run_state_machine_as_test(
        Faults,
        settings=settings(Model.settings, max_examples=300, derandomize=True, database=None, phases=[Phase.generate]),
    )


def on_log(test: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda folder: test(folder / "app.log")


MUTANTS: list[tuple[Callable[[Patch], None], Callable[[Path], None]]] = [
    (trusts_inodes, on_log(rotation.test_f09_a_new_file_with_the_inode_of_the_old_one_is_read_from_its_beginning)),
    (trusts_inodes, the_model),
    (
        knows_files_by_their_first_bytes,
        rotation.test_f10_live_files_with_the_same_four_kilobytes_at_the_top_are_all_read,
    ),
    (
        drops_a_file_when_it_is_renamed,
        on_log(rotation.test_f01_a_writer_that_keeps_the_rotated_file_open_is_read_to_its_end),
    ),
    (drops_a_file_when_it_is_renamed, the_model),
    (
        begins_anew_after_any_truncation,
        on_log(rotation.test_f07_after_a_cut_to_some_lines_the_position_is_that_of_the_cut_and_is_stored),
    ),
    (begins_anew_after_any_truncation, the_model),
    (
        waits_for_a_truncated_file_to_grow_back,
        on_log(rotation.test_f04_a_copytruncate_neither_stalls_nor_doubles_and_the_copy_completes_the_log),
    ),
    (waits_for_a_truncated_file_to_grow_back, the_model),
    (
        takes_a_compressed_part_for_a_new_file,
        lambda folder: rotation.test_f13_of_a_compressed_part_that_the_glob_names_only_the_rest_is_read(
            folder, folder / "app.log"
        ),
    ),
    (takes_a_compressed_part_for_a_new_file, the_model),
    (
        hands_on_half_a_line,
        on_log(about_bytes.test_f22_a_line_that_was_half_written_when_its_writer_was_killed_is_completed_once),
    ),
    (hands_on_half_a_line, the_model),
    (
        waits_for_enough_bytes_to_know_a_file_by,
        lambda folder: rotation.test_f11_a_file_of_one_short_line_is_read_at_once(folder, folder / "app.log"),
    ),
    (waits_for_enough_bytes_to_know_a_file_by, the_model),
    (forgets_a_file_that_is_away_for_a_look, blinking),
    (
        reads_once_for_each_name,
        rotation.test_f18_overlapping_globs_and_hard_links_read_once_and_a_second_process_is_turned_away,
    ),
    (notes_positions_ahead_of_delivery, the_model),
    (
        reads_the_newest_part_first,
        lambda folder: rotation.test_f02_of_several_rotations_between_two_looks_only_deleted_files_are_lost(
            folder / "app.log", 5
        ),
    ),
    (
        looks_for_no_rotated_parts_after_a_restart,
        on_log(rotation.test_f03_what_was_rotated_while_nobody_looked_is_gone_on_with_under_its_new_name),
    ),
    (looks_for_no_rotated_parts_after_a_restart, the_model),
    (
        knows_a_growing_file_by_as_much_as_there_is,
        on_log(rotation.test_f12_a_file_that_grows_byte_by_byte_is_never_read_again),
    ),
    (knows_a_growing_file_by_as_much_as_there_is, the_model),
    (hides_what_was_lost, the_model),
]


@pytest.mark.parametrize(
    ("mutate", "test"),
    MUTANTS,
    ids=[f"{mutate.__name__}-{'model' if test is the_model else 'test'}" for mutate, test in MUTANTS],
)
def test_a_known_bug_is_noticed(
    mutate: Callable[[Patch], None], test: Callable[[Path], None], tmp_path: Path, monkeypatch: Patch
) -> None:
    with monkeypatch.context() as patch:
        mutate(patch)
        with pytest.raises((AssertionError, Flaky)) as caught:  # what depends on times of files need not fail twice
            test(tmp_path)
    print(f"{mutate.__name__}: {str(caught.value).splitlines()[0]}")


def test_at_least_twelve_bugs_are_tried() -> None:
    assert len({mutate for mutate, _ in MUTANTS}) >= 12
