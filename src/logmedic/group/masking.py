"""One message, masked. What becomes of a word is decided by its shape (the word with every digit read as ``0``) and
that of its neighbours, except where digits are kept because they mean something.
"""

from __future__ import annotations

import re
import unicodedata

from logmedic.group import codes, names, words
from logmedic.group.here import Here
from logmedic.group.joining import Joined
from logmedic.group.quotes import Span, spans
from logmedic.group.title import without_colours
from logmedic.group.vocabulary import (
    CALENDAR,
    HOSTS,
    KEPT_SHAPES,
    KEPT_WORDS,
    METHODS,
    OPAQUE,
    PORT_LENGTHS,
    PORTS,
    ROUTES,
    USERS,
    ZEROS,
)

LONGEST_TEXT = 4_000  # characters looked at
MOST_WORDS = 150  # kept of them, so that the cut does not move with the length of ids

_RUN_ON = "\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3"  # no space before particles
_EDGES = r"\s\"'`,;()\[\]{}<>|“”‘’«»「」『』【】、。"
# A path or an address is one word, whatever it holds; so is what was redacted before (``<email:1>``), and o'brien.
_WORDS = re.compile(
    r"(<[a-z][a-z-]{1,20}(?::[0-9]{1,6})?>"
    rf"|(?:/|~/|[A-Za-z]:[\\/]|[a-z][a-z0-9+.-]{{1,20}}://)[^{_EDGES}]+"
    rf"|[{_RUN_ON}]+(?:@[A-Za-z0-9.-]+)?"
    rf"|(?!:(?!:))[^{_EDGES}=?{_RUN_ON}]+(?:'[^\W\d_{_RUN_ON}]++(?!'))*(?:\?[^\s\"'`<>|]*)?)"
)
_RUN = re.compile(rf"[{_RUN_ON}]+")
_WIDE = {0xFF01 + i: chr(0x21 + i) for i in range(94)} | {0x3000: " "}
_STARTS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50)  # of the digits in Arabic, Persian, Devanagari, Bengali, Thai
_ASCII = str.maketrans(_WIDE | {start + i: str(i) for start in _STARTS for i in range(10)})
_UNREAD = re.compile(r"[/@\\]|:.*:")
_URL_PORT = re.compile(r"://(?:[^/?#@]{0,200}@)?[^/?#@:]{1,253}(:\d{4,5})(?![^/?#])")
_PORT = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,100}):(\d{1,5})")
_SPACES = re.compile(r"\s+")
_QUOTES = frozenset("\"'`“‘「『«")
_PLAIN_EDGES = frozenset(["", " ", ". ", ", ", ": ", " (", ") ", " - "])


