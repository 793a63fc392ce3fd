"""Secrets and personal data out of texts, before they reach the store, a model or a channel.

What is found becomes a placeholder such as ``<email:1>``: the same value has the same number everywhere in one text (or
record), so that a reader can still tell two people apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec

from logmedic.model import ExceptionPart, LogRecord, Match, Sample, Stack
from logmedic.redact.own import Own
from logmedic.redact.placeholders import PLACEHOLDER, Names, texts_of
from logmedic.redact.rules import words
from logmedic.redact.scanning import scanner
from logmedic.redact.span import Span, merged

MOST_PASSES = 8  # a placeholder may lay open the edge of a neighbour, so what changed is looked at again
DEEPEST_VALUE = 64  # nesting of a JSON value that is followed; below it, everything is taken for a secret
SMALLEST_NUMBER = 10**9  # a JSON number that could be that of a card or a resident
LONGEST_SHAPE = 600  # characters of a text whose shape is remembered
MOST_SHAPES = 8_192
_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
LONGEST_KEY = 100  # characters of a field's name that can be that of a secret

PersonalKind = Literal["email", "phone", "card", "resident-number", "passport", "driver-licence", "account"]
_PERSONAL: tuple[PersonalKind, ...] = (
    "email", "phone", "card", "resident-number", "passport", "driver-licence", "account",
)  # fmt: skip


class RedactConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to take out of texts beyond the built-in rules, and what to leave in."""

    personal: bool = True
    """Also personal data: e-mail addresses, and the numbers of phones, cards, residents (주민등록번호, 외국인등록번호),
    passports, licences and accounts; secrets are always taken out."""
    keep: tuple[PersonalKind, ...] = ()
    """Kinds of personal data to leave in."""
    addresses: bool = False
    """Also IP addresses, without which many an outage cannot be understood."""
    words: tuple[str, ...] = ()
    """Exact texts (6 characters or more) to take out wherever they occur, also percent-encoded, escaped, in base64."""
    keys: tuple[str, ...] = ()
    """Further names of fields whose values are secrets; case, ``-`` and ``_`` do not matter."""
    allow: tuple[str, ...] = ()
    """Exact values to leave in although a rule finds them, e.g. ``support@example.com``."""


class Line(NamedTuple):
    """A line without what was taken out of it, and of which kinds how many finds that were."""

    raw: bytes
    found: dict[str, int]


