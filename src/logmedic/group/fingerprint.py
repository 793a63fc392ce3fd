"""From a record to its incident: what is evidence, in which order, and its hash.

The order: service; error code; types of the exception chain; the team's own frames; and where no stack names one of
those, the template of the message. Where the innermost frame is a helper that only raises, or the types say nothing
("Error", "panic"), what the exception says is added.
Version 1 of the recipe: change what goes in, and the prefix must rise, because stored incidents are found by it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec

from logmedic.bounds import clip
from logmedic.group.details import code_in_fields, details
from logmedic.group.frames import FILE, Frames, has_lines, read_stack, trace_text
from logmedic.group.overrides import DEFAULT, Facts, GroupRule, Override, Overrides
from logmedic.group.stacks import PARSERS
from logmedic.group.template import LONGEST_CACHED, LONGEST_TEXT, Masking, Templates
from logmedic.group.title import safe_title
from logmedic.model import Component, Grouping, LogRecord, Stack
from logmedic.redact import Redactor

VERSION = "v1"
SLOW_RULE = "slow"
CACHED_GROUPINGS = 8_192
LONGEST_TYPE = 1_000  # characters of a type with its module that are looked at
LONGEST_READ = 16_000  # characters of a long message that are redacted, to be cut after that
SHORTEST_FIRST_LINE = 10  # characters; a shorter message that a trace begins with may be there by chance
LONGEST_PART = 300  # characters of a code, type, name or target that count
ROUTE_FIELDS = ("route", "http.route", "endpoint", "http.target", "url.path", "path", "uri", "url")
TYPES_THAT_SAY_NOTHING = frozenset({"", "panic", "fatal error", "error", "Error", "Exception"})
# What a language gives to whoever has no type of their own: one function often raises one of them for several reasons.
VAGUE_TYPES = TYPES_THAT_SAY_NOTHING | {
    "ApplicationException", "ArgumentException", "IllegalArgumentException", "IllegalStateException",
    "InvalidOperationException", "RuntimeError", "RuntimeException", "ValueError",
}  # fmt: skip
_DOUBLE = re.compile(r'"(<[a-z]+>)"')  # Python quotes a value in this way where it holds an apostrophe
METHOD_FIELDS = ("method", "http.method", "http.request.method")


class GroupConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What belongs to the team's own code, where the conventions of a language do not tell, and its own rules."""

    in_app_include: tuple[str, ...] = ()
    """Modules or parts of paths that are the team's own, e.g. ``shop_common`` or ``/vendor/ours/``."""
    in_app_exclude: tuple[str, ...] = ()
    """Modules or parts of paths that are not; these win over ``in_app_include``."""
    rules: tuple[GroupRule, ...] = ()
    """``[[group.rules]]``: what to group otherwise. The first that matches decides."""


class _Evidence(NamedTuple):
    """What a fingerprint is made of; equal evidence, equal incident."""

    service: str
    kind: str  # "error" or "slow"
    error_code: str
    status: str  # integer codes among the fields; "" where frames say more
    types: str
    frames: str
    template: str  # "" where the stack speaks for itself
    said: str  # template of the exception's own message, "" where the frames speak for themselves
    reason: str  # the same, for the title
    culprit: str


