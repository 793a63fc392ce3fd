"""The settings of a GitHub channel."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from logmedic.config import Secret
from logmedic.errors import ConfigError
from logmedic.model import Severity

_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}\Z")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?\Z")
_LOGIN = re.compile(r"(?:@me|[A-Za-z0-9][A-Za-z0-9_-]{0,49})\Z")
MOST_ASSIGNEES = 10  # that GitHub lets an issue have


class GithubConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="github"
):
    """``kind = "github"``: one issue for each fingerprint, through the ``gh`` command (2.23 or newer)."""

    name: str = "github"
    """The channel's name, unique among channels."""
    repo: str = ""
    """The repository that gets the issues, as "owner/name". Needed."""
    token: Secret = Secret(env="GH_TOKEN")
    """Where a token stands that may read and write issues."""
    host: str = "github.com"
    """GitHub Enterprise Server: its host name."""
    min_severity: Severity | None = None
    """Least severity that gets an issue. Default: critical."""
    language: Literal["en", "ko"] | None = None
    """Language of the issues. Default: the product's language."""
    labels: tuple[str, ...] = ()
    """Labels besides `logmedic`, `severity:…`, `error-code:…` and `service:…`; made where they are missing."""
    milestone: str | None = None
    """Title of the milestone that new issues get."""
    assignees: tuple[str, ...] = ()
    """Logins that new issues are assigned to; "@me" is the token's own."""
    codeowners: bool = False
    """Whether new issues are also assigned to the people (not teams) whom CODEOWNERS names for the file that failed."""
    comments: Literal["powers", "daily", "never"] = "powers"
    """When the issue says how often it happened: at 10, 100, 1,000 … occurrences, once a day, or never."""
    most_per_hour: int = 60
    """More incidents than this within an hour get no issue each but stand in one that lists them. 0: no limit."""
    sync_s: float = 120.0
    """`serve` looks so often, in seconds, whether an issue was closed or reopened; `scan` each time. 0: never."""
    program: str = "gh"
    """Name or path of the `gh` command."""
    config_dir: str | None = None
    """A folder with settings of gh, for one that needs some (`http_unix_socket`). Default: an empty one of our own."""
    timeout_s: float = 30.0
    """Longest time for one command of gh, in seconds."""


def check(config: GithubConfig) -> None:
    """Raises :class:`ConfigError`: a setting cannot work."""
    where = f"channel {config.name}"
    if not _REPOSITORY.match(config.repo):
        said = f", not {config.repo!r}" if config.repo else ""
        raise ConfigError(f'{where}: set repo = "owner/name"{said}')
    if not _HOST.match(config.host):
        raise ConfigError(f"{where}: host must be a name such as github.com, not {config.host!r}")
    for login in config.assignees:
        if not _LOGIN.match(login):
            raise ConfigError(f"{where}: assignees: {login!r} is no login")
    if len(config.assignees) > MOST_ASSIGNEES:
        raise ConfigError(f"{where}: assignees: an issue can have {MOST_ASSIGNEES} at most")
    for label in config.labels:
        if not 1 <= len(label) <= 50 or not label.isprintable() or label != label.strip(" -") or set(label) & set(',"'):
            raise ConfigError(
                f"{where}: labels: {label!r} must have 1 to 50 characters, no comma or quote, no hyphen at an end"
            )
    if config.milestone is not None and not (config.milestone.strip() and config.milestone.isprintable()):
        raise ConfigError(f"{where}: milestone must be the title of one")
    if not config.program or "\0" in config.program:
        raise ConfigError(f"{where}: program must name the gh command")
    if config.most_per_hour < 0:
        raise ConfigError(f"{where}: most_per_hour must be 0 or more")
    if config.sync_s < 0 or not 1 <= config.timeout_s <= 600:
        raise ConfigError(f"{where}: sync_s must be 0 or more, and timeout_s from 1 to 600")
