"""``logmedic init`` and ``logmedic check``: a config, and whether it makes sense."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from logmedic import build, doors
from logmedic import config as configuration
from logmedic.build import clouds, kafkas, lokis, pushing
from logmedic.cli import options, output
from logmedic.collect import dialects as layouts
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.file import FileSourceConfig
from logmedic.collect.kafka.config import KafkaSourceConfig
from logmedic.collect.loki.config import LokiSourceConfig
from logmedic.collect.push.config import FIREHOSE, INGEST, LOKI, OTLP, PushSourceConfig
from logmedic.collect.push.config import check as check_push
from logmedic.config import CONFIG_NAME
from logmedic.detect.interface import Rule
from logmedic.detect.rules import build_rules
from logmedic.errors import ConfigError, SourceError, UsageError
from logmedic.model import Text
from logmedic.respond import channels
from logmedic.respond.github import probe
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.text import utc
from logmedic.store.lock import sqlite_path

TEMPLATE = """\
# Every key is optional. `logmedic check` validates this file, `logmedic check --keys` lists all keys.
{language}# timezone = "UTC"          # of digests and quiet hours

[[sources]]
kind = "file"
name = "app"
paths = [{paths}]
# dialect = "auto"          # or one of: `logmedic check --dialects`
# service = "backend"       # for records that name none

[repository]
path = "."                  # the git repository of the service: source, blame and commits are quoted from it

[[channels]]
kind = "console"
name = "console"

# [[channels]]
# kind = "discord"
# name = "discord"
# webhook = {{ env = "LOGMEDIC_DISCORD_WEBHOOK" }}   # or {{ file = "/run/secrets/discord" }}
# mention = "@here"         # whom critical news calls; or "role:<id>", "none"

# [[channels]]
# kind = "github"           # one issue for each bug, by the gh command; `logmedic doctor --online` tries it out
# name = "github"
# repo = "owner/name"
# token = {{ env = "GH_TOKEN" }}

# [[channels]]
# kind = "apprise"          # Slack, Teams, Telegram, mail, KakaoTalk …: docs/en/channels.md lists the URLs
# name = "chat"
# url = {{ env = "LOGMEDIC_APPRISE_URL" }}

# [[channels]]
# kind = "webhook"          # the incident as signed JSON, for a program of yours
# name = "hook"
# url = "https://alerts.example.com/logmedic"
# secret = {{ env = "LOGMEDIC_WEBHOOK_SECRET" }}

# Critical incidents are told at once. What is below a channel's min_severity goes into its digest:
# [digest]
# warning = "hourly"        # or "daily", "off"
# info = "off"
# daily_at = "09:00"

# [policy.quiet]            # only critical incidents interrupt; the rest waits until it is over
# from = "22:00"
# to = "08:00"

# [policy.escalation]
# after_s = 900             # critical, and nobody says `logmedic incidents ack`: people are called again; 0: never

# The four default rules are on: error-level, slow (duration_ms > 5000), surge (more than 10 errors in 5 minutes),
# error-code (AI_* AUTH_* DB_*). Change one by its name:
# [[rules]]
# name = "slow"
# over_ms = 3000
"""

_WROTE = Text(
    "Wrote {path}. Next: logmedic check && logmedic scan", "{path}에 썼습니다. 다음: logmedic check && logmedic scan"
)


@click.command()
@click.argument("path", default=CONFIG_NAME)
@click.option("--logs", multiple=True, help="Log file or glob; may be given several times.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@options.json
def init(path: str, logs: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Write a config with the defaults spelled out."""
    target = Path(path)
    if target.exists() and not force:
        raise UsageError(f"{path} exists; --force overwrites it")
    quoted = ", ".join('"' + p.replace("\\", "\\\\").replace('"', '\\"') + '"' for p in logs or ("logs/*.log",))
    spoken = build.load_config(None, Path("/")).language
    language = 'language = "ko"\n' if spoken == "ko" else ""
    try:
        target.write_text(TEMPLATE.format(paths=quoted, language=language), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from None
    if as_json:
        output.print_json({"path": str(target.absolute()), "next": ["logmedic check", "logmedic scan"]})
    click.echo(_WROTE.in_(spoken).format(path=path), err=True)


@click.command()
@options.config
@click.option("--no-environment", is_flag=True, help="Do not look for files and secrets.")
@options.json
@click.option("--dialects", is_flag=True, help="List the record layouts that a source can name.")
@click.option("--keys", is_flag=True, help="List every key with its default.")
def check(config: str | None, no_environment: bool, as_json: bool, dialects: bool, keys: bool) -> None:
    """Validate the config: its form, its rules, and whether files, repository and secrets are there."""
    if dialects or keys:
        click.echo("\n".join(layouts.names() if dialects else configuration.reference(build.Config)))
        return
    loaded = build.load_config(config, Path.cwd())
    findings = examine(loaded, environment=not no_environment)
    if as_json:
        output.print_json([{"ok": f.ok, "what": f.what, "detail": f.detail} for f in findings])
    for finding in findings:
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'} {finding.what}: {finding.detail}", err=True)
    if not all(f.ok for f in findings):
        raise click.exceptions.Exit(ConfigError.exit_code)


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
        else:
            found.append(Finding(True, f"channel {channel.name}", channels.kind_of(channel)))
    if environment:
        found += _own_troubles(loaded)
        git = build.repository(loaded)
        where = (loaded.base / config.repository.path).absolute()
        detail = str(where) if git else f"{where} is no git repository: diagnoses will quote no source or commits"
        found.append(Finding(True, "repository", detail))
    return found


def _check_source(
    source: build.SourceConfig, loaded: build.Loaded, active: Sequence[Rule], *, environment: bool
) -> Iterator[Finding]:
    if isinstance(source, FileSourceConfig):
        if source.dialect != "auto":
            layouts.decoder(source.dialect)
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
    paths = build.anchored(source, base).paths
    matches = sorted({match for path in paths for match in glob.glob(path, recursive=True)})  # noqa: PTH207  as the source does
    unreadable = [match for match in matches if not os.access(match, os.R_OK)]
    name = f"source {source.name}"
    if unreadable:
        return Finding(False, name, f"cannot read {unreadable[0]}; give this user the right to")
    if not matches:
        return Finding(True, name, f"no file yet at {', '.join(paths)}; it is read when it appears")
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
        return Finding(False, name, str(error))
    return Finding(True, name, "its secret is there and has the right form")
