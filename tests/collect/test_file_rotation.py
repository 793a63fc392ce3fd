"""Whatever is done to a log, each complete line is handed over once."""

import gzip
import os
import shutil

import pytest

from .tail import Tail, append, encoded, numbered


@pytest.fixture
def log(tmp_path):
    return tmp_path / "app.log"


def rename(path, target):
    path.rename(target)
    return target


def copytruncate(path, target):
    shutil.copy(path, target)
    os.truncate(path, 0)


def test_lines_are_handed_over_once_and_new_ones_follow(log):
    tail = Tail(log)
    append(log, "one", "two")
    assert tail.read() == [b"one", b"two"]
    assert tail.read() == []
    append(log, "three")
    assert tail.read() == [b"three"]


def test_a_restart_goes_on_at_the_stored_position(log):
    tail = Tail(log)
    append(log, *numbered("a", 5))
    tail.read()
    append(log, "later")
    tail.restart()
    assert tail.read() == [b"later"]


def test_a_crash_before_the_commit_reads_the_lines_again(log):
    tail = Tail(log)
    append(log, "one")
    list(tail.source.read())  # nothing stored
    tail.restart()
    assert tail.read() == [b"one"]


class TestRenameAndCreate:
    def test_lines_written_to_the_old_file_after_the_rename_are_read(self, log, tmp_path):
        tail = Tail(log)
        with log.open("ab", buffering=0) as writer:
            writer.write(b"before\n")
            tail.read()
            log.rename(tmp_path / "app.log.1")
            append(log, "new file")
            writer.write(b"after\n")
            assert sorted(tail.read()) == [b"after", b"new file"]
            writer.write(b"even later\n")
            assert tail.read() == [b"even later"]

    def test_a_renamed_file_out_of_reach_is_drained_through_its_descriptor(self, log, tmp_path):
        away = tmp_path / "elsewhere"
        away.mkdir()
        tail = Tail(log)
        with log.open("ab", buffering=0) as writer:
            writer.write(b"before\n")
            tail.read()
            log.rename(away / "x")
            writer.write(b"after\n")
            assert tail.read() == [b"after"]
            tail.clock.advance(4)
            writer.write(b"still there\n")
            assert tail.read() == [b"still there"]
        tail.clock.advance(6)
        tail.read()
        assert tail.source.status().open_files == 0
        assert all(p.done for p in tail.stored.values())

    @pytest.mark.parametrize("glob", ["app.log", "app.log*"])
    @pytest.mark.parametrize("rotations", [1, 2, 5])
    def test_several_rotations_between_two_looks_are_read_oldest_first(self, tmp_path, glob, rotations):
        log = tmp_path / "app.log"
        tail = Tail(tmp_path / glob)
        append(log, "first")
        tail.read()
        expected = []
        for n in range(rotations):
            append(log, f"generation {n}")
            expected.append(f"generation {n}".encode())
            for number in range(n, 0, -1):
                (tmp_path / f"app.log.{number}").rename(tmp_path / f"app.log.{number + 1}")
            log.rename(tmp_path / "app.log.1")
        append(log, "live")
        assert tail.read() == [*expected, b"live"]
        assert tail.read() == []

    @pytest.mark.parametrize("glob", ["app.log", "app.log*"])
    @pytest.mark.parametrize("rotations", [1, 3])
    def test_rotations_while_down_are_made_up_for(self, tmp_path, glob, rotations):
        log = tmp_path / "app.log"
        tail = Tail(tmp_path / glob)
        append(log, *numbered("first", 3))
        tail.read()
        tail.source.close()
        expected = []
        for n in range(rotations):
            append(log, f"generation {n}")
            expected.append(f"generation {n}".encode())
            for number in range(n, 0, -1):
                (tmp_path / f"app.log.{number}").rename(tmp_path / f"app.log.{number + 1}")
            log.rename(tmp_path / "app.log.1")
        append(log, "live")
        tail.restart()
        assert tail.read() == [*expected, b"live"]

    def test_old_parts_from_before_the_first_run_are_not_dug_up(self, log, tmp_path):
        append(tmp_path / "app.log.1", "ancient")
        os.utime(tmp_path / "app.log.1", (1_000_000_000, 1_000_000_000))
        append(log, "now")
        tail = Tail(log)
        assert tail.read() == [b"now"]
        log.rename(tmp_path / "app.log.2")
        append(log, "next")
        assert tail.read() == [b"next"]

    def test_dated_files_are_logs_of_their_own(self, tmp_path):
        tail = Tail(tmp_path / "app-*.log")
        append(tmp_path / "app-2026-01-01.log", "monday")
        assert tail.read() == [b"monday"]
        append(tmp_path / "app-2026-01-02.log", "tuesday")
        append(tmp_path / "app-2026-01-01.log", "monday late")
        assert sorted(tail.read()) == [b"monday late", b"tuesday"]


