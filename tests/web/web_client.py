"""A plain HTTP client for a server on loopback; it follows nothing and keeps no cookies unless told."""

from __future__ import annotations

import html
import http.client
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from logmedic.store.store import Store


class Answer:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes, set_cookies: Sequence[str] = ()) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.set_cookies = set_cookies

    @property
    def cookies(self) -> dict[str, str]:
        """What is sent back for each cookie that was set."""
        pairs = [line.partition(";")[0] for line in self.set_cookies]
        return {pair.partition("=")[0]: pair for pair in pairs}

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def words(self) -> str:
        """What a reader sees of a page."""
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", self.text)))


class Client:
    def __init__(self, port: int, store: Store) -> None:
        self.port = port
        self.store = store
        self.base = f"http://127.0.0.1:{port}"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {"accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            cookies = answer.headers.get_all("set-cookie", [])
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read(), cookies)
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, form: object, **headers: str) -> Answer:
        body = urlencode(form, doseq=True).encode()  # type: ignore[arg-type]
        return self.ask("POST", path, body, **{"content_type": "application/x-www-form-urlencoded", **headers})
