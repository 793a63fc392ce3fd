"""Gathers everything that a report may cite, most telling first, redacted and bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from logmedic.errors import ShellError, SourceError, StoreError
from logmedic.investigate import figures, logs, source
from logmedic.investigate.changes.changelist import ChangeList
from logmedic.investigate.changes.diffs import Change
from logmedic.investigate.changes.hunks import telling_hunks
from logmedic.investigate.episode import episode
from logmedic.investigate.faults.cascade import Cascade
from logmedic.investigate.git import Blamed, Repository, Running, Tracked
from logmedic.investigate.interface import Case
from logmedic.investigate.suspects.scene import Place
from logmedic.model import NANOSECONDS, Evidence, Frame, Incident, LogRecord, Sample, Stack

CONTEXT_LINES = 100  # log lines quoted, the record included (requirement R-D1: "the latest 100 log lines")
MOST_FRAMES = 6  # in-app frames whose source is quoted
MOST_COMMITS = 20  # commits quoted; the whole window is looked at
MOST_HISTORY = 5
COMMIT_LINES = 24  # of one commit
BLAME_AROUND = 2  # lines either side of the culprit line


class Redactor(Protocol):
    """What :class:`logmedic.redact.Redactor` offers."""

    def text(self, text: str) -> str: ...

    def record(self, record: LogRecord) -> LogRecord: ...


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence, and the same facts as values for those who reason about them."""

    sample: Sample
    evidence: tuple[Evidence, ...]
    record_id: str  # id of the evidence that is the record itself
    stack: Stack | None
    running: Running | None = None
    places: tuple[Place, ...] = ()  # culprit first
    elsewhere: bool = False  # files of the service are named, and the repository has none of them
    source_ids: Mapping[int, str] = {}  # depth of a place → id of its evidence
    changes: tuple[Change, ...] = ()  # the window, newest first
    commit_ids: Mapping[str, str] = {}  # commit → id of its evidence
    blamed: tuple[Blamed, ...] = ()
    figures: Mapping[str, figures.Figure] = {}
    figure_ids: Mapping[str, str] = {}  # name → id of its evidence
    earlier: Mapping[str, Incident] = {}  # id of its evidence → an earlier incident, the likest first
    gaps: tuple[str, ...] = ()  # what could not be looked at, and why
    listed: bool = False  # the changes come from a list, which is all that changed
    cascade: Cascade = Cascade()
    told: tuple[LogRecord, ...] = ()  # what the services said at that time, oldest first
    services: tuple[str, ...] = ()  # all that the history and the deploys know of
    sent: Mapping[str, tuple[str, ...]] = {}  # commit → services that it was deployed to
    deployed: Mapping[str, tuple[int, ...]] = {}  # service → times of all its deploys, s

    def cite(self, *ids: str | None) -> tuple[str, ...]:
        """Those of the ids that exist."""
        return tuple(i for i in ids if i)


