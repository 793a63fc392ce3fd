"""Resolved in a release, snoozed by count, escalating and calm again: what is stored, and what the timeline says."""

from __future__ import annotations

from pathlib import Path

import pytest
from life import MINUTE, T0, Life, line

from logmedic.collect.dialects.generic import RELEASE_FIELDS
from logmedic.doors import Git, SystemShell
from logmedic.group.release import newest
from logmedic.model import NANOSECONDS, Reason, State, Substate
from logmedic.pipeline.ancestry import Ancestry
from logmedic.reasons import SENTENCES, render

BUG = "stock is negative"


def resolve(life: Life, release: str, *, next_: bool = False, minute: float = 10) -> None:
    incident = life.the("stock")
    with life.change(minute) as changes:
        changes.set_state(
            incident.id,
            State.RESOLVED,
            Reason("resolved-in-release", {"release": release}),
            resolved_in=release,
            resolved_next=next_,
        )


def state(life: Life) -> tuple[State, Substate, int]:
    incident = life.the("stock")
    return incident.state, incident.substate, incident.count


def test_older_releases_do_not_reopen_what_is_resolved_in_a_later_one(life: Life) -> None:
    life.errors(BUG, [0], release="1.9.0")
    resolve(life, "1.10.0")
    assert not life.errors(BUG, [20, 30], release="1.9.0").raised
    assert not life.errors(BUG, [40], release="1.9.1").raised
    assert state(life) == (State.RESOLVED, Substate.NEW, 4)
    incident = life.the("stock")
    assert incident.held is not None
    assert incident.held.code == "older-release"
    assert life.codes(incident) == [
        ("new", "new"), ("resolved", "resolved-in-release"), ("held", "older-release"),
    ], "once, not for each batch"  # fmt: skip


@pytest.mark.parametrize("release", ["1.10.0", "1.10.1", "2.0.0"])
def test_that_release_or_a_later_one_is_a_regression(life: Life, release: str) -> None:
    life.errors(BUG, [0], release="1.9.0")
    resolve(life, "1.10.0")
    assert life.errors(BUG, [20], release=release).raised
    assert state(life) == (State.OPEN, Substate.REGRESSED, 2)
    incident = life.the("stock")
    assert incident.why == Reason("regressed-in-release", {"release": release, "resolved": "1.10.0"})
    assert incident.resolved_in is incident.held is None, "the terms end with the state"


@pytest.mark.parametrize("fields", [{}, {"release": "never seen before"}])
def test_what_cannot_be_compared_reopens(life: Life, fields: dict[str, str]) -> None:
    life.errors(BUG, [0], release="blue")
    resolve(life, "1.10.0")
    assert life.errors(BUG, [20], **fields).raised
    assert life.the("stock").why.code in {"regressed-unknown-release", "regressed-in-release"}


def test_one_record_of_the_release_among_many_of_older_ones_is_enough(life: Life) -> None:
    life.errors(BUG, [0], release="1.9.0")
    resolve(life, "1.10.0")
    lines = [line(BUG, 20, release="1.9.0")] * 30
    lines[17] = line(BUG, 20, release="1.10.0")
    assert life.count(*lines, minute=21).raised


def test_more_releases_in_a_batch_than_are_kept_reopen_rather_than_hide(life: Life) -> None:
    life.errors(BUG, [0], release="1.9.0")
    resolve(life, "3.0.0")
    assert life.count(*(line(BUG, 20, release=f"1.{n}.0") for n in range(30)), minute=21).raised


def test_opaque_releases_are_ordered_by_when_they_were_first_seen(life: Life) -> None:
    life.errors(BUG, [0], release="blue")
    resolve(life, "green")
    assert not life.errors(BUG, [20], release="blue").raised, "seen before green was named"
    assert life.errors(BUG, [30], release="green").raised
    resolve(life, "green", minute=40)
    assert life.errors(BUG, [50], release="red").raised, "seen for the first time after green"


def test_resolved_in_the_next_release_waits_for_one_that_is_later_than_the_latest(life: Life) -> None:
    life.errors(BUG, [0], release="1.9.0")
    life.errors(BUG, [1], release="1.10.0")
    latest = newest(life.store.releases("shop"))
    assert latest == "1.10.0"
    resolve(life, latest, next_=True)
    assert not life.errors(BUG, [20], release="1.10.0").raised
    assert life.the("stock").held.code == "older-than-next-release"
    assert not life.errors(BUG, [30], release="1.8.0").raised, "an old one that was never seen before"
    assert life.errors(BUG, [40], release="1.10.1").raised


