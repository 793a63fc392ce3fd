"""Whether issues could be filed: what stands in the way, with its remedy, before an incident finds out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from logmedic.doors import Clock, Shell
from logmedic.errors import DeliveryError
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.gh import Gh
from logmedic.respond.github.issues import Issues
from logmedic.respond.github.names import OURS

OLDEST = (2, 23)  # that Debian 12 has; tried with it and with 2.103
_VERSION = re.compile(r"\bgh version (\d+)\.(\d+)[.\w-]*")


class Seen(msgspec.Struct, frozen=True):
    """One thing that was looked at. ``detail``: one line; with the remedy when it is not well."""

    ok: bool
    what: str
    detail: str


def installed(config: GithubConfig, *, shell: Shell, clock: Clock) -> Seen:
    """Whether there is a gh, and new enough. Asks nobody."""
    try:
        said = Gh(config, token="", shell=shell, clock=clock).run("--version")
    except DeliveryError as error:
        return Seen(False, "gh", _bare(config, error))
    found = _VERSION.search(said)
    if found is None:
        return Seen(False, "gh", f"{config.program} is no gh: it says no version; name the real one with `program`")
    version = found[0].removeprefix("gh version ")
    if (int(found[1]), int(found[2])) < OLDEST:
        return Seen(False, "gh", f"{version} is too old; install 2.23 or newer (https://cli.github.com)")
    return Seen(True, "gh", version)


def reachable(config: GithubConfig, *, token: str, shell: Shell, clock: Clock) -> Iterator[Seen]:
    """Whether the token is taken, the repository seen, and whether it may be written to; ends at the first that fails.

    What nobody but the writing itself can tell is tried out: the label that every issue of ours has is made.
    """
    issues = Issues(config, Gh(config, token=token, shell=shell, clock=clock))
    try:
        standing = issues.standing()
        yield Seen(True, "token", f"it is {standing.login}'s")
        if not standing.has_issues:
            yield Seen(False, config.repo, "the repository has no issues; turn them on in its settings")
            return
        yield Seen(True, config.repo, "it is there and has issues")
        issues.make_label(OURS)
        yield Seen(True, "write", f"may write: the label `{OURS}` is there")
    except DeliveryError as error:
        yield Seen(False, config.repo, _bare(config, error))


def _bare(config: GithubConfig, error: DeliveryError) -> str:
    return f"{error}".removeprefix(f"{config.name}: ")
