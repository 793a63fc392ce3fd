"""Questions to CloudWatch Logs, and its answers as entries.

Source: Amazon CloudWatch Logs API Reference, "FilterLogEvents", "DescribeLogGroups", "DescribeLogStreams".
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.cloudwatch.errors import AwsError, Trouble, failed, refused
from logmedic.collect.entries.entry import Entry
from logmedic.doors import Clock
from logmedic.errors import ConfigError

MILLISECOND = 1_000_000  # ns
TRIES = 4
FIRST_WAIT = 0.5  # s between tries; doubles
STREAMS_HELD = 10_000  # whose labels are kept


class Logs(Protocol):
    """What is used of boto3's client ``logs``."""

    def filter_log_events(self, **asked: Any) -> Mapping[str, Any]: ...
    def describe_log_groups(self, **asked: Any) -> Mapping[str, Any]: ...
    def describe_log_streams(self, **asked: Any) -> Mapping[str, Any]: ...
    def start_query(self, **asked: Any) -> Mapping[str, Any]: ...
    def get_query_results(self, **asked: Any) -> Mapping[str, Any]: ...
    def stop_query(self, **asked: Any) -> Mapping[str, Any]: ...
    def start_live_tail(self, **asked: Any) -> Mapping[str, Any]: ...
    def close(self) -> None: ...


class Page(msgspec.Struct, frozen=True):
    """Events in order of time; ``token``: of the next page, which may be there although this one is empty."""

    entries: Sequence[Entry]
    token: str | None


def connect(config: CloudWatchSourceConfig) -> Logs:
    """A client of boto3, which looks for credentials and region as all AWS tools do.

    Raises:
        ConfigError: boto3 is not installed.
        AwsError: there is no region, or no such profile.
    """
    place = f"source {config.name}"
    try:
        import boto3  # noqa: PLC0415  an extra, and 0.3 s
        import botocore.config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415
    except ImportError:
        raise ConfigError(f"{place}: needs the package boto3: pip install 'logmedic[aws]'") from None
    options = botocore.config.Config(
        connect_timeout=config.timeout_s,
        read_timeout=config.timeout_s,
        retries={"total_max_attempts": 1},  # ours below, by the clock of the source
    )
    try:
        session = boto3.session.Session(region_name=config.region or None, profile_name=config.profile or None)
        made: Logs = session.client("logs", endpoint_url=config.endpoint_url or None, config=options)
    except BotoCoreError as error:
        raise failed(error, place) from None
    except ValueError as error:  # of an endpoint that is no address
        raise ConfigError(f"{place}: {error}") from None
    return made


class CloudWatchClient:
    """One log group. Not for several threads at a time."""

    def __init__(
        self,
        config: CloudWatchSourceConfig,
        clock: Clock,
        connected: Callable[[CloudWatchSourceConfig], Logs] = connect,
    ) -> None:
        self.place = f"source {config.name}: {config.named}"
        self._config = config
        self._clock = clock
        self._connect = connected
        self._logs: Logs | None = None
        self._labels: dict[str, dict[str, str]] = {}
        self._group = {"logGroupIdentifier" if config.group.startswith("arn:") else "logGroupName": config.group}
        self.group = config.group  # its name or ARN

    def page(
        self,
        start: int,
        end: int,
        *,
        pattern: str = "",
        token: str | None = None,
        stream: str = "",
        limit: int = 0,
    ) -> Page:
        """Events with ``start <= time <= end`` (ns; told to the millisecond, and so a little more).

        Raises:
            AwsError: see :class:`.errors.Trouble` for what to do.
            ConfigError: boto3 is not installed.
        """
        asked: dict[str, Any] = {
            **self._group,
            "startTime": max(0, start // MILLISECOND),
            "endTime": end // MILLISECOND,
            "limit": limit or self._config.limit,
        }
        if pattern:
            asked["filterPattern"] = pattern
        if stream:
            asked["logStreamNames"] = [stream]
        elif self._config.stream_prefix:
            asked["logStreamNamePrefix"] = self._config.stream_prefix
        if token is not None:
            asked["nextToken"] = token
        answer = self.ask(lambda logs: logs.filter_log_events(**asked))
        entries = [self._entry(event) for event in answer.get("events", ())]
        entries.sort(key=lambda entry: entry.time)
        return Page(entries, answer.get("nextToken"))

    def groups(self, most: int) -> list[str]:
        """Names of log groups, those that begin like ours first."""
        prefix = self._config.named[: max(1, self._config.named.rfind("/"))]
        for asked in ({"logGroupNamePrefix": prefix}, {}):
            answer = self.ask(lambda logs, asked=asked: logs.describe_log_groups(limit=most, **asked))  # type: ignore[misc]
            if answer.get("logGroups"):
                return [str(group["logGroupName"]) for group in answer["logGroups"]]
        return []

    def streams(self, most: int) -> list[str]:
        """Names of the streams that were written to last."""
        asked: dict[str, Any] = {**self._group, "orderBy": "LastEventTime", "descending": True, "limit": most}
        answer = self.ask(lambda logs: logs.describe_log_streams(**asked))
        return [str(stream["logStreamName"]) for stream in answer.get("logStreams", ())]

    def close(self) -> None:
        if self._logs is not None:
            self._logs.close()
            self._logs = None

    def ask(
        self, question: Callable[[Logs], Mapping[str, Any]], right: str = "logs:FilterLogEvents"
    ) -> Mapping[str, Any]:
        """Up to four times where a pause may help. ``right``: what the question needs. Raises like :meth:`page`."""
        wait = FIRST_WAIT
        for left in range(TRIES - 1, -1, -1):
            try:
                return self._once(question, right)
            except AwsError as error:
                if error.trouble is not Trouble.BUSY or not left:
                    raise
                self._clock.sleep(wait)
                wait *= 2
        raise AssertionError("the last try answers or raises")

    def _once(self, question: Callable[[Logs], Mapping[str, Any]], right: str) -> Mapping[str, Any]:
        if self._logs is None:
            self._logs = self._connect(self._config)
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  an extra, and 0.1 s

        try:
            return question(self._logs)
        except ClientError as error:
            raise refused(error, self.place, right) from None
        except BotoCoreError as error:
            raise failed(error, self.place) from None

    def _entry(self, event: Mapping[str, Any]) -> Entry:
        return event_entry(
            str(event["eventId"]),
            int(event["timestamp"]),
            str(event.get("message", "")),
            self._labels_of(str(event.get("logStreamName", ""))),
        )

    def _labels_of(self, stream: str) -> dict[str, str]:
        """The same object for all events of a stream."""
        known = self._labels.get(stream)
        if known is None:
            if len(self._labels) >= STREAMS_HELD:
                self._labels.clear()
            known = self._labels[stream] = {"log_group": self._config.named, "log_stream": stream}
        return known


def event_entry(event_id: str, milliseconds: int, message: str, labels: Mapping[str, str]) -> Entry:
    """An event as an entry. ``labels``: one object for all events of a stream. Line ends behind the text go."""
    key = int.from_bytes(hashlib.blake2b(event_id.encode(), digest_size=8).digest(), "big")
    line = message.encode("utf-8", "replace").decode().rstrip("\r\n")
    return Entry(milliseconds * MILLISECOND, line, labels, {}, key)