class Grouper:
    """Says which incident a record belongs to. Stateless but for caches that never change an answer; thread-safe.

    Time is linear in the length of a record; of messages only the first 4,000 characters count. They are redacted
    before they are cut there: half a secret would not be recognised as one.
    """

    def __init__(self, config: GroupConfig | None = None, redactor: Redactor | None = None) -> None:
        config = config or GroupConfig()
        self._frames = Frames(config.in_app_include, config.in_app_exclude)
        self._redactor = redactor or Redactor()
        self._clean = lru_cache(maxsize=1_024)(self._redactor.text)  # services, codes and types come again and again
        self._name = lru_cache(maxsize=1_024)(lambda name: _last_part(self._redactor.name(name)))
        self._templates = Templates()
        self._overrides = Overrides(config.rules)
        self._cache: dict[_Evidence, Grouping] = {}
        self._without_stack: dict[tuple[str | None, ...], tuple[_Evidence, Grouping]] = {}

    def __call__(self, record: LogRecord, rules: tuple[str, ...] = (), *, explain: bool = False) -> Grouping:
        """The record's grouping. ``rules``: names of the rules that it matched; one that is only slow is no error.

        ``explain``: the components also say what was masked.
        """
        stack = None
        if rules and all(rule == SLOW_RULE for rule in rules):
            evidence = self._slow(record)
            grouping = self._grouping(evidence)
        elif (stack := read_stack(record, PARSERS, self._frames)) is None:
            evidence, grouping = self._unstacked(record)
        else:
            evidence = self._stacked(record, stack)
            grouping = msgspec.structs.replace(self._grouping(evidence), stack=stack)
        if explain:
            grouping = self._explained(grouping, record)
        if self._overrides:
            template = evidence.template or evidence.reason
            facts = Facts(record, stack, template, evidence.types, evidence.culprit, grouping.fingerprint)
            override = self._overrides(facts)
            if override is not None:
                return self._overridden(grouping, override)
        return grouping

    def clean(self, text: str) -> str:
        """A service or an error code without secrets; remembered, because they come again and again."""
        return self._clean(text) if text else text

    def _type_name(self, name: str) -> str:
        """Without its module: loggers write ``KeyError``, tracebacks ``builtins.KeyError``. Redacted before cut."""
        return self._name(clip(name, LONGEST_TYPE)) if name else name

    def _template(self, text: str) -> str:
        return self._templates(self._within(text))

    def _within(self, text: str) -> str:
        """The text as far as a template looks at it, without what masking or a cut would make unrecognisable."""
        if len(text) <= LONGEST_TEXT:
            return self._redactor.often(text)
        head = clip(text, LONGEST_READ)
        if len(head) == LONGEST_READ:  # cut within a word, which redaction could move to where it counts
            head = (head.rsplit(None, 1) or [""])[0]  # nothing but white space has no words
        return clip(self._redactor.text(head), LONGEST_TEXT)

    def _unstacked(self, record: LogRecord) -> tuple[_Evidence, Grouping]:
        """Of a record without a stack; remembered by what it says, because the same things are said again and again."""
        template = self._template(record.message)
        reason = self._template(record.exception_message) if record.exception_message else ""
        status = code_in_fields(record.fields) if record.fields else ""
        key = (record.service, record.error_code, status, record.exception_type, template, reason, record.target,
               record.spans[-1] if record.spans else None)  # fmt: skip
        known = self._without_stack.get(key)
        if known is None:
            evidence = self._plain(record, template)
            known = evidence, self._grouping(evidence)
            if sum(len(text) for text in key if text) <= LONGEST_CACHED:
                if len(self._without_stack) >= CACHED_GROUPINGS:
                    self._without_stack.clear()
                self._without_stack[key] = known
        return known

    def _plain(self, record: LogRecord, template: str) -> _Evidence:
        reason = self._template(record.exception_message) if record.exception_message else ""
        return _Evidence(
            self.clean(record.service)[:LONGEST_PART],
            "error",
            self.clean(record.error_code or "")[:LONGEST_PART],
            code_in_fields(record.fields),
            self._type_name(record.exception_type or ""),
            "",
            template,
            "" if reason in template else reason,
            "" if reason in template else reason,
            clip(record.target, LONGEST_PART) or (clip(record.spans[-1], LONGEST_PART) if record.spans else ""),
        )

    def _stacked(self, record: LogRecord, stack: Stack) -> _Evidence:
        plain = self._plain(record, self._template(read_message(record)))
        parser = next((p for p in PARSERS if p.language == stack.language), None)
        names = self._frames.evidence(stack, parser)
        types = " < ".join(_once(self._type_name(p.type) for p in stack.parts))[:LONGEST_TEXT] or plain.types
        said = self._template(_said(stack))
        reason = said or plain.reason or plain.template
        place = stack.culprit
        culprit = plain.culprit
        if place is not None:
            culprit = self._frames.name(place, parser) or self._frames.key(place, parser).removeprefix(FILE)
        plain = plain._replace(types=types, frames=names.text, said=reason, reason=reason, culprit=culprit)
        if names.text:
            plain = plain._replace(status="")
        if names.named and not names.helper:
            vague = VAGUE_TYPES.issuperset(types.split(" < "))
            said = _DOUBLE.sub(r"'\1'", reason) if vague else self._details(stack)
            return plain._replace(template="", said=said)
        if not names.text and len(stack.parts) == 1:
            return plain  # a lone message: without calls it is a field beside the log's own, and no more than that
        return plain._replace(template="") if said and names.helper else plain

    def _details(self, stack: Stack) -> str:
        """What a chain says that does not already stand in its types and calls."""
        root = stack.parts[-1]
        told = details(stack.parts, self._type_name, self._template)
        if len(stack.parts) > 1 and root.message and self._type_name(root.type) in VAGUE_TYPES:
            told = f"{told} {self._template(root.message)}".strip()
        return _DOUBLE.sub(r"'\1'", told)

    def _slow(self, record: LogRecord) -> _Evidence:
        route = next((v for k in ROUTE_FIELDS if isinstance(v := record.fields.get(k), str) and v), "")
        method = next((v for k in METHOD_FIELDS if isinstance(v := record.fields.get(k), str) and v), "")
        where = self._templates(clip(route.split("?")[0], LONGEST_PART))
        if where:
            where = f"{self.clean(method)[:10].upper()} {where}".strip()
        else:
            where = self._templates(clip(" > ".join(record.spans), LONGEST_PART)) or clip(record.target, LONGEST_PART)
        culprit = clip(record.spans[-1], LONGEST_PART) if record.spans else clip(record.target, LONGEST_PART)
        where = where or self._template(record.message)
        return _Evidence(self.clean(record.service)[:LONGEST_PART], "slow", "", "", "", "", where, "", "", culprit)

    def _grouping(self, evidence: _Evidence) -> Grouping:
        known = self._cache.get(evidence)
        if known is not None:
            return known
        shown = _Evidence(*map(self._clean, evidence))
        grouping = Grouping(
            fingerprint_of(_hashed(evidence)),
            safe_title(self._redactor.text(_title(shown)) if shown.error_code or shown.types else _title(shown)),
            safe_title(shown.culprit, 200),
            tuple(Component(name, value) for name, value in _hashed(shown)),
        )
        if sum(map(len, evidence)) <= LONGEST_CACHED:
            if len(self._cache) >= CACHED_GROUPINGS:
                self._cache.clear()
            self._cache[evidence] = grouping
        return grouping

    def _overridden(self, grouping: Grouping, override: Override) -> Grouping:
        """The recipe's grouping as a rule of the configuration changes it."""
        clean = self._redactor.text
        title = safe_title(clean(override.title).replace(DEFAULT, grouping.title)) if override.title else grouping.title
        rule = Component("rule", f"group.rules[{override.number}]")
        if override.is_default:
            return msgspec.structs.replace(grouping, title=title, components=(*grouping.components, rule))
        parts = tuple(Component("part", written, () if written == value else (clean(f"{written} → {value}"),))
                      for written, value in override.parts)  # fmt: skip
        kept = grouping.components if override.keeps_default else ()
        return msgspec.structs.replace(
            grouping,
            fingerprint=fingerprint_of(("part", value) for _, value in override.parts),
            title=title,
            components=(*kept, rule, *parts),
        )

    def _explained(self, grouping: Grouping, record: LogRecord) -> Grouping:
        said = _said(grouping.stack) if grouping.stack is not None else ""
        reason = said or record.exception_message or read_message(record)
        texts = {"template": self._within(record.message), "reason": self._within(reason)}
        clean = self._redactor.text
        components = tuple(
            msgspec.structs.replace(
                c, masked=tuple(clean(f"{was} → {now}") for was, now in Masking(texts[c.name]).masked)
            )
            if texts.get(c.name)
            else c
            for c in grouping.components
        )
        return msgspec.structs.replace(grouping, components=components)