def plain(text: str) -> str:
    """The text in one spelling: composed letters, digits and punctuation of full width or other scripts as ASCII."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.translate(_ASCII)


class Masking:
    """One message masked: ``template``, what was ``masked`` (for people), and the places ``kept`` for their value."""

    def __init__(self, text: str, *, alike: bool = False) -> None:
        """``alike``: the text went through :func:`words.alike`, so that ``masked`` does not show the original."""
        self.masked: list[tuple[str, str]] = []
        self.kept: list[tuple[int, int]] = []
        if "\x1b" in text:
            # The places would no longer be those of the text, so all of it counts.
            self.kept.append((0, len(text)))
            text = without_colours(text[: LONGEST_TEXT * 2])
        shown = text = plain(text[:LONGEST_TEXT])
        if not alike:
            text = words.alike(text)
        self._pieces = _WORDS.split(text)
        self._shown = self._pieces if text is shown else _WORDS.split(shown)
        self._spans = list(spans(text)) if not _QUOTES.isdisjoint(text) else []
        self._covered = False  # whether the first word of a masked quotation stands for all of it already
        self._here = Here(self._pieces)
        self._joined = Joined()
        self.template = self._run()

    def _run(self) -> str:
        pieces, joined = self._pieces, self._joined
        out = joined.pieces
        start = count = 0
        quiet = True  # the word before says nothing of the next
        for i, piece in enumerate(pieces):
            if i % 2 == 0:
                out.append(piece if piece == " " else self._space(i, self._emptied(piece, start)))
            else:
                lower = piece.lower()
                simple = quiet and not joined.last and not self._spans and _is_plain(piece, lower)
                if simple and pieces[i - 1] in _PLAIN_EDGES:
                    out.append(piece)
                    count += 1
                else:
                    self._here.at = i
                    count += self._add(piece, start)
                if count >= MOST_WORDS:
                    break
                quiet = lower not in names.SPEAKING and piece[-1] != ":"
            start += len(piece)
        return "".join(out).strip()

    def _emptied(self, between: str, start: int) -> str:
        """``""`` where a value belongs is a value too."""
        while self._spans and self._spans[0].end <= start + len(between) and self._spans[0].start >= start:
            span = self._spans.pop(0)
            self._covered = False
            if span.start == span.end:
                at = len(between) - (start + len(between) - span.start)
                between = between[:at] + span.becomes + between[at:]
                break  # what follows would be off by the length of the placeholder
        return between

    def _space(self, index: int, between: str) -> str:
        """White space of any kind and length is one space. ``user= ``, without a value, is a variable all the same."""
        if not between:
            return between
        if between[0] == "=" and index and (len(between) > 1 or index + 1 == len(self._pieces)):
            rest = between[1:]
            key = self._pieces[index - 1].lower()
            kind = "user" if key in USERS else "host" if key in HOSTS else "value" if key in OPAQUE else ""
            ahead = self._pieces[index + 2][:1] if index + 2 < len(self._pieces) else "="  # of the next key
            empty = rest[:1] in ",;&)]" or (rest == " " and ahead == "=")
            if kind and empty:
                between = f"=<{kind}>{rest}"
        return _SPACES.sub(" ", between)

    def _add(self, piece: str, start: int) -> int:
        """Append what the word becomes; how many words there are more."""
        span = self._span(start)
        shown = self._shown[self._here.at]
        core = piece.rstrip(".:!?,")
        if span is None:
            word = self._word(piece, core, start)
            added = self._joined.add(word, core)
            if word != piece:
                self.masked.append((shown, word))
            elif not added and self.masked:  # the unit of the number before
                self.masked[-1] = (
                    self.masked[-1][0] + self._here.between + core,
                    self._joined.pieces[-1].rstrip(".:!?,"),
                )
            return added
        if not span.becomes:
            self.kept.append((start, start + len(piece)))
            return self._joined.add(piece, core)
        self._joined.last = ""
        if self._covered:  # the rest of what the first word stood for
            self._joined.pieces.pop()
            self.masked[-1] = (self.masked[-1][0] + self._here.between + shown, span.becomes)
            return 0
        self._covered = True
        self.masked.append((shown, span.becomes))
        self._joined.pieces.append(span.becomes)
        return 1

    def _span(self, start: int) -> Span | None:
        while self._spans and self._spans[0].end <= start:
            self._spans.pop(0)
            self._covered = False
        return self._spans[0] if self._spans and self._spans[0].start <= start else None

    def _word(self, piece: str, core: str, start: int) -> str:  # noqa: PLR0911  one return per kind of word
        rest = piece[len(core) :]
        if not core:
            return piece
        here = self._here
        if piece[0] == "<":
            return names.placeholder(here, piece)
        if core[0] > "\u0dff" and _RUN.fullmatch(core):
            return names.run_on(here, core) + rest
        numbered = words.DIGIT.search(core) is not None
        if numbered:
            self.kept += [(start + found.start(), start + found.end()) for found in words.NAMED.finditer(core)]
            if core.lower().translate(ZEROS) in KEPT_SHAPES:  # with other digits it may be a word that is not kept
                self.kept.append((start, start + len(core)))
        by_context = names.by_key(here, core) or names.by_neighbours(here, core)
        if by_context is not None:
            return by_context + rest
        if core.isalpha():
            return _letters(here, core) + rest
        if not numbered and _UNREAD.search(core) is None:
            return piece
        return self._masked_core(core, start) + rest

    def _masked_core(self, core: str, start: int) -> str:  # noqa: PLR0911  one return per kind of word
        if core.lower() in KEPT_WORDS:
            return core
        if codes.means_something(self._here, core):
            self.kept.append((start, start + len(core)))
            return core
        whole = words.whole(core)
        if whole is not None:
            return self._with_port(core, whole, start)
        if "://" in core:
            self.kept.append((start, start + core.find("://")))
            self.kept += [(start + found.start(1), start + found.end(1)) for found in _URL_PORT.finditer(core)]
            return words.url(core)
        if "@" in core[1:] and "." in core.rpartition("@")[2]:
            return "<email>"
        if core[0] in "/~.\\" or core[1:3] in {":\\", ":/"}:
            before = self._here.before
            return words.path(core, is_route=before in METHODS or before.lower() in ROUTES)
        if words.NUMBER.fullmatch(core):
            return self._number(core, start)
        if core.endswith("%") and words.NUMBER.fullmatch(core[:-1]):
            return "<num>%"
        port = _PORT.fullmatch(core)
        if port is not None:
            return self._with_port(core, words.mixed(port[1]), start)
        if (service := words.ARN.fullmatch(core)) is not None:
            self.kept.append((start + service.start(1), start + service.end(1)))
            return f"arn:{service[1]}:<id>"
        return words.mixed(core)

    def _number(self, core: str, start: int) -> str:
        if self._here.previous() == "port" and len(core) in PORT_LENGTHS:
            self.kept.append((start, start + len(core)))
            if core in PORTS:
                return core
        return "<time>" if self._here.beside_month(core) else "<num>"

    def _with_port(self, core: str, name: str, start: int) -> str:
        """Ports that name a service stay: PostgreSQL refused is another outage than Redis refused."""
        head, colon, port = core.rpartition(":")
        if head == "::":  # any address of this machine
            name = "<host>"
        is_host = name.endswith("<host>")
        if not colon or not port.isdecimal() or "::" in head[1:] or (name[0] == "<" and not is_host):
            return name
        if len(port) in PORT_LENGTHS:
            self.kept.append((start + len(head), start + len(core)))
            if port in PORTS:
                return f"{name}:{port}"
        return name if is_host else f"{name}:<num>"


def _letters(here: Here, core: str) -> str:
    """Only hexadecimal ids without a digit, and names of days and months beside a number."""
    if core[0].isupper() and core.lower() in CALENDAR and here.dated():
        return "<time>"
    if core.strip("abcdef"):
        return core
    return "<num>" if len(core) >= 8 or (len(core) >= 5 and here.between.endswith("{")) else core  # Token{beadfac …}


def _is_plain(piece: str, lower: str) -> bool:
    """A word of letters that is never masked, unless its neighbours say so."""
    if not piece.isalpha() or not piece.isascii() or lower in CALENDAR:
        return False
    return len(piece) < 5 or lower.strip("abcdef") != ""
