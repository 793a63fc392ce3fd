"""The last lines of log files, for somebody who watches them: read anew each time, beside whoever follows them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from logmedic.collect.blocks import Block
from logmedic.collect.survey import Seen, survey
from logmedic.collect.wrapping import Unwrapping
from logmedic.model import LogRecord, Ref

if TYPE_CHECKING:
    from logmedic.collect.file import FileSourceConfig

MOST_FILES = 4  # those written to last
MOST_BYTES = 256 * 1024  # of each, to be shown
MOST_TRIED = 1 << 20  # of each, to be tried


def newest(config: FileSourceConfig) -> tuple[Seen, ...]:
    """The files of the source that were written to last; the same as long as nothing is written."""
    found = survey(config.paths, config.exclude, gz=False)
    return tuple(sorted(found, key=lambda seen: seen.mtime, reverse=True)[:MOST_FILES])


def records(config: FileSourceConfig, files: Sequence[Seen], received: int) -> list[LogRecord]:
    """What stands at the end of these files, in the order of time; a line that is being written is left out.

    ``received`` (ns) is the time of lines that name none. A file that is gone meanwhile, or may not be read, adds none.
    """
    found = [record for seen in files for record in _of(config, seen.path, received)]
    return sorted(found, key=lambda record: record.time)


def text(files: Sequence[Seen]) -> bytes:
    """The bytes at the end of these files, whole lines only, the file written to last at the end."""
    return b"".join(_end(seen.path, MOST_TRIED)[1] for seen in reversed(files))


def _of(config: FileSourceConfig, path: str, received: int) -> list[LogRecord]:
    from logmedic.collect.dialects import decoder, sniff  # noqa: PLC0415  many patterns; an idle scan needs none
    from logmedic.collect.events import joining  # noqa: PLC0415  as above

    start, data = _end(path)
    if not data:
        return []
    name = sniff(data) if config.dialect == "auto" else config.dialect
    decode = decoder(name, config.service).decode
    kept = []
    for block in Unwrapping().blocks([Block(start, memoryview(data), start + len(data), {})], final=True):
        lines = bytes(block.data)
        for begin, end in joining.spans(lines, joins=config.multiline == "auto"):
            ref = Ref(config.name, path, block.start + begin, end - begin)
            record = decode(lines[begin:end], ref, received)
            if isinstance(record, LogRecord):
                kept.append(record)
    return kept


def _end(path: str, most: int = MOST_BYTES) -> tuple[int, bytes]:
    """The last whole lines of a file and the offset of the first of them."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return 0, b""
    try:
        start = max(0, os.fstat(fd).st_size - most)
        data = os.pread(fd, most, start)
    except OSError:
        return 0, b""
    finally:
        os.close(fd)
    first = data.find(b"\n") + 1 if start else 0
    return start + first, data[first : data.rfind(b"\n") + 1]
