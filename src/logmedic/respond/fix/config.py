"""``[fix]``: whether and how a fix is tried, and what it may cost."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

UNCONFINED = "I accept that an agent and untested code run here with my rights"
DAY_S = 86_400
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}\Z")
_BRANCH = re.compile(r"(?!/)(?!.*(?:\.\.|//|@\{|\.lock\Z|/\Z))[A-Za-z0-9._/-]{1,100}\Z")


class FixBudgetConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[fix.budget]``: most US dollars for fixes. What a request costs at worst is set aside before it is sent."""

    per_fix: float = 3.0
    """On one fix, all its attempts together."""
    per_fingerprint: float = 6.0
    """On all fixes of one incident within 30 days."""
    per_day: float = 10.0
    """Within any 24 hours."""
    per_month: float = 100.0
    """Within any 30 days."""
    unpriced_requests_per_day: int = 0
    """Requests within any 24 hours to a model whose price is not known: no sum of money can bound those."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 0 <= getattr(self, name) <= 1_000_000:
                raise ValueError(f"`{name}` must be from 0 to 1,000,000")


class FixConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[fix]``: draft pull requests that a coding agent writes and a test proves. Off until it is enabled."""

    enabled: bool = False
    """Whether `serve` tries to fix critical incidents by itself, and `logmedic fix` may be used."""
    channel: str = "github"
    """Name of the channel of kind `github` to whose repository fixes are offered."""
    remote: str = ""
    """Where branches are pushed: an address or a path. Default: the channel's repository over HTTPS."""
    base: str | None = None
    """Branch that pull requests are against. Default: the repository's default branch."""
    min_confidence: float = 0.7
    """Least confidence of the diagnosis, from 0 to 1."""
    model: str = "claude-sonnet-5-5"
    """Model that the agent uses, whatever it asks for."""
    program: str = "claude"
    """Name or path of Claude Code's native command."""
    attempts: int = 2
    """Attempts within one fix; each next one is told what was wrong with the last."""
    turns: int = 60
    """Most turns of one attempt."""
    requests: int = 120
    """Most requests to the model within one attempt."""
    max_tokens: int = 16_000
    """Most tokens of one answer."""
    agent_s: float = 900.0
    """Longest time for the agent in one attempt, in seconds."""
    suite_s: float = 900.0
    """Longest time for one run of the test suite, in seconds."""
    install_s: float = 900.0
    """Longest time for installing what the tests need, in seconds."""
    repeats: int = 3
    """How often the new test has to pass, or to fail, to count."""
    install: tuple[tuple[str, ...], ...] = ()
    """Commands (each a list of words, no shell) that put what the tests need into the folder `$FIX_CACHE`. They run on
    the running commit, with the network and without secrets; what they make is kept until an `install_key` changes."""
    install_key: tuple[str, ...] = (
        "*requirements*.txt",
        "pyproject.toml",
        "*.lock",
        "package-lock.json",
        "go.sum",
        "pom.xml",
    )
    """Patterns of files at the top of the repository; when one of them changes, `install` runs again."""
    test: tuple[str, ...] = ()
    """Command of the whole test suite, a list of words. Default: found by the files of the repository."""
    env: dict[str, str] = {}
    """Further environment variables of the tests. No secrets: foreign code sees them."""
    lend: tuple[str, ...] = ()
    """Folders that the tests may read where they stand, such as a virtual environment or ~/.cargo/bin. Those that hold
    a `bin` have it on PATH; one named `node_modules` is found by Node."""
    protected: tuple[str, ...] = ()
    """Further patterns of paths that no fix may touch, as in "src/billing/**"."""
    sandbox: Literal["auto", "bubblewrap", "landlock"] = "auto"
    """What confines the agent and the tests. "auto" takes bubblewrap, else Landlock, else refuses."""
    unconfined: str = ""
    """Set to "I accept that an agent and untested code run here with my rights" to do without both."""
    per_day: int = 3
    """Most fixes begun within any 24 hours."""
    per_fingerprint: int = 2
    """Most fixes begun for one incident within 30 days."""
    most_open: int = 5
    """Most pull requests of ours that are open at a time."""
    labels: tuple[str, ...] = ("logmedic", "automated-fix")
    """Labels of pull requests; made where they are missing."""
    reviewers: tuple[str, ...] = ()
    """Logins that are asked to review."""
    codeowners: bool = False
    """Whether the people whom CODEOWNERS names for the changed files are asked to review."""
    author: str = "logmedic <logmedic@localhost>"
    """Author of the commits, as "name <address>"."""
    folder: str = ".logmedic/fix"
    """Where trees and what tests need are kept, relative to the config file."""
    watch_h: float = 24.0
    """For how many hours after a merge the incident is watched before the fix counts as good."""
    sync_s: float = 300.0
    """`serve` looks so often, in seconds, what became of the pull requests."""
    budget: FixBudgetConfig = FixBudgetConfig()

    def __post_init__(self) -> None:
        bounds = {
            "min_confidence": (0, 1), "attempts": (1, 5), "turns": (1, 500), "requests": (1, 2_000),
            "max_tokens": (1_000, 128_000), "agent_s": (10, 7_200), "suite_s": (1, 7_200), "install_s": (1, 7_200),
            "repeats": (1, 20), "per_day": (0, 1_000), "per_fingerprint": (0, 100), "most_open": (0, 1_000),
            "watch_h": (0.01, 720), "sync_s": (1, 86_400),
        }  # fmt: skip
        for name, (least, most) in bounds.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"`{name}` must be from {least:g} to {most:,g}")
        if self.unconfined not in ("", UNCONFINED):
            raise ValueError(f'`unconfined` must be empty, or "{UNCONFINED}"')
        if self.base is not None and not _BRANCH.match(self.base):
            raise ValueError("`base` must be the name of a branch")
        if re.fullmatch(r"[^<>\n]{1,80} <[^<>\s]{1,120}>", self.author) is None:
            raise ValueError('`author` must read "name <address>"')
        for login in self.reviewers:
            if not _LOGIN.match(login):
                raise ValueError(f"`reviewers`: {login!r} is no login")
        if self.remote.startswith("-") or "\0" in self.remote or self.remote.startswith("ext::"):
            raise ValueError("`remote` must be an address or a path")
