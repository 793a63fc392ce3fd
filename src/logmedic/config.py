"""The only reader of the environment and of TOML.

The shape of the configuration is not known here: every part brings its own config class, and :mod:`logmedic.build`
puts them together. This module turns a file into such a class, and a wrong file into one clear line.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from logmedic.errors import ConfigError

CONFIG_NAME = "logmedic.toml"
T = TypeVar("T")


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a secret stands. Never the secret itself, so that a config file can be shown and committed."""

    env: str | None = None
    """Name of the environment variable that holds it."""
    file: str | None = None
    """Path of a file that holds nothing else (Docker and Kubernetes secrets)."""


class Settings(msgspec.Struct, frozen=True):
    """What the environment says, read once."""

    config: str | None
    language: str
    diagnostic_model: str | None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
        return cls(
            config=environ.get("LOGMEDIC_CONFIG") or None,
            language="ko" if locale.lower().startswith("ko") else "en",
            diagnostic_model=environ.get("DIAGNOSTIC_MODEL") or None,
        )


def read_secret(secret: Secret, what: str, *, base: Path, environ: Mapping[str, str] = os.environ) -> str:
    """The secret's text, without white space around it.

    Raises:
        ConfigError: it is not there, or empty; ``what`` names the setting.
    """
    if (secret.env is None) == (secret.file is None):
        raise ConfigError(f'{what}: give either {{ env = "NAME" }} or {{ file = "path" }}')
    if secret.env is not None:
        text = environ.get(secret.env, "").strip()
        if not text:
            raise ConfigError(f"{what}: the environment variable {secret.env} is not set; export it or use a file")
        return text
    path = base / str(secret.file)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{what}: cannot read {path}: {_reason(error)}") from None
    if not text:
        raise ConfigError(f"{what}: {path} is empty")
    return text


def find(explicit: str | None, settings: Settings, cwd: Path) -> Path | None:
    """The config file to use: the one named, else ``$LOGMEDIC_CONFIG``, else ``logmedic.toml`` here, else none.

    Raises:
        ConfigError: a file was named and is not there.
    """
    named = explicit or settings.config
    if named is not None:
        path = Path(named)
        if not path.is_file():
            raise ConfigError(f"{path}: no such config file; `logmedic init` writes one")
        return path
    here = cwd / CONFIG_NAME
    return here if here.is_file() else None


def load(path: Path, schema: type[T]) -> T:
    """Read a TOML file into ``schema``.

    Raises:
        ConfigError: unreadable, not TOML, an unknown key or a value of the wrong type; one line, with the place.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {_reason(error)}") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    try:
        return msgspec.convert(data, schema)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_explain(str(error), data, schema)}") from None


_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]*)`(?: - at `\$\.?(?P<at>[^`]*)`)?")
_PLACED = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<at>[^`]*)`)?", re.DOTALL)


def _explain(message: str, data: Any, schema: Any) -> str:
    """msgspec's words in ours: the key first, and for a misspelt key the nearest known one."""
    unknown = _UNKNOWN.fullmatch(message)
    if unknown:
        key, at = unknown["key"], unknown["at"] or ""
        import difflib  # noqa: PLC0415  0.01 s, for a mistake

        near = difflib.get_close_matches(key, sorted(_keys_at(schema, data, at)), n=1)
        hint = f"; did you mean `{near[0]}`?" if near else "; `logmedic check --keys` lists the known ones"
        return f"{at}: unknown key `{key}`{hint}" if at else f"unknown key `{key}`{hint}"
    placed = _PLACED.fullmatch(message)
    what, at = (placed["what"], placed["at"]) if placed else (message, None)
    return f"{at}: {what[0].lower()}{what[1:]}" if at else what


def _keys_at(schema: Any, data: Any, at: str) -> set[str]:
    """The keys that the table at a place such as ``sources[0]`` may have."""
    infos = [msgspec.inspect.type_info(schema)]
    for name, number in re.findall(r"([^.\[\]]+)|\[(\d+)\]", at):
        if name:
            infos = [f.type for s in _structs(infos, data) for f in s.fields if f.encode_name == name]
            data = data[name]
        else:
            infos = [i.item_type for i in infos if hasattr(i, "item_type")]
            data = data[int(number)]
    return {field.encode_name for struct in _structs(infos, data) for field in struct.fields}


def _structs(infos: list[Any], data: Any) -> list[msgspec.inspect.StructType]:
    """The classes among some types; of a tagged union the one that the data names."""
    flat = [one for info in infos for one in getattr(info, "types", (info,))]
    found = [one for one in flat if isinstance(one, msgspec.inspect.StructType)]
    named = [s for s in found if s.tag_field is not None and data.get(s.tag_field) == s.tag]
    return named or found


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


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return str(getattr(error, "strerror", None) or error)
