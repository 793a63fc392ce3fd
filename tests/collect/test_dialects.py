# ruff: noqa: E501  tables of log lines read better unwrapped
"""Each dialect is read as its logger writes it, and sniffed from one line."""

import json
from pathlib import Path

import pytest

from logmedic.collect import dialects
from logmedic.errors import ConfigError
from logmedic.model import Level, LogRecord, Ref

EXAMPLES = Path(__file__).parent.parent / "data" / "dialects"
REF = Ref("app", "1", 0, 10)
NOW = 1_795_400_000 * 1_000_000_000


def read(line: str | bytes, dialect: str = "generic", service: str = "") -> LogRecord:
    data = line.encode() if isinstance(line, str) else line
    record = dialects.decoder(dialect, service).decode(data, REF, NOW)
    assert isinstance(record, LogRecord)
    return record


def example(name: str) -> tuple[str, dict]:
    line, expected = (EXAMPLES / f"{name}.log").read_text().splitlines()
    return line, json.loads(expected)


@pytest.mark.parametrize("name", dialects.names())
def test_every_dialect_has_an_example_that_is_read_in_full(name):
    line, expected = example(name)
    record = read(line, name)
    level = expected.pop("level")
    assert record.level == Level[level]
    got = {key: getattr(record, key) for key in expected}
    assert got == {key: tuple(value) if isinstance(value, list) else value for key, value in expected.items()}


@pytest.mark.parametrize("name", dialects.names())
def test_one_line_is_enough_to_tell_the_dialect(name):
    line, _ = example(name)
    assert dialects.sniff(line.encode()) == name


@pytest.mark.parametrize("name", [n for n in dialects.names() if n not in ("text", "zap", "slog", "ecs", "gelf")])
def test_any_decoder_reads_the_essentials_of_another_dialects_line(name):
    """A second writer in the same file must not become invisible."""
    line, expected = example(name)
    for other in dialects.names():
        record = read(line, other)
        assert record.level >= Level.ERROR, other
        assert record.message == expected["message"], other
        assert record.error_code == expected.get("error_code"), other


def test_an_unknown_dialect_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"unknown dialect `log4j`; known: rust-tracing"):
        dialects.decoder("log4j")


@pytest.mark.parametrize(
    ("value", "level"),
    [
        ('"ERROR"', "ERROR"), ('"error"', "ERROR"), ('"Err"', "ERROR"), ('"SEVERE"', "ERROR"), ('"critical"', "FATAL"),
        ('"PANIC"', "FATAL"), ('"Emerg"', "FATAL"), ('"alert"', "FATAL"), ('"warning"', "WARN"), ('"notice"', "INFO"),
        ('"ERROR   "', "ERROR"), ('"ERROR+4"', "ERROR"), ('"DEBUG-2"', "DEBUG"), ('"error3"', "ERROR"),
        (r'"\u001b[31merror\u001b[39m"', "ERROR"), (r'"\u0045RROR"', "ERROR"), ('"SEVERITY_NUMBER_FATAL2"', "FATAL"),
        ("50", "ERROR"), ("50.0", "ERROR"), ("5e1", "ERROR"), ('"50"', "ERROR"), ("60", "FATAL"), ("30", "INFO"),
        ("3", "ERROR"), ("0", "FATAL"), ("6", "INFO"), ('" ERROR "', "ERROR"), ('"ERROR "', "ERROR"),
        ('"  \\tfatal\\n"', "FATAL"), ('" 50 "', "ERROR"), (r'" \u001b[31m error \u001b[39m "', "ERROR"),
    ],
)  # fmt: skip
def test_levels_are_read_in_every_spelling(value, level):
    assert read(f'{{"level":{value}}}').level == Level[level]


@pytest.mark.parametrize(
    "value", ['"errors"', '"ſevere"', "null", "[50]", "-1", "999", '""', "true", '" ERROR x"', '" "', "1e9"]
)
def test_what_is_no_level_is_inferred_and_flagged(value):
    record = read(f'{{"level":{value}}}')
    assert record.level == Level.INFO
    assert "level-inferred" in record.flags


@pytest.mark.parametrize(
    ("key", "number", "level"),
    [("levelno", 40, "ERROR"), ("levelno", 50, "FATAL"), ("severityNumber", 18, "ERROR"), ("PRIORITY", 2, "FATAL"),
     ("severityNumber", 9, "INFO"), ("level_value", 40000, "ERROR"), ("severity", 4, "WARN")],
)  # fmt: skip
def test_the_key_says_which_scale_a_number_is_on(key, number, level):
    assert read(f'{{"{key}":{number}}}').level == Level[level]


