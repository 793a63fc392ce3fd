"""One line of a log in, or the lines of one event; one record out."""

from __future__ import annotations

from copy import copy
from typing import Any

import msgspec

from logmedic.collect.dialects import generic, levels, values
from logmedic.collect.dialects.dialect import Dialect, Role, Scale, Unit
from logmedic.collect.dialects.exceptions import ErrorFacts
from logmedic.collect.dialects.parse import Parsed, parse
from logmedic.collect.dialects.picking import (
    Hit,
    as_object,
    drop_cut,
    keep_rest,
    rank_of,
    read_code,
    read_facts,
    read_message,
    read_place,
    read_spans,
    read_time,
    take,
    text_or_none,
)
from logmedic.collect.dialects.text import find_event_level, find_time, level_pattern
from logmedic.model import Level, LogRecord, Ref, Reject

MAX_FIELDS = 512
"""Other members kept of one record; a line with 200,000 keys is somebody's mistake or attack."""
_LIFTED = 1_000  # added to the rank of members of an object that is lifted to the top
_BLANK = b" \t\r\x0b\x0c\x00"
_BOM = b"\xef\xbb\xbf"

BLANK = "blank line"
NULS = "only NUL bytes: the hole that a copytruncate leaves"
HALF = "begins a JSON object, and has neither its end nor a pair of key and value"
_SHOWN = 200  # characters of such a line that are kept to be looked at

# Plain integers: looking up a member of an enum takes longer than what is done with it here.
_ROLES = len(Role)
_LEVEL, _ERROR_CODE, _DURATION = int(Role.LEVEL), int(Role.ERROR_CODE), int(Role.DURATION)
_ATTRIBUTE_LISTS = frozenset({"attributes", "Attributes"})
_INFO = Level.INFO
_NO_FACTS = ErrorFacts()
_NOWHERE = (None, None)


class Surface(msgspec.Struct, frozen=True):
    """What a byte prefilter must know about how a decoder's lines that start with ``{`` spell what rules ask for.

    Strings stand in the line literally or with a ``\\u00XX`` escape of one of their ASCII characters. Numbers cannot be
    escaped. Only white space parts a key, the colon and the value; OTLP's attribute lists hold the key as a string.
    """

    words: dict[str, Level]
    """Level words in lower case. In the line a word, in any case, follows the opening quote or an ANSI colour code and
    white space, and is followed by a quote, white space, ``+``, ``-``, a backslash or the escape character."""
    level_numbers: tuple[tuple[str, tuple[tuple[float, float, Level], ...]], ...]
    """Key, and the inclusive ranges of numbers that mean a level; bare, or as a string of digits in white space."""
    durations: tuple[tuple[str, float], ...]
    """Key, and how many of its unit make a millisecond. Strings may bring a unit (:func:`.values.read_duration`)."""
    code_keys: tuple[str, ...]

    def text_pattern(self, level: Level) -> str:
        """What stands in every text that is no object and whose level is this or worse (RE2)."""
        return level_pattern(level)


