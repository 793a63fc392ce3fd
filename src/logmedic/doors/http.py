"""HTTP requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

import msgspec

from logmedic.errors import ConfigError

if TYPE_CHECKING:
    import ssl


class HttpAnswer(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        """The decoded body, or ``None`` when it is not JSON (error pages of proxies are HTML)."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None


class HttpError(Exception):
    """No answer came. ``sent``: the request may have reached the far side."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class HttpTooLargeError(HttpError):
    """The answer's body, unpacked, is longer than the caller allows. The rest was not read."""

    def __init__(self, most: int) -> None:
        super().__init__(f"the answer is longer than {most:,} bytes", sent=True)


class Http(Protocol):
    def request(
        self,
        method: str,
        url: str,
        *,
        timeout: float,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """One request, no redirects, no retries. ``form``: sent URL-encoded, in place of ``json``.

        Raises :class:`HttpError` when no complete answer came.
        """
        ...


class SystemHttp:
    """HTTP by httpx2; imported on first use (0.1 s)."""

    def __init__(self, *, ca_file: Path | None = None, most: int | None = None) -> None:
        """``ca_file``: trust these certificates (PEM) and no others. ``most``: bytes of an answer's unpacked body."""
        self._client: Any = None
        self._ca_file = ca_file
        self._most = most

    def request(
        self,
        method: str,
        url: str,
        *,
        timeout: float,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        import httpx2  # noqa: PLC0415  costs 0.1 s that an idle scan must not pay

        if self._client is None:
            verify = True if self._ca_file is None else tls(self._ca_file)
            self._client = httpx2.Client(follow_redirects=False, trust_env=False, verify=verify)
        content = None if json is None else msgspec.json.encode(json)
        sent_headers = {"user-agent": "logmedic", **(headers or {})}
        if form is not None:
            content = urlencode(form).encode()
            sent_headers["content-type"] = "application/x-www-form-urlencoded"
        elif content is not None:
            sent_headers["content-type"] = "application/json"
        try:
            sending = self._client.stream(method, url, content=content, headers=sent_headers, timeout=timeout)
            with sending as answer:
                body = self._body(answer.iter_bytes())
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol) as error:
            raise HttpError(f"{type(error).__name__}: {error}", sent=False) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise HttpError(f"{type(error).__name__}: {error}", sent=not isinstance(error, httpx2.InvalidURL)) from None
        return HttpAnswer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)

    def _body(self, parts: Iterable[bytes]) -> bytes:
        """What came, unpacked. Raises :class:`HttpTooLargeError` as soon as it is too much."""
        if self._most is None:
            return b"".join(parts)
        body = bytearray()
        for part in parts:
            body += part
            if len(body) > self._most:
                raise HttpTooLargeError(self._most)
        return bytes(body)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def tls(ca_file: Path) -> ssl.SSLContext:
    """Trust in the certificates of ``ca_file`` (PEM) and in no others.

    Raises:
        ConfigError: the file cannot be read, or holds no certificate.
    """
    import ssl  # noqa: PLC0415  with httpx2

    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:  # an SSLError is one
        raise ConfigError(f"{ca_file}: cannot be read as PEM certificates: {error.strerror or error}") from None
