"""``POST /ingest``: JSON objects, one a line or in an array, or lines of text. What most http sinks can send."""

from __future__ import annotations

import msgspec

from logmedic.collect.push.refusal import malformed, too_large

_RAW = msgspec.json.Decoder(msgspec.Raw)  # made before there are threads; see ``store.rows``
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_BOM = b"\xef\xbb\xbf"


def lines_of(body: bytes, most: int, *, text: bool = False) -> tuple[bytes, int]:
    """Whole lines, each ending in ``\\n``, and their number. ``text``: they need not be JSON objects.

    Raises:
        RefusalError: 400 with the line or element that is wrong, or 413 when there are more than ``most``.
    """
    body = body.removeprefix(_BOM)
    if text:
        return _counted(body if body.endswith(b"\n") or not body else body + b"\n", most)
    body = body.strip()
    if body.startswith(b"["):
        return _array(body, most)
    data = body.replace(b"\r\n", b"\n") + b"\n" if body else b""
    if b"\n\n" in data:
        data = b"".join(line + b"\n" for line in data.split(b"\n") if line.strip())
    data, count = _counted(data, most)
    if data.startswith(b"{") and data.count(b"\n{") == count - 1 and _values(data) == count:
        return data, count
    _check(data)
    return data, count


def _array(body: bytes, most: int) -> tuple[bytes, int]:
    try:
        found = [bytes(raw) for raw in _ARRAY.decode(body)]
    except (msgspec.DecodeError, RecursionError) as error:
        raise malformed(f"no JSON array: {error}") from None
    for number, one in enumerate(found, 1):
        if not one.startswith(b"{"):
            raise malformed(f"element {number} of the array is no object: {_shown(one)}")
    # A line end between the members of an object is white space.
    return _counted(b"".join(one.replace(b"\n", b" ") + b"\n" for one in found), most)


def _counted(data: bytes, most: int) -> tuple[bytes, int]:
    count = data.count(b"\n")
    if count > most:
        raise too_large(f"{count} records in one request, {most} are allowed (max_records); send smaller batches")
    return data, count


def _values(data: bytes) -> int:
    """How many JSON values stand in lines that need not be JSON; -1 when one is none."""
    try:
        return len(_RAW.decode_lines(data))
    except (msgspec.DecodeError, RecursionError):
        return -1


def _check(data: bytes) -> None:
    """Objects that are no JSON (NaN, a lost end) are kept, for decoders make the best of them; others are refused."""
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        if not line.startswith(b"{"):
            raise malformed(f"line {number} is no JSON object: {_shown(line)}; send text with Content-Type: text/plain")
        if _values(line) > 1:
            raise malformed(f"line {number} has several JSON values; send one a line (Fluent Bit: Format json_lines)")


def _shown(line: bytes) -> str:
    return repr(line[:60].decode("utf-8", "replace"))
