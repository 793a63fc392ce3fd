"""Names that lines give a value to, in any language or format: numbers with their units, switches, addresses. Pure."""

# ruff: noqa: E501  a pattern reads best on one line

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from logmedic.investigate.changes.diffs import Hunk
from logmedic.investigate.changes.hunks import is_comment, parts_of

_NUMBER = (
    r"(?:(?P<of>[A-Za-z_][\w.:]{0,40})\()?(?P<number>\d[\d_]{0,14}(?:\.\d{1,6})?)"
    r"(?P<unit>\s{0,2}(?:\*\s{0,2})?[A-Za-z%][\w.]{0,24})?"
)
_ASSIGNED = re.compile(
    r"(?P<name>[A-Za-z_][\w.-]{1,60})[\"']?\s{0,4}(?::\s{0,2}[\w\[\]|. ]{1,30})?\s{0,4}"
    r"(?:=>|:=|=|:|\(|>)\s{0,4}[\"']?" + _NUMBER
)
_OPTION = re.compile(r"(?:--|\bENV\s)(?P<name>[A-Za-z][\w.-]{1,60})[ =]{1,2}" + _NUMBER)
_LISTED = re.compile(r"[\"'](?P<name>--[A-Za-z][\w-]{1,50}|-[cwjpn])[\"'],\s{0,3}[\"']" + _NUMBER)
_SHORT = {"-c": "concurrency", "-w": "workers", "-j": "jobs", "-p": "processes", "-n": "numprocesses"}
_DIRECTIVE = re.compile(
    r"^\s{0,12}(?P<name>[a-z][\w]{2,60}(?:\s(?:server|client|connect|queue|http))?)\s{1,8}(?:\d{1,3}\s{1,4})?"
    + _NUMBER
    + r"\s?;?\s{0,3}$"
)
_HEAP = re.compile(r"-(?P<name>X(?:mx|ms|ss))(?P<of>)(?P<number>\d{1,9})(?P<unit>[kKmMgG]?)")
_VALUE = re.compile(
    r"""["']?(?P<name>[A-Za-z_][\w./-]{1,80})["']?\s{0,8}(?:=>|:=|=|:|>)\s{0,8}["']?(?P<value>\{[^}]{1,200}|[^"'<,;#]{1,200})"""
)
_KEY = re.compile(r"[\"']?([A-Za-z_][\w.-]{1,60})[\"']?\s{0,4}[:=({>]")
_NAMED = re.compile(r"name[\"']?\s{0,3}[:=]\s{0,3}[\"']?([\w.-]{2,60})", re.IGNORECASE)
_ALONE = frozenset({"value", "default", "limit", "limits", "max", "min", "size", "count", "requests", "duration",
                    "enabled", "enable", "active", "rollout", "percentage", "percent", "on", "state", "status", "variant"})  # fmt: skip
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 0.001, "milli": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "min": 60.0,
            "minute": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0, "week": 604800.0}  # fmt: skip
_BYTES = {"k": 1e3, "kb": 1e3, "ki": 1024.0, "kib": 1024.0, "mb": 1e6, "mi": 2.0**20, "mib": 2.0**20, "g": 1e9, "gb": 1e9,
          "gi": 2.0**30, "gib": 2.0**30, "t": 1e12, "tb": 1e12, "ti": 2.0**40}  # fmt: skip
_SIZED = ("memory", "heap", "xmx", "xms", "size", "storage", "disk", "body", "buffer", "volume")
_ON = frozenset({"true", "on", "yes", "enabled", "enable", "1", "100", "100%", "1.0", "treatment", "always"})
_ONE_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SHARE = re.compile(r"percent|rollout|ramp|canary|traffic|cohort", re.IGNORECASE)
_OFF = frozenset({"false", "off", "no", "disabled", "disable", "0", "0%", "0.0", "control", "never"})


class Setting(msgspec.Struct, frozen=True):
    """``text`` as written, ``amount`` in seconds, bytes or pieces."""

    text: str
    amount: float


class Replaced(msgspec.Struct, frozen=True):
    """A name whose value a hunk replaces; ``""`` where it has none."""

    name: str
    old: str
    new: str


