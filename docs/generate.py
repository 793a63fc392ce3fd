"""Writes docs/en/configuration.md from the config classes: ``python docs/generate.py``. A test tells when to."""

from __future__ import annotations

import ast
import enum
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from logmedic.build import Config
from logmedic.config import Secret

PAGE = Path(__file__).parent / "en" / "configuration.md"

HEAD = """\
<!-- Written by docs/generate.py from the config classes; do not edit. -->
# Configuration

logmedic reads `logmedic.toml` in the current folder, the file that `$LOGMEDIC_CONFIG` names, or the one given with
`--config`. `logmedic init` writes one, `logmedic check` validates it, and `logmedic check --keys` prints this list.
Every key is optional unless it says *required*. A key that is not listed here is an error, with exit code 78.
Relative paths start at the folder of the config file.

A secret is never written into the file. It is named: `{ env = "NAME" }` for an environment variable, or
`{ file = "path" }` for a file that holds nothing else.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_sections()])


def _sections() -> Iterator[str]:
    top = msgspec.inspect.type_info(Config)
    assert isinstance(top, msgspec.inspect.StructType)
    yield _section("Top level", top, [field for field in top.fields if not list(_tables(field))])
    for field in top.fields:
        yield from _deeper(field, "")


def _deeper(field: msgspec.inspect.Field, within: str) -> Iterator[str]:
    """The sections of the tables that a key leads to, and of those within them."""
    for heading, struct in _tables(field, within):
        yield _section(heading, struct, [f for f in struct.fields if not list(_tables(f))])
        for inner in struct.fields:
            yield from _deeper(inner, f"{within}{field.encode_name}.")


def _tables(field: msgspec.inspect.Field, within: str = "") -> Iterator[tuple[str, msgspec.inspect.StructType]]:
    """The TOML tables that a key leads to, one for each kind. ``within``: the names of the tables around it."""
    info = field.type
    item: Any = info.item_type if isinstance(info, msgspec.inspect.VarTupleType | msgspec.inspect.ListType) else info
    for one in getattr(item, "types", (item,)):
        if isinstance(one, msgspec.inspect.StructType) and one.cls is not Secret:
            path = f"{within}{field.encode_name}"
            name = f"`[[{path}]]`" if item is not info else f"`[{path}]`"
            yield (name if one.tag is None else f'{name} with `kind = "{one.tag}"`', one)


def _section(heading: str, struct: msgspec.inspect.StructType, fields: list[msgspec.inspect.Field]) -> str:
    said = _field_docstrings(struct.cls)
    rows = [f"| `{f.encode_name}` | {_type(f.type)} | {_default(f)} | {_cell(said.get(f.name, ''))} |" for f in fields]
    return "\n".join([f"## {heading}\n", "| key | value | default | meaning |", "|---|---|---|---|", *rows, ""])


def _field_docstrings(cls: type) -> dict[str, str]:
    """The string literals that stand under the fields of a class."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            found[field.target.id] = str(ast.literal_eval(text.value))
    return found


def _cell(text: str) -> str:
    return " ".join(text.replace("``", "`").replace("|", "\\|").split())


_NAMES: dict[type, str] = {
    msgspec.inspect.StrType: "text",
    msgspec.inspect.IntType: "whole number",
    msgspec.inspect.FloatType: "number",
    msgspec.inspect.BoolType: "true, false",
    msgspec.inspect.DateTimeType: "date and time",
}


def _type(info: Any) -> str:
    if isinstance(info, msgspec.inspect.UnionType):
        return " or ".join(_type(one) for one in info.types if not isinstance(one, msgspec.inspect.NoneType))
    if isinstance(info, msgspec.inspect.VarTupleType | msgspec.inspect.ListType):
        return f"list of {_type(info.item_type)}"
    if isinstance(info, msgspec.inspect.LiteralType | msgspec.inspect.EnumType):
        literal = isinstance(info, msgspec.inspect.LiteralType)
        return ", ".join(f"`{value}`" for value in (info.values if literal else [m.value for m in info.cls]))
    if isinstance(info, msgspec.inspect.StructType) and info.cls is Secret:
        return "secret"
    if isinstance(info, msgspec.inspect.DictType):
        fields = getattr(info.value_type, "fields", ())
        named = ", ".join(f"`{f.encode_name}`" for f in fields)
        return f"tables with {named}" if fields else f"table of {_type(info.value_type)}"
    return _NAMES[type(info)]


def _default(field: msgspec.inspect.Field) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return f"`{_toml(field.default_factory())}`"
    if field.default is msgspec.NODEFAULT:
        return "*required*"
    return "" if field.default is None else f"`{_toml(field.default)}`"


def _toml(value: Any) -> str:
    """A default as one would write it in the file."""
    if isinstance(value, Secret):
        return f'{{ env = "{value.env}" }}'
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + str(value.value if isinstance(value, enum.Enum) else value) + '"'
    return str(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
