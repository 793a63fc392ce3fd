"""Messages of one statement each, filled from ``tests/data/templates/families.txt`` with a seed."""

from __future__ import annotations

import random
import re
import string
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parents[1] / "data" / "templates" / "families.txt"
VARIANTS = 12

_USERS = (
    "root",
    "anna",
    "kim.minsu",
    "svc_report",
    "o'neil",
    "deploy-bot",
    "X9",
    "j.doe",
    "webmaster",
    "u48213",
    "maría",
)
_JUNK = ("abc", "12a", "2026-13-45", "n/a", "hello world", "0x1g", "bob@example.com", "3,5 kg", "", "Ä ö")
_BASE62 = string.ascii_letters + string.digits


def _digits(most: int) -> Callable[[random.Random], str]:
    return lambda c: str(c.randrange(10 ** c.randint(0, most)))


def _hex(length: int) -> Callable[[random.Random], str]:
    return lambda c: f"{c.getrandbits(4 * length):0{length}x}"


def _of(alphabet: str, length: int) -> Callable[[random.Random], str]:
    return lambda c: "".join(c.choices(alphabet, k=length))


def _moment(form: str) -> Callable[[random.Random], str]:
    return lambda c: (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=c.randrange(31_000_000))).strftime(form)


def _ip(c: random.Random) -> str:
    return ".".join(str(c.randrange(1, 255)) for _ in range(4))


def _particle(with_final: str, without: str) -> Callable[[random.Random], str]:
    return lambda c: c.choice((with_final, without))


_SLOTS: dict[str, Callable[[random.Random], str]] = {
    "n": _digits(9), "d": _digits(2), "d1": lambda c: "4", "f": lambda c: f"{c.random() * 99:.{c.randint(1, 4)}f}",
    "ip": _ip, "ipport": lambda c: f"{_ip(c)}:{c.randrange(20_000, 65_536)}",
    "port": lambda c: str(c.randrange(20_000, 65_536)),
    "blk": lambda c: f"blk_{c.randrange(-(2**63), 2**63)}",
    "blks": lambda c: " ".join(_SLOTS["blk"](c) for _ in range(c.randint(1, 5))),
    "list": lambda c: ",".join(str(c.randrange(1_000)) for _ in range(c.randint(2, 6))),
    "addr": lambda c: f"0x{c.getrandbits(c.choice((8, 24, 48))):x}",
    "hex": _hex(12), "hex7": _hex(7), "hex8": _hex(8), "hex16": _hex(16), "hex17": _hex(17), "hex24": _hex(24),
    "hex32": _hex(32), "hex40": _hex(40), "hex64": _hex(64),
    "uuid": lambda c: str(uuid.UUID(int=c.getrandbits(128), version=4)),
    "user": lambda c: c.choice(_USERS), "email": lambda c: f"{c.choice(('ann', 'b.lee', 'x9'))}@mail.example.com",
    "host": lambda c: c.choice(("node-{0}.eu.internal", "ip-10-0-0-{0}.ec2.internal")).format(c.randrange(1, 99)),
    "fqdn": lambda c: c.choice(("ns{0}.example.net", "h{0}-a.pool.example.com",
    "{0}.dsl.example.org")).format(c.randrange(99)),
    "node": lambda c: f"node-{c.randrange(200)}",
    "pod": lambda c: f"web-{_of('bcdf2456789', 9)(c)}-{_of('bcdfghjklmnpqrstvwxz2456789', 5)(c)}",
    "word": lambda c: f"{c.choice(('kb', 'img', 'a'))}{c.randrange(10**6)}",
    "b64": _of(_BASE62, 43), "id26": _of(string.ascii_lowercase + string.digits, 26), "nano": _of(_BASE62 + "_-", 21),
    "ulid": lambda c: "01" + _of("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24)(c),
    "acct": lambda c: f"{c.randrange(10**12):012}",
    "path": lambda c: f"/var/lib/shop/{c.choice(('in', 'out'))}/{_hex(8)(c)}.{c.choice(('csv', 'json'))}",
    "dur": lambda c: c.choice(("{0}ms", "{0}.5s", "{0} ms", "1m{1}s")).format(c.randrange(2, 9_000), c.randrange(59)),
    "size": lambda c: c.choice(("{0} bytes", "{0}KB", "{0}.2 MiB")).format(c.randrange(2, 9_000)),
    "bool": lambda c: c.choice(("true", "false")), "mac": lambda c: ":".join(_hex(2)(c) for _ in range(6)),
    "ctime": _moment("%a %b %d %H:%M:%S %Y"), "iso": _moment("%Y-%m-%dT%H:%M:%SZ"), "date": _moment("%Y-%m-%d %H:%M"),
    "ipv6": lambda c: f"fe80::{_hex(4)(c)}:{_hex(3)(c)}", "junk": lambda c: c.choice(_JUNK),
    "ver": lambda c: f"6.1.{c.randrange(9_999)}.{c.randrange(9)}",
    "tag": lambda c: c.choice(("View Lock", "RILJ", "*launch*")),
    "ws": lambda c: c.choice(("null", f"WorkSource{c.randrange(99)}")),
    "package": lambda c: "com.example.shop", "tok": lambda c: "<",
    "wide": lambda c: str(c.randrange(999)).translate({48 + i: 0xFF10 + i for i in range(10)}),
    "fans": lambda c: " ".join(str(c.randrange(3_000, 4_000)) for _ in range(6)),
    "을": _particle("을", "를"), "이": _particle("이", "가"),
    "kname": lambda c: c.choice(("김철수", "이영희", "박서준")), "jname": lambda c: c.choice(("佐藤", "田中",
    "鈴木一郎")),
}  # fmt: skip


class Message(NamedTuple):
    """One line, the statement that it came from, and whether the masks may be tuned on it."""

    text: str
    statement: str
    system: str
    held: bool


def messages(seed: int = 1) -> Iterator[Message]:
    """Every statement :data:`VARIANTS` times."""
    chance = random.Random(seed)
    system, held = "", False
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if head := re.fullmatch(r"\[([a-z-]+) (tuned|held)\]", line):
            system, held = head[1], head[2] == "held"
            continue
        for _ in range(VARIANTS):
            yield Message(_fill(line, chance), f"{system}: {line}", system, held)


def _fill(line: str, chance: random.Random) -> str:
    text = re.sub(
        r"(?<!\{)\{([a-z0-9을이]+)\}",
        lambda found: _SLOTS[found[1]](chance),
        line.replace("{{", "\0").replace("}}", "\1"),
    )
    return text.replace("\0", "{").replace("\1", "}")