class TestCopyTruncate:
    @pytest.mark.parametrize("glob", ["app.log", "app.log*"])
    def test_while_running_the_tail_comes_from_the_copy(self, tmp_path, glob):
        log = tmp_path / "app.log"
        tail = Tail(tmp_path / glob)
        append(log, *numbered("old", 10))
        assert len(tail.read()) == 10
        append(log, "just before")
        copytruncate(log, tmp_path / "app.log.1")
        append(log, "just after")
        assert tail.read() == [b"just before", b"just after"]
        assert tail.read() == []
        assert tail.source.status().bytes_unread_lost == 0

    def test_a_copy_that_is_being_made_is_not_read_as_a_new_file(self, log, tmp_path):
        tail = Tail(tmp_path / "app.log*")
        append(log, *numbered("old", 50))
        tail.read()
        whole = log.read_bytes()
        for part in (100, 700, len(whole)):
            (tmp_path / "app.log.1").write_bytes(whole[:part])
            assert tail.read() == []
        os.truncate(log, 0)
        append(log, "new")
        assert tail.read() == [b"new"]

    @pytest.mark.parametrize("regrown", [1, 10, 40])
    def test_while_down_even_when_regrown_past_the_offset(self, log, tmp_path, regrown):
        tail = Tail(log)
        append(log, *numbered("old", 10))
        tail.read()
        append(log, "just before")
        tail.source.close()
        copytruncate(log, tmp_path / "app.log.1")
        append(log, *numbered("new", regrown))
        tail.restart()
        assert tail.read() == [b"just before", *encoded(numbered("new", regrown))]

    def test_regrown_to_the_same_size_while_running(self, log):
        tail = Tail(log)
        append(log, *numbered("old", 10))
        tail.read()
        os.truncate(log, 0)
        append(log, *numbered("new", 10))
        assert tail.read() == encoded(numbered("new", 10))

    def test_the_hole_that_a_writer_without_append_leaves_is_skipped(self, log, tmp_path):
        tail = Tail(log)
        with log.open("wb", buffering=0) as writer:
            writer.write(b"x" * 300_000 + b"\n")
            tail.read()
            copytruncate(log, tmp_path / "app.log.1")
            writer.write(b"after the hole\n")
            assert tail.read() == [b"after the hole"]
            writer.write(b"and on\n")
            assert tail.read() == [b"and on"]
        assert tail.source.status().nul_bytes_skipped == 300_001
        tail.restart()
        append(log, "later")
        assert tail.read() == [b"later"]


class TestTruncate:
    def test_to_zero_and_rewritten_between_two_looks(self, log):
        tail = Tail(log)
        append(log, *numbered("old", 100))
        tail.read()
        with log.open("wb") as writer:
            writer.writelines(line + b"\n" for line in encoded(numbered("new", 100)))
        assert tail.read() == encoded(numbered("new", 100))
        assert tail.read() == []

    @pytest.mark.parametrize("down", [False, True])
    def test_to_a_length_that_is_not_zero_reads_only_what_is_new(self, log, down):
        tail = Tail(log)
        lines = numbered("old", 10)
        append(log, *lines)
        tail.read()
        if down:
            tail.source.close()
        os.truncate(log, 2 * (len(lines[0]) + 1))
        append(log, "new")
        if down:
            tail.restart()
            assert tail.read()[-1] == b"new"  # the line that the stored digests cannot vouch for may come again
            assert len(tail.lines) <= 12
        else:
            assert tail.read() == [b"new"]
        append(log, "next")
        assert tail.read() == [b"next"]
        tail.restart()
        assert tail.read() == []

    def test_to_a_length_that_is_not_zero_after_a_restart_that_found_nothing_new(self, log):
        tail = Tail(log)
        lines = [f"{number} of a line whose length no digest ends at" for number in range(3)]
        append(log, *lines)
        tail.read()
        tail.restart()
        assert tail.read() == []
        os.truncate(log, 2 * (len(lines[0]) + 1))
        append(log, "new")
        assert tail.read() == [b"new"]

    def test_bytes_that_were_cut_off_unread_are_counted(self, log):
        tail = Tail(log)
        append(log, *numbered("old", 5))
        with log.open("ab") as writer:
            writer.write(b"unfinished")
        tail.read()
        os.truncate(log, 0)
        tail.read()
        tail.clock.advance(6)
        tail.read()
        assert tail.source.status().bytes_unread_lost == len(b"unfinished")


