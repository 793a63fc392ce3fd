"""What the configuration says about grouping: rules that split what the recipe puts together, or merge what it parts.

The notation is the field's: ``fingerprint = ["{{ default }}", "{{ field.tenant }}"]`` splits, ``["database-down"]``
merges. The first rule that matches decides. Patterns are globs, so that no pattern can be slow.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import msgspec

from logmedic.bounds import clip
from logmedic.model import LogRecord, Stack

LONGEST_MATCHED = 4_000  # characters of a text that globs look at
LONGEST_VALUE = 300  # characters of a variable that count
_VARIABLE = re.compile(r"\{\{([^{}]*)\}\}")
_ALIASES = {
    "error.type": "type", "error.value": "value", "exception.type": "type", "exception.value": "value",
    "logger": "target", "culprit": "function", "stack.function": "function", "stack.module": "module",
    "stack.abs_path": "path", "exception": "type",
}  # fmt: skip
_PREFIXES = ("field.", "tag.", "tags.")


class GroupRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do with the records that match."""

    match: dict[str, str | tuple[str, ...]]
    """Globs by name, all of which must fit; of a list one. ``!`` before a glob: must not fit. Names: ``service``,
    ``level``, ``error_code``, ``type`` (of any exception of the chain), ``message`` (the log's or an exception's),
    ``value`` (an exception's), ``template``, ``target``, ``function``, ``module``, ``path`` (of any frame),
    ``field.NAME``, ``tag.NAME``."""
    fingerprint: tuple[str, ...] = ("{{ default }}",)
    """What makes up the fingerprint instead: texts, in which ``{{ NAME }}`` stands for a value. Names as above, and
    ``default`` for what it would be without the rule."""
    title: str = ""
    """The incident's title, with the same variables; empty: as without the rule."""

    def __post_init__(self) -> None:
        """Raises :class:`ValueError`, which the reader of the configuration turns into one line with the place."""
        if not self.match:
            raise ValueError('match is empty and would fit everything; say so with match = { service = "*" }')
        for key, globs in self.match.items():
            _check_name(key, "match", _MATCHED)
            given = globs if isinstance(globs, tuple) else (globs,)
            if not given or any(glob in {"", "!"} for glob in given):
                raise ValueError(f'match.{key}: give a glob that is not empty, such as "*"')
        if not self.fingerprint or "" in self.fingerprint:
            raise ValueError('fingerprint: give at least one part, and none empty, such as ["{{ default }}"]')
        for where, text in (*(("fingerprint", part) for part in self.fingerprint), ("title", self.title)):
            for name in _VARIABLE.findall(text):
                _check_name(name.strip(), where, _VARIABLES)
            rest = _VARIABLE.sub("", text)
            if "{{" in rest or "}}" in rest:
                raise ValueError(f"{where}: {text!r}: a variable is written {{{{ name }}}}, with both pairs of braces")


class Facts(NamedTuple):
    """What rules can ask about one record. Each is a tuple, because a chain of exceptions has several of some."""

    record: LogRecord
    stack: Stack | None
    template: str
    types: str  # the chain, as in the recipe
    culprit: str
    default: str  # the fingerprint of the recipe


class Override(NamedTuple):
    """What a rule makes of a record."""

    number: int  # of the rule, from 0
    parts: tuple[tuple[str, str], ...]  # as written, and what it came to
    keeps_default: bool  # whether the recipe's fingerprint is among the parts
    title: str  # "" to leave it; ``DEFAULT`` in it stands for the recipe's

    @property
    def is_default(self) -> bool:
        """Whether the fingerprint is the recipe's after all."""
        return len(self.parts) == 1 and self.parts[0][0].replace(" ", "") == "{{default}}"


DEFAULT = "\0"


class Overrides:
    """The rules of a configuration. Pure."""

    def __init__(self, rules: Iterable[GroupRule] = ()) -> None:
        self._rules = tuple(
            (rule, tuple((_value_of(key), _globs(globs)) for key, globs in rule.match.items())) for rule in rules
        )

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __call__(self, facts: Facts) -> Override | None:
        """What the first rule that matches makes of a record; ``None``: no rule matches."""
        for number, (rule, wanted) in enumerate(self._rules):
            if all(_fits(values(facts), globs) for values, globs in wanted):
                parts = tuple((part, _filled(part, facts, facts.default)) for part in rule.fingerprint)
                keeps = any(name.strip() == "default" for part in rule.fingerprint for name in _VARIABLE.findall(part))
                return Override(number, parts, keeps, _filled(rule.title, facts, DEFAULT))
        return None


_Globs = tuple[tuple[str, ...], tuple[str, ...]]  # one must fit, none may fit


