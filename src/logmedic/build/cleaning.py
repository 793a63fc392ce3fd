"""What is taken out of texts before anybody sees them: personal data, secrets that look like some, and our own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote

from logmedic import config as configuration
from logmedic.build import diagnosing, kafkas, lokis, pushing, telling
from logmedic.build.shape import Loaded
from logmedic.errors import ConfigError
from logmedic.model import LogRecord
from logmedic.redact import Redactor

if TYPE_CHECKING:
    from logmedic.investigate.interface import LogContext

_PASSWORD = re.compile(r"[^/?#@]*?:([^/?#]*)@")  # of an address, behind its scheme
TOKEN_LENGTH = 16  # characters from which on a part of an address is taken for a secret


def redactor(loaded: Loaded) -> Redactor:
    """As the configuration wants it, with every secret of ours that can be read."""
    return Redactor(loaded.config.redact, secrets(loaded))


def secrets(loaded: Loaded) -> tuple[str, ...]:
    """Those of channels, models, sources, the dashboard and the database, with their parts."""
    own = (*telling.secrets(loaded)[0].values(), *diagnosing.keys(loaded).values(), *_tokens(loaded))
    sources = (
        *lokis.secrets(loaded.config.sources, loaded.base),
        *kafkas.secrets(loaded.config.sources, loaded.base),
        *pushing.secrets(loaded),
    )
    return (*_with_parts(own), *sources, *_database(loaded))


def _database(loaded: Loaded) -> tuple[str, ...]:
    """The password of the state database, as the URL has it and as the database knows it."""
    password = _PASSWORD.match(loaded.config.store.url.partition("://")[2])
    return () if password is None else (password[1], unquote(password[1]))


def _tokens(loaded: Loaded) -> Iterator[str]:
    for token in loaded.config.web.tokens:
        try:
            yield configuration.read_secret(token.secret, f"web.tokens: {token.name}", base=loaded.base)
        except ConfigError:
            continue  # the dashboard says so


class Redacted:
    """Lines of the logs for people and programs outside: as stored ones, they have been redacted."""

    def __init__(self, logs: LogContext, redactor: Redactor) -> None:
        self._logs = logs
        self._redactor = redactor

    def around(self, record: LogRecord, before: int, after: int) -> list[LogRecord]:
        return [self._redactor.record(r) for r in self._logs.around(record, before, after)]

    def by_request(self, request_id: str, since: int, until: int) -> list[LogRecord]:
        return [self._redactor.record(r) for r in self._logs.by_request(request_id, since, until)]


def _with_parts(secrets: Iterable[str]) -> tuple[str, ...]:
    """What to take out of texts: the secrets, and of an address also the parts that clients log alone."""
    return tuple({part for secret in secrets for word in (secret, *secret.split()) for part in (word, *_parts(word))})


def _parts(secret: str) -> Sequence[str]:
    """Of a web address its last part; of another, as apprise has them, what is too long to be a name or a word."""
    scheme, found, rest = secret.partition("://")
    if not found:
        return ()
    if scheme in {"http", "https"}:
        return (rest.rstrip("/").rpartition("/")[2],)
    password = _PASSWORD.match(rest)
    tokens = [part for part in re.split(r"[/:@?&=#]", rest) if len(part) >= TOKEN_LENGTH]
    return tokens if password is None else (*tokens, password[1])
