"""Signs that an outage came from outside, by what the errors of the episode say."""

from __future__ import annotations

import itertools

import msgspec
import pytest
from investigate_scenes import record

from logmedic.investigate.faults.clues import clues
from logmedic.investigate.faults.taxonomy import classify
from logmedic.investigate.suspects.outside import signs
from logmedic.investigate.suspects.scene import Scene
from logmedic.investigate.suspects.signals import episode_texts

SUBJECT = record("the model did not answer within 1 s", time=100)
SCENE = Scene(
    kind=classify(SUBJECT, None).kind, clues=clues(SUBJECT, None), places=(), changes=(), blamed={}, first_seen=100,
    hit=("shop",), services=("shop",), service="shop", subject=SUBJECT.message,
)  # fmt: skip


def test_what_a_service_further_along_says_is_a_weaker_sign_than_the_error_itself():
    other = msgspec.structs.replace(record("provider degraded", time=101), service="reports")
    far = msgspec.structs.replace(SCENE, told=(SUBJECT, other))
    near = msgspec.structs.replace(SCENE, subject="provider degraded")
    assert signs(SCENE, episode_texts(SCENE), ())["provider"] == 0.0
    assert 0 < signs(far, episode_texts(far), ())["provider"] < 1
    assert signs(near, episode_texts(near), ())["provider"] == 1.0


ALIKE = [
    record("Summary failed", time=99, exception_type=name, exception_message=said)
    for name, said in (
        ("AiRateLimitedError", "too many"),
        ("AiOverloadedError", "overloaded"),
        ("AiTimeoutError", "no"),
    )
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_errors_with_one_message_are_told_apart_whichever_came_first(order):
    scene = msgspec.structs.replace(SCENE, told=tuple(ALIKE[n] for n in order))
    assert signs(scene, episode_texts(scene), ())["provider"] == 1.0
