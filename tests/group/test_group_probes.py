"""Pairs of messages as services write them: one fault whatever varies, and two faults where a small word says so."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from logmedic.cli.fingerprint import Fingerprinter, Settings
from logmedic.group.template import LONGEST_CACHED, Masking, Templates

SAME = [
    (
        'could not obtain lock on row in relation "orders" for tx 99182',
        'could not obtain lock on row in relation "orders" for tx 1182',
    ),
    (
        "Connection to redis://cache-7f9c6d5b4-x2x9p:6379 lost",
        "Connection to redis://cache-5d8f7c6b9-qq81z:6379 lost",
    ),
    (
        "Failed to fetch https://api.toss.im/v1/payments/pay_8fJk2 (status 502)",
        "Failed to fetch https://api.toss.im/v1/payments/pay_11aZq (status 502)",
    ),
    (
        "주문 1023을 처리할 수 없습니다",
        "주문 77를 처리할 수 없습니다",
    ),
    (
        "사용자 김민지님의 결제가 실패했습니다",
        "사용자 박준호님의 결제가 실패했습니다",
    ),
    (
        "결제 금액 12,000원이 한도 10,000원을 초과했습니다",
        "결제 금액 9,900원이 한도 5,000원을 초과했습니다",
    ),
    (
        "timeout of 3000ms exceeded",
        "timeout of 5000ms exceeded",
    ),
    (
        "Request 5f2b1c3e-1111-4a2b-9c3d-aaaaaaaaaaaa failed after 1.2s",
        "Request 0f2b1c3e-1111-4a2b-9c3d-bbbbbbbbbbbb failed after 930ms",
    ),
    (
        "User bob@example.com not found",
        "User alice.kim@corp.co.kr not found",
    ),
    (
        "Failed to write /data/uploads/2026/11/23/img_0091.png: No space left on device",
        "Failed to write /data/uploads/2026/11/24/img_1191.png: No space left on device",
    ),
    (
        'duplicate key value violates unique constraint "users_email_key" Key (email)=(a@b.c) already exists.',
        'duplicate key value violates unique constraint "users_email_key" Key (email)=(zz@q.kr) already exists.',
    ),
    (
        "Duplicate entry 'kim-2' for key 'users.uk_name'",
        "Duplicate entry 'lee' for key 'users.uk_name'",
    ),
    (
        "JWT expired at 2026-11-23T09:00:00Z. Current time: 2026-11-23T09:01:12Z",
        "JWT expired at 2026-10-01T01:00:00Z. Current time: 2026-10-01T01:01:12Z",
    ),
    (
        "consumer lag 18233 on topic orders partition 3",
        "consumer lag 5 on topic orders partition 11",
    ),
    (
        "dial tcp 10.1.2.3:5432: connect: connection refused",
        "dial tcp 10.9.2.3:5432: connect: connection refused",
    ),
    (
        "goroutine 182 [running]: panic",
        "goroutine 7 [running]: panic",
    ),
    (
        "order ord_01HF3K2M9P failed",
        "order ord_01HF3ZZQ1A failed",
    ),
    (
        "lock wait timeout exceeded; try restarting transaction (thread 0x7f3a2c1d)",
        "lock wait timeout exceeded; try restarting transaction (thread 0x7f99aa00)",
    ),
    (
        "S3 GetObject s3://bucket-prod/exports/2026-11-01/part-00001.parquet AccessDenied",
        "S3 GetObject s3://bucket-prod/exports/2026-11-02/part-00871.parquet AccessDenied",
    ),
    (
        "Message 3 of 10 rejected: queue full",
        "Message 7 of 10 rejected: queue full",
    ),
    (
        "TypeError: fetch failed\n    at node:internal/deps/undici/undici:12500:13",
        "TypeError: fetch failed\n    at node:internal/deps/undici/undici:13100:13",
    ),
    (
        "retrying in 2 seconds (attempt 1/5)",
        "retrying in 16 seconds (attempt 4/5)",
    ),
    (
        "HikariPool-1 - Connection is not available, request timed out after 30001ms.",
        "HikariPool-1 - Connection is not available, request timed out after 30005ms.",
    ),
    (
        "heap usage 91.2% exceeds 90%",
        "heap usage 97% exceeds 90%",
    ),
    (
        "配送先 12345 が見つかりません",
        "配送先 9 が見つかりません",
    ),
]
DIFFERENT = [
    (
        "HTTP 404 from payment",
        "HTTP 503 from payment",
    ),
    (
        "upstream returned 401",
        "upstream returned 500",
    ),
    (
        "errno 13: cannot open socket",
        "errno 24: cannot open socket",
    ),
    (
        'ERROR: column "price" does not exist (SQLSTATE 42703)',
        'ERROR: column "sku" does not exist (SQLSTATE 42703)',
    ),
    (
        'ERROR: relation "orders" does not exist',
        'ERROR: relation "users" does not exist',
    ),
    (
        "Cannot read properties of undefined (reading 'price')",
        "Cannot read properties of undefined (reading 'name')",
    ),
    (
        "missing environment variable DB_URL",
        "missing environment variable API_KEY",
    ),
    (
        "feature flag new-checkout-v2 failed",
        "feature flag new-checkout-v3 failed",
    ),
    (
        "topic orders not found",
        "topic payments not found",
    ),
    (
        "exit code 1",
        "exit code 137",
    ),
    (
        "KeyError: 'apple_price'",
        "KeyError: 'stock_count'",
    ),
    (
        "failed to connect to payment-service",
        "failed to connect to inventory-service",
    ),
    (
        "GET /api/orders failed",
        "POST /api/orders failed",
    ),
    (
        "GET /api/orders failed",
        "GET /api/users failed",
    ),
    (
        "could not start transaction",
        "could not commit transaction",
    ),
    (
        "주문을 저장할 수 없습니다",
        "결제를 저장할 수 없습니다",
    ),
    (
        "재고가 부족합니다",
        "쿠폰이 만료되었습니다",
    ),
    (
        "model claude-3-haiku not available",
        "model claude-3-opus not available",
    ),
    (
        "TLS handshake failed: certificate expired",
        "TLS handshake failed: unknown authority",
    ),
    (
        "queue email-high is full",
        "queue email-low is full",
    ),
    (
        'cannot deserialize Color from "RED"',
        'cannot deserialize Size from "RED"',
    ),
    (
        "grpc error code = 14 desc = unavailable",
        "grpc error code = 4 desc = unavailable",
    ),
    (
        "ORA-00001: unique constraint violated",
        "ORA-00942: table or view does not exist",
    ),
    (
        "ORA-00001 in job",
        "ORA-00942 in job",
    ),
    (
        "state must be PAID",
        "state must be SHIPPED",
    ),
    (
        "is enabled",
        "is not enabled",
    ),
    (
        "user can login",
        "user cannot login",
    ),
    (
        "migration V12__add_price.sql failed",
        "migration V13__drop_sku.sql failed",
    ),
    (
        "No such container: redis",
        "No such container: kafka",
    ),
    (
        "deadline exceeded calling Inventory.Reserve",
        "deadline exceeded calling Inventory.Release",
    ),
    (
        "invalid enum value for status: 'SHIPED'",
        "invalid enum value for color: 'SHIPED'",
    ),
    (
        "module 'requests' has no attribute 'gett'",
        "module 'requests' has no attribute 'postt'",
    ),
    (
        "No module named 'pandas'",
        "No module named 'numpy'",
    ),
    (
        "permission denied for table users",
        "permission denied for table orders",
    ),
    (
        "signal 9",
        "signal 11",
    ),
    (
        "http2 stream error",
        "http1 stream error",
    ),
    (
        "sha256 mismatch",
        "sha512 mismatch",
    ),
    (
        "ipv4 disabled",
        "ipv6 disabled",
    ),
    (
        "index 'idx_a' corrupted",
        "index 'idx_b' corrupted",
    ),
    (
        "argument --port is required",
        "argument --host is required",
    ),
    (
        "field `email` is required",
        "field `phone` is required",
    ),
    (
        "환경 변수 DB_URL이 없습니다",
        "환경 변수 API_KEY가 없습니다",
    ),
    (
        "table order_items is full",
        "table order_logs is full",
    ),
    (
        "cron job nightly-report failed",
        "cron job hourly-sync failed",
    ),
    (
        "region ap-northeast-2 unavailable",
        "region us-east-1 unavailable",
    ),
    (
        "status=PENDING unexpected",
        "status=CANCELLED unexpected",
    ),
    (
        "Lua script error: user_script:1",
        "WRONGTYPE Operation against a key",
    ),
    (
        "timed out after 5s waiting for lock inventory",
        "timed out after 5s waiting for lock cart",
    ),
    (
        "expected string, got int",
        "expected int, got string",
    ),
    (
        "cannot divide by zero",
        "cannot multiply by zero",
    ),
    (
        "API v1 deprecated call",
        "API v2 deprecated call",
    ),
]


@pytest.fixture(scope="module")
def fingerprinter() -> Fingerprinter:
    return Fingerprinter(Settings())


def fingerprint(of: Fingerprinter, message: str) -> str:
    return of(json.dumps({"level": "ERROR", "service": "shop", "message": message}).encode()).fingerprint


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_varies_between_two_occurrences_makes_no_other_incident(fingerprinter, one, other):
    assert fingerprint(fingerprinter, one) == fingerprint(fingerprinter, other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_a_word_that_carries_meaning_makes_another_incident(fingerprinter, one, other):
    assert fingerprint(fingerprinter, one) != fingerprint(fingerprinter, other)


# 787 probes by somebody who wanted to break the grouping, one a line: records of one fault, or of different ones.
# Those that still do are marked, with a note that says why, and the mark must go when they no longer do.
_TEXT = (Path(__file__).parents[1] / "data" / "grouping" / "probes.jsonl").read_text(encoding="utf-8")
PROBES = [json.loads(line) for line in _TEXT.split("\n") if line]


def as_wanted(of: Fingerprinter, probe: dict[str, Any]) -> bool:
    records = probe.get("same") or probe["different"]
    found = {of(json.dumps(record).encode()).fingerprint for record in records}
    return len(found) == (1 if "same" in probe else len(records))


def test_what_was_read_before_never_changes_a_template():
    """Messages of one shape share an entry of the cache; the digits that are kept must not come from another one."""
    chance = random.Random(1)
    records = [record for probe in PROBES for record in probe.get("same") or probe["different"]]
    texts = {text for record in records if type(text := record.get("message")) is str and len(text) <= LONGEST_CACHED}
    for text in sorted(texts):
        templates = Templates()
        shuffled = [re.sub("[0-9]", lambda _: str(chance.randrange(10)), text) for _ in range(3)]
        for one in [*shuffled, text]:
            assert templates(one) == Masking(one).template, one


def test_no_probe_breaks_the_grouping_but_those_that_are_known_to(fingerprinter):
    wrong = {probe["name"] for probe in PROBES if not as_wanted(fingerprinter, probe)}
    assert wrong == {probe["name"] for probe in PROBES if probe.get("known_failure")}