class TestIdentity:
    def test_a_reused_inode_is_another_file(self, log):
        tail = Tail(log)
        append(log, *numbered("old", 3))
        tail.read()
        inode = log.stat().st_ino
        tail.source.close()
        log.unlink()
        append(log, *numbered("new", 5))
        reused = log.stat().st_ino == inode
        tail.restart()
        assert tail.read() == encoded(numbered("new", 5)), f"inode reused: {reused}"

    def test_two_live_files_with_the_same_beginning_are_both_read(self, tmp_path):
        banner = numbered("banner", 100)
        tail = Tail(tmp_path / "*.log")
        append(tmp_path / "a.log", *banner)
        append(tmp_path / "b.log", *banner)
        assert len(tail.read()) == 200
        append(tmp_path / "a.log", "a")
        append(tmp_path / "b.log", "b")
        assert sorted(tail.read()) == [b"a", b"b"]
        tail.restart()
        append(tmp_path / "b.log", "b again")
        assert tail.read() == [b"b again"]

    def test_a_new_file_with_the_banner_of_the_rotated_one_is_read_whole(self, log, tmp_path):
        tail = Tail(tmp_path / "app.log*")
        append(log, "banner of this service, version 1, always the same")
        tail.read()
        log.rename(tmp_path / "app.log.1")
        append(log, "banner of this service, version 1, always the same", "x")
        assert tail.read() == [b"banner of this service, version 1, always the same", b"x"]

    @pytest.mark.parametrize("content", [b"", b"\n", b"x\n"])
    def test_tiny_files_are_read_at_once(self, log, content):
        log.write_bytes(content)
        assert Tail(log).read() == content.split(b"\n")[:-1]

    def test_identity_survives_growth_through_the_fingerprinted_size(self, log):
        tail = Tail(log)
        for n in range(200):
            append(log, f"{n:030}")
            assert tail.read() == [f"{n:030}".encode()]
            if n % 20 == 0:
                tail.restart()
        assert log.stat().st_size > 4096

    def test_a_swapped_symbolic_link_leads_to_a_new_file(self, tmp_path):
        link = tmp_path / "current.log"
        append(tmp_path / "one", "one")
        link.symlink_to(tmp_path / "one")
        tail = Tail(link)
        assert tail.read() == [b"one"]
        append(tmp_path / "one", "one late")
        append(tmp_path / "two", "two")
        link.unlink()
        link.symlink_to(tmp_path / "two")
        assert sorted(tail.read()) == [b"one late", b"two"]

    def test_overlapping_globs_and_hard_links_are_read_once(self, log, tmp_path):
        append(log, "once")
        os.link(log, tmp_path / "other.log")
        tail = Tail(log, tmp_path / "*.log", tmp_path / "**" / "*")
        assert tail.read() == [b"once"]

    def test_a_name_with_brackets_means_itself(self, tmp_path):
        path = tmp_path / "app[1].log"
        append(path, "x")
        assert Tail(path).read() == [b"x"]

    def test_a_name_that_is_not_utf8_is_followed_over_a_restart(self, tmp_path):
        path = tmp_path / os.fsdecode(b"bad\xff.log")
        append(path, "one")
        tail = Tail(tmp_path / "*.log")
        assert tail.read() == [b"one"]
        tail.restart()
        append(path, "two")
        assert tail.read() == [b"two"]


