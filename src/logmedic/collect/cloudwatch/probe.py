"""Whether a log group can be read, and what is there: for ``check``."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from logmedic.collect.cloudwatch.client import CloudWatchClient, Logs, connect
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig, check
from logmedic.collect.cloudwatch.errors import AwsError
from logmedic.doors import Clock
from logmedic.model import NANOSECONDS

HOUR = 3600 * NANOSECONDS
SHOWN = 5  # names
MOST_NAMES = 50  # of DescribeLogGroups and DescribeLogStreams in one answer


def probe(
    config: CloudWatchSourceConfig,
    clock: Clock,
    *,
    pattern: str = "",
    connected: Callable[[CloudWatchSourceConfig], Logs] = connect,
) -> str:
    """The group's newest streams, and whether the last hour has events; one line.

    Raises:
        ConfigError: keys that cannot work together, or boto3 is missing.
        AwsError: it cannot be reached, or refuses; with the remedy, and groups of a similar name.
    """
    check(config.name, config)
    client = CloudWatchClient(config, clock, connected)
    now = clock.now()
    try:
        try:
            page = client.page(now - HOUR, now, pattern=pattern, limit=1)
        except AwsError as error:
            raise AwsError(f"{error}{_similar(client, config.named)}", error.trouble) from None
        return f"group {config.named}: {_streams(client)}; {_traffic(page.entries or page.token is not None)}"
    finally:
        client.close()


def _similar(client: CloudWatchClient, named: str) -> str:
    try:
        groups = client.groups(MOST_NAMES)
    except AwsError:
        return ""  # what was said before is the reason
    near = difflib.get_close_matches(named, groups, n=SHOWN, cutoff=0.3)
    return f" (there are: {', '.join(near)})" if near and named not in groups else ""


def _streams(client: CloudWatchClient) -> str:
    try:
        names = client.streams(MOST_NAMES)
    except AwsError as error:
        return f"its streams cannot be listed ({error}); reading goes on without"
    many = f"{MOST_NAMES} or more" if len(names) >= MOST_NAMES else str(len(names))
    return f"{many} streams, newest {', '.join(names[:SHOWN])}" if names else "no streams yet"


def _traffic(some: object) -> str:
    return "it can be read" if some else "it can be read, nothing that may match within the last hour"