def group(record: LogRecord, config: GroupConfig | None = None, rules: tuple[str, ...] = ()) -> Grouping:
    """As ``Grouper(config)(record, rules)``, for one record."""
    return Grouper(config)(record, rules)


def surge_grouping(service: str) -> Grouping:
    """The incident that stands for "too many errors at once" in a service, whatever they are."""
    parts = (("service", service[:LONGEST_PART]), ("synthetic", "surge"))
    title = safe_title(f"Error-rate surge in {service or 'an unnamed service'}")
    return Grouping(fingerprint_of(parts), title, "", tuple(Component(n, safe_title(v)) for n, v in parts))


def storm_grouping() -> Grouping:
    """The one incident that takes what the cap on new incidents turned away."""
    parts = (("synthetic", "storm"),)
    return Grouping(fingerprint_of(parts), "Storm of distinct errors", "", (Component("synthetic", "storm"),))


def fingerprint_of(components: Iterable[tuple[str, str]]) -> str:
    """``v1:`` and 64 bits of BLAKE2b over length-prefixed names and values, the same on every machine."""
    digest = hashlib.blake2b(VERSION.encode(), digest_size=8)
    for pair in components:
        for text in pair:
            data = text.encode("utf-8", "replace")
            digest.update(len(data).to_bytes(4, "big"))
            digest.update(data)
    return f"{VERSION}:{digest.hexdigest()}"


