"""Lines with planted secrets, and ordinary ones that look as if: from a seed, so that no secret stands in a file."""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import quote

from logmedic.redact import PERSONAL, SECRETS, fill

SEED = 20261123
PIECE = 5  # characters of a secret in a row that must not be left


class Planted(NamedTuple):
    """``parts``: as they stand in ``line``, in the encoding of its context."""

    kind: str
    context: str
    line: str
    parts: tuple[str, ...]

    def left_in(self, text: str) -> list[str]:
        """Pieces of the secret in a text."""
        pieces = {part[i : i + PIECE] for part in self.parts for i in range(len(part) - PIECE + 1)}
        return sorted(piece for piece in pieces if piece in text)


Encode = Callable[[str], str]


def _plain(text: str) -> str:
    return text


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _nested(text: str) -> str:
    return _json(_json(text))


def _percent(text: str) -> str:
    return quote(text, safe="")


def _sql(text: str) -> str:
    return text.replace("'", "''")


# A value under no telling name: what must tell it is its own form. {} is the encoded value.
CONTEXTS: dict[str, tuple[Encode, str]] = {
    "json": (_json, '{"timestamp":"2026-11-20T09:00:00Z","level":"ERROR","message":"call failed","detail":"%s"}'),
    "nested json": (_nested, '{"level":"ERROR","body":"{\\"detail\\":\\"%s\\",\\"n\\":1}"}'),
    "query": (_percent, "GET /hook?shop=7&arg=%s&lang=ko HTTP/1.1"),
    "headers": (_plain, "> Host: api.example.org\\r\\n> X-Debug: %s\\r\\n> Accept: */*"),
    "trace": (_plain, "ValueError: cannot use %s here\n  at shop.pay(Pay.java:12)"),
    "sql": (_sql, "INSERT INTO notes (id, text) VALUES (7, '%s') ON CONFLICT DO NOTHING"),
    "yaml": (_plain, "spec:\n  replicas: 2\n  arg: %s\n  image: shop:1.2"),
    "env": (_plain, "SHOP_MODE=live\nSHOP_ARG=%s\nHOME=/root"),
    "url": (_percent, "https://shop.example.org/p/%s?lang=ko"),
    "english": (_plain, "they sent us %s by mistake, please rotate it"),
    "korean": (_plain, "고객이 %s 값을 보냈습니다"),
}
PHRASES = ("json", "nested json", "headers", "trace", "yaml", "english", "korean")  # where several words may stand
NAMED: dict[str, tuple[Encode, str]] = {
    "json": (
        _json,
        '{"level":"ERROR","message":"login failed","db":{"user":"app","%(name)s":"%(value)s","port":5432}}',
    ),
    "nested json": (
        _nested,
        '{"level":"ERROR","body":"{\\"user\\":\\"app\\",\\"%(name)s\\":\\"%(value)s\\",\\"n\\":1}"}',
    ),
    "query": (_percent, "POST /login?user=app&%(name)s=%(value)s&lang=ko HTTP/1.1"),
    "headers": (_plain, "X-Shop: 7\r\nX-%(name)s: %(value)s\r\nAccept: */*"),
    "trace": (
        _json,
        'LoginError: rejected Login(user="app", %(name)s="%(value)s", port=5432)\n  at shop.pay(Pay.java:12)',
    ),
    "sql": (_sql, "UPDATE accounts SET %(name)s = '%(value)s', tries = 0 WHERE id = 7"),
    "yaml": (_json, 'db:\n  user: app\n  %(name)s: "%(value)s"\n  port: 5432'),
    "env": (_plain, "DB_HOST=db\nDB_%(name)s=%(value)s\nHOME=/root"),
    "url": (_percent, "postgresql://app:%(value)s@db.example.org:5432/shop"),
    "english": (_plain, "the password is %(value)s for now"),
    "korean": (_plain, "비밀번호는 %(value)s 입니다"),
    "dump": (_plain, "{User:app %(name)s:%(value)s Port:5432}"),
    "xml": (_plain, "<db><user>app</user><%(name)s>%(value)s</%(name)s></db>"),
    "connection": (_plain, "Server=db;Database=shop;User Id=app;%(name)s=%(value)s;Encrypt=true"),
    "tuple": (_json, '[("user", "app"), ("%(name)s", "%(value)s")]'),
}
NAMES = (
    "password",
    "secret",
    "api_key",
    "client_secret",
    "access_token",
    "apiKey",
    "PASSWORD",
    "passwd",
    "private_key",
)
_ALNUM = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"
_SIGNS = "!@#$%^*()-_=+{}:.?|~/"
_BARE = {"dump", "xml", "connection", "headers", "env", "english", "korean"}


