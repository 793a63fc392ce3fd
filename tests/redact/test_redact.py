"""What leaves a text when it is redacted, and what stays."""

from __future__ import annotations

import string
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from growth import assert_in_proportion
from logmedic.model import ExceptionPart, Frame, Grouping, LogRecord, Match, Ref, Sample, Severity, Stack
from logmedic.redact import RedactConfig, Redactor

REDACT = Redactor()
A36 = (string.ascii_lowercase + string.digits) * 2  # filler for made-up keys, never a real one

SECRETS = [
    ("aws-key", "AKIA" + "QWERTYUIOPASDFGH"),
    ("google-key", "AIza" + A36[:35]),
    ("google-oauth", "ya29." + A36[:40]),
    ("google-oauth", "GOCSPX-" + A36[:28]),
    ("github-token", "ghp_" + A36[:36]),
    ("github-token", "github_pat_" + A36[:40]),
    ("gitlab-token", "glpat-" + A36[:20]),
    ("slack-token", "xoxb-1234567890-" + A36[:24]),
    ("slack-webhook", "https://hooks.slack.com/services/T0000/B0000/" + A36[:24]),
    ("discord-webhook", "https://discord.com/api/webhooks/123456789012345678/" + A36[:60]),
    ("stripe-key", "sk_live_" + A36[:24]),
    ("anthropic-key", "sk-ant-api03-" + A36[:40]),
    ("openai-key", "sk-proj-" + A36[:40]),
    ("huggingface-token", "hf_" + A36[:34]),
    ("npm-token", "npm_" + A36[:36]),
    ("pypi-token", "pypi-" + A36[:60]),
    ("sendgrid-key", "SG." + A36[:22] + "." + A36[:43]),
    ("twilio-key", "SK" + "0123456789abcdef" * 2),
    ("vault-token", "hvs." + A36[:30]),
    ("digitalocean-token", "dop_v1_" + "0123456789abcdef" * 4),
    ("telegram-token", "123456789:AA" + A36[:33]),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"),
    ("email", "jane.doe+x@mail.example.co.kr"),
    ("resident-number", "900101-1234568"),
    ("resident-number", "900101-5234567"),
    ("phone", "010-1234-5678"),
    ("phone", "01012345678"),
    ("phone", "+82 10-1234-5678"),
    ("phone", "02-123-4567"),
    ("card", "4111 1111 1111 1111"),
    ("card", "378282246310005"),
]


@pytest.mark.parametrize(("kind", "secret"), SECRETS)
@pytest.mark.parametrize("frame", ["{}", "got {} from peer", '"{}"', "({}),", "한글 {} 뒤"])
def test_a_secret_is_replaced_by_its_kind_wherever_it_stands(kind: str, secret: str, frame: str) -> None:
    assert REDACT.text(frame.format(secret)) == frame.format(f"<{kind}:1>")


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=hunter2", "hunter2"),
        ("DB_PASSWORD: hunter2", "hunter2"),
        ("{'userPassword': 'hunter2 with spaces'}", "hunter2 with spaces"),
        ('{"body":"{\\"password\\":\\"hunter2\\"}"}', "hunter2"),
        ("client_secret => hunter2;", "hunter2"),
        ("비밀번호=hunter2", "hunter2"),
        ("postgresql+psycopg://app:hunter2@db:5432/shop", "hunter2"),
        ("redis://:hunter2@cache:6379/0", "hunter2"),
        ("mongodb://app:p@hunter2@db/shop", "hunter2"),
        ("Authorization: Bearer hunter2hunter2", "hunter2"),
        ("authorization: Basic aHVudGVyMg==", "aHVudGVyMg"),
        ("Cookie: sid=hunter2; theme=dark", "hunter2"),
        ("Set-Cookie: sid=hunter2; HttpOnly", "hunter2"),
        ("AccountName=x;AccountKey=aHVudGVyMmh1bnRlcjJodW50ZXI=;", "aHVudGVyMmh1"),
        ("https://b.blob.core.windows.net/c?sp=r&sig=aHVudGVyMmh1bnRlcjJodW50ZXI%3D", "aHVudGVyMmh1"),
        ("aws_secret_access_key = " + A36[:40], A36[:40]),
        ("https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/2", "0123456789abcdef"),
        ("-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: AES-128-CBC\n\nhunter2\n-----END RSA PRIVATE KEY-----", "hunter2"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\\nhunter2 cut off here", "hunter2"),
    ],
)
def test_a_secret_is_recognised_by_what_stands_around_it(text: str, secret: str) -> None:
    assert secret not in REDACT.text(text)


