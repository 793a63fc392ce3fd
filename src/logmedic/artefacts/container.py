"""What running in a container asks of a configuration, and where things stand in ours."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import msgspec

from logmedic.build import Loaded
from logmedic.build.serving import is_loopback
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.loki.config import LokiSourceConfig
from logmedic.collect.push.config import PushSourceConfig
from logmedic.config import Secret
from logmedic.errors import ConfigError
from logmedic.store.lock import sqlite_path

UID = 10_001  # above the users of distributions, so that it is nobody on the host
HOME = "/srv/logmedic"  # working folder; config and state are linked into it, so that relative paths lead to the state
CONFIG = "/etc/logmedic"
STATE = "/var/lib/logmedic"
SECRETS = "/run/secrets"  # where Docker has the files of secrets
PORT = 8787
PASSWORD = "PGPASSWORD"  # noqa: S105  the name of the variable that libpq reads
HEALTH = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/healthz', timeout=4)"


class Variable(msgspec.Struct, frozen=True):
    """An environment variable with a secret; ``optional``: logmedic runs without."""

    name: str
    optional: bool = False


class Host(msgspec.Struct, frozen=True):
    name: str
    port: int


def image() -> str:
    return f"logmedic:{version('logmedic')}"


def health(port: int) -> list[str]:
    """A command that fails where ``serve`` does not answer; the image has no curl."""
    return ["python", "-c", HEALTH.format(port=port)]


def port(loaded: Loaded) -> int:
    """The port that is listened on, for others to reach. Raises :class:`ConfigError`: nobody can."""
    web = loaded.config.web
    host, number = web.address
    if not web.enabled:
        raise ConfigError(
            f"{_where(loaded)}: web.enabled: a container says by its /healthz that it lives; set it to true"
        )
    if is_loopback(host):
        raise ConfigError(
            f"{_where(loaded)}: web.listen: {host} cannot be reached from outside of a container; "
            f'write listen = "0.0.0.0:{number}" and [[web.tokens]]'
        )
    return number


def variables(loaded: Loaded) -> list[Variable]:
    """Of the secrets that the config names, in its order. Raises :class:`ConfigError`: it holds a secret itself."""
    config = loaded.config
    always = [getattr(config, name) for name in config.__struct_fields__ if name != "diagnose"]
    found = dict.fromkeys(_named(always, "env"), False)
    key = config.diagnose.api_key.env
    if key is not None and config.diagnose.engine != "offline":
        found.setdefault(key, config.diagnose.engine == "auto")
    if database(loaded) is not None:
        found[PASSWORD] = False
    return [Variable(name, optional) for name, optional in found.items()]


def files(loaded: Loaded) -> list[str]:
    """Names of the secrets that are files. Raises :class:`ConfigError`: one stands where no container has them."""
    paths = [PurePosixPath(path) for path in _named(loaded.config, "file")]
    for path in paths:
        if str(path.parent) != SECRETS:
            raise ConfigError(
                f'{_where(loaded)}: the secret {path}: in a container write file = "{SECRETS}/{path.name}"'
            )
    return [path.name for path in paths]


def only_variables(loaded: Loaded, what: str) -> list[Variable]:
    """Of those that run where secrets cannot be files. Raises :class:`ConfigError`."""
    named = next(iter(_named(loaded.config, "file")), None)
    if named is not None:
        raise ConfigError(f'{_where(loaded)}: the secret {named}: {what} has no files for secrets; write env = "NAME"')
    return variables(loaded)


def check_workers(loaded: Loaded, workers: int) -> None:
    """Raises :class:`ConfigError`: processes beside the first need a database that they can share."""
    if workers and database(loaded) is None:
        raise ConfigError(
            f"{_where(loaded)}: store.url: workers beside the first process need PostgreSQL, as in "
            'url = "postgresql://logmedic@postgres/logmedic"'
        )


def database(loaded: Loaded) -> Host | None:
    """The server of the state; none where that is SQLite. Raises :class:`ConfigError`: it cannot be used as it is."""
    url = loaded.config.store.url
    path = sqlite_path(url)
    if path is not None:
        if path.parts[:1] != (".logmedic",):
            raise ConfigError(
                f"{_where(loaded)}: store.url: a container may write below .logmedic only; "
                "leave it out, or write sqlite:///.logmedic/state.db"
            )
        return None
    parts = urlsplit(url)
    if parts.password is not None:
        raise ConfigError(f"{_where(loaded)}: store.url: take the password out, and give it as {PASSWORD}")
    return Host(parts.hostname or "localhost", parts.port or 5432)


def lokis(loaded: Loaded) -> list[Host]:
    found = (urlsplit(s.url) for s in loaded.config.sources if isinstance(s, LokiSourceConfig))
    return [Host(url.hostname or "", url.port or (443 if url.scheme == "https" else 80)) for url in found]


def pushed(loaded: Loaded) -> list[PushSourceConfig]:
    return [source for source in loaded.config.sources if isinstance(source, PushSourceConfig)]


def followed(loaded: Loaded) -> list[str]:
    """The files that are followed."""
    return [path for s in loaded.config.sources if isinstance(s, FileSourceConfig) for path in s.paths]


def no_files(loaded: Loaded, what: str) -> None:
    """Raises :class:`ConfigError`: files are followed where the services' are not seen."""
    if followed(loaded):
        raise ConfigError(
            f'{_where(loaded)}: sources: {what} sees no log files of others; take them in with kind = "push", '
            '"loki" or "cloudwatch"'
        )


def config_text(loaded: Loaded) -> str:
    """The file itself. Raises :class:`ConfigError`: there is none."""
    if loaded.path is None:
        raise ConfigError("no logmedic.toml here; `logmedic init` writes one")
    return loaded.path.read_text(encoding="utf-8-sig")


def _where(loaded: Loaded) -> str:
    return str(loaded.path or "logmedic.toml")


def _named(value: Any, kind: str) -> dict[str, None]:
    """``env`` or ``file`` of all secrets below a value, each once."""
    return dict.fromkeys(name for secret in _secrets(value) if (name := getattr(secret, kind)) is not None)


def _secrets(value: Any) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets(item)
