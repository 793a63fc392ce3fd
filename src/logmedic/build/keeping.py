"""Wires who is told what and when: the policy with its surroundings, and the keeper of digests and of ourselves."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from logmedic.build import diagnosing
from logmedic.build.shape import Loaded
from logmedic.doors import Clock
from logmedic.investigate.claude import lifecycle
from logmedic.model import NANOSECONDS, Incident, Text
from logmedic.respond import policy, rules, schedule
from logmedic.respond.policy import ChannelSpec, Situation, Style
from logmedic.respond.rules import Match, Mute
from logmedic.respond.selfcheck import Trouble
from logmedic.store.lock import sqlite_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from logmedic.pipeline.handling import Plan, Receipts
    from logmedic.pipeline.keeping import Announce, Keeper
    from logmedic.store.retention import Retention
    from logmedic.store.store import Store

STORM_WINDOW = 60 * NANOSECONDS
REMEMBERED = 7 * 24 * schedule.HOUR  # for which a silence that is over still tells what happened only within it
NANO = 1_000_000_000
SPENT = 0.95  # of a budget: what is left allows no request

_BUDGET = Text(
    "the budget for models is spent: ${spent:.2f} of ${cap:.2f} within {span}; diagnoses are offline until it recovers",
    "모델 예산 소진: {span} 동안 ${cap:.2f} 중 ${spent:.2f} 사용; 회복될 때까지 오프라인으로만 진단",
)
_SPANS = {"day": Text("24 h", "24시간"), "month": Text("30 days", "30일")}


def planner(loaded: Loaded, opened: Store, specs: Sequence[ChannelSpec], clock: Clock) -> Plan:
    """The policy over the configured channels, with what the state and the clock say."""
    from logmedic.store.health import Health  # noqa: PLC0415  imports SQLAlchemy, 0.35 s
    from logmedic.store.silences import Silences  # noqa: PLC0415

    config = loaded.config
    tz = schedule.zone(config.timezone)
    windows = rules.maintenance(config.policy.maintenance, tz)
    silences, health = Silences(opened.database), Health(opened.database)

    limited = [spec for spec in specs if spec.most_per_hour and config.policy.storm]

    def plan(incident: Incident, receipts: Receipts) -> Sequence[policy.Action]:
        now = clock.now()
        muted = (
            Mute(s.created_at, s.until, Match(**s.match), f"silence {s.id}")
            for s in silences.ending_after(now - REMEMBERED)
        )
        situation = Situation(
            now=now,
            zone=tz,
            mutes=(*windows, *muted),
            fresh=health.fresh(incident.id, STORM_WINDOW) if config.policy.storm else {},
            told={s.name: health.told_first(s.name, now - schedule.HOUR) for s in limited},
        )
        return policy.plan(
            incident, specs, receipts=receipts, config=config.policy, digest=config.digest, situation=situation
        )

    return plan


def keeper(
    loaded: Loaded,
    opened: Store,
    specs: Sequence[ChannelSpec],
    announce: Mapping[str, Announce],
    clock: Clock,
) -> Keeper:
    """What sends digests and looks after ourselves. ``announce``: the channels that take such messages, some or all."""
    from logmedic.pipeline.keeping import Keeper, KeeperConfig  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    config = loaded.config
    state = sqlite_path(loaded.store_url) or loaded.base

    def free() -> int | None:
        return shutil.disk_usage(state.parent).free if state.parent.is_dir() else None

    return Keeper(
        store=opened,
        clock=clock,
        config=KeeperConfig(
            policy=config.policy,
            digest=config.digest,
            selfcheck=config.self_alerts,
            retry=config.retry,
            zone=schedule.zone(config.timezone),
            language=loaded.language,
        ),
        announce={spec.name: announce[spec.name] for spec in specs if spec.announces},
        storms={spec.name: announce[spec.name] for spec in specs if spec.storms},
        sources=[source.name for source in config.sources],
        messengers=[spec.name for spec in specs if spec.style is not Style.RECORD],
        free=free,
        others=_models(loaded, opened),
    )


def retention(loaded: Loaded) -> Retention:
    """How long what is remembered."""
    from logmedic.store.retention import Retention  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    return Retention(days=loaded.config.store.keep_days, minutes_days=loaded.config.store.keep_minutes_days)


def _models(loaded: Loaded, opened: Store) -> Callable[[int], Sequence[Trouble]]:
    """What keeps a model from being asked, where one is wanted."""
    from logmedic.store.ledger import Ledger  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    if not diagnosing.wanted(loaded):
        return lambda _now: ()
    models = diagnosing.ladder(loaded).rungs
    budget = loaded.config.diagnose.budget
    caps = {"day": budget.per_day, "month": budget.per_month}
    ledger = Ledger(opened.database)

    def troubles(now: int) -> list[Trouble]:
        found = []
        for model in models:
            row = lifecycle.lifecycle(model.provider, model.name, now)
            warning = row.warning(str(model))
            if warning is not None and row.phase is not lifecycle.Phase.RETIRING:
                found.append(Trouble(code="model", subject=str(model), text=Text(warning, warning)))
        spent = ledger.spent(now)
        for name, cap in caps.items():
            used = getattr(spent, name) / NANO
            if 0 < cap * SPENT <= used:
                figures = [_BUDGET.in_(each).format(spent=used, cap=cap, span=_SPANS[name].in_(each))
                           for each in ("en", "ko")]  # fmt: skip
                found.append(Trouble(code="budget", subject=name, text=Text(*figures)))
        return found

    return troubles
