"""JSON of whatever somebody passes to a log call. A log call must never raise for what it was given."""

from __future__ import annotations

import contextlib
import math
import reprlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

MAX_REPR = 1024  # characters kept of a value that is shown by its repr
MAX_DEPTH = 16  # nesting kept of a value that could not be encoded as it is
MAX_ITEMS = 10_000  # items kept in all of a line that could not be encoded as it is

# reprlib catches what a stranger's __repr__ raises and cuts what is long.
_REPR = reprlib.Repr()
_REPR.maxother = MAX_REPR


def safe_repr(value: object) -> str:
    return _REPR.repr_instance(value, 1)


_ENCODER = msgspec.json.Encoder(enc_hook=safe_repr)


def encode(line: dict[str, Any]) -> bytes:
    """One JSON object in UTF-8, without a line end. Values JSON does not know become their repr.

    The first try is the fast one and nearly always enough. Lone surrogates, cycles, nesting without end, integers of
    thousands of digits and objects whose fields raise make it fail; then everything is copied into plain values first.
    """
    with contextlib.suppress(Exception):  # encoding calls strangers' code (__len__, properties, keys): anything comes
        return _ENCODER.encode(line)
    return _ENCODER.encode(plain(line))


def plain(value: Any) -> Any:
    """A copy made of nothing but JSON values: bounded, without surrogates; NaN and infinities as text."""
    return _Copier().copy(value, 0)


class _Copier:
    """Counts what it copies: a list that holds itself a thousand times would otherwise never end."""

    def __init__(self) -> None:
        self._left = MAX_ITEMS

    def copy(self, value: Any, depth: int) -> Any:
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            if depth >= MAX_DEPTH:
                return f"<{type(value).__name__} nested too deep>"
            with contextlib.suppress(Exception):  # a stranger's __iter__ raises whatever it likes
                return self._container(value, depth)
        return _scalar(value)

    def _container(self, value: Any, depth: int) -> Any:
        if isinstance(value, Mapping):
            return {self._key(key): self.copy(inner, depth + 1) for key, inner in self._within_budget(value.items())}
        return [self.copy(inner, depth + 1) for inner in self._within_budget(value)]

    def _within_budget(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            if self._left <= 0:
                return
            self._left -= 1
            yield item

    @staticmethod
    def _key(key: Any) -> str:
        return whole_text(str.__str__(key) if isinstance(key, str) else safe_repr(key))


def _scalar(value: Any) -> str | int | float | bool | None:
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return whole_text(str.__str__(value))
    kind = type(value)
    if kind is int:
        return _bounded_int(value)
    if kind is float:
        return float(value) if math.isfinite(value) else str(value)
    return whole_text(safe_repr(value))


def _bounded_int(value: int) -> int | str:
    """Beyond 64 bits most readers fail or round, so such a number is kept as text, the longest ones cut in hex."""
    if -(2**63) <= value < 2**64:
        return value
    return str(value) if value.bit_length() < 8192 else f"{hex(value)[:MAX_REPR]}…"


def whole_text(text: str) -> str:
    """Valid Unicode: a pair of surrogates becomes its character, a lone one U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters and a note; the middle goes, because head and tail of a trace say most."""
    if len(text) <= limit:
        return text
    head = limit // 4
    return f"{text[:head]}\n… {len(text) - limit} characters cut …\n{text[len(text) - (limit - head) :]}"
