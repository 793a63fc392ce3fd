"""Which lines of a block are one event. Pure.

Whether a line continues an event depends on the lines of that event alone, never on where a block ends. So blocks that
begin where an event begins give the same events whatever their size. Lines that start with ``{`` are looked at only
where plain text stands behind them.
"""

from __future__ import annotations

from collections.abc import Iterator

from logmedic.collect.events import MAX_BLANKS, MAX_BYTES, MAX_LINES, shapes
from logmedic.model import Level

_LOOKED_AT = 600  # bytes of a line
_WALK = 64  # lines that are gone back, one by one, in search of a certain beginning
_SPACE = b" \t\r\x0b\x0c\x00"
_BLANK = frozenset(_SPACE + b"\n")

# What the lines of an event so far make of the next one.
(
    _UNKNOWN,
    _PLAIN,
    _FRAMES,
    _RAISED,
    _FIELDS,
    _LINKED,
    _MESSAGE,
    _SCRIPT,
    _CARETS,
    _GOROUTINE,
    _TRACE,
    _OBJECT,
    _CLOSED,
) = range(13)

_HEADS = {  # kind of the first line → state, and whether a trace has begun
    "object": (_OBJECT, False),
    "goroutine": (_GOROUTINE, True),
    "place": (_MESSAGE, True),
    "introduction": (_PLAIN, False),  # Python prints a traceback below
    "crash": (_PLAIN, True),
    "script": (_SCRIPT, False),
    "exception": (_PLAIN, True),
}


class _Event:
    """Mutable while its lines come. ``begin`` and ``end`` are offsets in the block, without the last line end."""

    __slots__ = ("_head", "_loud", "_silent", "_state", "_traced", "begin", "end", "lines")

    def __init__(self, line: bytes, begin: int, end: int) -> None:
        self.begin = begin
        self.end = end
        self.lines = 1
        self._head = line
        self._loud: bool | None = None  # not looked at yet
        self._silent = line[:1] in (b" ", b"\t")  # the rest of something
        self._traced = False
        self._state = _UNKNOWN

    def takes(self, line: bytes, end: int, blanks: int) -> bool:
        """Whether the line, after so many blank ones, belongs to it; then it does from here on."""
        if self._state == _CLOSED or blanks > MAX_BLANKS or self.lines + blanks >= MAX_LINES:
            return False
        if end - self.begin > MAX_BYTES or not self._continued_by(line, blanks):
            return False
        self.lines += blanks + 1
        self.end = end
        return True

    def _look(self) -> None:
        """At the first line; done only when another one stands below that does not begin an event for certain."""
        head = self._head
        self._state = _PLAIN
        if shapes.TRACEBACK.match(head):
            self._traced, self._silent, self._state = True, False, _framed(head)
        elif self._silent:
            self._traced = shapes.FRAME.match(head) is not None
            self._state = _FRAMES if shapes.FILE.match(head) else _PLAIN
        else:
            found = shapes.HEAD.match(head)
            if found is not None:
                self._state, self._traced = _HEADS[str(found.lastgroup)]

    def _continued_by(self, line: bytes, blanks: int) -> bool:
        """``line`` begins no event for certain."""
        if self._state == _UNKNOWN:
            self._look()
        if self._state == _OBJECT:
            return self._member(line)
        if shapes.TRACEBACK.match(line):
            return self._traceback(line)
        if line[:1] in (b" ", b"\t"):
            return self._indented(line)
        return self._flush_left(line, blanks)

    def _member(self, line: bytes) -> bool:
        if line[:1] == b"}":
            self._state = _CLOSED
            return True
        return line[:1] in (b" ", b"\t")

    def _traceback(self, line: bytes) -> bool:
        """One that is not linked to another, and whose header is no complaint, is an error of its own."""
        if self._state != _LINKED and (self._traced or not self._complains()):
            return False
        self._traced = True
        self._state = _framed(line)
        return True

    def _indented(self, line: bytes) -> bool:
        frame = shapes.FRAME.match(line) is not None
        if self._silent and not frame and _indent(line) <= _indent(self._head):
            return False
        if not frame and self._state == _PLAIN and shapes.LOUD.match(line):
            return False
        if shapes.FILE.match(line):
            self._traced = True
            self._state = _FRAMES
        elif self._state == _SCRIPT and shapes.CARETS.match(line):
            self._state = _CARETS
        elif frame and self._state == _PLAIN:
            self._traced = True
            self._state = _TRACE
        elif self._state == _MESSAGE:
            self._state = _TRACE
        return True

    def _flush_left(self, line: bytes, blanks: int) -> bool:
        expected = self._expected(line, blanks)
        if expected is not None:
            self._state = expected
            return True
        found = shapes.NEXT.match(line)
        kind = found.lastgroup if found is not None else ""
        if kind == "link":
            self._state = _LINKED
            return self._traced
        if kind == "goroutine":
            self._traced, self._state = True, _GOROUTINE
        if kind in ("goroutine", "tail"):
            return True
        if kind == "exception" and not self._traced and self._complains():
            self._traced, self._state = True, _TRACE
            return True
        # Where each record begins with its time, what does not is the rest of the one above.
        return not blanks and shapes.TIMED.match(self._head) is not None and self._complains() and _level(line) is None

    def _expected(self, line: bytes, blanks: int) -> int | None:
        """The state behind a line that only the lines before it tell for a continuation; ``None``: it is none."""
        if self._state == _CARETS:
            return _TRACE
        if blanks:
            return None
        if self._state == _MESSAGE:
            return _TRACE
        if self._state == _FRAMES and shapes.RAISED.match(line):
            return _FIELDS if shapes.VALIDATION.match(line) else _RAISED
        same = (self._state == _FIELDS and shapes.FIELD.match(line)) or (
            self._state == _GOROUTINE and shapes.CALL.match(line)
        )
        return self._state if same else None

    def _complains(self) -> bool:
        if self._loud is None:
            level = None if self._silent else _level(self._head)
            self._loud = (level is not None and level >= Level.WARN) or shapes.CRASH.match(self._head) is not None
        return self._loud


