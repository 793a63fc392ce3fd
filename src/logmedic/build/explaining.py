"""One error from wherever it is (a file, a pipe, a text that somebody pasted) through the whole pipeline, in memory."""

from __future__ import annotations

import glob
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from logmedic.build.shape import Loaded, SourceConfig
from logmedic.build.wiring import rehearsal
from logmedic.collect import dialects
from logmedic.collect.events import joining, shapes
from logmedic.collect.file import FileSourceConfig
from logmedic.errors import UsageError
from logmedic.investigate.alert import Alert
from logmedic.investigate.changes.changelist import ChangeList
from logmedic.model import Diagnosis, Incident, Level, LogRecord, Ref

if TYPE_CHECKING:
    from logmedic.pipeline.rehearsal import Replayed

TEXT_BYTES = 1 << 20  # a panic or traceback that somebody pasted is not longer
_JSON_LINE = re.compile(rb"^[ \t]*\{", re.MULTILINE)


class Given(NamedTuple):
    """What is known beside the log."""

    changes: ChangeList | None = None
    alert: Alert | None = None
    ask: bool = False  # a model


def of_bytes(loaded: Loaded, data: bytes, name: str, given: Given) -> tuple[Incident, Diagnosis]:
    """What :func:`of_file` says of a file with these bytes. ``name``: what to call them.

    Evidence needs the lines around, and they must be there to be read again; so a pipe is read to its end first.
    """
    if not data.strip():
        raise UsageError(f"{name}: empty; pipe a panic, a traceback or log lines into it")
    with tempfile.TemporaryDirectory(prefix="logmedic-") as folder:
        path = Path(folder) / "stdin.log"
        path.write_bytes(data if data.endswith(b"\n") else data + b"\n")
        return of_file(loaded, path, given, name)


def of_file(loaded: Loaded, path: Path, given: Given, name: str | None = None) -> tuple[Incident, Diagnosis]:
    """The incident that a rule fires on first in a log, or the one error that a text is; and its diagnosis.

    Raises:
        UsageError: the file is empty, or holds nothing that could be diagnosed.
    """
    from logmedic.pipeline import rehearsal as rehearsing  # noqa: PLC0415  imports SQLAlchemy, 0.35 s

    name = name or path.name
    with path.open("rb") as file:
        head = file.read(TEXT_BYTES + 1)
    if not head.strip():
        raise UsageError(f"{name}: empty; there is nothing to diagnose")
    text = len(head) <= TEXT_BYTES and _JSON_LINE.search(head) is None and not _is_log(head)
    # The last event is taken as it stands: nobody waits for a file that is handed over by hand.
    source = FileSourceConfig(name=name, paths=[glob.escape(str(path.absolute()))], multiline_timeout=0.0)
    sources: tuple[SourceConfig, ...] = () if text else (source,)
    loaded = msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, sources=sources))
    with rehearsal(loaded, handle=False, ask=given.ask) as (runtime, _notes):
        if text:
            return rehearsing.one_text(runtime, head, name, given.changes)
        return rehearsing.first_incident(runtime, name, given.changes, given.alert)


def would(loaded: Loaded, data: bytes, name: str) -> Replayed:
    """What these lines of a log would lead to, with nobody told and nothing stored. ``name``: what to call them.

    Raises:
        UsageError: there is no line.
    """
    from logmedic.pipeline import rehearsal as rehearsing  # noqa: PLC0415  as above

    if not data.strip():
        raise UsageError(f"{name}: empty; paste some lines of a log")
    with tempfile.TemporaryDirectory(prefix="logmedic-") as folder:
        path = Path(folder) / "lines.log"
        path.write_bytes(data if data.endswith(b"\n") else data + b"\n")
        source = FileSourceConfig(name=name, paths=[glob.escape(str(path))], multiline_timeout=0.0)
        loaded = msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, sources=(source,)))
        with rehearsal(loaded) as (runtime, notes):
            return rehearsing.replay(runtime, notes)


def _is_log(data: bytes) -> bool:
    """Whether it is a log in plain text with an error in it, rather than one error that somebody has pasted."""
    events = [data[begin:end] for begin, end in joining.spans(data)]
    if sum(shapes.TIMED.match(event) is not None for event in events) < 2:
        return False
    decoder = dialects.decoder("text")
    records = (decoder.decode(event, Ref("", "", 0), 0) for event in events)
    return any(isinstance(record, LogRecord) and record.level >= Level.ERROR for record in records)
