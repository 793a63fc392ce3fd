"""Makes of a scenario what an engineer would have at hand: the log file, the list of changes or the repository."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from scenario import NAMED, Scenario, moment

_PINO = {"INFO": 30, "WARN": 40, "ERROR": 50, "FATAL": 60}


def render(scenario: Scenario, folder: Path) -> list[str]:
    """Writes the scenario into ``folder``; the arguments of ``logmedic diagnose`` for it.

    Of a repository the deploys are not handed over: ``--deploys`` goes with ``--changes``, and there the log says
    which version a service starts with.
    """
    log = folder / "app.log"
    log.write_text("".join(f"{line}\n" for line in lines(scenario)), "utf-8")
    given = {"alert": scenario.alert}
    argv = [str(log)]
    if scenario.files:
        repository(scenario, folder / "repository")
        argv += ["--repo", str(folder / "repository")]
    else:
        given |= {"changes": scenario.changes} | ({"deploys": scenario.deploys} if scenario.deploys else {})
    for name, value in given.items():
        (folder / f"{name}.json").write_bytes(msgspec.json.encode(value))
        argv += [f"--{name}", str(folder / f"{name}.json")]
    return argv


# -- the log ----------------------------------------------------------------------------------------------------------


def lines(scenario: Scenario) -> list[str]:
    """The log, oldest line first."""
    write = WRITERS[scenario.format]
    return [line for _, line in sorted(_written(scenario.log, write))]


def _written(
    entries: list[dict[str, Any]], write: Callable[[datetime, dict[str, Any], dict[str, Any]], dict[str, Any]]
) -> Iterator[tuple[datetime, str]]:
    for entry in entries:
        more = {key: value for key, value in entry.items() if key not in NAMED}
        for n in range(entry.get("times", 1)):
            at = moment(entry["at"]) + timedelta(seconds=n * entry.get("every_s", 1))
            named = {"service": entry["service"], "level": entry["level"], "message": _counted(entry["message"], n)}
            record = write(at, named, {key: _counted(value, n) for key, value in more.items()})
            yield at, json.dumps(record, ensure_ascii=False)


def _counted(value: Any, n: int) -> Any:
    """The value with the number of the repeat in each of its texts, however deep."""
    if isinstance(value, dict):
        return {key: _counted(inner, n) for key, inner in value.items()}
    if isinstance(value, list):
        return [_counted(inner, n) for inner in value]
    return value.replace("{n}", str(n)) if isinstance(value, str) else value


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _tracing(at: datetime, named: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    fields = {"message": named["message"], "service": named["service"], **more}
    return {"timestamp": at.isoformat(), "level": named["level"], "fields": fields, "target": named["service"]}


def _logback(at: datetime, named: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    start = {"@timestamp": _iso(at), "@version": "1", "message": named["message"]}
    return {**start, "logger_name": named["service"], "level": named["level"], "service": named["service"], **more}


def _ecs(at: datetime, named: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    start = {"@timestamp": _iso(at), "log.level": named["level"], "message": named["message"], "ecs.version": "1.6.0"}
    return {**start, "service.name": named["service"], **more}


def _pino(at: datetime, named: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    start = {"level": _PINO[named["level"]], "time": int(at.timestamp() * 1000), "pid": 7, "hostname": "h"}
    return {**start, "name": named["service"], **more, "msg": named["message"]}


def _zap(at: datetime, named: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    start = {"level": named["level"].lower(), "ts": at.timestamp(), "msg": named["message"]}
    return {**start, "service": named["service"], **more}


def _structlog(at: datetime, named: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    end = {"event": named["message"], "level": named["level"].lower(), "timestamp": _iso(at)}
    return {"service": named["service"], **more, **end}


def _python(at: datetime, named: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    start = {"asctime": _iso(at), "levelname": named["level"], "message": named["message"]}
    return {**start, "service": named["service"], **more}


WRITERS = {
    "tracing": _tracing,
    "logback": _logback,
    "ecs": _ecs,
    "pino": _pino,
    "zap": _zap,
    "structlog": _structlog,
    "python": _python,
}


# -- the repository ---------------------------------------------------------------------------------------------------


def repository(scenario: Scenario, folder: Path) -> list[str]:
    """A git repository with the changes as commits; their hashes, oldest first.

    Authors and dates are those of the scenario, so the hashes are the ones that its labels and its log name.
    """
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    for name, text in scenario.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    _git(folder, "add", "-A")
    _commit(folder, "import", scenario.files_at, "Import")
    made = []
    for change in scenario.changes:
        _git(folder, "apply", "--index", "-", data=change.diff)
        _commit(folder, change.author, change.timestamp, change.message)
        made.append(_git(folder, "rev-parse", "HEAD").strip())
    return made


def _commit(folder: Path, author: str, at: str, message: str) -> None:
    roles = ("AUTHOR", "COMMITTER")
    facts = {"NAME": author, "EMAIL": f"{author}@example.com", "DATE": at}
    named = {f"GIT_{role}_{fact}": value for role in roles for fact, value in facts.items()}
    _git(folder, "commit", "-q", "-m", message, environment=named)


def _git(folder: Path, *argv: str, data: str = "", environment: dict[str, str] | None = None) -> str:
    # The user's own settings (signing, line ends, templates) would change the hashes.
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC"}
    done = subprocess.run(
        ["git", *argv],
        cwd=folder,
        input=data.encode(),
        capture_output=True,
        check=True,
        env={**os.environ, **alone, **(environment or {})},
    )
    return done.stdout.decode()