class TestCompressed:
    def test_a_known_part_is_not_read_again_once_compressed(self, log, tmp_path):
        tail = Tail(tmp_path / "app.log*")
        append(log, *numbered("old", 200))
        tail.read()
        log.rename(tmp_path / "app.log.1")
        append(log, "new")
        assert tail.read() == [b"new"]
        compress(tmp_path / "app.log.1")
        tail.clock.advance(6)
        assert tail.read() == []
        tail.clock.advance(6)
        assert tail.read() == []
        tail.restart()
        assert tail.read() == []

    @pytest.mark.parametrize("glob", ["app.log", "app.log*"])
    def test_only_the_unread_remainder_of_a_compressed_part_is_read(self, tmp_path, glob):
        log = tmp_path / "app.log"
        tail = Tail(tmp_path / glob)
        append(log, *numbered("old", 200))
        tail.read()
        tail.source.close()
        append(log, "remainder")
        compress(rename(log, tmp_path / "app.log.1"))
        append(log, "new")
        tail.restart()
        assert tail.read() == [b"remainder", b"new"]
        tail.restart()
        assert tail.read() == []

    def test_concatenated_members_are_one_stream(self, tmp_path):
        path = tmp_path / "app.log.1.gz"
        path.write_bytes(gzip.compress(b"one\ntw") + gzip.compress(b"o\n") + gzip.compress(b"") + gzip.compress(b"3\n"))
        assert Tail(path).read() == [b"one", b"two", b"3"]

    def test_a_cut_file_is_tried_again_when_it_has_grown(self, tmp_path):
        path = tmp_path / "app.log.1.gz"
        lines = numbered(os.urandom(2000).hex(), 50)
        whole = gzip.compress(b"".join(line + b"\n" for line in encoded(lines)))
        tail = Tail(path)
        path.write_bytes(whole[: len(whole) // 2])
        before = tail.read()
        assert "cut" in tail.source.status().last_error or "ends inside" in tail.source.status().last_error
        tail.restart()
        assert tail.read() == []
        path.write_bytes(whole)
        assert before + tail.read() == encoded(lines)
        assert tail.source.status().last_error == ""

    def test_an_archive_made_to_explode_stops_at_the_cap(self, tmp_path):
        path = tmp_path / "app.log.1.gz"
        path.write_bytes(gzip.compress(b"x" * 999 + b"\n" + b"\0" * 50_000_000))
        tail = Tail(path, max_gz_bytes=1_000_000)
        assert len(tail.read()) == 1
        assert "more than 1000000 bytes" in tail.source.status().last_error

    def test_a_file_that_is_no_gzip_is_reported(self, tmp_path):
        path = tmp_path / "app.log.1.gz"
        path.write_bytes(b"this is not compressed\n")
        tail = Tail(path)
        assert tail.read() == []
        assert "damaged" in tail.source.status().last_error

    def test_compressed_parts_can_be_left_out(self, tmp_path):
        (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(b"one\n"))
        assert Tail(tmp_path / "app.log*", gz=False).read() == []


class TestComingAndGoing:
    def test_a_file_that_is_not_there_yet_is_picked_up(self, log):
        tail = Tail(log)
        assert tail.read() == []
        append(log, "x")
        assert tail.read() == [b"x"]

    def test_deleted_and_created_again(self, log):
        tail = Tail(log)
        with log.open("ab", buffering=0) as writer:
            writer.write(b"one\n")
            tail.read()
            log.unlink()
            writer.write(b"unseen by name\n")
            append(log, "two")
            assert sorted(tail.read()) == [b"two", b"unseen by name"]

    def test_a_file_that_may_not_be_read_is_reported_and_read_once_it_may(self, log, monkeypatch):
        append(log, "x")
        tail = Tail(log)
        real = os.open

        def refuse(path, *args, **kwargs):
            if str(path) == str(log):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *args, **kwargs)

        with monkeypatch.context() as patch:  # chmod does not stop root
            patch.setattr(os, "open", refuse)
            assert tail.read() == []
            assert tail.source.status().last_error.endswith("app.log: Permission denied")
        assert tail.read() == [b"x"]
        assert tail.source.status().last_error == ""

    @pytest.mark.parametrize("restart", [False, True])
    def test_state_is_kept_while_the_folder_is_empty_for_some_looks(self, tmp_path, restart):
        folder = tmp_path / "logs"
        folder.mkdir()
        append(folder / "app.log", *numbered("a", 3))
        tail = Tail(folder / "*.log")
        tail.read()
        folder.rename(tmp_path / "away")
        for _ in range(100):
            tail.clock.advance(1)
            assert tail.read() == []
        (tmp_path / "away").rename(folder)
        append(folder / "app.log", "b")
        if restart:
            tail.restart()
        assert tail.read() == [b"b"]

    def test_few_descriptors_are_enough_for_many_files(self, tmp_path):
        tail = Tail(tmp_path / "*.log", max_open_files=4)
        for n in range(40):
            append(tmp_path / f"{n}.log", f"first {n}")
        assert len(tail.read()) == 40
        assert tail.source.status().open_files <= 4
        for n in range(40):
            append(tmp_path / f"{n}.log", f"second {n}")
        assert len(tail.read()) == 40

    def test_excluded_files_are_left_out(self, tmp_path):
        append(tmp_path / "app.log", "yes")
        append(tmp_path / "debug.log", "no")
        assert Tail(tmp_path / "*.log", exclude=["debug*"]).read() == [b"yes"]

    def test_starting_at_the_end_skips_what_was_there_and_reads_later_files_whole(self, log, tmp_path):
        append(log, "old")
        with log.open("ab") as writer:
            writer.write(b"half a ")
        tail = Tail(tmp_path / "*.log", from_start=False)
        assert tail.read() == []
        append(log, "line")
        append(tmp_path / "other.log", "whole")
        assert sorted(tail.read()) == [b"half a line", b"whole"]
        tail.restart()
        assert tail.read() == []


def compress(path):
    target = path.with_name(path.name + ".gz")
    with path.open("rb") as source, gzip.open(target, "wb") as out:
        shutil.copyfileobj(source, out)
    status = path.stat()
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    path.unlink()
