"""What the bodies of requests are packed in. Never more bytes are unpacked than allowed, whatever the body claims."""

from __future__ import annotations

import zlib

from logmedic.collect.push.refusal import RefusalError, malformed, too_large

_GZIP, _ZLIB = 31, 15  # window bits of zlib: with a gzip header, with zlib's own
_ZSTD_WINDOW = 8 << 20
_ZSTD_STEP = 256  # bytes at a time: each three may unpack to a block of 128 KiB, so this bounds what comes too much
_LONGEST_VARINT = 5  # bytes; snappy's lengths are below 2**32


def inflate(body: bytes, encoding: str, most: int) -> bytes:
    """The body without its ``Content-Encoding``; at most ``most`` bytes.

    Raises:
        RefusalError: 400 damaged, 413 too long, 415 an encoding that we do not know.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name in {"gzip", "x-gzip"}:
            body = _zlib(body, _GZIP, most)
        elif name == "deflate":
            body = _zlib(body, _ZLIB, most)
        elif name == "zstd":
            body = _zstd(body, most)
        elif name == "snappy":
            body = unsnap(body, most)
        elif name != "identity":
            raise RefusalError(
                415, f"Content-Encoding {name[:40]!r} is not known; send identity, gzip, deflate, zstd or snappy"
            )
    if len(body) > most:
        raise _too_long(most)
    return body


def _zlib(body: bytes, window: int, most: int) -> bytes:
    out: list[bytes] = []
    room = most + 1
    while body and room > 0:
        unpacking = zlib.decompressobj(window)
        try:
            part = unpacking.decompress(body, room)
        except zlib.error as error:
            raise malformed(f"the body is not {'gzip' if window == _GZIP else 'deflate'}: {error}") from None
        out.append(part)
        room -= len(part)
        if room > 0 and not unpacking.eof:
            raise malformed("the compressed body ends too early")
        body = unpacking.unused_data  # a gzip file may have several members
    if room <= 0:
        raise _too_long(most)
    return b"".join(out)


def _zstd(body: bytes, most: int) -> bytes:
    import zstandard  # noqa: PLC0415  of the extra `push`

    # The window bounds the memory of a frame, as RFC 8878, section 3.1.1.1.2, asks decoders to bound it.
    packed = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    out: list[bytes] = []
    room = most
    while body:
        unpacking = packed.decompressobj()
        try:
            for at in range(0, len(body), _ZSTD_STEP):
                part = unpacking.decompress(body[at : at + _ZSTD_STEP])
                out.append(part)
                room -= len(part)
                if room < 0:
                    raise _too_long(most)
                if unpacking.eof:
                    break
        except zstandard.ZstdError as error:
            raise malformed(f"the body is not zstd: {error}") from None
        if not unpacking.eof:
            raise malformed("the compressed body ends too early")
        body = unpacking.unused_data + body[at + _ZSTD_STEP :]
    return b"".join(out)


def unsnap(body: bytes, most: int) -> bytes:
    """Snappy's block format, which Loki's clients use; it begins with its length.

    Raises:
        RefusalError: 400 damaged, 413 too long.
    """
    import cramjam  # noqa: PLC0415  of the extra `push`

    if _length(body) > most:
        raise _too_long(most)
    try:
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError as error:
        raise malformed(f"the body is not snappy (block format): {error}") from None


def _length(body: bytes) -> int:
    """The little-endian base-128 number at the beginning (snappy's format description, section 1)."""
    total = 0
    for place, byte in enumerate(body[:_LONGEST_VARINT]):
        total |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return total
    raise malformed("the body is not snappy (block format): it does not begin with a length")


def _too_long(most: int) -> RefusalError:
    return too_large(f"the unpacked body is longer than {most} bytes (max_decoded_bytes); send smaller batches")