def planted(seed: int = SEED) -> Iterator[Planted]:
    """Every rule in every context that suits it, twice; and chosen passwords under telling names."""
    rng = random.Random(seed)
    for rules in (*SECRETS.values(), PERSONAL):
        for one in rules:
            for _ in range(2):
                text, parts = fill(one.sample, lambda alphabet, length: "".join(rng.choices(alphabet, k=length)))
                single = not any(c in text for c in " '\"\n=:;<>{}@?$")
                for name in CONTEXTS if single else PHRASES:
                    encode, frame = CONTEXTS[name]
                    encoded = tuple(encode(part) for part in parts if len(part) >= PIECE)
                    yield Planted(one.kind, name, frame % encode(text), encoded)
    for name, (encode, frame) in NAMED.items():
        for number in range(60):
            field = NAMES[number % len(NAMES)]
            value = password(rng, number, bare=name in _BARE)
            yield Planted("secret", f"named {name}", frame % {"name": field, "value": encode(value)}, (encode(value),))


def password(rng: random.Random, number: int, *, bare: bool) -> str:
    """By turns as a generator makes it, with signs, and as people choose it."""
    if number % 3 == 0:
        return "".join(rng.choices(_ALNUM, k=rng.randrange(12, 30))) + "7q"
    if number % 3 == 1:
        signs = "!@#$%^*-_+.~" if bare else _SIGNS + "\"'\\,;&"
        body = "".join(rng.choices(_ALNUM + signs, k=rng.randrange(8, 20)))
        return f"x{body}7q"
    return rng.choice(("hunter", "sunshine", "changeme", "korea", "dragon")) + str(rng.randrange(100, 9999)) + "!"


def ordinary(count: int, seed: int = SEED) -> Iterator[str]:
    """Lines without anything secret, full of what looks like it."""
    rng = random.Random(seed)
    makers = (
        lambda: f"request {uuid.UUID(int=rng.getrandbits(128), version=4)} done in {rng.randrange(9999)} ms",
        lambda: f"built {rng.getrandbits(160):040x} from {rng.getrandbits(28):07x} on main",
        lambda: f"trace_id={rng.getrandbits(128):032x} span_id={rng.getrandbits(64):016x} sampled=1",
        lambda: f"sha256:{rng.getrandbits(256):064x} pulled",
        lambda: "img data:image/png;base64," + base64.b64encode(rng.randbytes(180)).decode(),
        lambda: f"at {1763800000000 + rng.randrange(10**9)} offset {rng.randrange(10**15)}",
        lambda: f"2026-11-{rng.randrange(1, 29):02d} 09:{rng.randrange(60):02d}:00,{rng.randrange(999):03d} INFO tick",
        lambda: f"openssl 3.{rng.randrange(9)}.{rng.randrange(20)} to 3.5.{rng.randrange(9)}-r{rng.randrange(9)}",
        lambda: f"peer 10.{rng.randrange(256)}.{rng.randrange(256)}.7:{rng.randrange(1024, 65535)} closed",
        lambda: f"total {rng.randrange(10**7):,}.{rng.randrange(100):02d} USD, {rng.randrange(10**6):,}원 결제 완료",
        lambda: f"주문 {rng.randrange(10**9)} 처리 중 사용자를 찾을 수 없습니다",
        lambda: f"input_tokens: {rng.randrange(9999)}, max_tokens={rng.randrange(9999)} cost=0.{rng.random():.6f}",
        lambda: json.dumps({"level": "INFO", "path": f"/api/v1/sessions/{rng.randrange(10**6)}", "token_count": 5}),
        lambda: json.dumps({"event": "login", "auth": "oauth2", "user_id": rng.randrange(10**8), "ok": True}),
        lambda: f"Basic authentication failed for user{rng.randrange(99)} in realm shop",
        lambda: rng.choice(_SAYINGS),
        lambda: f"GET https://shop.example.org:8443/orders/{rng.randrange(10**6)}?page=2&sort=asc 200",
        lambda: f"order {rng.randrange(10**11, 10**12)} shipped, parcel {rng.randrange(10**9, 10**10)}",
        lambda: f"go: example.org/x/mod@v0.{rng.randrange(40)}.0 h1:{base64.b64encode(rng.randbytes(32)).decode()}",
        lambda: f"<property name='retries' value='{rng.randrange(9)}'/> elapsed={rng.random():.16f}",
    )  # fmt: skip
    for number in range(count):
        yield makers[number % len(makers)]()


_SAYINGS = (
    "could not load the token: step 98 failed", "Unexpected token } in JSON at position 12", "password is too short",
    "bearer token expired at noon", "session closed by peer", "secret \"shop-tls\" not found in namespace prod",
    "token refresh scheduled", "비밀번호 변경 완료", "Access denied for user 'root'@'localhost' (using password: YES)",
    "cannot read key of type text", "password=null token=None", "the api key was revoked", "PWD=/srv/shop OLDPWD=/root",
    "jwt malformed", "cookie banner shown", "authorization failed for order 7", "primary key: id",
    "toolchain@v0.0.1-go1.22.12.linux-amd64", "@app.route('/x') user@localhost", "io.jsonwebtoken:jjwt-api:0.12.5",
    "token = await auth.refresh(ctx.refreshToken)", "connect(user=settings.user, password=settings.password)",
    "let parsed = PasswordHash::new(&hash)?", "tel. 1588-1234 (24h)", "사업자등록번호 123-45-67890",
)  # fmt: skip