def _globs(globs: str | tuple[str, ...]) -> _Globs:
    given = globs if isinstance(globs, tuple) else (globs,)
    return tuple(g for g in given if g[0] != "!"), tuple(g[1:] for g in given if g[0] == "!")


def _fits(values: tuple[str, ...], globs: _Globs) -> bool:
    wanted, unwanted = globs
    if any(fnmatchcase(value[:LONGEST_MATCHED], glob) for value in values for glob in unwanted):
        return False
    return not wanted or any(fnmatchcase(value[:LONGEST_MATCHED], glob) for value in values for glob in wanted)


def _filled(text: str, facts: Facts, default: str) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name == "default":
            return default
        return next((clip(v, LONGEST_VALUE) for v in _shown(name)(facts) if v), "")

    return _VARIABLE.sub(value, text)


def _check_name(name: str, where: str, known: frozenset[str]) -> None:
    if name in known or (name.startswith(_PREFIXES) and not name.endswith(".")):
        return
    near = difflib.get_close_matches(name, sorted(known), n=1)
    hint = (
        f"did you mean `{near[0]}`?"
        if near
        else f"known are {', '.join(sorted(known - set(_ALIASES)))}, field.NAME, tag.NAME"
    )
    raise ValueError(f"{where}: unknown name `{name}`; {hint}")


def _value_of(name: str) -> Callable[[Facts], tuple[str, ...]]:
    """All values of a name: of a list of exceptions or frames every one counts for a match."""
    prefix, _, key = name.partition(".")
    if prefix in {"field", "tag", "tags"} and key:
        return lambda facts: (_field(facts.record, key, tags=prefix != "field"),)
    return _MATCHED_BY[_ALIASES.get(name, name)]


def _shown(name: str) -> Callable[[Facts], tuple[str, ...]]:
    """The value of a name for a fingerprint: of the place where it broke, not of every frame."""
    own = _SHOWN_BY.get(_ALIASES.get(name, name))
    return own or _value_of(name)


def _field(record: LogRecord, key: str, *, tags: bool) -> str:
    """A member by its name, whole or as a path through objects; ids that were lifted out of the fields by theirs."""
    places: list[Any] = [record.fields]
    if tags:
        places = [record.fields.get("tags"), record.fields.get("labels"), record.fields]
    for place in places:
        value: Any = place.get(key) if isinstance(place, dict) else None
        if value is None and isinstance(place, dict):
            value = place
            for part in key.split("."):
                value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            return value if isinstance(value, str) else msgspec.json.encode(value).decode()
    lifted = {"request_id": record.request_id, "trace_id": record.trace_id, "release": record.release}
    return lifted.get(key) or ""


def _exceptions(facts: Facts) -> tuple[str, ...]:
    parts = () if facts.stack is None else tuple(part.message for part in facts.stack.parts)
    return (facts.record.exception_message or "", *parts)


def _types(facts: Facts) -> tuple[str, ...]:
    """With their modules and without."""
    parts = () if facts.stack is None else tuple(part.type for part in facts.stack.parts)
    whole = tuple(dict.fromkeys(t for t in (facts.record.exception_type or "", *parts) if t))
    return (*facts.types.split(" < "), *whole)


def _frames(facts: Facts, what: str) -> tuple[str, ...]:
    if facts.stack is None:
        return ()
    return tuple(dict.fromkeys(getattr(f, what) for part in facts.stack.parts for f in part.frames if getattr(f, what)))


def _culprit(facts: Facts, what: str) -> str:
    place = None if facts.stack is None else facts.stack.culprit
    return "" if place is None else str(getattr(place, what))


_MATCHED_BY: dict[str, Callable[[Facts], tuple[str, ...]]] = {
    "service": lambda f: (f.record.service,),
    "level": lambda f: (f.record.level.name, f.record.level.name.lower()),
    "error_code": lambda f: (f.record.error_code or "",),
    "type": _types,
    "message": lambda f: (f.record.message, *_exceptions(f)),
    "value": _exceptions,
    "template": lambda f: (f.template,),
    "target": lambda f: (f.record.target,),
    "function": lambda f: (f.culprit, *_frames(f, "function")),
    "module": lambda f: _frames(f, "module"),
    "path": lambda f: (*_frames(f, "path"), f.record.file or ""),
}
_SHOWN_BY: dict[str, Callable[[Facts], tuple[str, ...]]] = {
    "level": lambda f: (f.record.level.name,),
    "type": lambda f: (f.types,),
    "function": lambda f: (f.culprit,),
    "module": lambda f: (_culprit(f, "module"),),
    "path": lambda f: (_culprit(f, "path"), f.record.file or ""),
}
_MATCHED = frozenset(_MATCHED_BY) | frozenset(_ALIASES)
_VARIABLES = _MATCHED | {"default"}
