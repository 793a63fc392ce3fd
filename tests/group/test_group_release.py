"""Which of two releases is older."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.group.release import compare_versions, is_commit, newest, order_of, unknown

# Semantic Versioning 2.0.0, item 11, and what people write besides
ASCENDING = (
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
    "v1.0.0", "1.0.1", "1.2", "1.9.9", "1.10.0", "2.0.0-0", "2.0.0", "2026.11.22.1", "2026.11.22.2",
)  # fmt: skip


def test_versions_are_ordered_by_precedence_not_by_letters() -> None:
    for place, older in enumerate(ASCENDING):
        for later in ASCENDING[place + 1 :]:
            assert compare_versions(older, later) == -1, (older, later)
            assert compare_versions(later, older) == 1


@pytest.mark.parametrize(
    "release", ["", "latest", "1", "4f2a91c", "1.2.3.4.5", "1.2.x", "prod-1.2.3", "1.2.3-", "１.２"]
)
def test_what_is_no_version_is_not_compared_as_one(release: str) -> None:
    assert compare_versions(release, "1.0.0") is None


def test_versions_of_different_packages_have_no_order() -> None:
    assert compare_versions("shop@1.2.0", "shop@1.10.0") == -1
    assert compare_versions("shop@1.2.0", "api@1.10.0") is None


def test_builds_of_one_version_are_ordered_by_first_sight() -> None:
    order = order_of({"1.4.0+7": 1, "1.4.0+8": 2})
    assert order("1.4.0+8", "1.4.0+7") == 1
    assert order("1.4.0+9", "1.4.0+7") is None


def test_commits_are_ordered_by_git_and_where_it_does_not_know_by_first_sight() -> None:
    asked: list[tuple[str, str]] = []

    def git(a: str, b: str) -> int | None:
        asked.append((a, b))
        return {("aaaaaaa", "bbbbbbb"): 1}.get((a, b))

    order = order_of({"aaaaaaa": 1, "bbbbbbb": 2, "ccccccc": 3, "blue": 4}, git)
    assert order("aaaaaaa", "bbbbbbb") == 1, "deployed in the other order"
    assert order("bbbbbbb", "ccccccc") < 0
    assert order("aaaaaaa", "blue") < 0
    assert order("aaaaaaa", "ddddddd") is None
    assert asked == [("aaaaaaa", "bbbbbbb"), ("bbbbbbb", "ccccccc"), ("aaaaaaa", "ddddddd")], "git sees only commit ids"


def test_only_what_can_be_a_commit_id_is_one() -> None:
    assert is_commit("4f2a91c")
    assert not any(map(is_commit, ("--all", "4f2a91", "HEAD", "4f2a91c\n", "4F2A91C0", "a" * 41, "main..x")))


def test_the_newest_release_is_by_version_not_by_first_sight() -> None:
    assert newest({"1.10.0": 1, "1.9.0": 2}) == "1.10.0"
    assert newest({"blue": 1, "green": 2}) == "green"
    assert newest({}) is None


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_are_compared_alike_from_both_sides(a: str, b: str) -> None:
    there, back = compare_versions(a, b), compare_versions(b, a)
    assert there is back is None or (there is not None and there == -back)  # type: ignore[operator]
    assert unknown(a, b) == (0 if a == b else None)
