"""Evidence, read again from where its locator says. Shares its renderings with ``evidence``, so equal means equal."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from logmedic.doors import COMMIT_ID
from logmedic.errors import ShellError, SourceError, StoreError
from logmedic.investigate import logs, source
from logmedic.investigate.changes.diffs import Change
from logmedic.investigate.evidence import MOST_HISTORY, describe, show_blame, show_commit
from logmedic.investigate.figures import FIGURES, Figure, share_of
from logmedic.investigate.git import Repository
from logmedic.investigate.interface import Case
from logmedic.model import Evidence, LogRecord, Ref, Text

GROWN = 1.1  # a count over a span that is not over may have grown by this factor since it was quoted
_WILD = re.compile(r'"?<[a-z-]{2,20}:\d{1,6}>"?|…')  # what redaction and cutting leave instead of the text
_GROWING = frozenset({"errors_before", "errors_after", "share"})
_ERRORS = re.compile(r"(\d{1,15})\)?\Z")  # how the sentences of growing figures end
_NO_COMMIT = Text("no such commit", "그런 커밋이 없음")
_NO_LOG_LINE = Text("the locator names no log line", "로그 줄을 가리키지 않음")
_LOG_SAYS_OTHERWISE = Text("the log line does not say so", "로그 내용이 인용과 다름")
_LOG_GONE = Text("the log line cannot be found again", "로그 줄을 다시 찾을 수 없음")
_NO_FILE = Text("no such tracked file in the commit", "그 커밋에 그런 파일이 없음")
_NO_LINES = Text("the file has no such lines", "파일에 그런 줄이 없음")
_LINES_OTHERWISE = Text("these lines read otherwise", "코드 내용이 인용과 다름")
_COMMIT_OTHERWISE = Text("the commit reads otherwise", "커밋 내용이 인용과 다름")
_NO_LINE = Text("the locator names no line", "코드 줄을 가리키지 않음")
_OTHER_AUTHOR = Text("somebody else wrote that line", "그 줄을 작성한 커밋이 다름")
_BLAME_OTHERWISE = Text("git blame reads otherwise", "git blame 결과가 인용과 다름")
_INCIDENT_OTHERWISE = Text("the earlier incident reads otherwise", "과거 인시던트의 내용이 인용과 다름")
_NO_INCIDENT = Text("no such earlier incident", "그런 과거 인시던트가 없음")
_NO_FIGURE = Text("no such figure was measured", "측정된 적 없는 수치")
_FIGURE_OTHERWISE = Text("the figure reads otherwise", "수치가 인용과 다름")
_TOO_LATE = Text("committed after the first occurrence", "첫 발생 이후의 커밋")


def says(quote: str, text: str) -> bool:
    """Whether ``text`` reads as quoted: literally, but for redacted and cut parts, and however white space runs.

    Linear: the literal pieces of the quote are looked for one after the other.
    """
    flat = " ".join(text.split())
    pieces = [" ".join(piece.split()) for piece in _WILD.split(quote)]
    if not any(pieces):
        return False
    at = 0
    for piece in pieces:
        at = flat.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def quoting(english: str, korean: str, quoted: str) -> Text:
    """A reason with the same thing quoted in both languages."""
    return Text(english.replace("{}", quoted), korean.replace("{}", quoted))


def _place(ref: Ref) -> tuple[str, str, int]:
    return ref.source, ref.stream, ref.offset


class Rereader:
    """Answers for one case: why evidence does not hold, ``None`` when it does."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._repository = None if case.git is None else Repository(case.git)
        self._changes: dict[str, Change] = {}
        self._kinds: Mapping[str, Callable[[Evidence], Text | None]] = {
            "log": self._log,
            "source": self._source,
            "commit": self._commit,
            "blame": self._blame,
            "history": self._history,
            "figure": self._figure,
        }

    def fault(self, item: Evidence) -> Text | None:
        read = self._kinds.get(item.kind)
        if read is None:
            return quoting("there is no evidence of kind {}", "알 수 없는 증거 종류: {}", repr(item.kind))
        try:
            return read(item)
        except (ShellError, StoreError) as error:
            return quoting("could not be read again: {}", "다시 읽을 수 없음: {}", str(error))

    def words(self, item: Evidence) -> str:
        """All that a claim may say when it cites this item: the quote, where it stands, and a commit's whole diff."""
        words = [item.text, *(str(value) for value in item.locator.values())]
        change = self._changes.get(str(item.locator.get("commit", ""))) if item.kind == "commit" else None
        if change is not None:
            words += [file.path for file in change.files]
            words += [text for _, _, text in change.lines()]
        return "\n".join(words)

    def invented(self, names: Sequence[str]) -> list[str]:
        """Those of some hexadecimal names that are no commit here; none when there is no repository to ask."""
        if self._case.changes is not None:
            names = [name for name in names if self._case.changes.find(name) is None]
            if self._repository is None:
                return list(names)
        if self._repository is None or not names:
            return []
        try:
            return [n for n, found in zip(names, self._repository.commits(names), strict=False) if found is None]
        except ShellError:
            return []

    def suspect_fault(self, commit: str) -> Text | None:
        """A suspect must exist and be older than the first occurrence, unless the whole repository is younger."""
        try:
            change = self._change(commit)
        except ShellError as error:
            return quoting("could not be read again: {}", "다시 읽을 수 없음: {}", str(error))
        if change is None:
            return _NO_COMMIT
        onset = self._case.incident.first_seen // 1_000_000_000
        if change.time > onset and not self._clocks_disagree():
            return _TOO_LATE
        return None

    def _clocks_disagree(self) -> bool:
        if self._repository is None:
            return False
        record = self._case.samples[0].record
        running = self._repository.running(record.release, record.time)
        return running is not None and running.how == "head"

    def _change(self, commit: Any) -> Change | None:
        if self._case.changes is not None and isinstance(commit, str):
            listed = self._case.changes.find(commit)
            if listed is not None:
                return self._changes.setdefault(commit, listed)
        if self._repository is None or not isinstance(commit, str) or not COMMIT_ID.match(commit):
            return None
        if commit not in self._changes and self._repository.commits([commit])[0] is not None:
            self._changes.update({change.commit: change for change in self._repository.changes([commit])})
        return self._changes.get(commit)

    def _log(self, item: Evidence) -> Text | None:
        ref = self._ref(item.locator)
        if ref is None:
            return _NO_LOG_LINE
        stored = [s.record for s in self._case.samples if _place(s.record.ref) == _place(ref)]
        subject = stored[0] if stored else LogRecord(ref=ref, time=self._case.incident.last_seen)
        found = self._lines(subject)
        head, _, rest = item.text.partition("\n")
        if found and not says(head, logs.head(found[0], limit=None)):
            return _LOG_SAYS_OTHERWISE
        if not found and not stored:
            return _LOG_GONE
        whole = "\n".join(logs.full(record, limit=None) for record in (*found[:1], *stored[:1]))
        whole += "\n" + logs.head((found or stored)[0], limit=None)
        if not all(says(line, whole) for line in (head, *rest.split("\n")) if _WILD.sub("", line).strip()):
            return _LOG_SAYS_OTHERWISE
        return None

    def _lines(self, subject: LogRecord) -> list[LogRecord]:
        """The record as its log has it now; empty when the log cannot be read any more, which disproves nothing."""
        try:
            around = self._case.logs.around(subject, 0, 0)
        except (SourceError, OSError):
            return []
        return [record for record in around if record.ref.offset == subject.ref.offset]

    def _ref(self, locator: Mapping[str, Any]) -> Ref | None:
        name, stream, offset = (locator.get(key) for key in ("source", "stream", "offset"))
        if isinstance(name, str) and isinstance(stream, str) and isinstance(offset, int):
            return Ref(name, stream, offset)
        return None

    def _source(self, item: Evidence) -> Text | None:
        commit, path, start, end = (item.locator.get(key) for key in ("commit", "path", "start", "end"))
        if self._change(commit) is None:
            return _NO_COMMIT
        assert self._repository is not None
        assert isinstance(commit, str)
        tracked = self._repository.tracked(commit)
        if not isinstance(path, str) or path not in tracked:
            return _NO_FILE
        text = self._repository.blobs([tracked[path]]).get(path, "")
        last = text.count("\n") + 1
        if not isinstance(start, int) or not isinstance(end, int) or not 1 <= start <= end <= last:
            return _NO_LINES
        marked = item.locator.get("line")
        numbered = source.show(text, start, end, marked if isinstance(marked, int) else 0)
        plain = "\n".join(text.split("\n")[start - 1 : end])
        return None if says(item.text, numbered) or says(item.text, plain) else _LINES_OTHERWISE

    def _commit(self, item: Evidence) -> Text | None:
        change = self._change(item.locator.get("commit"))
        if change is None:
            return _NO_COMMIT
        return None if says(item.text, show_commit(change)) else _COMMIT_OTHERWISE

    def _blame(self, item: Evidence) -> Text | None:
        commit, path, line = (item.locator.get(key) for key in ("commit", "path", "start"))
        if self._change(commit) is None:
            return _NO_COMMIT
        assert self._repository is not None
        if not isinstance(path, str) or not isinstance(line, int) or line < 1 or not isinstance(commit, str):
            return _NO_LINE
        blamed = self._repository.blame(commit, path, line, line)
        if not blamed or blamed[0].commit != item.locator.get("author_commit", blamed[0].commit):
            return _OTHER_AUTHOR
        return None if says(item.text, show_blame(blamed[0])) else _BLAME_OTHERWISE

    def _history(self, item: Evidence) -> Text | None:
        for incident in self._case.history.similar(self._case.incident, MOST_HISTORY):
            if incident.fingerprint == item.locator.get("fingerprint"):
                return None if says(item.text, describe(incident)) else _INCIDENT_OTHERWISE
        return _NO_INCIDENT

    def _figure(self, item: Evidence) -> Text | None:
        name, value = item.locator.get("figure"), item.locator.get("value")
        make = FIGURES.get(name) if isinstance(name, str) else None
        figure = make(self._case) if make is not None else None
        if figure is None or isinstance(value, bool) or not isinstance(value, int | float):
            return _NO_FIGURE
        figure = self._as_quoted(figure, item.text)
        if math.isclose(figure.value, value, rel_tol=1e-9):
            return None if says(item.text, figure.text.en) else _FIGURE_OTHERWISE
        return quoting("measured again it is {}", "다시 측정한 값: {}", f"{figure.value:g}")

    def _as_quoted(self, figure: Figure, quote: str) -> Figure:
        """The figure as it may have stood when it was quoted: a running service logs errors while we look."""
        now, then = _ERRORS.search(figure.text.en), _ERRORS.search(quote)
        if figure.name not in _GROWING or now is None or then is None:
            return figure
        errors, before = int(now[1]), int(then[1])
        if not 0 < before <= errors <= before * GROWN:
            return figure
        if figure.name == "share":
            return share_of(self._case.incident.count, before)
        return Figure(figure.name, before, Text(figure.text.en.replace(now[1], then[1]), figure.text.ko))
