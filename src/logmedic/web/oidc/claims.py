"""What an ID token says, believed or refused. Pure; the signature has been checked before (``provider``)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from logmedic.build.serving import OidcConfig
from logmedic.web.access import Role, User

LONGEST_NAME = 100


class RefusedError(Exception):
    """Nobody comes in; the message is one line that names what to change."""


def check(claims: Mapping[str, Any], config: OidcConfig, *, nonce: str, now: int) -> None:
    """The claims that every ID token has (OpenID Connect Core 1.0, 3.1.3.7). ``now``: seconds since the epoch.

    Raises:
        RefusedError: the token is another's, for another, of another login or of another time.
    """
    skew = config.clock_skew_s
    if claims.get("iss") != config.issuer:
        raise RefusedError("the token names another issuer than web.oidc.issuer; write it as the issuer does")
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or config.client_id not in audiences:
        raise RefusedError(
            "the token is for another application; compare web.oidc.client_id with the issuer's settings"
        )
    if claims.get("azp", config.client_id) != config.client_id or (len(audiences) > 1 and "azp" not in claims):
        raise RefusedError("the token was issued to another application (azp); use a client of logmedic's own")
    if _time(claims, "exp") + skew <= now:
        raise RefusedError("the token has expired; compare the clocks of this machine and of the issuer")
    if _time(claims, "iat") - skew > now or _time(claims, "nbf", 0) - skew > now:
        raise RefusedError("the token is from the future; compare the clocks of this machine and of the issuer")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode("utf-8", "replace"), nonce.encode()):
        raise RefusedError("the token belongs to another login (nonce); log in again")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise RefusedError("the token names nobody (sub); the issuer does not follow OpenID Connect")


def person(claims: Mapping[str, Any], config: OidcConfig) -> User:
    """Who it is, with the highest role that an entry of ``[[web.oidc.allow]]`` gives.

    Raises:
        RefusedError: none does.
    """
    email = _verified(claims)
    groups = _groups(claims, config.groups_claim)
    domain = email.rpartition("@")[2]
    roles = [
        Role(entry.role)
        for entry in config.allow
        if groups & set(entry.groups)
        or (email and email in {one.lower() for one in entry.people})
        or (domain and domain in {one.lower() for one in entry.domains})
    ]
    if not roles:
        raise RefusedError(
            "no entry of [[web.oidc.allow]] lets this account in: its groups "
            f"({config.groups_claim}) or its verified e-mail address must stand there"
        )
    return User((email or str(claims["sub"]))[:LONGEST_NAME], max(roles, key=lambda role: role.rank))


def _verified(claims: Mapping[str, Any]) -> str:
    """The e-mail address, if the issuer has checked that it is theirs; else anybody could claim any."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or email.count("@") != 1:
        return ""
    return email.lower() if email.isprintable() else ""


def _groups(claims: Mapping[str, Any], path: str) -> set[str]:
    """The strings at a claim; ``realm_access.roles`` is looked for as it stands, then as a way through objects."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return {found}
    return {one for one in found if isinstance(one, str)} if isinstance(found, list) else set()


def _time(claims: Mapping[str, Any], name: str, absent: float | None = None) -> float:
    value = claims.get(name, absent)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise RefusedError(f"the token has no time {name}; the issuer does not follow OpenID Connect")
    return value
