"""Our own secrets, in every spelling in which a log may have them."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logmedic.redact import RedactConfig, Redactor

SECRET = "kürz/+=&\"\\ lang'7"
SPELLINGS = {
    "plain": SECRET,
    "percent": quote(SECRET, safe=""),
    "percent, lower case": re.sub("%..", lambda found: found[0].lower(), quote(SECRET, safe="")),
    "percent, slashes kept": quote(SECRET),
    "form": quote_plus(SECRET),
    "percent twice": quote(quote(SECRET, safe=""), safe=""),
    "json": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "json, ascii": json.dumps(SECRET)[1:-1],
    "json in json": json.dumps(json.dumps(SECRET))[3:-3],
    "html": html.escape(SECRET),
    "repr": repr(SECRET)[1:-1],
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 for addresses": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "basic": base64.b64encode(b"app:" + SECRET.encode()).decode(),
    "basic, another user": base64.b64encode(b"admin:" + SECRET.encode() + b"\n").decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_own_secret_goes_however_it_is_spelled(spelling: str) -> None:
    redact = Redactor(secrets=[SECRET])
    assert redact.exact(f"x [{SPELLINGS[spelling]}] y") == "x [<own:1>] y"
    assert redact.text(f"x [{SPELLINGS[spelling]}] y") == "x [<own:1>] y"


def test_a_line_that_holds_one_is_never_taken_for_a_clean_one() -> None:
    redact = Redactor(secrets=["plain words of ours"])
    for raw in (b'{"a":"plain words of ours"}', b"x plain words of ours", b'{"plain words of ours":1}'):
        assert b"words" not in redact.line(raw).raw
        assert redact.line(raw).found == {"own": 1}


@given(st.text(min_size=6, max_size=20), st.binary(max_size=5), st.binary(max_size=5))
def test_of_a_secret_within_base64_the_whole_run_goes(secret: str, before: bytes, behind: bytes) -> None:
    encoded = base64.b64encode(before + secret.encode() + behind).decode()
    clean = Redactor(secrets=[secret]).exact(f" {encoded} ")
    if len(secret.encode()) >= 8:  # of shorter ones too few characters are certain
        assert encoded.strip("=") not in clean


def test_configured_words_are_own_and_short_ones_are_nobodys() -> None:
    redact = Redactor(RedactConfig(words=("Project Zebra", "tiny")), secrets=["five5"])
    assert redact.text("Project Zebra tiny five5 Project%20Zebra") == "<own:1> tiny five5 <own:2>"