@pytest.mark.parametrize(
    "text",
    [
        "input_tokens: 123, max_tokens=4096",
        "Basic authentication failed for realm shop",
        "bearer token expired at noon",
        "Unexpected token } in JSON at position 12",
        "order 4111111111111112 rejected",  # wrong check digit
        "at 1763845200000 the queue was full",  # a time in milliseconds
        "at 1801023456789 the queue was full",  # one that looks like a date of birth
        "2026-11-22T20:54:40.123456Z 2026-11-22 20:54:40,123",
        "3f2c9a9e-1111-4222-8333-444455556666",
        "ratio 0.1234567890123456 of 12345678.90123456",
        "user@localhost @here @app.route('/x')",
        "password is too short",
        "사용자를 찾을 수 없습니다",
        "password=null token=None secret=***",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert REDACT.text(text) is text


def test_equal_values_share_a_number_and_different_ones_do_not() -> None:
    text = REDACT.text("a@example.com b@example.com a@example.com")

    assert text == "<email:1> <email:2> <email:1>"


def test_numbers_already_in_a_text_are_not_given_to_other_values() -> None:
    assert REDACT.text("<email:1> wrote to b@example.com") == "<email:1> wrote to <email:2>"


def test_own_secrets_go_by_exact_match_also_when_escaped() -> None:
    redact = Redactor(secrets=['se"cret/value', "tiny"])

    assert redact.text('x=se"cret/value') == "x=<own:1>"
    assert redact.text("https://x/?k=se%22cret%2Fvalue") == "https://x/?k=<own:1>"
    assert redact.text(r'{"k":"se\"cret/value"}') == '{"k":"<own:1>"}'
    assert redact.text("a tiny thing") == "a tiny thing"


def test_config_adds_words_and_keys_and_lets_values_through() -> None:
    redact = Redactor(RedactConfig(words=("Project Zebra",), keys=("pin-code",), allow=("help@example.com",)))

    assert redact.text("Project Zebra, mail help@example.com") == "<own:1>, mail help@example.com"
    assert redact.value({"pinCode": "1234"}) == {"pinCode": "<secret:1>"}


def test_personal_data_can_be_left_in_but_secrets_never() -> None:
    redact = Redactor(RedactConfig(personal=False))

    assert redact.text("a@example.com password=hunter2") == "a@example.com password=<secret:1>"


def test_values_under_secret_keys_go_whatever_their_type() -> None:
    value = {"user": {"Password": 1234, "apiKey": ["a", "b"]}, "n": [1, "a@example.com"], "token": None, "tokens": 5}

    assert REDACT.value(value) == {
        "user": {"Password": "<secret:1>", "apiKey": "<secret:2>"},
        "n": [1, "<email:1>"],
        "token": None,
        "tokens": 5,
    }


def test_a_value_nested_without_end_is_cut_not_followed() -> None:
    deep: Any = "a@example.com"
    for _ in range(5_000):
        deep = [deep]

    assert "example" not in repr(REDACT.value(deep))


def test_a_record_is_redacted_in_every_part_with_the_same_numbers() -> None:
    raw = b'{"message":"mail a@example.com","pass\\u0077ord":"hunter2"}'
    stack = Stack("python", (ExceptionPart("E", "for a@example.com", (Frame("f", code="g('a@example.com')"),)),))
    record = LogRecord(
        ref=Ref("s", "t", 0), time=0, message="mail a@example.com", exception_message="b@example.com", stack=stack,
        stack_text="E: b@example.com", fields={"password": "hunter2", "to": ["a@example.com"]}, raw=raw,
    )  # fmt: skip

    clean = REDACT.record(record)

    assert clean.message == "mail <email:1>"
    assert clean.exception_message == "<email:2>"
    assert clean.stack_text == "E: <email:2>"
    assert clean.fields == {"password": "<secret:1>", "to": ["<email:1>"]}
    assert msgspec.json.decode(clean.raw) == {"message": "mail <email:1>", "password": "<secret:1>"}
    assert "example.com" not in repr(clean)


def test_raw_bytes_without_a_find_stay_byte_for_byte() -> None:
    for raw in (b'{ "a" : 1.50, "a":2 }', b"\xff\xfe not text", b"[" * 50_000):
        assert REDACT.record(LogRecord(ref=Ref("s", "t", 0), time=0, raw=raw)).raw == raw


fragments = st.sampled_from(
    [secret for _, secret in SECRETS]
    + ["password=", "token: ", '"', "'", "\\", "<", ">", ":", "://u:", "@", "Authorization: ", "Bearer ", "Basic "]
    + ["a=b", "<secret:1>", "<email:7>", "sk-", "eyJ", "-----BEGIN PRIVATE KEY-----", "\n", " ", "key", "aws", "01"]
    + ["Cookie: ", "한글"]
)  # fmt: skip
texts = st.one_of(st.text(), st.lists(st.one_of(fragments, st.text(max_size=5)), max_size=12).map("".join))


@settings(max_examples=400)
@given(texts)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = REDACT.text(text)

    assert REDACT.text(once) == once


names = st.sampled_from(["password", "a", "x@example.com"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | texts, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(json_values)
def test_redacting_a_value_twice_changes_nothing_more(value: Any) -> None:
    once = REDACT.value(value)

    assert REDACT.value(once) == once


@given(texts, st.binary(max_size=80))
def test_any_record_can_be_redacted(text: str, raw: bytes) -> None:
    REDACT.record(LogRecord(ref=Ref("s", "t", 0), time=0, message=text, stack_text=text, fields={text: text}, raw=raw))


@pytest.mark.parametrize(
    "piece", ["a", "a@", "@a.", "awskey", "-eyJ", "password=", "://a:", "cookie:a=", "0000-", "token ", "sk-", "api_",
              "-----BEGIN PRIVATE KEY-----", "authorization:", "4111 ", "010-1234-", "xoxb-1", "SG.", "<secret:",
              "session_", "a@b.de password=x ", "010-1234-5678 token=abc "],
)  # fmt: skip
def test_hostile_lines_take_time_in_proportion_to_their_length(piece: str) -> None:
    assert_in_proportion(REDACT.text, lambda length: piece * (length // len(piece)), 25_000)


def test_every_text_of_a_record_and_of_its_stack_is_redacted() -> None:
    secret = "ghp_" + A36[:36]
    frame = Frame(f"f_{secret}", f"/srv/{secret}/a.py", 3, f"m.{secret}", f'x = "{secret}"')
    stack = Stack("python", (ExceptionPart(f"E_{secret}", secret, (frame,)),))
    record = LogRecord(
        ref=Ref("s", "t", 0), time=0, message=secret, service=secret, error_code=secret, request_id=secret,
        trace_id=secret, spans=(secret,), target=secret, file=secret, exception_type=secret, exception_message=secret,
        stack_text=secret, stack=stack, release=secret, fields={"a": [secret]}, raw=secret.encode(),
    )  # fmt: skip
    sample = Sample(record, Grouping("v1:0", "", "", (), stack), (Match("r", f"code {secret}", Severity.INFO),))
    assert secret not in repr(REDACT.sample(sample))
    assert secret not in repr(REDACT.stack(stack))


def test_a_path_of_modules_is_no_key_with_a_value() -> None:
    assert REDACT.name("shop::token::verify") == "shop::token::verify"
    assert REDACT.name("shop::alice@example.org::verify") == "shop::<email:1>::verify"


def test_the_password_of_a_url_is_found_where_a_parser_took_its_scheme_off() -> None:
    assert REDACT.text("//app:Hunter2Zq@db/x") == "//app:<url-password:1>@db/x"


def test_an_aws_secret_is_found_from_its_end_however_often_its_name_is_said() -> None:
    def named(times: int) -> str:
        return "aws secret key " * times

    def redact(text: str) -> None:
        assert REDACT.text(text + A36[:40].upper()) == text + "<aws-secret:1>"

    assert_in_proportion(redact, named, 15_000)
