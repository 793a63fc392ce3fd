"""What is wrong with a config, and whether what it names is there: for ``check``, and before it is taken up anew."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from logmedic import build, doors
from logmedic import config as configuration
from logmedic.build import clouds, kafkas, lokis, pushing
from logmedic.cli import output
from logmedic.collect import dialects as layouts
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.kafka.config import KafkaSourceConfig
from logmedic.collect.loki.config import LokiSourceConfig
from logmedic.collect.push.config import FIREHOSE, INGEST, LOKI, OTLP, PushSourceConfig
from logmedic.collect.push.config import check as check_push
from logmedic.detect.interface import Rule
from logmedic.detect.rules import build_rules
from logmedic.errors import ConfigError, SourceError
from logmedic.respond import channels
from logmedic.respond.github import probe
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.jsonl import JsonlConfig
from logmedic.respond.text import utc
from logmedic.store.lock import sqlite_path


class Finding(msgspec.Struct, frozen=True):
    """One thing that ``check`` looked at."""

    ok: bool
    what: str
    detail: str


def examine(loaded: build.Loaded, *, environment: bool) -> list[Finding]:
    """Whether the config makes sense, and (``environment``) whether what it names is there."""
    config = loaded.config
    active = build_rules(config.rules)
    channels.specs(config.channels)
    found = [
        Finding(True, "config", str(loaded.path or "built-in defaults (no logmedic.toml here)")),
        Finding(True, "rules", ", ".join(rule.name for rule in active)),
    ]
    if not config.sources:
        found.append(Finding(False, "sources", "none; add [[sources]], or name files to `logmedic scan`"))
    for source in config.sources:
        found += _check_source(source, loaded, active, environment=environment)
    for channel in config.channels:
        secret = channels.secret_of(channel)
        if secret is not None and environment:
            found.append(_check_channel(channel, secret, loaded.base))
        elif isinstance(channel, JsonlConfig) and environment:
            found.append(_check_jsonl(channel, loaded.base))
        else:
            found.append(Finding(True, f"channel {channel.name}", channels.kind_of(channel)))
    if config.web.enabled:
        found.append(_check_web(loaded, environment=environment))
    if environment:
        found += [*_check_state(loaded), *_own_troubles(loaded)]
        git = build.repository(loaded)
        where = (loaded.base / config.repository.path).absolute()
        detail = str(where) if git else f"{where} is no git repository: diagnoses will quote no source or commits"
        asked_for = config.repository != build.RepositoryConfig()
        found.append(Finding(git is not None or not asked_for, "repository", detail))
    return found


def _check_web(loaded: build.Loaded, *, environment: bool) -> Finding:
    """Whether `serve` could show its pages, and to whom."""
    try:
        host, port = loaded.config.web.address
        if environment:
            from logmedic.web.opening import access  # noqa: PLC0415  as the dashboard does

            access(loaded)
    except ConfigError as error:
        return Finding(False, "dashboard", str(error))
    return Finding(True, "dashboard", f"http://{host}:{port} while `logmedic serve` runs")


def _check_jsonl(channel: JsonlConfig, base: Path) -> Finding:
    name = f"channel {channel.name}"
    if channel.path is None:
        return Finding(True, name, "standard output")
    folder = (base / channel.path).absolute().parent
    if not folder.is_dir():
        return Finding(False, name, f"{folder}: no such folder; make it")
    return Finding(True, name, str(base / channel.path))


def _check_state(loaded: build.Loaded) -> Iterator[Finding]:
    """Whether a file with the state can be made, where it is one. Nothing is made."""
    path = sqlite_path(loaded.store_url)
    if path is None:
        return
    there = next((folder for folder in path.absolute().parents if folder.exists()), Path("/"))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Finding(False, "state", f"{path}: {there} cannot be written to; correct `url` of [store], or its rights")


def _check_source(
    source: build.SourceConfig, loaded: build.Loaded, active: Sequence[Rule], *, environment: bool
) -> Iterator[Finding]:
    if isinstance(source, FileSourceConfig):
        if source.dialect != "auto":
            layouts.decoder(source.dialect)
        try:
            build.make_source(source, loaded.base, build.system_clock()).close()
        except ConfigError as error:
            yield Finding(False, f"source {source.name}", str(error).removeprefix(f"source {source.name}: "))
            return
        if environment:
            yield _check_files(source, loaded.base)
    if isinstance(source, LokiSourceConfig):
        yield _check_loki(source, loaded.base, ask=environment)
    if isinstance(source, CloudWatchSourceConfig):
        yield _check_cloudwatch(source, active, ask=environment)
    if isinstance(source, KafkaSourceConfig):
        yield _check_kafka(source, loaded.base, ask=environment)
    if isinstance(source, PushSourceConfig):
        yield _check_push(source, loaded, environment=environment)


def _own_troubles(loaded: build.Loaded) -> Iterator[Finding]:
    """What `scan` or `serve` last found to be wrong with logmedic itself; nothing without a state."""
    path = sqlite_path(loaded.store_url)
    if path is not None and not path.is_file():
        return
    from logmedic.store.health import Health  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    with build.open_store(loaded) as store:
        for trouble in Health(store.database).troubles():
            if trouble.cleared_at is None:
                said = output.printable(trouble.text.in_(loaded.language))
                yield Finding(True, f"in trouble since {utc(trouble.since)}", said)


def _check_files(source: FileSourceConfig, base: Path) -> Finding:
    matches = build.files_of(source, base)
    unreadable = [match for match in matches if not os.access(match, os.R_OK)]
    name = f"source {source.name}"
    if unreadable:
        return Finding(False, name, f"cannot read {unreadable[0]}; give this user the right to")
    if not matches:
        return Finding(
            True, name, f"no file yet at {', '.join(build.anchored(source, base).paths)}; it is read when it appears"
        )
    return Finding(True, name, f"{len(matches)} file(s), e.g. {matches[0]}")


def _check_push(source: PushSourceConfig, loaded: build.Loaded, *, environment: bool) -> Finding:
    """Whether senders could reach it, and where."""
    name, web = f"source {source.name}", loaded.config.web
    if source.dialect != "auto":
        layouts.decoder(source.dialect)
    try:
        check_push(source)
        host, port = web.address
        if environment:
            pushing.possible(loaded, [source])
    except ConfigError as error:
        return Finding(False, name, str(error).removeprefix(f"{name}: "))
    named = f"/push/{source.name}" if len(pushing.sources(loaded)) > 1 else ""
    who = "with a token" if source.tokens else "signed" if source.signing else "by anybody on this machine"
    paths = ", ".join(f"{named}{path}" for path in (LOKI, OTLP, INGEST, FIREHOSE))
    return Finding(True, name, f"taken {who} at http://{host}:{port}: {paths} while `logmedic serve` runs")


def _check_loki(source: LokiSourceConfig, base: Path, *, ask: bool) -> Finding:
    """Whether its keys make sense and (``ask``) whether it answers, with what there is to read."""
    name = f"source {source.name}"
    if source.dialect != "auto":
        layouts.decoder(source.dialect)
    try:
        if not ask:
            lokis.check(source.name, source)
            return Finding(True, name, f"{source.query} of {source.url}")
        return Finding(True, name, output.printable(lokis.probe(source, base, build.system_clock())))
    except (ConfigError, SourceError) as error:
        return Finding(False, name, output.printable(str(error)).removeprefix(f"{name}: "))


def _check_cloudwatch(source: CloudWatchSourceConfig, rules: Sequence[Rule], *, ask: bool) -> Finding:
    """Whether its keys make sense and (``ask``) whether it answers, with what there is to read."""
    name = f"source {source.name}"
    if source.dialect != "auto":
        layouts.decoder(source.dialect)
    try:
        if not ask:
            clouds.check(source.name, source)
            return Finding(True, name, f"log group {source.named}")
        return Finding(True, name, output.printable(clouds.probe(source, build.system_clock(), rules)))
    except (ConfigError, SourceError) as error:
        return Finding(False, name, output.printable(str(error)).removeprefix(f"{name}: "))


def _check_kafka(source: KafkaSourceConfig, base: Path, *, ask: bool) -> Finding:
    """Whether its keys make sense and (``ask``) whether it answers, with what there is to read."""
    name = f"source {source.name}"
    if source.dialect != "auto":
        layouts.decoder(source.dialect)
    try:
        if not ask:
            kafkas.check(source.name, source)
            return Finding(True, name, f"{', '.join(source.topics)} of {source.brokers[0]}")
        return Finding(True, name, output.printable(kafkas.probe(source, base)))
    except (ConfigError, SourceError) as error:
        return Finding(False, name, output.printable(str(error)).removeprefix(f"{name}: "))


def _check_channel(channel: channels.ChannelConfig, secret: configuration.Secret, base: Path) -> Finding:
    """Whether its secret is there and of the form that the channel needs; never what it is. Nothing is sent."""
    name = f"channel {channel.name}"
    if isinstance(channel, GithubConfig):
        gh = probe.installed(channel, shell=doors.SystemShell(), clock=build.system_clock())
        if not gh.ok:
            return Finding(False, name, gh.detail)
    try:
        value = configuration.read_secret(secret, name, base=base)
        channels.make(channel, http=doors.SystemHttp(), clock=build.system_clock(), secret=value)
    except ConfigError as error:
        return Finding(False, name, str(error).removeprefix(f"{name}: "))
    return Finding(True, name, "its secret is there and has the right form")
