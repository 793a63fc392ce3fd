"""A Compose file: logmedic, and of Vector, Loki and PostgreSQL those that its config speaks of by these names."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from logmedic.artefacts import container
from logmedic.artefacts.filling import fill, listed, quoted
from logmedic.artefacts.forwarders import EXAMPLE, TOKEN
from logmedic.build import Loaded
from logmedic.collect.loki.config import LokiSourceConfig
from logmedic.collect.push.config import LOKI
from logmedic.errors import ConfigError

_GLOB = re.compile(r"[*?\[{]")


def compose(loaded: Loaded, paths: list[str], workers: int = 0) -> str:
    """YAML. ``paths``: what Vector follows; without Loki and without a source that takes what is pushed, there is none.
    ``workers``: containers beside the first that only investigate and tell people.

    Raises:
        ConfigError: the config cannot work in a container; names the key and the remedy.
    """
    container.config_text(loaded)
    container.check_workers(loaded, workers)
    number = container.port(loaded)
    names = container.variables(loaded)
    files = container.files(loaded)
    database = container.database(loaded)
    ours = [host for host in container.lokis(loaded) if host.name == "loki"]
    postgres = database is not None and database.name == "postgres"
    vector = _vector(loaded, paths or [EXAMPLE], number)
    shared = {
        "IMAGE": container.image(), "CONFIG": container.CONFIG, "STATE": container.STATE,
        "ENVIRONMENT": _environment(names), "SECRETS": _lines("secrets:", files, 4),
        "AFTER": "    depends_on:\n      postgres:\n        condition: service_healthy\n" if postgres else "",
    }  # fmt: skip
    return fill(
        "compose.yaml", PORT=str(number), NAMES=f": {', '.join(v.name for v in names)}" if names else "",
        LOGS=_mounts([_absolute(path) for path in container.followed(loaded)]),
        WORKERS=fill("compose-workers.yaml", WORKERS=str(workers), UID=str(container.UID), **shared)
        if workers else "",
        VECTOR=vector[0], VECTOR_CONFIG=vector[1],
        LOKI=fill("compose-loki.yaml", PORT=str(ours[0].port)) if ours else "",
        POSTGRES=_postgres(loaded) if postgres else "",
        SECRET_FILES="".join(["\nsecrets:\n", *(f"  {name}:\n    file: ./secrets/{name}\n" for name in files)])
        if files else "",
        VOLUMES="".join(f"  {name}:\n" for name, there in
                        (("vector", vector[0]), ("loki", ours), ("postgres", postgres)) if there),
        **shared,
    ).rstrip("\n") + "\n"  # fmt: skip


def _vector(loaded: Loaded, paths: list[str], number: int) -> tuple[str, str]:
    """The service and its configuration: to Loki where logmedic reads that, else to logmedic. None: two empty texts."""
    sources = [source for source in loaded.config.sources if isinstance(source, LokiSourceConfig)]
    pushed = container.pushed(loaded)
    token = ""
    environment: list[container.Variable] = []
    if sources:  # to both would count each line twice
        parts = urlsplit(sources[0].url)
        base, to, path = sources[0].url.rstrip("/"), "loki" if parts.hostname == "loki" else "", LOKI
    elif pushed:
        base, to = f"http://logmedic:{number}", "logmedic"
        path = f"/push/{pushed[0].name}{LOKI}" if len(pushed) > 1 else LOKI
        if pushed[0].tokens:
            name = pushed[0].tokens[0].env or TOKEN
            environment = [container.Variable(name)]
            token = f"    auth:\n      strategy: bearer\n      token: ${{{name}}}\n"
    else:
        return "", ""
    paths = [_absolute(path) for path in paths]
    config = fill("vector.yaml", ENDPOINT=quoted(base), PATH=quoted(path), PATHS=listed(paths), AUTH=token)
    inside = "".join(f"      {line}\n" if line else "\n" for line in config.replace("$", "$$").splitlines())
    service = fill(
        "compose-vector.yaml", ENVIRONMENT=_environment(environment), LOGS=_mounts(paths), TO=to
    )  # fmt: skip
    return service, f"  vector:\n    content: |\n{inside}"


def _postgres(loaded: Loaded) -> str:
    parts = urlsplit(loaded.config.store.url)
    user = unquote(parts.username or "logmedic")
    return fill(
        "compose-postgres.yaml", USER=quoted(user), DATABASE=quoted(unquote(parts.path.strip("/")) or user),
        PASSWORD=container.PASSWORD,
    )  # fmt: skip


def _environment(names: list[container.Variable]) -> str:
    """Compose refuses to start without those that are not optional."""
    rest = {True: ":-", False: ":?give it in .env"}
    return _lines("environment:", [f"{v.name}: ${{{v.name}{rest[v.optional]}}}" for v in names], 4, "  ")


def _mounts(paths: list[str]) -> str:
    """The folders of files and globs, at the same place in the container, to be read only."""
    folders = sorted({_folder(path) for path in paths})
    return "".join(f"      - {quoted(f'{folder}:{folder}:ro')}\n" for folder in folders)


def _folder(path: str) -> str:
    plain = _GLOB.split(path)[0]
    return str(PurePosixPath(plain) if plain.endswith("/") else PurePosixPath(plain).parent)


def _absolute(path: str) -> str:
    if not path.startswith("/") or ":" in path or "$" in path:
        raise ConfigError(f"{path}: in a container write the absolute path of the logs, without colon or dollar sign")
    return path


def _lines(head: str, items: list[str], indent: int, mark: str = "  - ") -> str:
    pad = " " * indent
    return "".join([f"{pad}{head}\n", *(f"{pad}{mark}{item}\n" for item in items)]) if items else ""