class Redactor:
    """Takes secrets and personal data out of texts, JSON values and records. Thread-safe, idempotent, never raises.

    ``secrets`` are our own (webhook addresses, API keys): taken out by exact match, also escaped or encoded.
    """

    def __init__(self, config: RedactConfig | None = None, secrets: Sequence[str] = ()) -> None:
        self.config = config or RedactConfig()
        self._allow = frozenset(self.config.allow)
        wanted = {kind for kind in _PERSONAL if kind not in self.config.keep} if self.config.personal else set()
        self._scanner = scanner(frozenset(wanted | ({"ip"} if self.config.addresses else set())))
        self._harmless: dict[bytes, bool] = {}
        self._own = Own((*secrets, *self.config.words))
        further = tuple(words.normal(key) for key in self.config.keys if words.normal(key))
        self._known_clean = lru_cache(maxsize=4_096)(self._is_clean)
        endings = (*further, *words.ENDINGS)
        self._ends_secret = lru_cache(maxsize=4_096)(lambda key: words.normal(key).endswith(endings))

    def text(self, text: str) -> str:
        """The text with every find replaced; the same string when there is none."""
        return text if self._is_clean(text) else self._text(text, Names((text,), self._allow))

    def often(self, text: str) -> str:
        """As :meth:`text`, faster for texts that differ from earlier ones in digits alone, as messages do."""
        if len(text) > LONGEST_SHAPE:
            return self.text(text)
        shape = text.encode("utf-8", "surrogatepass").translate(_ZEROS)
        harmless = self._harmless.get(shape)
        if harmless is None:
            if len(self._harmless) >= MOST_SHAPES:
                self._harmless.clear()
            harmless = self._harmless[shape] = self._scanner.never(text)
        return text if harmless and not self._own.spans(text) else self.text(text)

    def exact(self, text: str) -> str:
        """Only our own secrets and the configured words taken out: what nothing but its exact text can tell."""
        return self._exact(text, Names((text,), self._allow))

    def name(self, name: str) -> str:
        """As :meth:`text`, for the name of a function, a type or a module: ``token::verify`` is no key with a value."""
        return self._path(name, Names((name,), self._allow))

    def value(self, value: Any) -> Any:
        """A JSON value with its texts redacted, and whatever stands under a key such as ``password`` replaced."""
        return self._value(value, Names(tuple(texts_of(value)), self._allow), 0)

    def line(self, raw: bytes) -> Line:
        """A line of a log. One of JSON stays JSON; of any other every byte stays that is not taken out."""
        text = raw.decode("utf-8", "surrogateescape")
        # Without escapes, what a rule finds in a part of a line it finds in the line; names of fields come on top.
        plain = b"\\" not in raw and self._is_clean(text)
        value = _decoded(raw) if raw.lstrip()[:1] in {b"{", b"["} else None
        names = Names((text,), self._allow)
        if isinstance(value, dict | list):
            if plain and not self._has_secret_key(value):
                return Line(raw, {})
            clean = self._value(value, names, 0)
            return Line(raw if clean == value else msgspec.json.encode(clean), names.given)
        clean_text = text if plain else self._text(text, names)
        return Line(raw if clean_text == text else clean_text.encode("utf-8", "surrogateescape"), names.given)

    def record(self, record: LogRecord) -> LogRecord:
        """The record with all its texts and the raw bytes redacted, numbered alike throughout."""
        return self._record(record, self._names_of(record))

    def stack(self, stack: Stack) -> Stack:
        """The stack with every text of its exceptions and frames redacted."""
        return self._stack(stack, Names(tuple(p.message for p in stack.parts), self._allow))

    def sample(self, sample: Sample) -> Sample:
        """The sample with its record, the stack of its grouping and the reasons of its matches redacted."""
        names = self._names_of(sample.record)
        record = self._record(sample.record, names)
        grouping = sample.grouping
        if grouping.stack is not None:
            grouping = msgspec.structs.replace(grouping, stack=self._stack(grouping.stack, names))
        matches = tuple(Match(m.rule, self._text(m.reason, names), m.severity) for m in sample.matches)
        return Sample(record, grouping, matches)

    def _names_of(self, record: LogRecord) -> Names:
        return Names((record.message, record.raw.decode("utf-8", "replace"), record.stack_text or ""), self._allow)

    def _record(self, record: LogRecord, names: Names) -> LogRecord:
        raw = record.raw.decode("utf-8", "replace")

        def clean(text: str) -> str:
            return self._text(text, names)

        def maybe(text: str | None) -> str | None:
            return None if text is None else clean(text)

        message = clean(record.message)
        redacted_raw = self._raw(record.raw, raw, names)
        return msgspec.structs.replace(
            record,
            message=message,
            service=clean(record.service),
            target=self._path(record.target, names),
            file=maybe(record.file),
            release=maybe(record.release),
            error_code=maybe(record.error_code),
            request_id=maybe(record.request_id),
            trace_id=maybe(record.trace_id),
            spans=tuple(self._path(s, names) for s in record.spans),
            exception_type=None if record.exception_type is None else self._path(record.exception_type, names),
            exception_message=maybe(record.exception_message),
            stack_text=maybe(record.stack_text),
            stack=None if record.stack is None else self._stack(record.stack, names),
            fields=self._value(record.fields, names, 0),
            raw=redacted_raw,
        )

    def _stack(self, stack: Stack, names: Names) -> Stack:
        parts = (
            ExceptionPart(
                self._path(part.type, names),
                self._text(part.message, names),
                tuple(
                    msgspec.structs.replace(
                        frame,
                        function=self._path(frame.function, names),
                        path=self._text(frame.path, names),
                        module=self._path(frame.module, names),
                        code=self._text(frame.code, names),
                    )
                    for frame in part.frames
                ),
            )
            for part in stack.parts
        )
        return msgspec.structs.replace(stack, parts=tuple(parts))

    def _path(self, name: str, names: Names) -> str:
        return "::".join(self._text(part, names) for part in name.split("::"))

    def _raw(self, raw: bytes, text: str, names: Names) -> bytes:
        """Raw bytes stay as they are unless something is found; then a JSON line is written anew, keys considered."""
        value = _decoded(raw)
        if isinstance(value, dict | list):
            clean = self._value(value, names, 0)
            return raw if clean == value else msgspec.json.encode(clean)
        clean_text = self._text(text, names)
        return raw if clean_text == text else clean_text.encode("utf-8", "replace")

    def _value(self, value: Any, names: Names, depth: int) -> Any:
        if isinstance(value, str):
            return self._nested(value, names, depth)
        if depth > DEEPEST_VALUE and isinstance(value, dict | list | tuple):
            return names.name("secret", "too deep to look at")
        if isinstance(value, int) and value >= SMALLEST_NUMBER:
            digits = str(value)
            clean = self._text(digits, names)
            return value if clean == digits else clean
        if isinstance(value, dict):
            if _is_pair(value) and self._is_secret(value.get("name") or value.get("key")):
                value = {**value, "value": self._secret(value["value"], names)}
            return {self._key(key, names): self._field(key, item, names, depth) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(v, names, depth + 1) for v in value]
        return value

    def _nested(self, text: str, names: Names, depth: int) -> str:
        """A text, which may be JSON again: then what its escapes hide is looked at as well."""
        if text[:1] in {"{", "["} and text[-1:] in {"}", "]"} and depth <= DEEPEST_VALUE:
            value = _decoded(text.encode("utf-8", "replace"))
            if isinstance(value, dict | list):
                clean = self._value(value, names, depth + 1)
                if clean != value:
                    text = msgspec.json.encode(clean).decode()
        return self._text(text, names)

    def _field(self, key: Any, value: Any, names: Names, depth: int) -> Any:
        return self._secret(value, names) if self._is_secret(key) else self._value(value, names, depth + 1)

    def _secret(self, value: Any, names: Names) -> Any:
        if value is None or isinstance(value, bool) or value == "":
            return value
        if isinstance(value, str) and PLACEHOLDER.fullmatch(value):
            return value
        return names.name("secret", value if isinstance(value, str) else repr(value))

    def _is_secret(self, key: Any) -> bool:
        return isinstance(key, str) and len(key) <= LONGEST_KEY and self._ends_secret(key)

    def _is_clean(self, text: str) -> bool:
        return not self._own.spans(text) and not self._scanner.spans(text)

    def _key(self, key: Any, names: Names) -> Any:
        """Names of fields come again and again."""
        if not isinstance(key, str):
            return key
        return key if len(key) <= LONGEST_KEY and self._known_clean(key) else self._text(key, names)

    def _has_secret_key(self, value: dict[str, Any] | list[Any]) -> bool:
        """Without recursion: the depth of a line is a stranger's choice."""
        todo: list[Any] = [value]
        while todo:
            item = todo.pop()
            if isinstance(item, dict):
                if _is_pair(item) or any(map(self._is_secret, item)):
                    return True
                todo.extend(one for one in item.values() if isinstance(one, dict | list))
            else:
                todo.extend(one for one in item if isinstance(one, dict | list))
        return False

    def _text(self, text: str, names: Names) -> str:
        for _ in range(MOST_PASSES):
            clean = self._pass(text, names)
            if clean == text:
                break
            text = clean
        return text

    def _exact(self, text: str, names: Names) -> str:
        spans = [Span(start, stop, "own", 0) for start, stop in self._own.spans(text)]
        return _without(text, merged(spans), names)

    def _pass(self, text: str, names: Names) -> str:
        text = self._exact(text, names)
        return _without(text, self._scanner.spans(text), names)


def _decoded(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _is_pair(value: dict[str, Any]) -> bool:
    """``{"name": "Authorization", "value": "…"}``, as dumps of headers and environments have it."""
    return "value" in value and ("name" in value or "key" in value)


def _without(text: str, spans: Sequence[Span], names: Names) -> str:
    """The text with a placeholder for each of ``spans``, which are in order; the same string when there is none."""
    if not spans:
        return text
    pieces: list[str] = []
    end = 0
    for span in spans:
        pieces += (text[end : span.start], names.name(span.kind, text[span.start : span.stop]))
        end = span.stop
    return "".join((*pieces, text[end:]))
