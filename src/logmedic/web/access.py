"""Who may do what. Decisions only; ``guard`` applies them to requests.

On a loopback address without tokens whoever reaches the port is the administrator, as whoever reaches the terminal is.
Anywhere else a token, or a proxy that names the user, is required, or the server does not start. A browser exchanges
its token for a session cookie; programs send it as ``Authorization: Bearer``.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec

from logmedic.build.serving import is_loopback
from logmedic.errors import ConfigError

SESSION_SECONDS: Final = 30 * 86_400
COOKIE: Final = "logmedic_session"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
SHORTEST_TOKEN: Final = 16  # characters: shorter ones can be guessed


class Role(enum.StrEnum):
    """Each may do what those before it may."""

    VIEWER = "viewer"  # look
    OPERATOR = "operator"  # change the state of incidents
    ADMIN = "admin"  # whatever costs money or reaches other people

    @property
    def rank(self) -> int:
        return list(Role).index(self)

    def may(self, needed: Role) -> bool:
        return self.rank >= needed.rank


class User(msgspec.Struct, frozen=True):
    name: str
    role: Role


class Token(msgspec.Struct, frozen=True):
    user: User
    secret: str


class Proxy(msgspec.Struct, frozen=True):
    """A reverse proxy that has checked who the user is, and says so in a header."""

    header: str
    addresses: tuple[str, ...]  # networks that the proxy's requests come from, as in "10.0.0.0/8"
    role: Role  # of the users that it names


LOCAL: Final = User("local", Role.ADMIN)
_SEALED: Final = msgspec.json.Decoder(list[str | int])


class Access:
    """Decides by values of a request; knows nothing of HTTP libraries."""

    def __init__(
        self,
        host: str,
        tokens: Sequence[Token] = (),
        proxy: Proxy | None = None,
        public_url: str = "",
        oidc: str = "",
    ) -> None:
        """``host``: the address that is listened on. ``oidc``: what sessions of people whom an OpenID issuer vouches
        for depend on (its settings and the secret shared with it); empty when there is none.

        Raises:
            ConfigError: it can be reached from other machines, and nothing says who may; or a token is too short.
        """
        self._open = not tokens and proxy is None and not oidc
        if self._open and not is_loopback(host):
            raise ConfigError(
                f"web.listen: {host} can be reached from other machines; give [[web.tokens]], web.oidc or web.proxy, "
                'or listen on "127.0.0.1:8787"'
            )
        short = next((token.user.name for token in tokens if len(token.secret) < SHORTEST_TOKEN), None)
        if short is not None:
            raise ConfigError(
                f"web.tokens: {short}: the token has less than {SHORTEST_TOKEN} characters; "
                "`openssl rand -hex 24` makes one"
            )
        self._tokens = tuple(tokens)
        self._proxy = proxy
        self._networks = () if proxy is None else tuple(_network(address) for address in proxy.addresses)
        joined = "\0".join(sorted(f"{t.user.name}\0{t.user.role}\0{t.secret}" for t in tokens))
        # Sessions end when any token or a setting of the issuer changes, and survive a restart.
        self._key = hashlib.sha256(b"logmedic session\0" + joined.encode() + b"\0\0" + oidc.encode()).digest()
        self._oidc = bool(oidc)
        named = urlsplit(public_url).hostname
        self._names = _LOCAL_NAMES | ({named} if named else set()) if self._open else None

    @property
    def open(self) -> bool:
        """Nobody needs to log in."""
        return self._open

    def host_is_ours(self, host: str) -> bool:
        """Whether the ``Host`` header names us. A page of somebody else's that resolves its own name to this machine
        (DNS rebinding) would otherwise read everything where no token is asked for."""
        if self._names is None:
            return True
        name = urlsplit(f"//{host}").hostname if host else None
        return name in self._names

    def user(self, *, peer: str, headers: Mapping[str, str], cookies: Mapping[str, str], now: int) -> User | None:
        """Who sends a request. ``peer``: the address at the other end; ``headers`` by lower-case name; ``now``: s."""
        if self._open:
            return LOCAL
        if self._proxy is not None and self._from_proxy(peer):
            name = headers.get(self._proxy.header.lower(), "").strip()
            if name:
                return User(name[:100], self._proxy.role)
        scheme, _, secret = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.of_token(secret.strip())
        return self._of_session(cookies.get(COOKIE, ""), now)

    def of_token(self, secret: str) -> User | None:
        found = None
        for token in self._tokens:  # all of them, so that the time says nothing
            if hmac.compare_digest(token.secret.encode(), secret.encode()):
                found = token.user
        return found

    def session(self, user: User, now: int) -> str:
        """The value of the session cookie for a user whose token was right."""
        return self.seal("token", (user.name,), now + SESSION_SECONDS)

    def seal(self, kind: str, values: Sequence[str], until: int) -> str:
        """Values for a cookie that only we can make, good for one purpose. ``until``: seconds since the epoch."""
        body = msgspec.json.encode([kind, until, *values])
        return base64.urlsafe_b64encode(self._sign(body) + body).decode()

    def unseal(self, kind: str, value: str, now: int) -> tuple[str, ...] | None:
        """The values of :meth:`seal`; ``None`` when it is not ours, for another purpose, or too old."""
        try:
            raw = base64.urlsafe_b64decode(value.encode())
        except (binascii.Error, ValueError):
            return None
        signature, body = raw[:32], raw[32:]
        if len(signature) < 32 or not hmac.compare_digest(signature, self._sign(body)):
            return None
        named, until, *values = _SEALED.decode(body)
        return tuple(map(str, values)) if named == kind and int(until) >= now else None

    def _of_session(self, value: str, now: int) -> User | None:
        by_token = self.unseal("token", value, now)
        if by_token is not None:
            return next((token.user for token in self._tokens if token.user.name == by_token[0]), None)
        vouched = self.unseal("person", value, now) if self._oidc else None
        return None if vouched is None else User(vouched[0], Role(vouched[1]))

    def _sign(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()

    def _from_proxy(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def on_this_site(path: str) -> str:
    """A path to go on to, or ``/`` where it would lead elsewhere; browsers take ``\\`` for ``/`` and drop line ends."""
    fine = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if fine else "/"


def same_site(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request that changes something comes from our own pages, or from a program.

    Browsers say where such a request comes from: in ``Sec-Fetch-Site`` (Fetch Metadata), and older ones in ``Origin``
    (RFC 6454). Programs send neither.
    """
    if method in _SAFE or "authorization" in headers:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(address, strict=False)
    except ValueError:
        raise ConfigError(f'web.proxy.addresses: {address!r} is no network; write it as in "10.0.0.0/8"') from None
