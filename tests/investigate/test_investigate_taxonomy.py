"""The kind of a fault, from types, words and codes; every kind has its sentences in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from investigate_scenes import EPOCH, REDACTOR, case, record

from growth import assert_in_proportion
from logmedic.investigate.faults import kinds
from logmedic.investigate.faults.clues import clues
from logmedic.investigate.faults.kind import Code
from logmedic.investigate.faults.kinds import KINDS
from logmedic.investigate.faults.taxonomy import classify
from logmedic.investigate.offline import OfflineInvestigator
from logmedic.model import ExceptionPart, Frame, Stack


def kind(message: str = "", stack: Stack | None = None, **more) -> str:
    return classify(record(message, time=1, **more), stack).kind.id


def chain(*types: str, code: str = "", path: str = "app/x.py") -> Stack:
    """An exception and its causes, the surfaced one first."""
    frame = Frame("f", path, 1, code=code, in_app=True)
    return Stack("python", tuple(ExceptionPart(t, "m", (frame,)) for t in types))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("OSError: [Errno 28] No space left on device: '/var/log/a.log'", "disk-full"),
        ("called `Result::unwrap()` on an `Err` value: Os { code: 28, No space left on device }", "disk-full"),
        ("QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30", "pool-exhausted"),
        ("pool timed out while waiting for an open connection", "pool-exhausted"),
        ("FATAL: sorry, too many clients already", "pool-exhausted"),
        ("HikariPool-1 - Connection is not available, request timed out after 30000ms", "pool-exhausted"),
        ("invalid peer certificate: Expired", "certificate"),
        ("x509: certificate has expired or is not yet valid", "certificate"),
        ("dial tcp: lookup db.internal: no such host", "dns"),
        ("getaddrinfo ENOTFOUND api.example.com", "dns"),
        ("error 529: {'type': 'overloaded_error'}", "overloaded"),
        ("Error code: 429 - rate_limit_error", "rate-limited"),
        ("upstream responded with status 429", "rate-limited"),
        ("upstream returned 503", "upstream-error"),
        ("POST failed with status 503", "upstream-down"),
        ("Incorrect API key provided", "credentials"),
        ('password authentication failed for user "shop"', "credentials"),
        ("JWT expired at 2026-01-01", "client-error"),
        ("context deadline exceeded", "upstream-timeout"),
        ("tcp connect error: Connection refused (os error 111)", "connection"),
        ("column \"total\" of relation \"orders\": no such column", "schema"),
        ("duplicate key value violates unique constraint", "constraint"),
        ("deadlock detected", "deadlock"),
        ("called `Option::unwrap()` on a `None` value", "empty-value"),
        ("runtime error: invalid memory address or nil pointer dereference", "empty-value"),
        ("TypeError: Cannot read properties of undefined (reading 'id')", "empty-value"),
        ("index out of bounds: the len is 3 but the index is 7", "out-of-range"),
        ("attempt to subtract with overflow", "arithmetic"),
        ("KeyError: 'timeout'", "missing-key"),
        ("AttributeError: 'NoneType' object has no attribute 'timeout'", "empty-value"),
        ("java.lang.OutOfMemoryError: Java heap space", "out-of-memory"),
        ("accept: too many open files", "too-many-files"),
        ("No module named 'yaml'", "missing-module"),
        ("environment variable STRIPE_KEY is not set", "missing-setting"),
        ("open /etc/app/config.yml: no such file or directory", "missing-file"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'a.html'", "missing-file"),
        ("jinja2.exceptions.TemplateNotFound: a.html", "missing-file"),
        ("Error: query failed { code: 'ENOTFOUND', syscall: 'query' }", "dns"),
        ("broken pipe", "cancelled"),
        ("all is well", "unknown"),
        ("processed 429 items", "unknown"),
        ("", "unknown"),
    ],
)  # fmt: skip
def test_words_tell_the_kind(message, expected):
    assert kind(message) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AI_TIMEOUT", "upstream-timeout"),
        ("AI_RATE_LIMIT", "rate-limited"),
        ("AI_OVERLOADED", "overloaded"),
        ("DB_POOL_EXHAUSTED", "pool-exhausted"),
        ("DB_CONNECTION", "connection"),
        ("DB_DEADLOCK", "deadlock"),
        ("AUTH_TOKEN_EXPIRED", "client-error"),
        ("AUTH_FORBIDDEN", "client-error"),
        ("VALIDATION_ERROR", "client-error"),
        ("AI_API_KEY", "credentials"),
        ("WHATEVER", "unknown"),
    ],
)
def test_an_error_code_tells_the_kind_when_words_do_not(code, expected):
    assert kind("it failed", error_code=code) == expected


def test_a_bug_type_deep_in_the_chain_beats_the_wrapper_and_its_code():
    assert kind("call failed", chain("AIServiceError", "KeyError"), error_code="AI_TIMEOUT") == "missing-key"


def test_a_client_error_that_surfaces_beats_the_bug_type_that_it_was_made_of():
    assert kind("not found", chain("app.errors.NotFound", "KeyError")) == "client-error"


def test_a_missing_variable_of_the_environment_is_a_setting_not_a_bug():
    assert kind("boom", chain("KeyError", code='KEY = os.environ["STRIPE_KEY"]')) == "missing-setting"
    assert kind("boom", chain("KeyError", code='order["total"]')) == "missing-key"


def test_our_own_answer_of_4xx_is_a_client_error():
    assert kind("Response sent", fields={"status": 404}) == "client-error"
    assert kind("Response sent", fields={"status": True}) == "unknown"


def test_every_kind_speaks_both_languages_and_says_what_to_do():
    for one in (*KINDS.values(), kinds.SLOW, kinds.SURGE, kinds.STORM, kinds.UNKNOWN):
        assert one.actions, one.id
        for text in (one.root, *one.actions):
            assert text.en.endswith(".")
            assert text.ko.endswith(("요.", "다."))
            assert text.en.isascii()


def test_phrases_and_codes_are_as_they_are_looked_for():
    for one in KINDS.values():
        assert all(phrase == phrase.lower() for phrase in one.phrases)
        assert all(code == code.lower() for code in one.codes)
        assert one.code is not Code.NEVER or not (one.fewer or one.more)


@pytest.mark.parametrize(
    ("message", "missing"),
    [
        ("KeyError: 'customer'", "customer"),
        ("'Order' object has no attribute 'total'", "total"),
        ("name 'price' is not defined", "price"),
        ("price is not defined", "price"),
        ("No module named 'yaml.loader'", "yaml.loader"),
        ("cannot import name 'load' from 'app'", "load"),
        ("charge() got an unexpected keyword argument 'currency'", "currency"),
        ("no such column: orders.total", "orders.total"),
        ('column "total" does not exist', "total"),
        ("missing field `amount` at line 1", "amount"),
        ("environment variable STRIPE_KEY is not set", "STRIPE_KEY"),
        ("Cannot read properties of undefined (reading 'id')", "id"),
    ],
)
def test_what_is_missing_is_read_from_the_message(message, missing):
    assert missing in clues(record(message, time=1), None).missing


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("did not answer within 1 s", {"1"}),
        ("1초 안에 응답하지 않음", {"1"}),
        ("1 row, 0 left", set()),
        ("after 15 s", {"15"}),
    ],
)
def test_a_one_is_a_number_where_it_has_a_unit(message, told):
    assert clues(record(message, time=1), None).numbers >= told
    assert "0" not in clues(record(message, time=1), None).numbers
    if not told:
        assert "1" not in clues(record(message, time=1), None).numbers


@given(st.text(max_size=300), st.text(max_size=60), st.none() | st.text(max_size=60))
def test_any_text_has_a_kind(message, exception_type, code):
    assert kind(message, exception_type=exception_type, error_code=code)
    clues(record(message, time=1, exception_type=exception_type), None)


@pytest.mark.parametrize(
    "unit", ["a", "a.", "a_", "'", "KeyError: '", "status ", "(", "a-", " is not defined", "Missing key "]
)
def test_a_hostile_message_takes_time_in_proportion_to_its_length(unit):
    def read(hostile):
        kind(hostile)
        clues(record(hostile, time=1), None)

    assert_in_proportion(read, lambda length: unit * (length // len(unit)), 50_000)


@pytest.mark.parametrize(
    "phrase", ["called `Option::unwrap()` on a `None` value", "called `Result::unwrap()` on an `Err` value"]
)
def test_a_phrase_is_quoted_as_it_was_said(phrase):
    found = OfflineInvestigator(REDACTOR).investigate(
        case(record(f"thread 'main' panicked at src/main.rs:4:37:\n{phrase}: x", time=EPOCH))
    )
    claim = next(claim.text for claim in found.claims if "of the kind" in claim.text.en)
    assert f"the phrase is {phrase}." in claim.en
    assert f"“{phrase}”" in claim.ko
    assert found.dropped == ()
