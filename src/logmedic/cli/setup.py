"""``logmedic init`` and ``logmedic check``: a config, and whether it makes sense."""

from __future__ import annotations

from pathlib import Path

import click

from logmedic import build
from logmedic import config as configuration
from logmedic.cli import options, output
from logmedic.cli.examining import examine
from logmedic.collect import dialects as layouts
from logmedic.config import CONFIG_NAME
from logmedic.errors import ConfigError, UsageError
from logmedic.model import Text

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
