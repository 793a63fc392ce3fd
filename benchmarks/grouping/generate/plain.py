"""Messages without a stack, with a seed: what varies between two lines of one bug, and pairs that look alike."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

_USERS = (
    "kim.minji", "ann", "o'brien", "lee_2", "j.doe-smith", "박서준", "svc-report", "X9", "root", "maría", "bob",
    "ci-bot", "u48213", "m.schröder", "佐藤", "deploy", "anna_k", "guest", "tom.h",
)  # fmt: skip
_HOSTS = ("db-{0}", "ip-10-0-0-{0}.ec2.internal", "node{0}", "db-{0}.eu-west-1.example.net")
_DURATIONS = ("{0}ms", "{0}.5s", "{0} ms", "1m{1}s", "{0}µs")
_SIZES = ("{0} bytes", "{0}KB", "{0}.2 MiB", "{0}B")


def _uuid(c: random.Random) -> str:
    return str(uuid.UUID(int=c.getrandbits(128), version=4))


def _mail(c: random.Random) -> str:
    return f"{c.choice(('kim', 'ann.lee', 'bob+shop', 'x9'))}@{c.choice(('example.com', 'mail.example.co.kr'))}"


def _path(c: random.Random) -> str:
    folder, ending = c.choice(("in", "out", "tmp")), c.choice(("csv", "json", "part"))
    return f"/var/lib/shop/{folder}/{c.getrandbits(32):08x}.{ending}"


def _time(c: random.Random) -> str:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=c.randrange(31_000_000))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# What stands in one line for a word in braces.
_VALUES: dict[str, Callable[[random.Random], str]] = {
    "n": lambda c: str(c.randrange(1, 10 ** c.randrange(1, 8))),
    "uuid": _uuid,
    "hex": lambda c: f"{c.getrandbits(64):016x}",
    "addr": lambda c: f"0x{c.getrandbits(48):012x}",
    "ip": lambda c: f"10.{c.randrange(256)}.{c.randrange(256)}.{c.randrange(1, 255)}",
    "port": lambda c: str(c.randrange(1024, 65536)),
    "user": lambda c: c.choice(_USERS),
    "mail": _mail,
    "node": lambda c: f"db-{c.randrange(1, 99)}",
    "fqdn": lambda c: f"db-{c.randrange(1, 99)}.{c.choice(('eu-west-1', 'ap-northeast-2'))}.example.net",
    "ec2": lambda c: f"ip-10-0-{c.randrange(9)}-{c.randrange(1, 250)}.ec2.internal",
    "host": lambda c: c.choice(_HOSTS).format(c.randrange(1, 99)),
    "path": _path,
    "dur": lambda c: c.choice(_DURATIONS).format(c.randrange(2, 9000), c.randrange(1, 59)),
    "size": lambda c: c.choice(_SIZES).format(c.randrange(2, 9000)),
    "time": _time,
    "word": lambda c: "".join(c.choices(string.ascii_lowercase + string.digits, k=26)),
    "list": lambda c: ", ".join(str(c.randrange(1, 999)) for _ in range(c.randrange(2, 9))),
}

# Bug, error code or "", message. Names with the same first word are near misses of each other.
_BUGS: tuple[tuple[str, str, str], ...] = (
    ("column-price", "", 'column "price" of relation "orders" does not exist (order {n})'),
    ("column-amount", "", 'column "amount" of relation "orders" does not exist (order {n})'),
    ("table-orders", "", "relation orders does not exist, asked by {ip}:{port}"),
    ("table-invoices", "", "relation invoices does not exist, asked by {ip}:{port}"),
    ("upstream-billing", "", "upstream billing did not answer within {dur}, request {uuid}"),
    ("upstream-stock", "", "upstream stock did not answer within {dur}, request {uuid}"),
    ("status-502", "", "payment provider answered status=502 after {dur}"),
    ("status-503", "", "payment provider answered status=503 after {dur}"),
    ("errno-refused", "", "cannot connect to {ip}:{port}: Connection refused (os error 111)"),
    ("errno-reset", "", "cannot connect to {ip}:{port}: Connection reset by peer (os error 104)"),
    ("sqlstate-deadlock", "", "transaction {n} failed: SQLSTATE[40P01]"),
    ("sqlstate-unique", "", "transaction {n} failed: SQLSTATE[23505]"),
    ("exit-137", "", "worker {n} ended with exit code 137"),
    ("exit-139", "", "worker {n} ended with exit code 139"),
    ("charset-utf-8", "", "name of customer {n} is not valid utf-8 at byte {n}"),
    ("charset-utf-16", "", "name of customer {n} is not valid utf-16 at byte {n}"),
    ("hash-sha256", "", "sha256 of {path} does not match: {hex}{hex}{hex}{hex}"),
    ("hash-md5", "", "md5 of {path} does not match: {hex}{hex}"),
    ("missing-field-sku", "", "row {n} of {path} has no field 'sku'"),
    ("missing-field-price", "", "row {n} of {path} has no field 'price'"),
    ("disk-full", "DB_DISK_FULL", "cannot write {path}: No space left on device (os error 28)"),
    ("login-locked", "AUTH_LOCKED", "user {user} is locked out after {n} attempts from {ip}"),
    ("login-unknown", "", "login of user '{user}' failed: unknown account"),
    ("login-password", "", "login of user '{user}' failed: wrong password"),
    ("mail-bounced", "", "mail to {mail} bounced: mailbox is full ({size} used)"),
    ("session-expired", "AUTH_EXPIRED", "session {word} of user_{n} expired {dur} ago"),
    ("cache-evicted", "", "evicted {n} keys ({size}) from {node} in {dur}"),
    ("replica-behind", "", "replica {fqdn} is {dur} behind, last seen {time}"),
    ("host-lost", "", "lost host {host} after {n} heartbeats"),
    ("pointer-leaked", "", "buffer at {addr} was never freed ({size})"),
    ("orders-skipped", "", "skipped orders {list}"),
    ("korean-user", "", "사용자 {n}의 결제가 실패했습니다: 잔액 부족"),
    ("korean-card", "", "사용자 {n}의 결제가 실패했습니다: 카드 만료"),
    ("japanese-stock", "", "商品 {n} の在庫が不足しています ({n} 個)"),
    ("route-slow", "", "GET /api/orders/{n}/items?page={n} took {dur}"),
    ("url-failed", "", "POST https://bank.example.com/v2/accounts/{uuid}/charge?trace={hex} failed"),
    ("pod-killed", "", "pod shop-{hex}-x7k2p on {ec2} was killed: out of memory ({size})"),
    ("ai-overloaded", "AI_OVERLOADED", "the model answered 529: overloaded_error (request req_{word})"),
    ("ai-limited", "AI_RATE_LIMITED", "the model answered 429: rate_limit_error (request req_{word})"),
)  # fmt: skip
VARIANTS = 16


def lines(chance: random.Random) -> Iterator[tuple[str, str, str, str]]:
    """Bug, variant, error code, message."""
    for bug, code, template in _BUGS:
        for variant in range(VARIANTS):
            yield bug, f"line{variant}", code, _filled(template, chance)


def _filled(template: str, chance: random.Random) -> str:
    text = template
    for name, make in _VALUES.items():
        while "{" + name + "}" in text:
            text = text.replace("{" + name + "}", make(chance), 1)
    return text
