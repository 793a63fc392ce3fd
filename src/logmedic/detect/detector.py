"""From a block of lines to the records that rules match: prefilter, then decode the candidates. Stateless.

The rules compile to bytes that a matching line must hold (:mod:`.needles`). Lines that do not start with ``{`` are no
JSON objects (plain text, a panic between JSON lines) and are all decoded, as is what begins like one and does not end
like one. Candidates are decoded and judged, which makes the answer exact: the same as decoding every line.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from logmedic.detect import needles
from logmedic.detect.interface import DecoderLike, Needle, Rule, Selected
from logmedic.detect.prefilter import WARM_UP, Prefilter
from logmedic.detect.rules import SurgeRule
from logmedic.model import Finding, LogRecord, Ref, Reject

BLOCK = 256 << 10
"""Bytes searched at a time. Several passes go over a block, so it should fit the second-level cache of a core."""
_NOT_OBJECT = re.compile(rb"(?:\A|(?<=\n))[^{\n]")
_NOT_ENDED = re.compile(rb"\n(?<![}\n]\n)")  # the line end comes first because re searches for it fastest
_BLANK = b" \t\r\x0b\x0c"
_PADDING = _BLANK + b"\x00"
DECODERS_HELD = 4_096  # about 200 bytes each; made again when they are needed again


class Detector:
    """Picklable; each process compiles its own databases on first use. Not for several threads at a time."""

    def __init__(
        self,
        rules: Sequence[Rule],
        decoder: Callable[[str, str], DecoderLike],
        *,
        accelerate: bool = True,
        warm_up: int = WARM_UP,
    ) -> None:
        """``decoder``: dialect and service → decoder. ``accelerate=False``: no SIMD wheels; the same answers, slower.

        ``warm_up``: bytes to search before hyperscan is worth its start.
        """
        self.rules = tuple(rules)
        self.accelerate = accelerate
        self.warm_up = warm_up
        self._decoder = decoder
        self._surges = tuple(rule for rule in self.rules if isinstance(rule, SurgeRule))
        self._stateless = tuple(rule for rule in self.rules if not isinstance(rule, SurgeRule))
        self._decoders: dict[tuple[str, str], DecoderLike] = {}
        self._prefilters: dict[str, Prefilter] = {}

    def __reduce__(self) -> tuple[Callable[..., Detector], tuple[object, ...]]:
        return _rebuild, (self.rules, self._decoder, self.accelerate, self.warm_up)

    def select(
        self,
        data: bytes | memoryview,
        *,
        source: str,
        stream: str,
        start: int,
        dialect: str,
        service: str,
        received: int,
        truncated: Mapping[int, int],
        joins: bool = False,
    ) -> Selected:
        """The findings of whole lines, each ending in ``\\n``, that stand at ``start`` of a stream.

        ``joins``: lines of plain text that belong together are one record; the data begin and end where an event does.
        ``received``: when they were read, ns. ``truncated``: offset of a line that was cut → its full length.
        """
        decoder = self._decoders.get((dialect, service))
        if decoder is None:
            if len(self._decoders) >= DECODERS_HELD:  # services may be named after what a label says
                self._decoders.clear()
            decoder = self._decoders[dialect, service] = self._decoder(dialect, service)
        prefilter = self._prefilters.get(dialect)
        if prefilter is None:
            prefilter = self._prefilters[dialect] = Prefilter(
                self._needles(decoder), accelerate=self.accelerate, warm_up=self.warm_up
            )
        result = Selected(lines=0, bytes=len(data), findings=[], errors=[], rejects=[])
        found: list[tuple[int, bytes]] = []
        for offset, block in _blocks(data):
            lines, spans = candidates(block, prefilter, decoder.joined if joins else None)
            result.lines += lines
            found.extend([(start + offset + begin, block[begin:end]) for begin, end in spans])
        # All together and not block by block: a search leaves nothing of the decoder in the caches of the core.
        for at, line in found:
            record = decoder.decode(line, Ref(source, stream, at, len(line)), received)
            if at in truncated:
                record = _mark_truncated(record, truncated[at])
            self._judge(record, line, result)
        return result

    def _needles(self, decoder: DecoderLike) -> list[Needle]:
        surface = decoder.surface
        found = [needle for rule in self.rules for needle in rule.needles(surface)]
        return [needles.escapes(), *found] if found else []

    def _judge(self, record: LogRecord | Reject, line: bytes, result: Selected) -> None:
        if isinstance(record, Reject):
            if line.strip(_BLANK):
                result.rejects.append(record)
            return
        matches = tuple(match for rule in self._stateless if (match := rule.judge(record)) is not None)
        if matches:
            result.findings.append(Finding(record, matches))
        elif any(surge.counts(record) for surge in self._surges):
            result.errors.append(record)


def candidates(
    block: bytes, prefilter: Prefilter, joined: Callable[[bytes], Sequence[tuple[int, int]]] | None = None
) -> tuple[int, list[tuple[int, int]]]:
    """The number of lines, and begin and end (without the line end) of each event that may match, in order.

    ``joined`` says which lines are one event, if any are; it has a line that is no object, and so it may match.
    """
    events: Iterator[tuple[int, int]] = iter(())
    lines = prefilter.count(block, b"\n") + (not block.endswith(b"\n"))
    hits = prefilter.hits(block, lines)
    if prefilter.count(block, b"}\n{") != lines - 1 or not block.startswith(b"{") or block[-2:] != b"}\n":
        objects = prefilter.count(block, b"\n{") + block.startswith(b"{")
        if objects != lines:
            hits.extend(match.start() for match in _NOT_OBJECT.finditer(block))
            if joined is not None:
                events = iter(joined(block))
        hits.extend(_half_objects(block))
    hits.sort()
    spans = []
    done = -1
    event = next(events, None)
    for hit in hits:
        if hit > done:
            begin = block.rfind(b"\n", 0, hit) + 1
            done = block.find(b"\n", hit)
            if done < 0:
                done = len(block)
            if event is not None and event[0] <= begin:
                begin, done = event
                event = next(events, None)
            spans.append((begin, done))
    return lines, spans


def _half_objects(block: bytes) -> Iterator[int]:
    """Where the lines begin that begin an object and do not end it: maybe no record can be made of them."""
    ends = (match.start() for match in _NOT_ENDED.finditer(block))
    for end in itertools.chain(ends, () if block.endswith(b"\n") else (len(block),)):
        begin = block.rfind(b"\n", 0, end) + 1
        if block.startswith(b"{", begin) and not block[begin:end].rstrip(_PADDING).endswith(b"}"):
            yield begin


def _blocks(data: bytes | memoryview) -> Iterator[tuple[int, bytes]]:
    """Pieces of whole lines of about :data:`BLOCK` bytes (a longer line is a piece by itself), with their offsets."""
    view = memoryview(data)
    begin = 0
    while begin < len(view):
        last = len(view) - begin <= BLOCK + BLOCK // 2
        block = bytes(view[begin:] if last else view[begin : begin + BLOCK])
        if not last:
            end = block.rfind(b"\n{") + 1  # where an event begins, whatever stands before it
            if not end:
                block = bytes(view[begin:])
                end = block.find(b"\n{", BLOCK - 1) + 1 or len(block)
            block = block[:end]
        yield begin, block
        begin += len(block)


def _mark_truncated(record: LogRecord | Reject, length: int) -> LogRecord | Reject:
    if isinstance(record, Reject):
        return record
    return msgspec.structs.replace(
        record, flags=(*record.flags, "truncated"), fields={**record.fields, "full_length": length}
    )


def _rebuild(
    rules: Sequence[Rule], decoder: Callable[[str, str], DecoderLike], accelerate: bool, warm_up: int
) -> Detector:
    return Detector(rules, decoder, accelerate=accelerate, warm_up=warm_up)
