"""A secret that straddles the place where a long message is cut survives nowhere."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.group.fingerprint import Grouper
from logmedic.group.stacks import PARSERS
from logmedic.group.template import LONGEST_TEXT
from logmedic.model import Grouping, Level, LogRecord, Ref
from logmedic.redact import Redactor

OWN = "our-own-webhook-token-0123456789"
SECRETS = {
    "sk-ant-" + "a1B2c3D4" * 12: "a1B2c3D4",
    "ghp_" + "Zy9Xw8Vu" * 5: "Zy9Xw8Vu",
    "eyJ" + "hbGciOiJI" * 4 + "." + "eyJzdWIi" * 60 + "." + "c2lnbmF0" * 6: "eyJzdWIi",
    "postgres://app:Hunter2Zq8Kd@db/x": "Hunter2",
    f"hook {OWN} end": "webhook",
}
GROUPER = Grouper(redactor=Redactor(secrets=(OWN,)))


def record(message: str, **more: object) -> LogRecord:
    return LogRecord(ref=Ref("s", "1", 0), time=0, level=Level.ERROR, message=message, **more)  # type: ignore[arg-type]


def padded(secret: str, before: int) -> str:
    """The secret with its first character at ``before``, among ordinary (long) words."""
    return (
        ("wordsofthirtycharactersandmore " * (before // 31 + 1))[: before - 1]
        + " "
        + secret
        + " and then some more" * 500
    )


def shown(grouping: Grouping) -> str:
    stack = "" if grouping.stack is None else " ".join(p.message for p in grouping.stack.parts)
    return f"{grouping.title} {grouping.culprit} {stack} " + json.dumps(
        [(c.name, c.value, c.masked) for c in grouping.components]
    )


@given(st.sampled_from(sorted(SECRETS)), st.integers(1, 80))
def test_in_a_message_or_an_exception(secret: str, inside: int) -> None:
    text = padded(secret, LONGEST_TEXT - inside)
    for one in (record(text), record("failed", exception_type="E", exception_message=text)):
        for explain in (False, True):
            assert SECRETS[secret] not in shown(GROUPER(one, explain=explain))


@given(st.sampled_from(sorted(SECRETS)), st.integers(1, 80))
def test_in_the_message_of_a_stack_trace(secret: str, inside: int) -> None:
    text = padded(secret, LONGEST_TEXT - inside)
    python = f'Traceback (most recent call last):\n  File "/srv/a.py", line 1, in f\n    g()\nValueError: {text}'
    rust = f"thread 'main' panicked at src/main.rs:1:2:\n{text}\nstack backtrace:\n   0: shop::main\n"
    for trace in (python, rust):
        assert any(parser.looks_like(trace) for parser in PARSERS)
        grouping = GROUPER(record("failed", stack_text=trace))
        assert SECRETS[secret] not in Redactor(secrets=(OWN,)).text(shown(grouping))


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_behind_so_much_else_that_is_taken_out_that_the_cut_moves(secret: str) -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "QUJD" * 3_800 + "\n-----END PRIVATE KEY-----"
    text = f"{key} {secret} " + "x" * 30_000
    for shift in range(0, 900, 50):
        assert SECRETS[secret] not in shown(GROUPER(record("y" * shift + " " + text)))


def test_a_long_message_is_still_told_apart_by_its_beginning() -> None:
    def fingerprint(word: str) -> str:
        return GROUPER(record(f"the {word} broke: " + "detail " * 2_000)).fingerprint

    assert fingerprint("disk") == fingerprint("disk") != fingerprint("lamp")