def joined(block: bytes) -> list[tuple[int, int]]:
    """Begin and end (without the line end) of each event of more than one line, in order."""
    return [(event.begin, event.end) for event in _events(block) if event.lines > 1]


def open_from(data: bytes) -> int:
    """Where the last event of whole lines begins if more lines may belong to it; else the length of the data."""
    text = len(data.rstrip(_SPACE + b"\n"))
    if not text or data.count(b"\n", text) > MAX_BLANKS + 1:
        return len(data)
    begin = data.rfind(b"\n", 0, text) + 1
    if data.startswith(b"{", begin) and not shapes.OBJECT.match(data, begin):
        return len(data)
    if not shapes.CERTAIN.match(data, begin):
        start = beginning_before(data, text, _WALK)
        for event in _events(data[start:]):
            begin = start + event.begin
    return begin if len(data) - begin <= MAX_BYTES else len(data)


def continued(held: bytes, data: bytes) -> int:
    """Up to where ``data`` continues the one event in ``held``; both are whole lines. 0: not at all."""
    first = next(_events(held + data), None)
    if first is None or first.begin > 0 or first.end < len(held):
        return 0
    return first.end + 1 - len(held)


def spans(data: bytes, *, joins: bool = True) -> Iterator[tuple[int, int]]:
    """Begin and end (without the line end) of every event in order; those of one line and blank lines as well."""
    at = 0
    for begin, end in [*(joined(data) if joins else ()), (len(data), len(data))]:
        while at < begin:
            stop = data.find(b"\n", at, begin)
            stop = begin if stop < 0 else stop
            yield at, stop
            at = stop + 1
        if end > begin:
            yield begin, end
            at = end + 1


