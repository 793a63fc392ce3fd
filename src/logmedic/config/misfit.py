"""A value that does not fit a config class, in one line of words: the place, what is wrong, what would do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from logmedic.config.secrets import Secret

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`(?: - at `\$\.?(?P<at>[^`]*)`)?")
_PLACED = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<at>[^`]*)`)?", re.DOTALL)

_MISSING = re.compile(r"Object missing required field `(?P<key>[^`]*)`")
_GOT = re.compile(r"got `([^`]*)`")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]|(\[\.{3}\])")
_PLAIN: dict[type, str] = {
    msgspec.inspect.StrType: "text in quotes",
    msgspec.inspect.IntType: "a whole number",
    msgspec.inspect.FloatType: "a number",
    msgspec.inspect.BoolType: "true or false",
    msgspec.inspect.DateTimeType: "a time such as 2026-11-20T09:00:00+09:00",
    msgspec.inspect.StructType: "a table",
    msgspec.inspect.DictType: "a table",
}
_TOML = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list",
         "object": "a table", "null": "nothing"}  # fmt: skip
"""What msgspec calls a type, as those know it who write TOML."""


def explain(message: str, data: Any, schema: Any) -> str:
    """msgspec's words in ours: the key first, and for a misspelt key the nearest known one."""
    unknown = _UNKNOWN.fullmatch(message)
    if unknown:
        key, at = unknown["key"], unknown["at"] or ""
        import difflib  # noqa: PLC0415  0.01 s, for a mistake

        near = difflib.get_close_matches(key, sorted(_keys_at(schema, data, at)), n=1)
        hint = f"; did you mean `{near[0]}`?" if near else "; `logmedic check --keys` lists the known ones"
        return f"{at}: unknown key `{key}`{hint}" if at else f"unknown key `{key}`{hint}"
    placed = _PLACED.fullmatch(message)
    what, at = (placed["what"], placed["at"] or "") if placed else (message, "")
    missing = _MISSING.fullmatch(what)
    if missing:
        infos = _types_at(schema, data, f"{at}.{missing['key']}")
        wanted = _wanted(infos) or _choice(_tags(_types_at(schema, data, at), missing["key"]))
        what = f"`{missing['key']}` is missing" + (f"; give {wanted}" if wanted else "")
    elif what.startswith("Invalid"):
        infos = _types_at(schema, data, at)
        known = _choice(_tags(_types_at(schema, data, at.rpartition(".")[0]), at.rpartition(".")[2])) or _wanted(infos)
        what = what.replace(" enum", "") + (f"; give {known}" if known else "")
    elif what.startswith("Expected `"):
        wanted = _wanted(_types_at(schema, data, at))
        got = _GOT.search(what)
        what = f"expected {wanted}{f', got {_TOML.get(got[1], got[1])}' if got else ''}" if wanted else what
    return f"{at}: {what[0].lower()}{what[1:]}" if at else what


def _keys_at(schema: Any, data: Any, at: str) -> set[str]:
    """The keys that the table at a place such as ``sources[0]`` may have."""
    infos = _types_at(schema, data, at)
    for name, number, _ in _STEP.findall(at):
        data = data[name] if name else data[int(number)]
    return {field.encode_name for struct in _structs(infos, data) for field in struct.fields}


def _types_at(schema: Any, data: Any, at: str) -> list[Any]:
    """What may stand at a place such as ``sources[0].paths``."""
    infos = [msgspec.inspect.type_info(schema)]
    for name, number, any_key in _STEP.findall(at):
        if name:
            infos = [f.type for s in _structs(infos, data) for f in s.fields if f.encode_name == name]
            data = data.get(name) if isinstance(data, dict) else None
        elif any_key:
            infos, data = [i.value_type for i in _flat(infos) if isinstance(i, msgspec.inspect.DictType)], None
        else:
            infos = [i.item_type for i in _flat(infos) if hasattr(i, "item_type")]
            data = data[int(number)] if isinstance(data, list) and number.isdigit() else None
    return _flat(infos)


def _flat(infos: list[Any]) -> list[Any]:
    return [one for info in infos for one in getattr(info, "types", (info,))]


def _tags(infos: list[Any], key: str) -> list[str]:
    """The kinds that a table may be of, where ``key`` says which."""
    return [str(s.tag) for s in infos if isinstance(s, msgspec.inspect.StructType) and s.tag_field == key]


def _choice(values: Iterable[Any]) -> str:
    return " or ".join(", ".join(f'"{value}"' for value in values).rsplit(", ", 1))


def _wanted(infos: list[Any]) -> str:
    """What may be written, as TOML writes it; empty: hard to say."""
    found = dict.fromkeys(_written(info) for info in infos if not isinstance(info, msgspec.inspect.NoneType))
    return " or ".join(found) if found and all(found) else ""


def _written(info: Any) -> str:
    told: str = _PLAIN.get(type(info), "")
    match info:
        case msgspec.inspect.StructType(cls=cls) if cls is Secret:
            told = '{ env = "NAME" } or { file = "path" }, which say where the secret stands'
        case msgspec.inspect.LiteralType(values=values):
            told = _choice(sorted(values))
        case msgspec.inspect.EnumType(cls=cls):
            told = _choice(one.value for one in cls)
        case msgspec.inspect.ListType(item_type=item) | msgspec.inspect.VarTupleType(item_type=item):
            tables = any(isinstance(one, msgspec.inspect.StructType) for one in _flat([item]))
            told = "tables, each with a header in [[…]]" if tables else 'a list, as in ["…"]'
    return told


def _structs(infos: list[Any], data: Any) -> list[msgspec.inspect.StructType]:
    """The classes among some types; of a tagged union the one that the data names."""
    found = [one for one in _flat(infos) if isinstance(one, msgspec.inspect.StructType)]
    told = data if isinstance(data, dict) else {}
    named = [s for s in found if s.tag_field is not None and told.get(s.tag_field) == s.tag]
    return named or found
