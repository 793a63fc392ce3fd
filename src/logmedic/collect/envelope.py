"""An entry with labels beside its line, as one line that every decoder reads.

Labels stand in an object that decoders lift to the top of the record, behind what the line says itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

LABELS_KEYS = ("labels", "attributes", "context", "extra", "mdc")
"""Objects whose members decoders read as if they stood at the top, behind those that do."""

_encode = msgspec.json.Encoder().encode


def with_labels(line: bytes, besides: Mapping[str, object]) -> bytes | None:
    """An object with another one put before its members; ``None`` when that would not be JSON, or hide something."""
    from logmedic.collect.dialects.parse import parse  # noqa: PLC0415  an idle process needs no decoders

    key = next((key for key in LABELS_KEYS if f'"{key}"'.encode() not in line), None)
    if key is None or parse(line).value is None:
        return None
    rest = line[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    return b'{"%s":%s%s%s' % (key.encode(), _encode(besides), comma, rest)


def text_object(text: str, besides: Mapping[str, object]) -> bytes:
    """A line of text, or several, as an object; with the level that the text names, where no label names one."""
    from logmedic.collect.dialects import levels  # noqa: PLC0415  as above
    from logmedic.collect.dialects.dialect import Role, Scale  # noqa: PLC0415
    from logmedic.collect.dialects.generic import KEYS, LEVEL_SCALES  # noqa: PLC0415
    from logmedic.collect.dialects.text import find_event_level  # noqa: PLC0415

    head, _, rest = text.partition("\n")
    members: dict[str, object] = {"message": head.rstrip("\r")}
    named = ((key, besides[key]) for key in KEYS[Role.LEVEL] if key in besides)
    if all(levels.read(value, LEVEL_SCALES.get(key, Scale.MIXED)) is None for key, value in named):
        level = find_event_level(text, headless=False)
        if level is not None:
            members["level"] = level.name
    if rest:
        members["stack_trace"] = text
    if besides:
        members["labels"] = besides
    return _encode(members)
