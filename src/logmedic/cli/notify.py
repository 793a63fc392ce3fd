"""``logmedic notify``: alerts that did not arrive."""

from __future__ import annotations

from pathlib import Path

import click

from logmedic import build
from logmedic.cli import incidents, options, output
from logmedic.errors import UsageError
from logmedic.model import Text
from logmedic.respond.spoken import outcome

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
