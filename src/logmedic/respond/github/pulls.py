"""The draft pull requests of one repository, as commands to ``gh``. As for issues, numbers and names are checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from logmedic.errors import DeliveryError
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.gh import SOON, Gh, RefusedError
from logmedic.respond.github.issues import Issues

AT_ONCE = 50  # pull requests that are asked for in one request
BRANCH = re.compile(r"logmedic/fix-[a-z0-9][a-z0-9-]{0,80}\Z")
_NUMBER_IN_URL = re.compile(r"/pull/([1-9][0-9]{0,9})\s*\Z")
_FIELDS = "number url state isDraft headRefOid isCrossRepository mergedAt closedAt"


class Pull(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request as it stands."""

    number: int
    url: str
    state: str  # "OPEN", "MERGED", "CLOSED"
    head: str  # the commit at the end of its branch
    draft: bool
    ended: str = ""  # when it was merged or closed, as GitHub writes it


class Pulls:
    """Methods raise :class:`DeliveryError`. Thread-safe."""

    def __init__(self, config: GithubConfig, gh: Gh, issues: Issues) -> None:
        self._config = config
        self._gh = gh
        self._issues = issues
        here = config.repo if config.host == "github.com" else f"{config.host}/{config.repo}"
        self._at = ("-R", here)

    def find(self, branch: str) -> Pull | None:
        """The latest pull request from this branch of the repository itself; a fork may have one of that name too."""
        assert BRANCH.match(branch), branch
        nodes = self._ask(
            "pullRequests(headRefName: $branch, first: 20, orderBy: {field: CREATED_AT, direction: DESC})"
            f" {{ nodes {{ {_FIELDS} }} }}",
            "$owner: String!, $name: String!, $branch: String!",
            f"branch={branch}",
        ).get("pullRequests", {})
        own = [node for node in nodes.get("nodes") or () if not node.get("isCrossRepository")]
        return _pull(own[0]) if own else None

    def look(self, numbers: Sequence[int]) -> dict[int, Pull]:
        """How these stand; those that are gone are left out."""
        found: dict[int, Pull] = {}
        for start in range(0, len(numbers), AT_ONCE):
            part = numbers[start : start + AT_ONCE]
            assert all(isinstance(number, int) and number > 0 for number in part)
            asked = " ".join(f"p{number}: pullRequest(number: {number}) {{ {_FIELDS} }}" for number in part)
            nodes = self._ask(asked, "$owner: String!, $name: String!")
            found |= {number: _pull(node) for number in part if (node := nodes.get(f"p{number}"))}
        return found

    def _ask(self, asked: str, variables: str, *more: str) -> dict[str, Any]:
        query = f"query Pulls({variables}) {{ repository(owner: $owner, name: $name) {{ {asked} }} }}"
        owner, _, name = self._config.repo.partition("/")
        given = [word for pair in (f"query={query}", f"owner={owner}", f"name={name}", *more) for word in ("-f", pair)]
        ran = self._gh.ran("api", "graphql", *given)
        try:
            answer = msgspec.json.decode(ran.out)
            repository: dict[str, Any] | None = answer["data"]["repository"]
            failed = [error for error in answer.get("errors", ()) if error.get("type") != "NOT_FOUND"]
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            raise self._gh.failure(ran, changes=False) from None
        if repository is None or failed or (ran.code and not answer.get("errors")):
            raise self._gh.failure(ran, changes=False)
        return repository

    def offer(self, branch: str, *, title: str, body: str, base: str | None, labels: Sequence[str]) -> Pull:
        """Open a draft pull request from a branch that has none. Labels that are missing are made first.

        ``gh`` may open it and fail all the same, so what is there is read back, whatever it says.
        """
        for label in labels:
            self._issues.make_label(label)
        options = [f"--label={label}" for label in labels] + ([f"--base={base}"] if base else [])
        failure: DeliveryError | None = None
        try:
            self._gh.run("pr", "create", *self._at, "--draft", f"--title={title}", "--body-file=-", f"--head={branch}",
                         *options, input=body, changes=True)  # fmt: skip
        except DeliveryError as error:
            failure = error
        made = self.find(branch)
        if made is None:
            raise failure or DeliveryError(f"{self._config.name}: gh opened a pull request that is not there",
                                           retry_after=SOON, unclear=True)  # fmt: skip
        return made

    def rewrite(self, number: int, body: str) -> None:
        self._gh.run("pr", "edit", str(number), *self._at, "--body-file=-", input=body)

    def ask_reviewers(self, number: int, logins: Sequence[str]) -> list[str]:
        """Each that GitHub does not take (the author, somebody without access) is left out, and returned."""
        refused = []
        for login in logins:
            try:
                self._gh.run("pr", "edit", str(number), *self._at, f"--add-reviewer={login}")
            except RefusedError:
                refused.append(login)
        return refused


def _pull(node: dict[str, Any]) -> Pull:
    return Pull(
        number=int(node["number"]),
        url=str(node.get("url") or ""),
        state=str(node.get("state") or ""),
        head=str(node.get("headRefOid") or ""),
        draft=node.get("isDraft") is True,
        ended=str(node.get("mergedAt") or node.get("closedAt") or ""),
    )