class Decoder:
    """Decodes the lines of one dialect. Stateless; :meth:`decode` never raises, whatever the bytes."""

    def __init__(self, dialect: Dialect, service: str = "", *, timed: bool = True) -> None:
        """``timed=False``: every record has the time of reading, for those who do not ask when it was written."""
        self.dialect = dialect
        self._timed = timed
        self.service = service
        self._roles: dict[str, tuple[int, int]] = {}
        for role in Role:
            if role is not Role.DURATION:
                keys = dict.fromkeys((*dialect.keys.get(role, ()), *generic.KEYS[role]))
                for rank, key in enumerate(key for key in keys if key not in dialect.ignore):
                    self._roles.setdefault(key, (int(role), rank))
        for role, own in dialect.keys.items():
            for rank, key in enumerate(own):
                self._roles[key] = (int(role), rank)
        self._units: dict[str, Unit] = {**generic.DURATIONS, **dialect.duration_units}
        for rank, key in enumerate(self._units):
            self._roles[key] = (_DURATION, rank)
        self._scales: dict[str, Scale] = {**generic.LEVEL_SCALES, **dialect.level_scales}

    def named(self, service: str) -> Decoder:
        """One for records of this service that name none themselves; it shares the tables."""
        twin = copy(self)
        twin.service = service
        return twin

    @property
    def surface(self) -> Surface:
        """The spellings, for :mod:`logmedic.detect`. Keys are given whole and by their last part (nested, salvaged)."""
        level_keys = [key for key, (role, _) in self._roles.items() if role == _LEVEL]
        return Surface(
            words=levels.WORDS,
            level_numbers=tuple(
                (name, levels.SCALES[self._scales.get(key, Scale.MIXED)]) for key in level_keys for name in _names(key)
            ),
            durations=tuple((name, unit.value) for key, unit in self._units.items() for name in _names(key)),
            code_keys=tuple(
                name for key, (role, _) in self._roles.items() if role == _ERROR_CODE for name in _names(key)
            ),
        )

    def decode(self, line: bytes, ref: Ref, received: int, parsed: Parsed | None = None) -> LogRecord | Reject:
        """The record of one event (without its last ``\\n``); ``received``: when it was read, ns.

        ``parsed``: what :func:`.sniff.sniff_one` has made of the same line already.

        A line of white space or NUL bytes alone is no record, nor one of which only the beginning of an object is
        left: it becomes a :class:`Reject`. NUL bytes, a byte order mark and white space around a record are dropped.
        """
        if line[:1] != b"{" or line[-1:] != b"}":
            stripped = line.strip(_BLANK)
            if stripped.startswith(_BOM):
                stripped = stripped[3:].strip(_BLANK)
            if not stripped:
                return Reject(ref, NULS if b"\x00" in line else BLANK)
        else:
            stripped = line
        if stripped[:1] != b"{":
            return self._text(stripped, line, ref, received, ())
        if parsed is None:
            parsed = parse(stripped)
        if parsed.value is None or (not parsed.value and "not-json" in parsed.flags):
            return self._broken(stripped, line, ref, received, parsed.flags)
        return self._object(parsed, line, ref, received)

    def joined(self, block: bytes) -> list[tuple[int, int]]:
        """Begin and end of each event in whole lines that stands on more than one of them (see ``collect.events``)."""
        from logmedic.collect.events import joining  # noqa: PLC0415  many patterns, for lines that are no objects

        return joining.joined(block)

    def _text(self, stripped: bytes, line: bytes, ref: Ref, received: int, flags: tuple[str, ...]) -> LogRecord:
        text, flags = _unicode(stripped, flags)
        from logmedic.collect.events import shapes  # noqa: PLC0415  as above

        level = find_event_level(text, headless=shapes.FRAME.match(line) is not None)
        if level is None:
            flags = (*flags, "level-inferred")
        return self._plain(text, level or Level.INFO, line, ref, received, flags=flags)

    def _broken(
        self, stripped: bytes, line: bytes, ref: Ref, received: int, flags: tuple[str, ...]
    ) -> LogRecord | Reject:
        """A line that starts like an object and holds not one whole pair: text without a level, if it ends like one."""
        text, flags = _unicode(stripped, flags)
        if not stripped.endswith(b"}"):
            return Reject(ref, HALF, text[:_SHOWN])
        return self._plain(text, Level.INFO, line, ref, received, flags=(*flags, "level-inferred"))

    def _plain(
        self, text: str, level: Level, line: bytes, ref: Ref, received: int, *, flags: tuple[str, ...]
    ) -> LogRecord:
        head, _, rest = text.partition("\n")
        time, flags = read_time(find_time(head), received, flags)
        return LogRecord(
            ref=ref,
            time=time,
            level=level,
            message=head.rstrip("\r"),
            service=self.service,
            stack_text=text if rest else None,
            flags=tuple(dict.fromkeys((*flags, "not-json"))),
            raw=line,
        )

    def _object(self, parsed: Parsed, line: bytes, ref: Ref, received: int) -> LogRecord:
        hits: list[list[Hit] | None] = [None] * _ROLES
        fields: dict[str, Any] = {}
        flags = parsed.flags
        self._walk(parsed.value or {}, "", 0, hits, fields)
        if parsed.cut is not None:
            drop_cut(parsed.cut, hits)
        (  # in the order of Role
            times, levels_, messages, services, codes, durations, requests, traces, targets, files, lines, errors,
            kinds, reasons, stacks, releases, span, spans_,
        ) = hits  # fmt: skip
        level = self._level(levels_, fields)
        if level is None:
            flags = (*flags, "level-inferred")
        written = take(times, fields)
        time, flags = read_time(written, received, flags) if self._timed else (received, flags)
        facts = read_facts(hits, fields) if errors or stacks or kinds or reasons else _NO_FACTS
        spans, span_request = read_spans(hits, fields) if spans_ or span else ((), None)
        file, line_number = read_place(take(files, fields), take(lines, fields)) if files else _NOWHERE
        code = read_code(codes, fields) if codes else None
        message = read_message(take(messages, fields)) if messages else ""
        if not message and "not-json" in flags:
            message = _unicode(line.strip(_BLANK), ())[0]
        service = text_or_none(take(services, fields)) if services else None
        target = text_or_none(take(targets, fields)) if targets else None
        request_id = text_or_none(take(requests, fields)) if requests else None
        trace_id = text_or_none(take(traces, fields)) if traces else None
        duration = self._duration(durations, fields) if durations else None
        release = text_or_none(take(releases, fields)) if releases else None
        if len(fields) > MAX_FIELDS:
            fields = dict(list(fields.items())[:MAX_FIELDS])
            flags = (*flags, "fields-capped")
        # In two steps, since a call with more than 15 keywords takes ten times as long: CPython makes a dict of them.
        record = LogRecord(
            ref=ref,
            time=time,
            level=_INFO if level is None else level,
            message=message or facts.message or "",
            service=service or self.service,
            error_code=code or facts.code,
            duration_ms=duration,
            request_id=request_id or span_request,
            trace_id=trace_id,
            spans=spans,
            target=target or "",
            fields=fields,
            flags=flags,
            raw=line,
        )
        if facts is _NO_FACTS and file is None and release is None:
            return record
        return msgspec.structs.replace(
            record,
            file=file,
            line=line_number,
            exception_type=facts.type,
            exception_message=facts.message,
            stack_text=facts.text,
            stack=facts.stack,
            release=release,
        )

    def _walk(
        self, value: dict[str, Any], prefix: str, lifted: int, hits: list[list[Hit] | None], fields: dict[str, Any]
    ) -> None:
        """Sort the members by role; what has none goes to ``fields``."""
        roles = self._roles
        for key, member in value.items():
            name = prefix + key if prefix else key
            kind = type(member)
            if kind is dict or kind is list:
                inner = as_object(member) if kind is list and key in _ATTRIBUTE_LISTS else member
                container = generic.CONTAINERS.get(name)
                if container is not None and type(inner) is dict and lifted < 4 * _LIFTED:
                    self._walk(inner, container, lifted + _LIFTED, hits, fields)
                    continue
            role = roles.get(name)
            if role is None:
                fields[name if name not in fields else f"{prefix}{key}#{lifted // _LIFTED}"] = member
                continue
            hit = (role[1] + lifted, name, member)
            others = hits[role[0]]
            if others is None:
                hits[role[0]] = [hit]
            else:
                others.append(hit)
                others.sort(key=rank_of)

    def _level(self, hits: list[Hit] | None, fields: dict[str, Any]) -> Level | None:
        if hits is None:
            return None
        for index, (_, key, value) in enumerate(hits):
            level = levels.read(value, self._scales.get(key, Scale.MIXED))
            if level is not None:
                if len(hits) > 1:
                    keep_rest(hits, index, fields)
                return level
        keep_rest(hits, -1, fields)
        return None

    def _duration(self, hits: list[Hit] | None, fields: dict[str, Any]) -> float | None:
        for index, (_, key, value) in enumerate(hits or ()):
            duration = values.read_duration(value, self._units[key].value)
            if duration is not None:
                keep_rest(hits, index, fields)
                return duration
        keep_rest(hits, -1, fields)
        return None


def _names(key: str) -> tuple[str, ...]:
    """A key as it can stand in a line: whole, by its parts, or by its last part."""
    parts = key.split(".")
    return tuple(dict.fromkeys(".".join(parts[start:]) for start in range(len(parts))))


def _unicode(line: bytes, flags: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    try:
        return line.decode("utf-8"), flags
    except UnicodeDecodeError:
        return line.decode("utf-8", "replace"), (*flags, "invalid-utf8")
