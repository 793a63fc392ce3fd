"""The keys of ``[[sources]]`` with ``kind = "cloudwatch"``."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import msgspec

from logmedic.errors import ConfigError

MOST_OVERLAP_S = 7200.0
LONGEST_PATTERN = 1_024  # characters; FilterLogEvents, ``filterPattern``
MOST_EVENTS = 10_000  # of one page; FilterLogEvents, ``limit``
_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}|arn:[\w+=/,.@:-]{1,2000}")


class CloudWatchSourceConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="cloudwatch"
):
    """Events of one log group of Amazon CloudWatch Logs (``kind = "cloudwatch"``; needs the extra `aws`)."""

    name: str = "cloudwatch"
    """What positions and references are stored under; do not change it once lines have been read."""
    group: str = ""
    """Name of the log group, or its ARN; for several groups write several sources."""
    stream_prefix: str = ""
    """Only log streams whose names begin so. Empty: all of them."""
    region: str = ""
    """Such as `eu-central-1`. Empty: as the AWS tools are set up (`AWS_REGION`, `~/.aws/config`)."""
    profile: str = ""
    """Profile of `~/.aws/config` with the credentials. Empty: as the AWS tools find them."""
    endpoint_url: str = ""
    """Another address of the service: a VPC endpoint, or a stand-in. Empty: the public one of the region."""
    lookback_s: float = 3600.0
    """How far back the very first run reads, in seconds."""
    overlap_s: float = 300.0
    """Seconds that are looked at again for events that arrive late; at most 7200, less where `remember` is full."""
    remember: int = 100_000
    """Events within the overlap that are remembered, so that none counts twice; each takes 200 bytes of memory."""
    limit: int = 10_000
    """Events asked for at a time; at most 10000."""
    poll_s: float = 5.0
    """Seconds between two looks of `serve`. Each is a request, of which accounts have a quota per second."""
    live_tail: bool = False
    """Whether a live tail wakes `serve`, in a second instead of `poll_s`. AWS charges each minute of it."""
    insights: bool = False
    """Whether a job of Logs Insights finds what to read after an hour or more. AWS charges what it scans."""
    insights_per_hour: int = 4
    """Jobs of Logs Insights an hour; beyond them everything is paged through."""
    pushdown: bool = True
    """Whether CloudWatch leaves out events that no rule can match (`logmedic rules show` prints how)."""
    filter_pattern: str = ""
    """A filter pattern of your own, in place of the one made of the rules. What it leaves out is not seen."""
    service_labels: tuple[str, ...] = ()
    """Labels that name the service of lines that name none: `log_stream` or `log_group`."""
    service: str = ""
    """Service of lines that name none. Empty: the last part of the group's name."""
    dialect: str = "auto"
    """Layout of the lines; "auto" looks at the lines of each stream."""
    max_line_bytes: int = 1024 * 1024
    """Longer lines are cut and marked."""
    timeout_s: float = 30.0
    """Longest wait for one answer, in seconds."""

    @property
    def named(self) -> str:
        """The name of the group, also where the ARN was given."""
        return self.group.partition(":log-group:")[2].removesuffix(":*") or self.group


def check(name: str, config: CloudWatchSourceConfig) -> None:
    """Whether the keys make sense together.

    Raises:
        ConfigError: they do not; names the key and the remedy.
    """
    here = f"source {name}"
    if not _GROUP.fullmatch(config.group):
        remedy = "list them with `aws logs describe-log-groups`"
        raise ConfigError(f"{here}: group: {config.group!r} is no name or ARN of a log group; {remedy}")
    parts = urlsplit(config.endpoint_url)
    if config.endpoint_url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ConfigError(f"{here}: endpoint_url: {config.endpoint_url!r} is no http:// or https:// address")
    if len(config.filter_pattern) > LONGEST_PATTERN:
        raise ConfigError(f"{here}: filter_pattern: at most {LONGEST_PATTERN} characters")
    if not 0 <= config.overlap_s <= MOST_OVERLAP_S:
        raise ConfigError(f"{here}: `overlap_s` must be between 0 and {MOST_OVERLAP_S:g}")
    if not 1 <= config.limit <= MOST_EVENTS or config.remember < MOST_EVENTS or config.max_line_bytes < 1:
        raise ConfigError(f"{here}: `limit` must be 1 to 10000, `remember` at least 10000, `max_line_bytes` at least 1")
    if config.live_tail and config.endpoint_url:
        raise ConfigError(f"{here}: `live_tail` has an address of its own; leave out `endpoint_url`, or `live_tail`")
    if config.insights and (config.filter_pattern or not config.pushdown):
        raise ConfigError(
            f"{here}: `insights` asks for what the rules match; leave out `filter_pattern` and `pushdown`"
        )
    if config.insights_per_hour < 1:
        raise ConfigError(f"{here}: `insights_per_hour` must be at least 1; `insights = false` switches them off")
    if config.timeout_s <= 0 or config.lookback_s < 0 or config.poll_s <= 0:
        raise ConfigError(f"{here}: `timeout_s`, `poll_s` and `lookback_s` must be positive")