def read_message(record: LogRecord) -> str:
    """The message without a trace that was logged inside it, or whose first line it is."""
    text = record.message
    if record.stack_text and len(text) > SHORTEST_FIRST_LINE and record.stack_text.lstrip().startswith(text):
        text = record.stack_text
    if not has_lines(text):
        return text
    text = trace_text(text)
    for parser in PARSERS:
        if parser.looks_like(text):
            return text[: parser.start(text)].strip()
    return record.message


def _hashed(evidence: _Evidence) -> list[tuple[str, str]]:
    pairs = [("service", evidence.service), ("kind", evidence.kind), ("error_code", evidence.error_code)]
    pairs.append(("status", evidence.status))
    mute = TYPES_THAT_SAY_NOTHING.issuperset(evidence.types.split(" < "))
    pairs += [("exception", "" if mute else evidence.types), ("frames", evidence.frames)]
    pairs += [("template", evidence.template), ("reason", evidence.said)]
    return [(name, value) for name, value in pairs if value]


def _title(evidence: _Evidence) -> str:
    if evidence.kind == "slow":
        return f"Slow: {evidence.template or 'unnamed operation'}"
    kind = evidence.types.split(" < ")[0]
    words = evidence.reason if kind and evidence.reason else evidence.template or evidence.reason
    if evidence.status:
        words = f"{words} ({evidence.status})" if words else evidence.status
    parts = _once([evidence.error_code, kind, words])
    return ": ".join(parts) or (f"Error in {evidence.culprit}" if evidence.culprit else "Error without a message")


def _last_part(name: str) -> str:
    return name.partition("[")[0].rsplit(".", 1)[-1].strip()[:LONGEST_PART]


def _said(stack: Stack) -> str:
    """What the exceptions say: the one that surfaced, and where they have no types the whole chain, as ``a: b: c``."""
    said = [part.message for part in stack.parts if part.message]
    return ": ".join(said) if not any(part.type for part in stack.parts) else stack.parts[0].message


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
