"""Keeps one issue for each fingerprint.

Before an issue is filed it is looked for: in what the channel's last receipt says, then by its marker. So a crash
between filing and noting it, or a lost ledger, does not make a second one. Deliveries from one machine
wait for each other, and the engine runs one workflow for each incident on however many. What no client can exclude: two
installations with states of their own that file at the same moment, and GitHub not listing an issue that it has filed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from logmedic.doors import Clock, Shell
from logmedic.errors import ConfigError, DeliveryError
from logmedic.model import Incident, Outcome, Result
from logmedic.respond.github import names, owners, phrases
from logmedic.respond.github.body import body, comment, storm
from logmedic.respond.github.config import GithubConfig, check
from logmedic.respond.github.decide import Issue, Memory, remember, steps
from logmedic.respond.github.gh import Gh
from logmedic.respond.github.issues import Issues, path_of
from logmedic.respond.github.turn import turn
from logmedic.respond.interface import Bulletin, Kind, Notice, Ticket, told

TURN = 5.0  # s; longest wait for another delivery to the same repository
MOST_FILED = 1000  # numbers that are kept in memory
OWNERS_SECONDS = 3600.0  # for which a CODEOWNERS that was read counts


class GithubResponder:
    """The receipt keeps the issue's number and URL, and what the issue has told."""

    kind = "github"

    def __init__(self, config: GithubConfig, *, token: str, shell: Shell, clock: Clock) -> None:
        """Raises :class:`ConfigError`: a setting cannot work."""
        check(config)
        if not token or not token.isprintable() or not token.isascii() or " " in token:
            raise ConfigError(f"channel {config.name}: the token is no token of GitHub; copy it again")
        self.name = config.name
        self._config = config
        self._clock = clock
        self._gh = Gh(config, token=token, shell=shell, clock=clock)
        self._issues = Issues(config, self._gh)
        self._web = f"https://{config.host}/{config.repo}"
        self._owners: tuple[float, str] | None = None  # when CODEOWNERS was read, and its text
        self._filed: dict[str, int] = {}  # by marker: what this process has filed

    def deliver(self, notice: Notice) -> Outcome:
        with self._turn():
            return self._deliver(notice)

    def announce(self, bulletin: Bulletin) -> Outcome:
        """The list of a storm as one issue, which is rewritten while the storm lasts. Takes no other bulletins."""
        assert bulletin.kind is Kind.STORM, bulletin.kind
        with self._turn():
            return self._announce(bulletin)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        config = self._config
        # Settings of gh may lead elsewhere (`http_unix_socket`), to another repository of the same name.
        with turn(f"{config.host}/{config.repo}\n{config.config_dir or ''}", self._clock, TURN) as mine:
            if not mine.ours:
                raise DeliveryError(f"{self.name}: other issues are being filed", retry_after=TURN, throttled=True)
            with self._gh.under(mine.lock):
                yield

    def _announce(self, bulletin: Bulletin) -> Outcome:
        language = self._config.language or bulletin.language
        text = storm(bulletin, language)
        number = remember(bulletin.receipt).number
        issue = None if number is None else self._issues.read(number)
        issue = issue or self._issues.find(names.bulletin_marker(bulletin.key))
        if issue is None:
            labels = names.common_labels(bulletin.severity, self._config)
            number = self._issues.create(names.bulletin_title(bulletin, language), text, labels)
            return Outcome(Result.SENT, f"filed issue {number}", self._place(number))
        if names.untouched(issue.body) and issue.body.replace("\r\n", "\n").strip() != text.strip():
            self._issues.rewrite(issue.number, text)
        return Outcome(Result.SENT, f"updated issue {issue.number}", self._place(issue.number))

    def _deliver(self, notice: Notice) -> Outcome:
        memory = remember(notice.receipt)
        marker = names.marker(notice.incident.fingerprint)
        language = self._config.language or notice.language
        issue = None if memory.number is None else self._issues.read(memory.number)
        if issue is None:
            memory = Memory()
            known = self._filed.get(marker)
            issue = (None if known is None else self._issues.read(known)) or self._issues.find(marker)
        text = body(notice, language, self._web)
        if issue is None:
            return self._file(notice, language, text)
        return self._keep(notice, language, text, issue, memory)

    def _file(self, notice: Notice, language: str, text: str) -> Outcome:
        incident, config = notice.incident, self._config
        number = self._issues.create(names.title(incident, language), text, names.labels(incident, config))
        if len(self._filed) >= MOST_FILED:
            del self._filed[next(iter(self._filed))]
        self._filed[names.marker(incident.fingerprint)] = number
        reason = f"filed issue {number}"
        # The issue is there: what comes now may fail without making it fail.
        try:
            logins = list(dict.fromkeys([*config.assignees, *self._code_owners(incident)]))[:10]
            refused = self._issues.assign(number, milestone=config.milestone, logins=logins)
        except DeliveryError as error:
            refused = [f"{error}"]
        if refused:
            reason += f", without {', '.join(refused)}"
        return Outcome(Result.SENT, reason, self._receipt(notice, number))

    def _keep(self, notice: Notice, language: str, text: str, issue: Issue, memory: Memory) -> Outcome:
        incident, issues, number = notice.incident, self._issues, issue.number
        label = names.severity_label(incident.severity)
        now = self._clock.now()
        todo = steps(
            incident, issue, memory, body=text, severity_label=label, comments=self._config.comments, now=now
        )  # fmt: skip
        if todo.reopen:
            issues.reopen(number)
        if todo.comment is not None:
            self._say(notice, language, issue, back=todo.comment == "back")
        if todo.rewrite:
            issues.rewrite(number, text)
        if todo.label:
            issues.relabel(number, label, [name for name in issue.labels if name.lower().startswith("severity:")])
        said = todo.comment is not None or memory.number is None
        receipt = self._receipt(notice, number)
        if not said:
            receipt |= {"told": memory.told, "told_at": memory.told_at}
        return Outcome(Result.SENT, todo.reason, receipt)

    def _say(self, notice: Notice, language: str, issue: Issue, *, back: bool) -> None:
        """Comment once for each effect, also when an earlier try of it commented and was cut short."""
        marker = names.note_marker(notice.key)
        seen = issue if issue.notes else self._issues.read(issue.number) or issue
        if any(marker in note for note in seen.notes):
            return
        heading = phrases.BACK if back else phrases.REACHED
        self._issues.comment(issue.number, comment(heading, notice.incident, language, marker))

    def _receipt(self, notice: Notice, number: int) -> dict[str, Any]:
        return {
            **told(notice.incident),
            **self._place(number),
            "told": notice.incident.count,
            "told_at": self._clock.now(),
        }

    def _place(self, number: int) -> dict[str, Any]:
        return {"issue": number, "url": f"{self._web}/issues/{number}"}

    def _code_owners(self, incident: Incident) -> list[str]:
        if not self._config.codeowners or incident.diagnosis is None:
            return []
        paths = [path_of(item.locator) for item in incident.diagnosis.evidence if item.kind in ("source", "blame")]
        path = next((path for path in paths if path), "")
        return owners.owners(self._owners_file(), path) if path else []

    def _owners_file(self) -> str:
        now = self._clock.monotonic()
        if self._owners is None or now - self._owners[0] > OWNERS_SECONDS:
            found = (self._issues.file(place) for place in owners.PLACES)
            self._owners = (now, next((text for text in found if text is not None), ""))
        return self._owners[1]

    # -- for the step that keeps incidents and issues in line ------------------------------------------------------

    def tickets(self, numbers: Sequence[int]) -> dict[int, Ticket]:
        """How these issues stand; those that are gone are left out."""
        return self._issues.tickets(numbers)

    def settle(self, number: int, *, resolved: bool) -> None:
        """Close an issue, or open it again."""
        if resolved:
            self._issues.close(number)
        else:
            self._issues.reopen(number)

    def shown(self, number: int) -> str:
        """What people call the issue."""
        return f"{self._config.repo} issue {number}"
