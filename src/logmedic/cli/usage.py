"""``logmedic usage``: what models were asked, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from logmedic import build
from logmedic.cli import options, output
from logmedic.model import NANOSECONDS

if TYPE_CHECKING:
    from logmedic.store.ledger import Caps, Entry, Spent

DAY = 86_400 * NANOSECONDS


@click.command()
@click.option("--since", type=options.DURATION, default="30d", show_default=True, help="90s, 30m, 8h or 2d back.")
@options.config
@options.json
def usage(since: int, config: str | None, as_json: bool) -> None:
    """What was spent on models, what the budget still allows, and what became of fixes.

    A request whose end is not known counts as what was set aside for it. A price that is not known is "unpriced".
    """
    from logmedic.investigate.claude.purse import caps  # noqa: PLC0415  imports SQLAlchemy, 0.35 s
    from logmedic.store import activity  # noqa: PLC0415
    from logmedic.store.fixes import Fixes, fates  # noqa: PLC0415
    from logmedic.store.ledger import Ledger  # noqa: PLC0415

    loaded = build.load_config(config, Path.cwd())
    now = build.system_clock().now()
    with build.open_store(loaded) as store:
        ledger = Ledger(store.database)
        entries, spent = ledger.entries(now - since * NANOSECONDS), ledger.spent(now)
        judged = activity.judged(store.database, now - since * NANOSECONDS)
        came_of = fates(Fixes(store.database).since(now - since * NANOSECONDS))
    limits = caps(loaded.config.diagnose.budget)
    if as_json:
        verdicts = {"right": judged[0], "wrong": judged[1]}
        output.print_json({**_json(entries, spent, limits), "verdicts_judged": verdicts, "fixes": came_of})
        return
    _for_people(entries, spent, limits)
    if any(judged):
        click.echo(f"verdicts that people judged: {judged[0]:,} right, {judged[1]:,} wrong")
    if came_of["begun"]:
        click.echo("fixes: " + ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in came_of.items()))


def _by_model(entries: Sequence[Entry]) -> dict[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.model, entry.purpose), []).append(entry)
    return found


def _cost(entries: Sequence[Entry]) -> float | None:
    """US dollars; ``None`` when some of it has no price."""
    amounts = [0 if e.state == "failed" else e.reserved if e.cost is None else e.cost for e in entries]
    return None if None in amounts else sum(a or 0 for a in amounts) / 1e9


def _row(key: tuple[str, str], entries: Sequence[Entry]) -> dict[str, Any]:
    return {
        "model": key[0],
        "purpose": key[1],
        "requests": len(entries),
        "failed": sum(e.state == "failed" for e in entries),
        "unclear": sum(e.state in {"unclear", "reserved"} for e in entries),
        "input_tokens": sum(e.input_tokens for e in entries),
        "output_tokens": sum(e.output_tokens for e in entries),
        "cost_usd": _cost(entries),
    }


def _json(entries: Sequence[Entry], spent: Spent, limits: Caps) -> dict[str, Any]:
    windows = {name: {"used_usd": getattr(spent, name) / 1e9, "cap_usd": getattr(limits, name) / 1e9}
               for name in ("hour", "day", "month")}  # fmt: skip
    return {
        "models": [_row(key, group) for key, group in _by_model(entries).items()],
        "cost_usd": _cost(entries),
        "windows": windows,
        "unpriced_requests_today": {"used": spent.unpriced_day, "cap": limits.unpriced_day},
    }


def _for_people(entries: Sequence[Entry], spent: Spent, limits: Caps) -> None:
    if not entries:
        click.echo("No model was asked.", err=True)
    for key, group in _by_model(entries).items():
        row = _row(key, group)
        cost = "unpriced" if row["cost_usd"] is None else f"${row['cost_usd']:.4f}"
        odd = "".join(f", {row[word]:,} {word}" for word in ("failed", "unclear") if row[word])
        tokens = f"{row['input_tokens']:,} tokens sent, {row['output_tokens']:,} received"
        click.echo(f"{output.printable(key[0])} ({key[1]}): {row['requests']:,} requests{odd}; {tokens}; {cost}")
    for name, words in (("hour", "last hour"), ("day", "last 24 hours"), ("month", "last 30 days")):
        click.echo(f"{words}: ${getattr(spent, name) / 1e9:.4f} of ${getattr(limits, name) / 1e9:.2f}")
    if spent.unpriced_day:
        click.echo(f"unpriced requests in 24 hours: {spent.unpriced_day:,} of {limits.unpriced_day:,}")