@pytest.mark.parametrize(
    ("member", "milliseconds"),
    [
        ('"duration_ms":6001', 6001), ('"duration_ms":"6001"', 6001), ('"duration_ms":6.001e3', 6001),
        ('"duration_ms":-6000', -6000), ('"duration":"5.2s"', 5200), ('"elapsed":"6001ms"', 6001),
        ('"latency":"6001 ms"', 6001), ('"took":"1m30s"', 90_000), ('"took":"250µs"', 0.25), ('"took":"12ns"', 0.000012),
        ('"duration_us":6001000', 6001), ('"duration_ns":6001000000', 6001), ('"duration_seconds":6.001', 6001),
        ('"duration_ms":"soon"', None), ('"duration_ms":null', None), ('"duration_ms":true', None),
        ('"duration_ms":1e400', None), ('"duration_ms":[6001]', None),
    ],
)  # fmt: skip
def test_durations_become_milliseconds(member, milliseconds):
    assert read("{" + member + "}").duration_ms == pytest.approx(milliseconds)


def test_a_bare_number_has_the_unit_of_its_logger():
    line = '{"elapsed":6.001}'
    assert read(line, "zap").duration_ms == pytest.approx(6001)
    assert read('{"elapsed":6001000000}', "slog").duration_ms == pytest.approx(6001)
    assert read(line, "generic").duration_ms == pytest.approx(6.001)


def test_an_http_status_is_no_error_code_and_a_numeric_error_code_is():
    assert read('{"code":500}').error_code is None
    assert read('{"error_code":1062}').error_code == "1062"


def test_the_tracing_layers_exception_becomes_a_stack():
    line = json.dumps(
        {
            "timestamp": "2026-11-22T10:00:00Z", "level": "ERROR", "target": "shop",
            "fields": {
                "message": "failed",
                "exception": {
                    "type": "PaymentError", "message": "no",
                    "frames": [{"file": "shop/pay.py", "line": 3, "function": "pay", "module": "shop.pay", "code": "x"}],
                    "cause": {"type": "KeyError", "message": "'id'", "frames": []},
                },
                "exception.stacktrace": "Traceback …",
            },
        }
    )  # fmt: skip
    record = read(line, "rust-tracing")
    assert record.exception_type == "PaymentError"
    assert record.stack_text == "Traceback …"
    assert record.stack is not None
    assert record.stack.language == "python"
    assert [part.type for part in record.stack.parts] == ["PaymentError", "KeyError"]
    frame = record.stack.parts[0].frames[0]
    assert (frame.path, frame.line, frame.function, frame.module, frame.code) == (
        "shop/pay.py",
        3,
        "pay",
        "shop.pay",
        "x",
    )


def test_what_has_no_role_is_kept_as_a_field_and_nothing_is_lost():
    record = read('{"level":"info","msg":"a","message":"b","user":{"id":7},"extra":{"user":8}}')
    assert record.message == "b"
    assert record.fields == {"msg": "a", "user": {"id": 7}, "user#1": 8}


def test_the_configured_service_is_used_only_when_the_line_names_none():
    assert read('{"msg":"a"}', service="shop").service == "shop"
    assert read('{"msg":"a","service":"cart"}', service="shop").service == "cart"
    assert read("plain", service="shop").service == "shop"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("thread 'main' panicked at src/main.rs:5:9:", "FATAL"),
        ("thread 'tokio-runtime-worker' (81) panicked at src/main.rs:5:9:", "FATAL"),
        ("panic: runtime error: index out of range", "FATAL"),
        ("Traceback (most recent call last):", "ERROR"),
        ('Exception in thread "main" java.lang.NullPointerException', "ERROR"),
        ("KeyError: 'id'", "ERROR"),
        ("level=error msg=failed", "ERROR"),
        ("2026/11/22 10:00:00 [error] 7#7: upstream timed out", "ERROR"),
        ("\x1b[31mERROR\x1b[0m failed", "ERROR"),
        ("INFO no ERROR here", "INFO"),
        ("nothing to see", "INFO"),
        ("terrorERRORS", "INFO"),
    ],
)
def test_plain_text_is_read_by_its_level_word_or_its_first_words(line, level):
    assert read(line, "text").level == Level[level]


def test_a_mixed_sample_is_what_most_of_its_lines_are():
    zap = example("zap")[0].encode()
    assert dialects.sniff(b"starting\n" + zap + b"\n" + zap + b"\n") == "zap"
    assert dialects.sniff(b"") == "generic"
    assert dialects.sniff(b"\n\n") == "generic"
