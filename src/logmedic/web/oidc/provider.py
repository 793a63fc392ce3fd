"""An OpenID issuer: where its endpoints are, which keys it signs with, and what it gives for a code."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from logmedic.build.serving import OidcConfig, is_loopback
from logmedic.doors import Http, HttpError
from logmedic.web.access import User
from logmedic.web.oidc.claims import RefusedError, check, person

TIMEOUT_S: Final = 10.0
KNOWN_S: Final = 3_600  # that endpoints and keys are believed without asking again
ROTATION_S: Final = 30  # between two looks for a key that is not known; anybody can make such tokens up
# Signatures by a private key only: with HS256 the public key would sign, and "none" signs nothing (RFC 8725, 3.1).
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")


class _Discovered(msgspec.Struct, frozen=True):
    """OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Granted(msgspec.Struct, frozen=True):
    id_token: str


_DISCOVERED = msgspec.json.Decoder(_Discovered)
_GRANTED = msgspec.json.Decoder(_Granted)


class Provider:
    """Safe to share between threads. Every method raises :class:`RefusedError`."""

    def __init__(self, config: OidcConfig, secret: str, callback: str, http: Http, now: Callable[[], int]) -> None:
        """``callback``: our address that the issuer sends people back to; ``now``: seconds since the epoch."""
        self.config = config
        self._secret = secret
        self._callback = callback
        self._http = http
        self._now = now
        self._lock = threading.Lock()
        self._found: tuple[int, _Discovered] | None = None
        self._keys: tuple[int, Any] | None = None

    def address(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where a browser logs in."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.config.client_id, "redirect_uri": self._callback,
            "scope": " ".join(self.config.scopes), "state": state, "nonce": nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        endpoint = self._discovered().authorization_endpoint
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    def user(self, code: str, *, nonce: str, verifier: str) -> User:
        """Who has logged in; ``code``: what the issuer has sent along with the browser."""
        claims = self._claims(self._token(code, verifier))
        check(claims, self.config, nonce=nonce, now=self._now())
        return person(claims, self.config)

    def _token(self, code: str, verifier: str) -> str:
        found = self._discovered()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._callback,
            "code_verifier": verifier,
        }  # fmt: skip
        headers = {"accept": "application/json"}
        if "client_secret_basic" in found.token_endpoint_auth_methods_supported:  # RFC 6749, 2.3.1
            pair = f"{quote_plus(self.config.client_id)}:{quote_plus(self._secret)}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": self.config.client_id, "client_secret": self._secret}
        body = self._ask("POST", found.token_endpoint, headers, form)
        try:
            return _GRANTED.decode(body).id_token
        except msgspec.DecodeError:
            raise RefusedError("the issuer gave no ID token; web.oidc.scopes must hold openid") from None

    def _claims(self, token: str) -> Mapping[str, Any]:
        """What a token says whose signature is the issuer's."""
        from joserfc import jwt  # noqa: PLC0415  an extra
        from joserfc.errors import JoseError  # noqa: PLC0415

        for again in (False, True):
            try:
                claims = jwt.decode(token, self._key_set(again=again), algorithms=ALGORITHMS).claims
            except (JoseError, ValueError):
                if again:
                    break
                continue  # the issuer may have changed its keys since
            return claims if isinstance(claims, dict) else {}
        raise RefusedError(
            "the token is not signed by a key of the issuer with one of "
            f"{', '.join(ALGORITHMS)}; let the issuer sign with RS256 or ES256"
        )

    def _key_set(self, *, again: bool) -> Any:
        from joserfc.errors import JoseError  # noqa: PLC0415  an extra
        from joserfc.jwk import KeySet  # noqa: PLC0415

        with self._lock:
            known = self._keys
        if known is not None and self._now() - known[0] < (ROTATION_S if again else KNOWN_S):
            return known[1]
        try:
            answered = msgspec.json.decode(self._ask("GET", self._discovered().jwks_uri, {}), type=dict[str, Any])
            listed = answered.get("keys")
            usable = [
                key
                for key in (listed if isinstance(listed, list) else [])
                if isinstance(key, dict) and key.get("kty") in {"RSA", "EC"} and key.get("use", "sig") == "sig"
            ]
            keys = KeySet.import_key_set({"keys": usable})
        except (msgspec.DecodeError, JoseError, ValueError, KeyError):
            raise RefusedError("the issuer's keys (jwks_uri) cannot be read; is web.oidc.issuer right?") from None
        with self._lock:
            self._keys = (self._now(), keys)
        return keys

    def _discovered(self) -> _Discovered:
        with self._lock:
            known = self._found
        if known is not None and self._now() - known[0] < KNOWN_S:
            return known[1]
        where = f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = _DISCOVERED.decode(self._ask("GET", where, {}))
        except msgspec.DecodeError:
            raise RefusedError(f"{where} is no description of an issuer; is web.oidc.issuer right?") from None
        if found.issuer != self.config.issuer:
            raise RefusedError(f"the issuer calls itself {found.issuer[:200]!r}; write that as web.oidc.issuer")
        for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            if not is_private(address):
                raise RefusedError(f"the issuer names {address[:200]!r}, which is not https")
        with self._lock:
            self._found = (self._now(), found)
        return found

    def _ask(self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None) -> bytes:
        try:
            answer = self._http.request(method, url, timeout=TIMEOUT_S, headers=headers, form=form)
        except HttpError as error:
            raise RefusedError(f"the issuer does not answer ({error}); try again in a moment") from None
        if answer.status in {400, 401} and form is not None:
            said = answer.json()
            what = said.get("error") if isinstance(said, dict) else None
            raise RefusedError(
                f"the issuer refused the login ({str(what)[:60]}); log in again, and if that does not help compare "
                "web.oidc.client_id and client_secret with its settings"
            )
        if answer.status != 200:
            raise RefusedError(f"the issuer answered {answer.status} at {url[:200]}; is web.oidc.issuer right?")
        return answer.body


def is_private(address: str) -> bool:
    """Whether nobody can read along: https, or within this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
