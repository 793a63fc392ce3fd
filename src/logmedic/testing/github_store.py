"""What a fake GitHub remembers: one repository, its issues, labels, milestones and people. Thread-safe."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LOGIN = "medic"  # whose token it is that the fake knows


class RefusedError(Exception):
    """What GitHub would not do: the message, and the type of a GraphQL error."""

    def __init__(self, message: str, kind: str = "UNPROCESSABLE") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass
class Comment:
    author: str
    body: str
    at: float


@dataclass
class Issue:
    number: int
    title: str
    body: str
    author: str
    created: float
    updated: float
    state: str = "OPEN"
    reason: str | None = None
    closed: float | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    milestone: str | None = None
    comments: list[Comment] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"I_{self.number}"


@dataclass
class Pull:
    number: int
    title: str
    body: str
    head: str  # the name of its branch
    base: str
    draft: bool
    author: str
    created: float
    state: str = "OPEN"
    ended: float | None = None
    last_head: str = ""  # the commit of its branch when it was merged or closed
    fork: bool = False
    labels: list[str] = field(default_factory=list)
    reviewers: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"PR_{self.number}"


@dataclass
class Repository:
    """Names of labels and logins are compared without regard to case, as GitHub does."""

    owner: str
    name: str
    now: Callable[[], float] = time.time
    issues: list[Issue] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)  # name → colour
    milestones: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=lambda: [LOGIN])
    files: dict[str, str] = field(default_factory=dict)  # path → text, on the default branch
    issues_enabled: bool = True
    may_write: bool = True
    search_lag: float = 0.0  # seconds after which a change can be found by search
    pulls: list[Pull] = field(default_factory=list)
    branches: Callable[[], Mapping[str, str]] = dict  # name → commit, of the repository that branches are pushed to
    default_branch: str = "main"
    lock: threading.RLock = field(default_factory=threading.RLock)

    def issue(self, number: int) -> Issue | None:
        return next((issue for issue in self.issues if issue.number == number), None)

    def by_id(self, node: str) -> Issue:
        found = next((issue for issue in self.issues if issue.id == node), None)
        if found is None:
            raise RefusedError(f"Could not resolve to a node with the global id of '{node}'", "NOT_FOUND")
        return found

    def open(self, title: str, body: str = "", *, author: str = LOGIN, labels: tuple[str, ...] = ()) -> Issue:
        """File an issue. Labels that do not exist are made, as the web page lets people do."""
        if len(body) > 65_536:
            raise RefusedError("body is too long (maximum is 65536 characters)")
        if not 1 <= len(title) <= 256:
            raise RefusedError("title is too long (maximum is 256 characters)" if title else "Title can't be blank")
        with self.lock:
            for label in labels:
                self.label(label)
            number, at = self._number(), self.now()
            issue = Issue(number, title, body, author, at, at, labels=[*labels])
            self.issues.append(issue)
            return issue

    def _number(self) -> int:
        """The next one: issues and pull requests share them."""
        return len(self.issues) + len(self.pulls) + 1

    def offer(self, title: str, body: str, *, head: str, base: str, draft: bool) -> Pull:
        """Open a pull request within the repository."""
        with self.lock:
            branches = self.branches()
            if base not in branches:
                raise RefusedError("Base ref must be a branch")
            if head not in branches:
                raise RefusedError("Head sha can't be blank, Head ref must be a branch")
            if branches[head] == branches[base]:
                raise RefusedError(f"No commits between {base} and {head}")
            if any(p.head == head and p.base == base and p.state == "OPEN" and not p.fork for p in self.pulls):
                raise RefusedError(f"A pull request already exists for {self.owner}:{head}.")
            if len(body) > 65_536:
                raise RefusedError("body is too long (maximum is 65536 characters)")
            pull = Pull(self._number(), title, body, head, base, draft, LOGIN, self.now())
            self.pulls.append(pull)
            return pull

    def end(self, number: int, state: str) -> None:
        """A person merges ("MERGED") or closes ("CLOSED") a pull request."""
        pull = next(pull for pull in self.pulls if pull.number == number)
        pull.last_head = self.branches().get(pull.head, "")
        pull.state, pull.ended = state, self.now()

    def close(self, number: int, reason: str = "COMPLETED") -> None:
        """What a person does on the web page, or a command."""
        issue = self._known(number)
        issue.state, issue.reason, issue.closed = "CLOSED", reason, self.now()
        issue.updated = issue.closed

    def reopen(self, number: int) -> None:
        issue = self._known(number)
        issue.state, issue.reason, issue.closed, issue.updated = "OPEN", "REOPENED", None, self.now()

    def remove(self, number: int) -> None:
        self.issues.remove(self._known(number))

    def label(self, name: str, colour: str = "ededed") -> None:
        if not 1 <= len(name) <= 50:
            raise RefusedError("name is too long (maximum is 50 characters)")
        if self.known_label(name) is None:
            self.labels[name] = colour

    def known_label(self, name: str) -> str | None:
        return next((label for label in self.labels if label.lower() == name.lower()), None)

    def search(self, text: str) -> list[Issue]:
        """Issues whose text holds every quoted phrase; those that changed within the lag are not found yet."""
        words = [phrase.lower() for phrase in text.split('"')[1::2]]
        seen = self.now() - self.search_lag
        return [
            issue
            for issue in reversed(self.issues)
            if issue.created <= seen and all(word in f"{issue.title}\n{issue.body}".lower() for word in words)
        ]

    def _known(self, number: int) -> Issue:
        issue = self.issue(number)
        assert issue is not None, f"no issue {number}"
        return issue


def stamp(at: float) -> str:
    """A time as GitHub writes it."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
