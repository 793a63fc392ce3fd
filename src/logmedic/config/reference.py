"""Every key of a config class, for ``logmedic check --keys``."""

from __future__ import annotations

from typing import Any

import msgspec

from logmedic.config.secrets import Secret


def reference(schema: Any) -> list[str]:
    """Every key of a config class, one a line, with its default."""
    lines: list[str] = []
    _describe(msgspec.inspect.type_info(schema), "", lines)
    return lines


def _describe(info: Any, prefix: str, lines: list[str]) -> None:
    if isinstance(info, msgspec.inspect.UnionType):
        for one in info.types:
            _describe(one, prefix, lines)
    elif isinstance(info, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
        _describe(info.item_type, f"{prefix}[]", lines)
    elif isinstance(info, msgspec.inspect.StructType) and info.cls is not Secret:
        kind = info.tag
        where = f"{prefix}({kind})" if kind is not None else prefix
        for field in info.fields:
            path = f"{where}.{field.encode_name}" if where else field.encode_name
            before = len(lines)
            _describe(field.type, path, lines)
            if len(lines) == before:
                lines.append(f"{path} = {_default(field)}")


def _default(field: Any) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return repr(field.default_factory())
    return "(required)" if field.default is msgspec.NODEFAULT else repr(field.default)
