"""The sentences for why something happens to an incident."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from logmedic.model import Incident, Reason, Severity, Text
from logmedic.reasons import EVENTS, SENTENCES, render, span, why_now

SOURCE = Path(__file__).resolve().parents[1] / "src" / "logmedic"
MADE = re.compile(r'Reason\(\s*"([\w-]+)"')


def blanks(text: str) -> set[tuple[str | None, str | None]]:
    found = [(name, spec) for _, name, spec, _ in string.Formatter().parse(text)]
    return {(name, "" if spec == "word" else spec) for name, spec in found if name is not None}


# What comes of asking a model is told whole in each language: its words arise where the model is asked.
@pytest.mark.parametrize("code", sorted(SENTENCES.keys() - {"model", "fix"}))
def test_both_languages_show_the_same_figures(code: str) -> None:
    text = SENTENCES[code]
    assert text.en
    assert text.ko
    assert blanks(text.en) == blanks(text.ko)


def test_every_reason_that_the_code_gives_has_a_sentence() -> None:
    given = {code for file in SOURCE.rglob("*.py") for code in MADE.findall(file.read_text("utf-8"))}
    assert len(given) > 20
    assert given <= SENTENCES.keys()


def test_every_event_has_a_name_in_both_languages() -> None:
    assert all(text.en and text.ko for text in EVENTS.values())


def test_figures_are_shown_as_people_read_them() -> None:
    hour = 3_600_000_000_000
    assert render(Reason("regressed", {"after": 3 * hour})) == Text(
        "regressed after resolve, 3 h after it was last seen", "해결 후 재발, 마지막 발생 3시간 뒤"
    )
    assert "2026-01-01 00:00 UTC" in render(Reason("snoozed-for", {"until": 1_767_225_600_000_000_000})).en
    assert "usually 0.4" in render(Reason("escalating", {"rate": 50, "usual": 0.375})).en


def test_what_an_older_or_a_newer_release_has_written_is_still_shown() -> None:
    assert render(Reason("of-the-future", {"x": 1})).en == "of-the-future"
    assert render(Reason("merged-into")).en == "merged into incident ?"
    assert render(Reason("ongoing", {"total": 3, "since": "odd"})).en.endswith("odd ago")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 days")],
)
def test_lengths_of_time(seconds: int, text: str) -> None:
    assert span(seconds * 1_000_000_000) == text


def test_an_incident_without_a_code_says_what_it_was_stored_with() -> None:
    incident = Incident(
        id=1, fingerprint="v1:a", title="t", culprit="", service="", error_code=None, severity=Severity.INFO,
        floor=Severity.INFO, first_seen=0, last_seen=0, count=1, generation=1, reason="by an older release",
    )  # fmt: skip
    assert why_now(incident, "ko") == "by an older release"
