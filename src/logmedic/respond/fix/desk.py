"""Where fixes are offered: branches, draft pull requests and comments in one repository. Safe to do again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from logmedic.doors import Clock, Shell
from logmedic.errors import DeliveryError, ShellError
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.workspace import Workspace
from logmedic.respond.github import owners
from logmedic.respond.github.config import GithubConfig, check
from logmedic.respond.github.gh import Gh
from logmedic.respond.github.issues import Issues
from logmedic.respond.github.pulls import Pull, Pulls
from logmedic.respond.github.turn import turn

TURN = 30.0  # s; longest wait for another delivery to the same repository
SOON = 60.0  # s; until what a remote did not take is tried again
MOST_REVIEWERS = 15  # that GitHub lets be asked


class TakenError(DeliveryError):
    """The branch is there and holds something else; no retry will help."""


class Desk:
    """Methods raise :class:`DeliveryError`, with ``retry_after`` where a retry makes sense."""

    def __init__(
        self, config: FixConfig, channel: GithubConfig, *, token: str, shell: Shell, clock: Clock, workspace: Workspace
    ) -> None:
        """Raises :class:`logmedic.errors.ConfigError`: a setting of the channel cannot work."""
        check(channel)
        self._config = config
        self._channel = channel
        self._clock = clock
        self._token = token
        self._workspace = workspace
        self._gh = Gh(channel, token=token, shell=shell, clock=clock)
        self._issues = Issues(channel, self._gh)
        self._pulls = Pulls(channel, self._gh, self._issues)
        self.web = f"https://{channel.host}/{channel.repo}"

    def push(self, branch: str, commit: str) -> None:
        """Have the branch at this commit."""
        remote = self._config.remote or f"{self.web}.git"
        ours = remote.startswith(f"https://{self._channel.host}/")  # nobody else is shown the token
        login: Mapping[str, str] = {"LOGMEDIC_PUSH": self._token} if ours else {}
        try:
            there = self._workspace.remote_branch(remote, branch, login)
            if there is None:
                self._workspace.push(remote, branch, commit, login)
                return
        except ShellError as error:
            said = str(error).replace(self._token, "***") if self._token else str(error)
            raise DeliveryError(f"fix: {said}", retry_after=SOON, unclear=True) from None
        if there != commit:
            raise TakenError(f"fix: the branch {branch} is there already and holds commit {there[:12]}")

    def offer(self, branch: str, *, title: str, body: str, paths: Sequence[str]) -> Pull:
        """The draft pull request of the branch, opened unless there is one."""
        with self._turn():
            found = self._pulls.find(branch)
            if found is not None:
                return found
            config = self._config
            made = self._pulls.offer(branch, title=title, body=body, base=config.base, labels=config.labels)
            with contextlib.suppress(DeliveryError):  # the pull request is there; who looks at it is a courtesy
                self._pulls.ask_reviewers(made.number, self._reviewers(paths))
            return made

    def _reviewers(self, paths: Sequence[str]) -> list[str]:
        found = list(self._config.reviewers)
        if self._config.codeowners:
            text = next((text for place in owners.PLACES if (text := self._issues.file(place)) is not None), "")
            found += [login for path in paths for login in owners.owners(text, path)]
        return list(dict.fromkeys(found))[:MOST_REVIEWERS]

    def say(self, issue: int, body: str, marker: str) -> None:
        """Comment on an issue, unless the comment with this marker is there."""
        with self._turn():
            found = self._issues.read(issue)
            if found is not None and not any(marker in note for note in found.notes):
                self._issues.comment(issue, body)

    def look(self, numbers: Sequence[int]) -> Mapping[int, Pull]:
        return self._pulls.look(numbers)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        channel = self._channel
        with turn(f"{channel.host}/{channel.repo}\n{channel.config_dir or ''}", self._clock, TURN) as mine:
            if not mine.ours:
                raise DeliveryError("fix: other work on the repository takes long", retry_after=TURN, throttled=True)
            with self._gh.under(mine.lock):
                yield
