"""The pipeline as an AWS Lambda function: ``logmedic.aws_lambda.handler`` as the handler of a log group's subscription.

What an invocation was handed is taken in and told within the time that Lambda gives. What did not fit is left to the
next one: the invocation fails on purpose (:class:`UnfinishedError`), so that Lambda repeats it, and event ids say what
was taken in already. An event of EventBridge's scheduler makes it tell what is due: digests, reminders, and
what was put off.

State: the PostgreSQL (or absolute SQLite path, on EFS) of ``[store] url``. Otherwise a SQLite file in the container's
``/tmp``, which lasts as long as the container is warm. Only one invocation at a time may work on a state: give the
function a reserved concurrency of 1.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from logmedic import build
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.cloudwatch.subscription import Payload, SubscriptionSource, payload
from logmedic.doors import Clock
from logmedic.errors import SourceError, UnfinishedError
from logmedic.pipeline.summary import Summary
from logmedic.store.lock import sqlite_path

log = logging.getLogger("logmedic")

RESERVE_S = 3.0  # of the time that is left: for the engine to stop, and the container to answer
READ_SHARE = 0.5  # of the rest for taking in; what follows is for diagnosing and telling
CLOSE_S = 1.0  # for running steps to end
SOURCE = "lambda"  # name of the source, where none of the configured ones reads the group
SCHEDULER = "aws.events"


class Context(Protocol):
    """What is used of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int: ...


class Function:
    """One container's handler."""

    def __init__(self, load: Callable[[], build.Loaded], clock: Clock) -> None:
        self._load = load
        self._clock = clock

    def __call__(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Take in one invocation's events.

        Raises:
            UnfinishedError: time ran out; call again with the same event.
            SourceError: the event is none of a subscription, or damaged.
            ConfigError, StoreError: as any command of logmedic.
        """
        started = self._clock.monotonic()
        budget = max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVE_S)
        scheduled = event.get("source") == SCHEDULER
        given = None if scheduled else payload(event)
        if given is not None and given.message_type == "CONTROL_MESSAGE":
            return {"control": True, "lines": 0}
        if given is not None and given.message_type != "DATA_MESSAGE":
            raise SourceError(f"a subscription's message of an unknown type: {given.message_type!r}")
        loaded = _placed(self._load())
        source = None if given is None else _source(loaded, given, self._clock, started + budget * READ_SHARE)
        with (
            build.single_instance(loaded),
            build.runtime(loaded, poll_seconds=0.05, sources=() if source is None else (source,)) as runtime,
        ):
            summary = runtime.scan(deadline=budget - (self._clock.monotonic() - started))
            runtime.close(CLOSE_S)
        return _answer(summary, 0 if source is None else source.left)


def _placed(loaded: build.Loaded) -> build.Loaded:
    """With a relative SQLite state moved to where a function may write."""
    path = sqlite_path(loaded.config.store.url)
    if path is None or path.is_absolute():
        return loaded
    url = f"sqlite:///{Path(tempfile.gettempdir()).absolute() / 'logmedic' / path.name}"
    store = msgspec.structs.replace(loaded.config.store, url=url)
    return msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, store=store))


def _source(loaded: build.Loaded, given: Payload, clock: Clock, until: float) -> SubscriptionSource:
    """Under the name and with the keys of the configured source of the group, which then reads the evidence."""
    known = next(
        (s for s in loaded.config.sources if isinstance(s, CloudWatchSourceConfig) and s.named == given.log_group), None
    )
    config = known or CloudWatchSourceConfig(name=SOURCE, group=given.log_group)
    return SubscriptionSource(config.name, config, given, clock, until=until)


def _answer(summary: Summary, left: int) -> dict[str, Any]:
    for missed in summary.missed:
        log.warning("channel %s: %d alert(s) not delivered: %s", missed.channel, missed.count, missed.reason)
    if left:
        raise UnfinishedError(f"time ran out with {left} events not taken in; raise the function's timeout")
    if summary.unfinished:
        raise UnfinishedError("time ran out before everybody was told; raise the function's timeout")
    return {
        "lines": summary.lines,
        "rejects": summary.rejects,
        "incidents": summary.touched,
        "raised": summary.raised,
        "undelivered": sum(missed.count for missed in summary.missed),
    }


def _from_folder() -> build.Loaded:
    """The config beside the function's code, or the one that ``LOGMEDIC_CONFIG`` names."""
    return build.load_config(None, Path.cwd())


handler = Function(_from_folder, build.system_clock())