class _Collected:
    """Numbers evidence by kind as it comes in."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._count: dict[str, int] = {}
        self.items: list[Evidence] = []

    def add(self, letter: str, kind: str, text: str, locator: dict[str, Any]) -> str:
        number = self._count[letter] = self._count.get(letter, 0) + 1
        identity = f"{letter}{number}"
        self.items.append(Evidence(identity, kind, logs.cut(self._redactor.text(text)), locator))
        return identity


def gather(case: Case, redactor: Redactor) -> Dossier:
    """Everything there is to know about the latest sample. Never raises for what a log or repository holds."""
    sample = case.samples[0]
    record = sample.record
    stack = sample.grouping.stack or record.stack
    collected = _Collected(redactor)
    gaps: list[str] = []
    record_id = collected.add("L", "log", logs.full(redactor.record(record)), _log_locator(record))
    dossier = Dossier(sample=sample, evidence=(), record_id=record_id, stack=stack)
    dossier = _add_cascade(dossier, case, gaps)
    dossier = _add_code(dossier, case, collected, gaps)
    dossier = _add_figures(dossier, case, collected, gaps)
    _add_context(case, record, redactor, collected, gaps)
    dossier = _add_history(dossier, case, collected, gaps)
    return msgspec.structs.replace(dossier, evidence=tuple(collected.items), gaps=tuple(gaps))


def _log_locator(record: LogRecord) -> dict[str, Any]:
    return {"source": record.ref.source, "stream": record.ref.stream, "offset": record.ref.offset}


def _add_context(case: Case, record: LogRecord, redactor: Redactor, collected: _Collected, gaps: list[str]) -> None:
    try:
        around = case.logs.around(record, logs.BEFORE, logs.AFTER)
        request: Sequence[LogRecord] = ()
        wanted = record.request_id or record.trace_id
        if wanted:
            request = case.logs.by_request(wanted, record.time - logs.REQUEST_WINDOW, record.time + logs.REQUEST_WINDOW)
    except (SourceError, OSError) as error:
        gaps.append(f"the log could not be read again: {error}")
        return
    for line in logs.telling(around, request, record, CONTEXT_LINES - 1):
        collected.add("L", "log", logs.head(redactor.record(logs.headline(line))), _log_locator(line))


def _add_figures(dossier: Dossier, case: Case, collected: _Collected, gaps: list[str]) -> Dossier:
    try:
        measured = figures.measure(case)
    except StoreError as error:
        gaps.append(f"the rates could not be measured: {error}")
        return dossier
    ids = {f.name: collected.add("M", "figure", f.text.en, {"figure": f.name, "value": f.value}) for f in measured}
    return msgspec.structs.replace(dossier, figures={f.name: f for f in measured}, figure_ids=ids)


def _add_history(dossier: Dossier, case: Case, collected: _Collected, gaps: list[str]) -> Dossier:
    try:
        earlier = case.history.similar(case.incident, MOST_HISTORY)
    except StoreError as error:
        gaps.append(f"earlier incidents could not be looked up: {error}")
        return dossier
    ids = {
        collected.add("H", "history", describe(incident), {"fingerprint": incident.fingerprint}): incident
        for incident in earlier[:MOST_HISTORY]
    }
    return msgspec.structs.replace(dossier, earlier=ids)


def describe(incident: Incident) -> str:
    """An earlier incident in two lines at most: what it was, what came of it."""
    text = f"{incident.title} ({incident.state.value}, {incident.count} times, last {logs.iso(incident.last_seen)})"
    return text if incident.diagnosis is None else f"{text}\n{incident.diagnosis.root_cause.en}"


def _add_cascade(dossier: Dossier, case: Case, gaps: list[str]) -> Dossier:
    try:
        found, beside, told = episode(case)
    except (StoreError, SourceError, OSError) as error:
        gaps.append(f"other services could not be looked at: {error}")
        return dossier
    deploys = case.changes.deploys if case.changes is not None else ()
    names = [*found.hit, case.incident.service, *(n.service for n in beside), *(d.service for d in deploys)]
    services = tuple(dict.fromkeys(name for name in names if name))
    return msgspec.structs.replace(dossier, cascade=found, services=services, told=told)


def _add_code(dossier: Dossier, case: Case, collected: _Collected, gaps: list[str]) -> Dossier:
    """Source and changes: from the repository, or the changes from a list."""
    if case.git is not None:
        dossier = _add_repository(dossier, case, collected, gaps)
    elif case.changes is None:
        gaps.append("no repository is configured")
    return dossier if case.changes is None else _add_listed(dossier, case, case.changes, collected)


def _add_listed(dossier: Dossier, case: Case, listed: ChangeList, collected: _Collected) -> Dossier:
    """The changes that ran when it began. Without a repository, places are the changed files that the stack names."""
    onset = case.incident.first_seen // NANOSECONDS
    window = [
        change
        for change in listed.changes
        if change.time <= onset and any(d.time <= onset for d in listed.deployed(change.commit) or (change,))
    ]
    places = dossier.places or tuple(_places_named(dossier, window))
    files = {place.path for place in places}
    quoted = sorted(window, key=lambda change: files.isdisjoint(f.path for f in change.files))[:MOST_COMMITS]
    ids = {c.commit: collected.add("C", "commit", show_commit(c), {"commit": c.commit}) for c in quoted}
    sent = {c.commit: tuple(d.service for d in listed.deployed(c.commit) if d.service) for c in window}
    deployed: dict[str, tuple[int, ...]] = {}
    for deploy in listed.deploys:
        deployed[deploy.service] = (*deployed.get(deploy.service, ()), deploy.time)
    dossier = msgspec.structs.replace(dossier, places=places, changes=tuple(window), commit_ids=ids, sent=sent)
    return msgspec.structs.replace(dossier, deployed=deployed, listed=True, elsewhere=False)


def _places_named(dossier: Dossier, changes: Sequence[Change]) -> Iterator[Place]:
    paths = source.Paths({file.path for change in changes for file in change.files})
    found: dict[tuple[str, int], Frame] = {}
    for frame in frames(dossier.sample.record, dossier.stack):
        path = paths.locate(frame.path, frame.module) if frame.line > 0 else None
        if path is not None and len(found) < MOST_FRAMES:
            found.setdefault((path, frame.line), frame)
    for depth, ((path, line), frame) in enumerate(found.items()):
        name = frame.function.rpartition(".")[2].rpartition(":")[2]
        span = source.Span(max(1, line - source.AROUND), line + source.AROUND, line, name)
        yield Place(path, span, depth, exact=bool(frame.function), code=frame.code.strip())


def _add_repository(dossier: Dossier, case: Case, collected: _Collected, gaps: list[str]) -> Dossier:
    assert case.git is not None
    try:
        repository = Repository(case.git)
        running = repository.running(dossier.sample.record.release, dossier.sample.record.time)
        if running is None:
            gaps.append("the repository has no commit")
            return dossier
        dossier = msgspec.structs.replace(dossier, running=running)
        dossier = _add_sources(dossier, repository, running.commit, collected)
        if dossier.elsewhere:
            gaps.append("the source was not found in the repository")
        dossier = _add_blame(dossier, repository, running.commit, collected)
        if case.changes is not None:
            return dossier
        return _add_commits(dossier, case, repository, running, collected)
    except ShellError as error:
        gaps.append(f"git could not be asked: {error}")
        return dossier


def frames(record: LogRecord, stack: Stack | None) -> Iterator[Frame]:
    """In-app frames, the culprit first, then its callers; last the place that wrote the log line."""
    if stack is not None:
        for part in reversed(stack.parts):
            yield from (frame for frame in reversed(part.frames) if frame.in_app)
    if record.file and record.line:
        yield Frame(function="", path=record.file, line=record.line, module=record.target)


def _add_sources(dossier: Dossier, repository: Repository, commit: str, collected: _Collected) -> Dossier:
    tracked = repository.tracked(commit)
    paths = source.Paths(tracked)
    found: dict[tuple[str, int], Frame] = {}
    named = several = False
    for frame in frames(dossier.sample.record, dossier.stack):
        fits = paths.fitting(frame.path, frame.module) if frame.line > 0 else []
        named = named or source.is_ours(frame.path)
        several = several or len(fits) > 1
        path = fits[0] if len(fits) == 1 else None
        if path is not None and len(found) < MOST_FRAMES:
            found.setdefault((path, frame.line), frame)
    wanted: list[Tracked] = [tracked[path] for path, _ in found]
    texts = repository.blobs(wanted)
    places: list[Place] = []
    ids: dict[int, str] = {}
    for (path, line), frame in found.items():
        text = texts.get(path)
        span = source.enclosing(path, text, line) if text is not None else None
        if text is None or span is None or not source.mentions(text, frame.code):
            continue
        deliberate = source.raises(text, line)
        code = text.split("\n")[line - 1].strip()
        place = Place(path, span, depth=len(places), exact=bool(frame.function), code=code, deliberate=deliberate)
        start, end = source.quoted(span)
        locator = {"commit": commit, "path": path, "start": start, "end": end, "line": line}
        ids[place.depth] = collected.add("S", "source", source.show(text, start, end, line), locator)
        places.append(place)
    elsewhere = named and not several and not places
    return msgspec.structs.replace(dossier, places=tuple(places), source_ids=ids, elsewhere=elsewhere)


def _add_blame(dossier: Dossier, repository: Repository, commit: str, collected: _Collected) -> Dossier:
    if not dossier.places:
        return dossier
    culprit = dossier.places[0]
    start = max(culprit.span.start, culprit.span.line - BLAME_AROUND)
    end = min(culprit.span.end, culprit.span.line + BLAME_AROUND)
    blamed = repository.blame(commit, culprit.path, start, end)
    for b in blamed:
        locator = {"commit": commit, "path": culprit.path, "start": b.line, "end": b.line, "author_commit": b.commit}
        collected.add("B", "blame", show_blame(b), locator)
    return msgspec.structs.replace(dossier, blamed=tuple(blamed))


def show_blame(blamed: Blamed) -> str:
    return f"{blamed.commit[:12]} wrote line {blamed.line}: {blamed.text}"


def _add_commits(
    dossier: Dossier, case: Case, repository: Repository, running: Running, collected: _Collected
) -> Dossier:
    """The window, without what came after the first occurrence (unless no commit is older: then clocks disagree)."""
    window = repository.window(running.commit)
    onset = case.incident.first_seen // 1_000_000_000
    if running.how != "head":
        window = [change for change in window if change.time <= onset]
    wanted = {b.commit for b in dossier.blamed}
    files = {place.path for place in dossier.places}
    quoted = sorted(
        enumerate(window),
        key=lambda at: (at[1].commit not in wanted, files.isdisjoint(f.path for f in at[1].files), at[0]),
    )[:MOST_COMMITS]
    unseen = sorted(wanted - {change.commit for change in window})
    older = list(repository.heads(unseen))
    ids = {
        change.commit: collected.add("C", "commit", show_commit(change), {"commit": change.commit})
        for change in [change for _, change in quoted] + older
    }
    return msgspec.structs.replace(dossier, changes=tuple(window), commit_ids=ids)


def with_commits(dossier: Dossier, commits: Sequence[str], redactor: Redactor) -> Dossier:
    """The dossier with these commits of the window among its evidence, whichever were quoted at first."""
    wanted = [c for c in dossier.changes if c.commit in commits and c.commit not in dossier.commit_ids]
    known = sum(item.kind == "commit" for item in dossier.evidence)
    ids, items = dict(dossier.commit_ids), list(dossier.evidence)
    for number, change in enumerate(wanted, known + 1):
        ids[change.commit] = f"C{number}"
        text = logs.cut(redactor.text(show_commit(change)))
        items.append(Evidence(f"C{number}", "commit", text, {"commit": change.commit}))
    return msgspec.structs.replace(dossier, evidence=tuple(items), commit_ids=ids)


def show_commit(change: Change) -> str:
    """Id, date and subject, the files, and the first changed lines that mean something."""
    lines = [f"{change.commit[:12]} {logs.iso(change.time * 1_000_000_000)[:19]}Z {change.subject}"]
    names = [file.path for file in change.files]
    if names:
        lines.append(", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else ""))
    for file, hunk in telling_hunks(change):
        lines.append(f"@@ {file.path}:{hunk.start}")
        lines += [f"-{text}" for text in hunk.removed] + [f"+{text}" for text in hunk.added]
        if len(lines) > COMMIT_LINES:
            break
    return "\n".join(text[:200] for text in lines[: COMMIT_LINES + 2])