def test_commits_are_ordered_by_the_repository(tmp_path: Path) -> None:
    shell = SystemShell()
    folder = tmp_path / "repo"
    folder.mkdir()
    commits = []

    def git(*argv: str) -> str:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"]
        ran = shell.run(
            ["git", "-C", str(folder), *who, *argv], timeout=20, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        )
        assert ran.code == 0, ran.err
        return ran.out.decode().strip()

    git("init", "-q", "-b", "main")
    for n in range(3):
        git("commit", "-q", "--allow-empty", "-m", f"c{n}")
        commits.append(git("rev-parse", "HEAD"))
    git("checkout", "-q", "-b", "side", commits[0])
    git("commit", "-q", "--allow-empty", "-m", "aside")
    side = git("rev-parse", "HEAD")
    order = Ancestry(Git(folder, shell))
    assert order(commits[0], commits[2][:9]) == -1
    assert order(commits[2], commits[0]) == 1
    assert order(commits[1], commits[1][:10]) == 0
    assert order(side, commits[2]) is None, "neither came out of the other"
    assert order("0" * 40, commits[0]) is None
    assert order("--all", commits[0]) is None
    life = Life(f"sqlite:///{tmp_path / 'state.db'}", ancestry=order)
    life.errors(BUG, [0], git_sha=commits[0])
    resolve(life, commits[1])
    assert not life.errors(BUG, [20], git_sha=commits[0][:12]).raised
    assert life.errors(BUG, [30], git_sha=commits[2]).raised
    life.store.close()


def snooze(life: Life, **terms: int) -> None:
    with life.change(5) as changes:
        changes.set_state(life.the("stock").id, State.SNOOZED, Reason("snoozed-count", {"more": 3}), **terms)


def test_a_snooze_by_count_ends_with_that_many_more(life: Life) -> None:
    life.errors(BUG, [0, 1])
    snooze(life, snooze_more=3)
    assert not life.errors(BUG, [20, 21]).raised
    assert life.errors(BUG, [40]).raised
    incident = life.the("stock")
    assert (incident.state, incident.why) == (State.OPEN, Reason("snooze-counted", {"limit": 5, "total": 5}))
    assert incident.snooze_count is None


def test_a_snooze_ends_when_it_escalates(life: Life) -> None:
    life.errors(BUG, [0, 1])
    snooze(life, snoozed_until=T0 + 10_000 * MINUTE)
    assert not life.errors(BUG, [200 + n for n in range(20)]).raised
    assert life.errors(BUG, [300 + n / 5 for n in range(200)]).raised
    assert (life.the("stock").substate, life.the("stock").state) == (Substate.ESCALATING, State.OPEN)


def test_what_escalated_is_calm_again_and_says_so(life: Life) -> None:
    life.errors(BUG, [0, 1])
    assert life.errors(BUG, [300 + n / 5 for n in range(200)]).raised
    assert not life.errors(BUG, [350 + n / 5 for n in range(50)]).raised, "people have heard that it escalates"
    assert life.errors(BUG, [360 + n / 20 for n in range(900)]).raised, "it has doubled"
    assert life.the("stock").why.code == "still-escalating"
    assert life.errors(BUG, [600]).raised
    assert (life.the("stock").substate, life.the("stock").why.code) == (Substate.ONGOING, "calm")


def test_what_escalated_and_stopped_is_calm_with_whatever_is_read_next(life: Life) -> None:
    life.errors(BUG, [0, 1])
    life.errors(BUG, [300 + n / 5 for n in range(200)])
    life.errors("something else", [345])
    assert life.the("stock").substate is Substate.ESCALATING
    life.errors("something else", [420])
    assert life.the("stock").substate is Substate.ONGOING
    assert life.codes(life.the("stock"))[-1] == ("ongoing", "quiet")


def test_releases_of_a_service_are_kept_in_bounds(life: Life) -> None:
    for n in range(120):
        life.count(*(line(f"bug {m}", 1, release=f"r-{n}-{m}-x") for m in "abcdefg"), minute=2)
    assert len(life.store.releases("shop")) == 500


@pytest.mark.parametrize("field", RELEASE_FIELDS)
def test_a_release_is_read_from_every_field_that_the_page_lists(life: Life, field: str) -> None:
    life.errors(BUG, [0], **{field: "1.9.0"})
    assert life.store.releases("shop").keys() == {"1.9.0"}
    for language in ("en", "ko"):
        page = Path(__file__).resolve().parents[2] / "docs" / language / "incidents.md"
        assert f"`{field}`" in page.read_text("utf-8")


def test_every_reason_in_a_timeline_can_be_said_in_both_languages(life: Life) -> None:
    life.errors(BUG, [0], release="1.9.0")
    resolve(life, "1.10.0")
    life.errors(BUG, [20], release="1.9.0")
    life.errors(BUG, [30], release="1.10.0")
    for entry in life.store.timeline(life.the("stock").id):
        said = render(entry.why)
        assert entry.why.code in SENTENCES
        assert said.en == entry.reason
        assert "?" not in said.ko
        assert any("가" <= c <= "힣" for c in said.ko)
    assert life.the("stock").first_seen % NANOSECONDS == 0
