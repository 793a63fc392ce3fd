"""A strict OpenID issuer on loopback: it checks what clients must send, signs for real, and lies when told to."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

CLIENT, SECRET = "logmedic", "s3cret+/=:of the client"
Claims = dict[str, Any]


class Issuer:
    """``with Issuer() as issuer``; ``login`` is what a person does there, and gives where the browser is sent back."""

    def __init__(self) -> None:
        self.rsa = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.ec = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
        self.tell_the_truth()
        self.asked_for_keys = 0
        self._codes: dict[str, dict[str, str]] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*issuer.get(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._answer(*issuer.grant(dict(parse_qsl(body)), self.headers.get("authorization", "")))

            def _answer(self, status: int, value: object) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Issuer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def tell_the_truth(self) -> None:
        self.algorithm = "RS256"
        self.claims: Claims = {"email": "minji@example.com", "email_verified": True, "groups": ["oncall"]}
        self.forge: Callable[[Claims], str] | None = None  # in place of the honest signature

    def rotate(self) -> None:
        self.rsa = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})

    def get(self, path: str) -> tuple[int, object]:
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "jwks_uri": f"{self.url}/keys",
                "token_endpoint": f"{self.url}/token", "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }  # fmt: skip
        if path == "/keys":
            self.asked_for_keys += 1
            return 200, {"keys": [self.rsa.as_dict(private=False), self.ec.as_dict(private=False)]}
        return 404, {}

    def login(self, address: str) -> str:
        """What the browser is sent back to, with a code, from the address that it was sent to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.url}/authorize?")
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        assert min(len(asked["state"]), len(asked["nonce"]), len(asked["code_challenge"])) >= 43
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def grant(self, form: dict[str, str], authorization: str) -> tuple[int, object]:
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote_plus(name), unquote_plus(secret)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form["code"], None)  # good once
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if (
            asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "u-1", "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            **self.claims,
        }  # fmt: skip
        return 200, {"token_type": "Bearer", "access_token": "x", "id_token": self.signed(claims)}

    def signed(self, claims: Claims) -> str:
        if self.forge is not None:
            return self.forge(claims)
        key = self.ec if self.algorithm == "ES256" else self.rsa
        return jwt.encode({"alg": self.algorithm, "kid": key.kid}, claims, key, algorithms=[self.algorithm])

    def unsigned(self, claims: Claims) -> str:
        def part(value: object) -> str:
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        return f"{part({'alg': 'none', 'kid': 'one'})}.{part(claims)}."

    def signed_with_the_public_key(self, claims: Claims) -> str:
        key = OctKey.import_key(self.rsa.as_pem(private=False).replace(b"-----", b"=====")[:200])
        return jwt.encode({"alg": "HS256", "kid": "one"}, claims, key, algorithms=["HS256"])

    def signed_by_a_stranger(self, claims: Claims) -> str:
        stranger = RSAKey.generate_key(2048)
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, stranger, algorithms=["RS256"])
