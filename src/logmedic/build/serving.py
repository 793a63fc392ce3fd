"""The shape of ``[web]``: who may see the dashboard, and where. (The layer that serves it lies above this one.)"""

from __future__ import annotations

import ipaddress
from typing import Literal

import msgspec

from logmedic.config import Secret
from logmedic.errors import ConfigError

RoleName = Literal["viewer", "operator", "admin"]


class TokenConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[web.tokens]]``: somebody who may log in."""

    name: str
    """Who it is; stands in timelines."""
    role: RoleName = "operator"
    """``viewer`` looks, ``operator`` changes incidents, ``admin`` does what costs money or reaches other people."""
    secret: Secret
    """At least 16 characters."""


class ProxyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[web.proxy]``: a reverse proxy that checks who the user is, and says so in a header."""

    header: str = "x-forwarded-user"
    """The header that names the user. The proxy must remove it from what clients send."""
    addresses: tuple[str, ...] = ()
    """Networks that the proxy's requests come from, as in "10.0.0.0/8"; the header is believed from nowhere else."""
    role: RoleName = "operator"
    """Of the users that it names."""


class OidcAllowConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[web.oidc.allow]]``: accounts that may come in. One match suffices; of several the highest role counts."""

    role: RoleName = "viewer"
    """What they may do."""
    groups: tuple[str, ...] = ()
    """Groups or roles, as the issuer names them in ``groups_claim``."""
    domains: tuple[str, ...] = ()
    """Of e-mail addresses that the issuer has verified, as in "example.com"."""
    people: tuple[str, ...] = ()
    """E-mail addresses that the issuer has verified."""


class OidcConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[web.oidc]``: people log in at an OpenID Connect issuer; needs the extra ``oidc`` and ``web.public_url``."""

    issuer: str
    """As the issuer writes it, as in "https://accounts.google.com"."""
    client_id: str
    """Of the application that was registered there, with ``PUBLIC_URL/login/oidc/callback`` to come back to."""
    client_secret: Secret
    """Of that application."""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    """What is asked for; some issuers want one more for groups."""
    groups_claim: str = "groups"
    """Where the ID token lists groups; dots lead into objects, as in "realm_access.roles"."""
    allow: tuple[OidcAllowConfig, ...] = ()
    """Who may come in; nobody without an entry."""
    session_s: int = 43_200
    """How long a login lasts; groups are looked at again by the next."""
    clock_skew_s: int = 60
    """How far the clocks may be apart."""


class McpConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[mcp]``: what an agent in an editor may ask, through ``logmedic mcp`` and ``serve``'s ``/mcp``."""

    write: bool = False
    """Whether it may also acknowledge, resolve, snooze, ignore and reopen incidents."""


class WebConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[web]``: the dashboard of ``serve``."""

    enabled: bool = True
    """Whether there is one."""
    listen: str = "127.0.0.1:8787"
    """Address and port. Beyond loopback, tokens, an issuer or a proxy are required."""
    public_url: str = ""
    """How people reach it, as in "https://logmedic.example.com"; stands as a link in alerts and issues."""
    tokens: tuple[TokenConfig, ...] = ()
    proxy: ProxyConfig | None = None
    oidc: OidcConfig | None = None

    def page(self, incident_id: int) -> str | None:
        """The address of an incident's page for people elsewhere; ``None`` where they can reach none."""
        return f"{self.public_url.rstrip('/')}/incidents/{incident_id}" if self.enabled and self.public_url else None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of ``listen``. Raises :class:`ConfigError`."""
        host, colon, port = self.listen.rpartition(":")
        if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
            raise ConfigError(f'web.listen: {self.listen!r} is no address; write it as in "127.0.0.1:8787"')
        return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