def event_around(data: bytes, begin: int, end: int) -> tuple[int, int]:
    """Begin and end of the event that a line is part of, as far as it stands in these whole lines."""
    if data.startswith(b"{", begin) and not shapes.OBJECT.match(data[begin:end]):
        return begin, end
    start = beginning_before(data, end + 1, MAX_LINES)
    events = joined(data[start : data.find(b"\n", min(len(data) - 1, begin + 2 * MAX_BYTES)) + 1])
    return next(((start + b, start + e) for b, e in events if start + b <= begin < start + e), (begin, end))


def first_beginning(data: bytes) -> int:
    """Where the first line stands that certainly begins an event, ``data`` starting with a line; -1: none does.

    A last line without its end is looked at only where that cannot matter.
    """
    at = 0
    while at < len(data):
        if data.startswith(b"{", at):
            return at
        stop = data.find(b"\n", at)
        if stop < 0:
            break
        if shapes.CERTAIN.match(data, at):
            return at
        at = stop + 1
    return -1


def closed_until(data: bytes) -> int:
    """Up to where whole lines, the first of which may be cut, are certainly complete events; 0 when none are."""
    last_line = data.rfind(b"\n", 0, -1) + 1
    if last_line and data.startswith(b"{", last_line) and not shapes.OBJECT.match(data, last_line):
        return len(data)
    return beginning_before(data, len(data), MAX_LINES)


def beginning_before(data: bytes, end: int, lines: int) -> int:
    """Where a line stands that certainly begins an event, at most so many lines before ``end``; else 0."""
    at = end
    for _ in range(lines):
        if at <= 0:
            break
        begin = data.rfind(b"\n", 0, at - 1) + 1
        if shapes.CERTAIN.match(data, begin):
            return begin
        at = begin
    return 0


def _events(block: bytes) -> Iterator[_Event]:
    """In order, every event with a line that does not begin one for certain; the block begins where an event begins."""
    event: _Event | None = None
    for at in _uncertain(block):
        stop = block.find(b"\n", at)
        stop = len(block) if stop < 0 else stop
        line = block[at : min(stop, at + _LOOKED_AT)]
        if not line.strip(_SPACE):
            continue
        blanks = _blanks(block, event.end + 1, at) if event is not None else -1
        if blanks < 0:
            if event is not None:
                yield event
            event, blanks = _above(block, at)
        if event is not None and event.takes(line, stop, blanks):
            continue
        if event is not None:
            yield event
        event = _Event(line, at, stop)
    if event is not None:
        yield event


def _uncertain(block: bytes) -> Iterator[int]:
    """Where lines stand that may continue an event."""
    if block[:1] not in (b"", b"\n", b"{") and not shapes.CERTAIN.match(block):
        yield 0
    for match in shapes.UNCERTAIN.finditer(block):
        yield match.end()


def _blanks(block: bytes, begin: int, end: int) -> int:
    """The number of lines there if all of them are blank; else -1."""
    if begin == end:
        return 0
    if block[begin] not in _BLANK or block[begin:end].strip(_SPACE + b"\n"):
        return -1
    return block.count(b"\n", begin, end)


def _above(block: bytes, at: int) -> tuple[_Event | None, int]:
    """The event whose only line so far stands above, and the number of blank lines between."""
    end = at - 1
    for blanks in range(MAX_BLANKS + 1):
        if end <= 0:
            break
        begin = block.rfind(b"\n", 0, end) + 1
        line = block[begin : min(end, begin + _LOOKED_AT)]
        if line.strip(_SPACE):
            whole_object = line.startswith(b"{") and not shapes.OBJECT.match(line)
            return (None if whole_object else _Event(line, begin, end)), blanks
        end = begin - 1
    return None, 0


def _framed(traceback: bytes) -> int:
    """The state behind a header: in a group, everything up to its end is indented."""
    return _TRACE if b"Group" in traceback else _FRAMES


def _level(line: bytes) -> Level | None:
    from logmedic.collect.dialects.text import find_level  # noqa: PLC0415  dialects need this package

    return find_level(line.decode("utf-8", "replace"))


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))
