"""Lines as they come, and as they go."""

from __future__ import annotations

import msgspec
import pytest

from logmedic.redact import Lines, RedactConfig, Redactor
from logmedic.redact.lines import LONGEST_KEY

KEY = [b"-----BEGIN RSA PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED", b"", b"MIIEow" + b"Ab3/" * 14, b"Zz9=",
       b"-----END RSA PRIVATE KEY-----"]  # fmt: skip


def redacted(*lines: bytes) -> list[bytes]:
    return [line.raw for line in map(Lines(Redactor()), lines)]


def test_a_private_key_over_many_lines_goes_with_all_of_them() -> None:
    before, *key, behind = redacted(b"loading", *KEY, b"loaded ABC")
    assert (before, behind) == (b"loading", b"loaded ABC")
    assert key == [b"<private-key:1>" if line else b"" for line in KEY]


def test_where_a_key_is_cut_off_the_log_goes_on() -> None:
    assert redacted(*KEY[:4], b"2026-11-20 09:00:00 ready", b"AAAA")[-2:] == [b"2026-11-20 09:00:00 ready", b"AAAA"]
    assert redacted(KEY[0], *[b"AAAA"] * (LONGEST_KEY + 1))[-1] == b"AAAA"


def test_a_key_on_one_line_opens_nothing() -> None:
    assert redacted(b"\\n".join(KEY), b"AAAA") == [b"<private-key:1>", b"AAAA"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\r", b"caf\xe9 \xff\xfe", b'{ "a" : 1.50, "a":2 }', b"[" * 9_000, b'{"a":', b"null", b'{"n":12345678901}'],
)
def test_a_line_without_a_find_keeps_every_byte(raw: bytes) -> None:
    line = Redactor().line(raw)
    assert line == (raw, {})


def test_a_line_that_is_not_text_is_redacted_and_keeps_its_other_bytes() -> None:
    assert Redactor().line(b"caf\xe9 password=hunter2 \xff") == (b"caf\xe9 password=<secret:1> \xff", {"secret": 1})


def test_a_broken_line_of_json_is_redacted_as_text() -> None:
    assert Redactor().line(b'{"password":"hunter2","to":"a@b.de').raw == b'{"password":"<secret:1>","to":"<email:1>'


def test_json_keeps_its_keys_and_loses_numbers_pairs_and_nested_texts() -> None:
    line = {
        "card": 4111111111111111, "count": 4111, "headers": [{"name": "X-Api-Key", "value": "s3cr3t"}],
        "env": [{"key": "DB_PASSWORD", "value": "x"}, {"key": "HOME", "value": "/root"}],
        "body": '{"\\ube44\\ubc00\\ubc88\\ud638":"hunter2","n":1}',
    }  # fmt: skip
    clean = msgspec.json.decode(Redactor().line(msgspec.json.encode(line)).raw)
    assert clean == {
        "card": "<card:1>", "count": 4111, "headers": [{"name": "X-Api-Key", "value": "<secret:1>"}],
        "env": [{"key": "DB_PASSWORD", "value": "<secret:2>"}, {"key": "HOME", "value": "/root"}],
        "body": '{"비밀번호":"<secret:3>","n":1}',
    }  # fmt: skip


def test_further_names_of_secret_fields_count_in_nested_json_too_and_long_numbers_stay() -> None:
    redact = Redactor(RedactConfig(keys=("pin-code",)))
    raw = b'{"n":123456789012345678901234567890,"body":"{\\"pinCode\\":\\"1234\\",\\"m\\":-99999999999999999999}"}'
    assert redact.line(raw).raw == (
        b'{"n":123456789012345678901234567890,"body":"{\\"pinCode\\":\\"<secret:1>\\",\\"m\\":-99999999999999999999}"}'
    )
