"""``logmedic notify``: alerts that did not arrive; whether a channel works, and what it would be told."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from logmedic import build
from logmedic.build import telling
from logmedic.cli import incidents, options, output
from logmedic.errors import ConfigError, DeliveryError, UsageError
from logmedic.model import Outcome, Result, Severity, Text
from logmedic.respond import console, trial
from logmedic.respond.channels import ChannelConfig, kind_of
from logmedic.respond.interface import Notice, Previewer
from logmedic.respond.spoken import outcome, result

_NOTHING = Text("Nothing to tell again: every alert arrived, or is still being tried.", "다시 알릴 것이 없습니다.")
_AGAIN = Text("incident {id}, {channel}: {reason}", "인시던트 {id}, {channel}: {reason}")
_NEXT = Text(
    "{count} to be told again: by `logmedic serve` within a minute if it runs, else by the next `logmedic scan`",
    "{count}건을 다시 알립니다: 실행 중인 `logmedic serve`가 1분 안에, 아니면 다음 `logmedic scan`이 알림",
)


@click.group()
def notify() -> None:
    """Alerts and the channels that they go to."""


@notify.command()
@click.argument("which", metavar="[ID]", required=False)
@options.config
@options.json
def retry(which: str | None, config: str | None, as_json: bool) -> None:
    """Tell again what did not reach a channel and was given up.

    ID is the number of an incident, or the start of its fingerprint. Without it: all of them.
    """
    from logmedic.store.deliveries import Deliveries  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    loaded = build.load_config(config, Path.cwd())
    with build.open_store(loaded) as store:
        incident = None if which is None else incidents.find(store, which)
        failed = Deliveries(store.database).failed(None if incident is None else incident.id)
        again = {(alert.fingerprint, alert.generation) for alert in failed}
        if incident is not None and not failed:
            if incident.id in {unhandled for unhandled, _, _ in store.unhandled()}:
                raise UsageError(
                    f"incident {incident.id} is still being told; `incidents show {incident.id}` says more"
                )
            again = {(incident.fingerprint, incident.generation)}
        build.take_up(store, sorted(again))
    if as_json:
        output.print_json(
            [
                {
                    "incident": alert.incident_id,
                    "fingerprint": alert.fingerprint,
                    "channel": alert.channel,
                    "reason": alert.reason,
                }
                for alert in failed
            ]
        )
    for alert in failed:
        reason = output.printable(outcome(alert.reason, loaded.language))
        line = _AGAIN.in_(loaded.language).format(id=alert.incident_id, channel=alert.channel, reason=reason)
        click.echo(line, err=True)
    click.echo((_NEXT if again else _NOTHING).in_(loaded.language).format(count=len(failed) or len(again)), err=True)


@notify.command()
@click.argument("name", metavar="CHANNEL")
@click.option("--severity", type=click.Choice([s.value for s in Severity]), default="info", show_default=True)
@click.option("--mention", is_flag=True, help="Call people as well; needs --severity critical.")
@options.config
@options.json
@options.language
def test(name: str, severity: str, mention: bool, config: str | None, as_json: bool, language: str | None) -> None:
    """Send a message to CHANNEL that says that it is a test. Tried once; ends with 1 when it did not arrive."""
    if mention and severity != Severity.CRITICAL:
        raise UsageError("--mention needs --severity critical: only that ever calls people")
    loaded = build.load_config(config, Path.cwd())
    channel = telling.channel(loaded, name)
    notice = trial.notice(
        severity=Severity(severity),
        mention=mention,
        language=language or loaded.language,
        channel=name,
        now=build.system_clock().now(),
    )
    with telling.responder(loaded, channel, language=language, stream=sys.stderr if as_json else None) as responder:
        try:
            came = responder.deliver(notice)
        except DeliveryError as error:
            came = Outcome(Result.FAILED, f"{error}{' (it may have arrived)' if error.unclear else ''}")
    if as_json:
        output.print_json({"channel": name, "kind": kind_of(channel), "result": came.result, "reason": came.reason})
    spoken = language or loaded.language
    reason = outcome(came.reason.removeprefix(f"{name}: "), spoken)
    said = f"{name}: {result(came.result, spoken)}: {reason}"
    click.echo(output.printable(said), err=True)
    if came.result is not Result.SENT:
        raise click.exceptions.Exit(1)


@notify.command()
@click.argument("which", metavar="ID")
@click.option("--channel", "name", metavar="NAME", help="Only this channel. Default: all.")
@options.config
@options.json
@options.language
def preview(which: str, name: str | None, config: str | None, as_json: bool, language: str | None) -> None:
    """Show what each channel would be told of an incident as news. Sends nothing.

    ID is its number, or the start of its fingerprint. Whether the policy would tell it now is another question.
    """
    loaded = build.load_config(config, Path.cwd())
    chosen: Sequence[ChannelConfig] = loaded.config.channels if name is None else [telling.channel(loaded, name)]
    with build.open_store(loaded) as store:
        incident = incidents.find(store, which)
    notice = Notice(
        incident=incident,
        language=language or loaded.language,
        key=f"{incident.fingerprint}:{incident.generation}:preview",
        mention=incident.severity is Severity.CRITICAL and bool(loaded.config.policy.mention_on),
        url=loaded.config.web.page(incident.id),
    )
    shown: list[dict[str, str | None]] = []
    for channel in chosen:
        row: dict[str, str | None] = {"channel": channel.name, "kind": kind_of(channel), "text": None, "error": None}
        try:
            row["text"] = _shown(loaded, channel, notice, language)
        except ConfigError as error:
            row["error"] = str(error)
        shown.append(row)
    if as_json:
        output.print_json(shown)
    else:
        _print(shown)
    if any(row["error"] for row in shown):
        raise click.exceptions.Exit(ConfigError.exit_code)


def _shown(loaded: build.Loaded, channel: ChannelConfig, notice: Notice, language: str | None) -> str:
    with telling.responder(loaded, channel, language=language) as responder:
        if isinstance(responder, Previewer):
            return responder.preview(notice)
    return "\n".join(
        map(str, console.render(notice, language or getattr(channel, "language", None) or notice.language))
    )


def _print(rows: Sequence[dict[str, str | None]]) -> None:
    for row in rows:
        click.echo(f"── {output.printable(row['channel'] or '')} ({row['kind']})")
        for line in (row["text"] or "").splitlines():
            click.echo(output.printable(line))
        if row["error"]:
            click.echo(output.printable(row["error"]), err=True)
        click.echo()