def numbers(lines: Iterable[str], context: Sequence[str] = ()) -> dict[str, Setting]:
    """``pool_size=5``, ``timeout: 30s``, ``-Xmx512m``, ``wait = Duration::from_millis(3)``, ``<maxSize>9</maxSize>``.

    A name that says nothing alone (``value: 5``) is told with the one it stands under.
    """
    found: dict[str, Setting] = {}
    for line in lines:
        if is_comment(line):
            continue
        for match in (
            *_ASSIGNED.finditer(line),
            *_OPTION.finditer(line),
            *_HEAP.finditer(line),
            *_LISTED.finditer(line),
            *_DIRECTIVE.finditer(line),
        ):
            name = _whole(_SHORT.get(match["name"], match["name"].lstrip("-")), line, context)
            unit = (match["unit"] or "").strip(" *").rpartition(".")[2]
            known = _scale(unit, match["of"] or "", name)
            end = match.end("unit") if known is not None and unit else match.end("number")
            text = line[match.start("number") : end].strip()
            amount = float(match["number"].replace("_", "")) * (known or 1.0)
            found.setdefault(name, Setting(text, amount))
    return found


def _whole(name: str, line: str, context: Sequence[str]) -> str:
    if parts_of(name)[-1:] != (name.lower(),) or name.lower() not in _ALONE:
        return name
    named = _NAMED.search(line)
    if named is not None:
        return f"{named[1]}.{name}"
    depth = _depth(line)
    for above in reversed(context):
        found = _NAMED.search(above) or (_KEY.search(above) if not depth or _depth(above) < depth else None)
        if found is not None:
            return f"{found[1]}.{name}"
    return name


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _scale(unit: str, function: str, name: str) -> float | None:
    """What one of the unit is; of ``from_millis(`` and ``ofSeconds(`` too. ``None``: it is no unit."""
    word = unit.lower() or (parts_of(name)[-1:] or ("",))[0]
    if (not unit and len(word) < 2) or word == "min":
        word = ""  # a letter, or the least of something
    speaks = f"_{'_'.join(parts_of(name))}_"
    if word == "m":
        if "_cpu_" in speaks:
            return 0.001
        return 1e6 if any(f"_{part}_" in speaks for part in _SIZED) else 60.0
    known = _SECONDS.get(word, _SECONDS.get(word.removesuffix("s"), _BYTES.get(word)))
    if known is None and function:
        last = parts_of(function)[-1:]
        known = _SECONDS.get(last[0].removesuffix("s")) if last else None
    return known


def numbers_of(hunk: Hunk) -> Iterator[tuple[str, Setting | None, Setting | None]]:
    """(name, before, after) of every number that a hunk sets, changes or removes."""
    before, after = numbers(hunk.removed, hunk.context), numbers(hunk.added, hunk.context)
    for name in {**before, **after}:
        yield name, before.get(name), after.get(name)


def replaced(hunk: Hunk) -> Iterator[Replaced]:
    """Every name that has another value after the hunk, one that it had before or has only now."""
    before, after = _values(hunk.removed), _values(hunk.added)
    for name, (new, line) in after.items():
        old = before.get(name, ("", ""))[0]
        if old != new:
            yield Replaced(_whole(name, line, hunk.context), old, new)


def _values(lines: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Name → its value, and the line that gives it."""
    found: dict[str, tuple[str, str]] = {}
    for line in lines:
        match = None if is_comment(line) else _VALUE.search(line)
        if match is not None:
            found.setdefault(match["name"], (match["value"].strip(), line))
    return found


def switched(change: Replaced) -> bool | None:
    """True: switched on, or for more of those who ask; False: off, or for fewer; ``None``: it is no switch."""
    old, new = change.old.lower(), change.new.lower()
    if old in _OFF and new in _ON:
        return True
    if old in _ON and new in _OFF:
        return False
    before, after = _ONE_NUMBER.findall(old), _ONE_NUMBER.findall(new)
    if len(before) == 1 == len(after) and before != after and _SHARE.search(f"{change.name} {new}") is not None:
        return float(after[0]) > float(before[0])
    return None
