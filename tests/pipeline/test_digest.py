"""What a block of lines comes to, before anything is stored."""

from __future__ import annotations

import itertools
import json

from logmedic import build
from logmedic.collect.interface import Batch, Position
from logmedic.model import NANOSECONDS
from logmedic.pipeline.digest import Digest

NOW = 1_790_000_000 * NANOSECONDS


def digest_of(*lines: dict[str, object]) -> Digest:
    data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    digest = Digest()
    build.digester(build.Config()).add(digest, Batch("s", "1", 0, data, Position("s", "1", len(data)), "generic"), NOW)
    return digest


def error(time: str, message: str = "boom") -> dict[str, object]:
    return {"timestamp": time, "level": "ERROR", "message": message}


def test_a_line_from_the_future_counts_as_of_now_so_that_it_cannot_make_later_errors_late() -> None:
    digest = digest_of(error("2026-09-22T10:00:00Z"))
    (delta,) = digest.folds[0].drain()
    assert (delta.first, delta.last) == (NOW, NOW)
    assert digest.errors == [("", NOW)]
    assert "time-ahead" in delta.samples[0].record.flags


def test_a_clock_that_is_a_little_ahead_is_believed() -> None:
    digest = digest_of(error("2026-09-21T14:13:50Z"))
    (delta,) = digest.folds[0].drain()
    assert delta.last == NOW + 30 * NANOSECONDS


def test_digests_of_consecutive_batches_add_up_to_the_digest_of_both() -> None:
    lines = [error("2026-09-21T14:00:00Z", f"user {n} not found in shard {n % 3}") for n in range(40)]
    lines += [{"level": "INFO", "message": "ok"}, error("2026-09-21T13:00:00Z", "disk full")]
    whole, first, second = digest_of(*lines), digest_of(*lines[:17]), digest_of(*lines[17:])
    first.absorb(second)
    assert (first.lines, first.rejected, first.matches) == (whole.lines, whole.rejected, whole.matches)
    assert first.errors == whole.errors
    for one, other in zip(first.folds[0].drain(), whole.folds[0].drain(), strict=True):
        assert (one.fingerprint, one.count, one.first, one.last) == (
            other.fingerprint, other.count, other.first, other.last,
        )  # fmt: skip
        assert (one.minutes, one.rules, one.severity) == (other.minutes, other.rules, other.severity)


def test_a_digest_takes_more_fingerprints_than_one_fold_holds() -> None:
    words = [f"{a}{b}{c}" for a in "kmrt" for b in "aeio" for c in "ln"][:16]
    messages = [" ".join(four) for four in itertools.product(words, words, words, words[:2])]
    lines = [error("2026-09-21T14:00:00Z", message) for message in messages]
    digest = digest_of(*lines)
    assert digest.full
    assert sum(delta.count for fold in digest.folds for delta in fold.drain()) == len(lines) == 8192


def test_a_batch_that_only_carries_a_position_needs_no_dialect() -> None:
    digest = Digest()
    notice = Batch("s", "1", 0, b"", Position("s", "1", 7), "")
    assert build.digester(build.Config()).add(digest, notice, NOW) == (0, 0)
    assert not digest.found_something


def test_a_secret_in_a_service_or_a_code_is_gone_before_anything_counts_it() -> None:
    secret = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
    digest = digest_of(error("2026-09-21T14:00:00Z") | {"service": f"shop {secret}", "error_code": f"E {secret}"})
    (delta,) = digest.folds[0].drain()
    assert (delta.service, delta.error_code) == ("shop <github-token:1>", "E <github-token:1>")
    assert [service for service, _ in digest.errors] == ["shop <github-token:1>"]
    assert all(secret not in service for _, service, _ in digest.matches)
