"""Evidence from the logs themselves, wherever rotation has put the lines."""

import pytest

from logmedic.model import Ref

from .tail import Tail, append
from .test_file_rotation import compress

START = 1_767_225_600


def entry(n: int, request: str | None = None) -> str:
    second = f"{n // 60:02}:{n % 60:02}"
    body = f'"timestamp":"2026-01-01T00:{second}Z","level":"INFO","message":"entry {n}"'
    return "{" + body + (f',"request_id":"{request}"' if request else "") + "}"


@pytest.fixture
def tail(tmp_path):
    append(tmp_path / "app.log", *(entry(n, f"req-{n // 10}") for n in range(100)))
    tail = Tail(tmp_path / "app.log*", dialect="auto")
    tail.read()
    return tail


def ref_of(tail, n: int) -> Ref:
    (stream, offset) = next(key for key, line in tail.rows.items() if f'"entry {n}"'.encode() in line)
    return Ref("files", stream, offset)


def messages(records) -> list[str]:
    return [record.message for record in records]


def test_neighbours_come_in_order_with_the_record_itself(tail):
    assert messages(tail.source.around(ref_of(tail, 50), 2, 1)) == [f"entry {n}" for n in (48, 49, 50, 51)]


def test_neighbours_end_with_the_file(tail):
    assert messages(tail.source.around(ref_of(tail, 1), 5, 0)) == ["entry 0", "entry 1"]
    assert messages(tail.source.around(ref_of(tail, 99), 1, 5)) == ["entry 98", "entry 99"]
    assert messages(tail.source.around(ref_of(tail, 0), 0, 0)) == ["entry 0"]


def test_a_record_names_where_it_was_read(tail):
    ref = ref_of(tail, 50)
    record = tail.source.around(ref, 0, 0)[0]
    assert (record.ref.stream, record.ref.offset) == (ref.stream, ref.offset)
    assert len(record.raw) == record.ref.length


@pytest.mark.parametrize("gz", [False, True])
def test_neighbours_are_found_in_rotated_parts_after_a_restart(tail, tmp_path, gz):
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    if gz:
        compress(tmp_path / "app.log.1")
    append(tmp_path / "app.log", entry(100))
    tail.restart()
    tail.read()
    assert messages(tail.source.around(ref_of(tail, 50), 1, 1)) == ["entry 49", "entry 50", "entry 51"]


def test_a_log_that_is_gone_or_was_never_there_answers_nothing(tail, tmp_path):
    ref = ref_of(tail, 50)
    (tmp_path / "app.log").write_bytes(b"something else\n" * 1_000)
    assert tail.source.around(ref, 1, 1) == []
    assert tail.source.around(Ref("files", "unheard of", 0), 1, 1) == []
    assert tail.source.by_request("req-3", 0, 2**62) == []


def test_an_offset_inside_a_line_answers_nothing(tail):
    ref = ref_of(tail, 50)
    assert tail.source.around(Ref("files", ref.stream, ref.offset + 1), 1, 1) == []


def test_lines_of_a_request_are_found_by_whole_word(tail):
    found = tail.source.by_request("req-1", 0, 2**62)
    assert messages(found) == [f"entry {n}" for n in range(10, 20)]
    assert tail.source.by_request("eq-1", 0, 2**62) == []
    assert tail.source.by_request("", 0, 2**62) == []


def test_lines_of_a_request_are_limited_in_time_and_number(tail):
    since = (START + 12) * 10**9
    assert messages(tail.source.by_request("req-1", since, since + 2 * 10**9)) == ["entry 12", "entry 13", "entry 14"]
    assert len(tail.source.by_request("req-1", 0, 2**62, limit=3)) == 3


def test_lines_of_a_request_come_in_order_over_a_rotation(tail, tmp_path):
    append(tmp_path / "app.log", entry(100, "req-x"))
    (tmp_path / "app.log").rename(tmp_path / "app.log.1")
    append(tmp_path / "app.log", entry(101, "req-x"))
    tail.read()
    assert messages(tail.source.by_request("req-x", 0, 2**62)) == ["entry 100", "entry 101"]


def test_a_search_is_bounded_in_bytes_and_prefers_the_newest(tmp_path):
    append(tmp_path / "app.log", entry(0, "req"), *(entry(n) for n in range(1, 1_000)), entry(1_000, "req"))
    tail = Tail(tmp_path / "app.log", dialect="auto", search_bytes=10_000)
    tail.read()
    assert messages(tail.source.by_request("req", 0, 2**62)) == ["entry 1000"]


def test_a_question_between_two_batches_does_not_disturb_the_reading(tmp_path):
    append(tmp_path / "app.log", *(entry(n, "req") for n in range(50)))
    tail = Tail(tmp_path / "app.log", dialect="auto", block_bytes=500)
    seen = []
    for batch in tail.source.read():
        tail.source.by_request("req", 0, 2**62)
        seen += tail.commit(batch)
    assert len(seen) == 50
