"""The issues of one repository, as commands to ``gh``.

Every command names the repository (``-R``), numbers are checked, texts go in through standard input, and each value of
an option stands in one argument with it, so that nothing is taken for an option.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from logmedic.errors import DeliveryError
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.github.decide import Issue
from logmedic.respond.github.gh import SOON, Gh, RefusedError
from logmedic.respond.github.names import OURS, colour
from logmedic.respond.interface import Ticket

NEWEST = 100  # issues that are looked through for a marker: what the search, which lags, may not know yet
AT_ONCE = 50  # issues whose state is asked for in one request
_NUMBER_IN_URL = re.compile(r"/issues/([1-9][0-9]{0,9})\s*\Z")
_FOUND = "number,state,body,labels,url"
_FULL = (
    "number state url body labels(first: 50) { nodes { name } } comments(last: 30) { nodes { body viewerDidAuthor } }"
)


class _Label(msgspec.Struct):
    name: str


class Standing(msgspec.Struct, frozen=True):
    """What a token sees of the repository."""

    login: str
    has_issues: bool


class _Listed(msgspec.Struct):
    number: int
    state: str
    body: str
    url: str
    labels: list[_Label] = []


_LISTED = msgspec.json.Decoder(list[_Listed])  # made before there are threads; see ``store.store``


class Issues:
    """Methods raise :class:`DeliveryError`. Thread-safe."""

    def __init__(self, config: GithubConfig, gh: Gh) -> None:
        self._config = config
        self._gh = gh
        here = config.repo if config.host == "github.com" else f"{config.host}/{config.repo}"
        self._at = ("-R", here)
        self._labels: set[str] = set()  # that are known to exist

    # -- reading ---------------------------------------------------------------------------------------------------

    def read(self, number: int) -> Issue | None:
        """An issue by its number; ``None`` when it was deleted."""
        node = self._ask([number], _FULL).get(number)
        if node is None:
            return None
        comments = node.get("comments", {}).get("nodes") or ()
        return Issue(
            number=number,
            open=node.get("state") == "OPEN",
            body=node.get("body") or "",
            labels=tuple(label["name"] for label in node.get("labels", {}).get("nodes") or ()),
            url=node.get("url") or "",
            notes=tuple(said["body"] for said in comments if said.get("viewerDidAuthor")),
        )

    def tickets(self, numbers: Sequence[int]) -> dict[int, Ticket]:
        """How these issues stand; those that were deleted are left out. One request for each ``AT_ONCE`` of them."""
        found: dict[int, Ticket] = {}
        for start in range(0, len(numbers), AT_ONCE):
            nodes = self._ask(numbers[start : start + AT_ONCE], "number state closedAt")
            found |= {
                number: Ticket(open=node.get("state") == "OPEN", closed=node.get("closedAt") or "")
                for number, node in nodes.items()
            }
        return found

    def _ask(self, numbers: Sequence[int], fields: str) -> dict[int, dict[str, Any]]:
        assert all(isinstance(number, int) and number > 0 for number in numbers)
        parts = " ".join(f"i{number}: issue(number: {number}) {{ {fields} }}" for number in numbers)
        query = (
            f"query Tickets($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{ {parts} }} }}"
        )
        owner, _, name = self._config.repo.partition("/")
        ran = self._gh.ran("api", "graphql", "-f", f"query={query}", "-f", f"owner={owner}", "-f", f"name={name}")
        try:
            answer = msgspec.json.decode(ran.out)
            repository = answer["data"]["repository"]
            failed = [error for error in answer.get("errors", ()) if error.get("type") != "NOT_FOUND"]
            if repository is None or failed or (ran.code and not answer.get("errors")):
                raise self._gh.failure(ran, changes=False)
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
            raise self._gh.failure(ran, changes=False) from None
        return {number: node for number in numbers if (node := repository.get(f"i{number}"))}

    def standing(self) -> Standing:
        """Whose token it is, and whether the repository takes issues."""
        query = (
            "query Standing($owner: String!, $name: String!) "
            "{ viewer { login } repository(owner: $owner, name: $name) { hasIssuesEnabled } }"
        )
        owner, _, name = self._config.repo.partition("/")
        ran = self._gh.ran("api", "graphql", "-f", f"query={query}", "-f", f"owner={owner}", "-f", f"name={name}")
        if ran.code:
            raise self._gh.failure(ran, changes=False)
        try:
            data = msgspec.json.decode(ran.out)["data"]
            return Standing(data["viewer"]["login"], data["repository"]["hasIssuesEnabled"] is True)
        except (msgspec.DecodeError, KeyError, TypeError):
            raise self._gh.failure(ran, changes=False) from None

    def find(self, marker: str) -> Issue | None:
        """The first issue of ours that bears a marker, open or closed: by search, and among the newest."""
        search = f'--search=label:{OURS} "{marker}" in:body'
        for how in ((search, "--limit=20"), (f"--limit={NEWEST}",)):
            out = self._gh.run("issue", "list", *self._at, "--state=all", f"--json={_FOUND}", *how)
            try:
                listed = _LISTED.decode(out)
            except msgspec.DecodeError:
                raise DeliveryError(
                    f"{self._config.name}: gh listed issues in an unknown form", retry_after=SOON
                ) from None
            ours = [
                issue
                for issue in listed
                if f"<!-- {marker} -->" in issue.body and any(label.name.lower() == OURS for label in issue.labels)
            ]
            if ours:
                return _issue(min(ours, key=lambda issue: issue.number))
        return None

    def file(self, path: str) -> str | None:
        """A file of the default branch, ``None`` when there is none."""
        owner, _, name = self._config.repo.partition("/")
        ran = self._gh.ran("api", f"repos/{owner}/{name}/contents/{path}", "-q", ".content")
        if ran.code:
            error = self._gh.failure(ran, changes=False)
            if isinstance(error, RefusedError) and "HTTP 404" in error.said:
                return None
            raise error
        import base64  # noqa: PLC0415  only for those who use CODEOWNERS

        try:
            return base64.b64decode(ran.out).decode("utf-8", "replace")
        except ValueError:
            return None

    # -- changing --------------------------------------------------------------------------------------------------

    def create(self, title: str, body: str, labels: Sequence[str]) -> int:
        """File an issue and return its number. Labels that are missing are made first."""
        for label in labels:
            self.make_label(label)
        given = [f"--label={label}" for label in labels]
        out = self._gh.run(
            "issue", "create", *self._at, f"--title={title}", "--body-file=-", *given, input=body, changes=True
        )  # fmt: skip
        found = _NUMBER_IN_URL.search(out)
        if found is None:
            raise DeliveryError(
                f"{self._config.name}: gh filed an issue without saying which", retry_after=SOON, unclear=True
            )
        return int(found[1])

    def assign(self, number: int, *, milestone: str | None, logins: Sequence[str]) -> list[str]:
        """Give an issue a milestone and people; each that GitHub does not take is left out, and returned."""
        wanted = [] if milestone is None else [f"--milestone={milestone}"]
        wanted += [f"--add-assignee={login}" for login in logins]
        refused = []
        for option in wanted:
            try:
                self._edit(number, option)
            except RefusedError:
                refused.append(option.partition("=")[2])
        return refused

    def rewrite(self, number: int, body: str) -> None:
        self._edit(number, "--body-file=-", input=body)

    def relabel(self, number: int, label: str, former: Sequence[str]) -> None:
        self.make_label(label)
        gone = [f"--remove-label={name}" for name in former if name != label]
        self._edit(number, f"--add-label={label}", *gone)

    def comment(self, number: int, body: str) -> None:
        self._gh.run("issue", "comment", str(number), *self._at, "--body-file=-", input=body, changes=True)

    def close(self, number: int) -> None:
        self._gh.run("issue", "close", str(number), *self._at, "--reason=completed", changes=True)

    def reopen(self, number: int) -> None:
        self._gh.run("issue", "reopen", str(number), *self._at, changes=True)

    def _edit(self, number: int, *options: str, input: str = "") -> None:
        # The same edit twice is the same as once, so an answer that was lost leaves nothing unclear.
        self._gh.run("issue", "edit", str(number), *self._at, *options, input=input)

    def make_label(self, label: str) -> None:
        """Have a label that may be there already."""
        if label in self._labels:
            return
        try:
            self._gh.run("label", "create", label, *self._at, f"--color={colour(label)}")
        except RefusedError as error:
            if "already exists" not in error.said and "already_exists" not in error.said:
                raise
        self._labels.add(label)


def _issue(listed: _Listed) -> Issue:
    labels = tuple(label.name for label in listed.labels)
    return Issue(number=listed.number, open=listed.state == "OPEN", body=listed.body, labels=labels, url=listed.url)


def path_of(locator: Mapping[str, Any]) -> str:
    """The file that an item of evidence quotes, "" when it quotes none."""
    path = locator.get("path")
    return path if isinstance(path, str) else ""
