"""The constant part of a message: what varies between two occurrences of the same fault becomes ``<num>``, ``<id>``, ….

One pass over the words. What becomes of a word is decided by its shape (the word with every digit read as ``0``) and
that of its neighbours, except where digits are kept because they mean something. So two messages of one shape have
the same template if the kept places are alike, which is what the cache in front relies on: it stores, by shape, where
those places are.
"""

from __future__ import annotations

import re

from logmedic.group.title import without_colours
from logmedic.group.vocabulary import (
    CALENDAR,
    CODE_OWNERS,
    CODE_PREFIXES,
    FILE_ROOTS,
    KEPT_AFTER,
    KEPT_SHAPES,
    KEPT_WORDS,
    REASONS,
    SECRET_ENDINGS,
    UNITS,
    ZEROS,
)

LONGEST_TEXT = 4_000  # characters looked at
MOST_WORDS = 150  # kept of them, so that the cut does not move with the length of ids
CACHED_SHAPES = 4_096
LONGEST_CACHED = 600

# A query string belongs to its word, and what was redacted before (``<email:1>``) is a word.
_WORDS = re.compile(r"(<[a-z][a-z-]{1,20}:[0-9]{1,6}>|[^\s\"'`,;()\[\]{}<>|=?]+(?:\?[^\s\"'`<>|]*)?)")
_DIGIT = re.compile(r"[0-9]")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_TIME = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T_-]\d{2}[:.]?\d{2}(?:[:.]?\d{2})?(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?"
    r"|\d{1,2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?|\d{1,2}[-/]\w{3}[-/]\d{4}(?::\d{2}:\d{2}:\d{2})?|\d{8}T\d{6}Z?"
)
_IP = re.compile(r"/?(?:[\w.-]{0,100}/)?\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?(?:/\d{1,2})?")
_IPV6 = re.compile(r"[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,8}(?:%\w{1,15})?(?:/\d{1,3})?")
_DURATION = re.compile(
    r"[+-]?\d{1,20}(?:\.\d{1,20})?(?:ns|us|µs|μs|ms|s|sec|secs|m|min|mins|h|hr|hrs|d|초|분|시간|일)(?:\d{1,5}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h)){0,5}"
)
_SIZE = re.compile(r"\d{1,20}(?:\.\d{1,20})?(?:[kKMGTPE]i?[bB]?|[bB]|bytes)(?:/s)?")
_NUMBER = re.compile(r"[+-]?[$€£₩]?\d{1,60}(?:[._]\d{1,60}){0,20}(?:[eE][+-]?\d{1,5})?")
_HEX = re.compile(r"[0-9a-f]{4,256}|[0-9A-F]{4,256}")
_PARTS = re.compile(r"([^\W_]+)")
_NUMBERED = re.compile(r"[^\W\d_]{0,40}[0-9]{1,40}|[0-9]{1,40}[^\W\d_]{1,3}")  # node12, 3rd; else letters are random
_POD = re.compile(
    r"([a-z][a-z0-9-]{0,60})-[a-z0-9]{6,10}-[b-df-hj-np-tv-z0-9]{5}"
)  # Kubernetes: deployment-hash-suffix
_RUNS = re.compile(r"[0-9]+")
_BETWEEN = frozenset("\"' :=([#")  # what may stand between a word and the number it explains


class Templates:
    """Templates of messages, with a bounded cache. Pure: the cache never changes an answer."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[tuple[int, int], ...]] = {}
        self._known: dict[tuple[str, tuple[str, ...]], str] = {}

    def __call__(self, text: str) -> str:
        if len(text) > LONGEST_CACHED:
            return Masking(text).template
        shape = text.translate(ZEROS)
        places = self._places.get(shape)
        if places is None:
            masking = Masking(text)
            if len(self._places) >= CACHED_SHAPES:
                self._places.clear()
            self._places[shape] = tuple(masking.kept)
            return masking.template
        key = (shape, tuple([text[start:end] for start, end in places]))
        template = self._known.get(key)
        if template is None:
            template = Masking(text).template
            if len(self._known) >= CACHED_SHAPES:
                self._known.clear()
            self._known[key] = template
        return template


class Masking:
    """One message masked: ``template``, what was ``masked`` (for people), and the places ``kept`` for their value."""

    def __init__(self, text: str) -> None:
        self.masked: list[tuple[str, str]] = []
        self.kept: list[tuple[int, int]] = []
        if "\x1b" in text:
            # The places would no longer be those of the text, so all of it counts.
            self.kept.append((0, len(text)))
            text = without_colours(text[: LONGEST_TEXT * 2])
        self._pieces = _WORDS.split(text[:LONGEST_TEXT])[: MOST_WORDS * 2 + 1]
        self._at = 0  # index of the piece under consideration
        self.template = self._run()

    def _run(self) -> str:
        pieces = self._pieces
        out: list[str] = []
        start = 0
        last = ""  # the last placeholder, when nothing but a comma or space came after it
        for i, piece in enumerate(pieces):
            if i % 2 == 0:
                out.append(_space(piece))
                if piece.strip(" ,"):
                    last = ""
            else:
                self._at = i
                word = self._word(piece, start)
                unit = UNITS.get(word.rstrip(".:!?,").lower()) if last == "<num>" and pieces[i - 1] == " " else None
                if unit is not None:
                    word = word[len(word.rstrip(".:!?,")) :]
                    out[-2:] = [unit, word]  # "30 ms" is the same as "1.5s"
                elif word == last and word[0] == "<":
                    out.pop()  # "<num>, <num>, <num>": lists of any length are alike
                else:
                    out.append(word)
                last = word if word[:1] == "<" and word[-1] == ">" else ""
            start += len(piece)
        return "".join(out).strip()

    def _word(self, piece: str, start: int) -> str:
        core = piece.rstrip(".:!?,")
        if piece[0] == "<":
            return self._mask(piece, f"<{piece[1:].partition(':')[0]}>")
        if "=" in self._pieces[self._at - 1] and core and self._previous().endswith(SECRET_ENDINGS):
            return self._mask(core, "<secret>") + piece[len(core) :]
        if core.isalpha():
            return self._letters(core) + piece[len(core) :]
        if not core or (_DIGIT.search(core) is None and "/" not in core and "@" not in core and "\\" not in core):
            return piece
        return self._masked_core(core, start) + piece[len(core) :]

    def _letters(self, core: str) -> str:
        """Only hexadecimal ids without a digit, and names of days and months beside a number."""
        if len(core) >= 8 and not core.strip("abcdef"):
            return self._mask(core, "<num>")
        if core.lower() in CALENDAR and self._beside_number():
            return self._mask(core, "<time>")
        return core

    def _masked_core(self, core: str, start: int) -> str:  # noqa: PLR0911  one return per kind of word
        lower = core.lower()
        if lower.translate(ZEROS) in KEPT_SHAPES:
            self.kept.append((start, start + len(core)))
            if lower in KEPT_WORDS:
                return core
        whole = self._whole(core)
        if whole is not None:
            return self._mask(core, whole)
        if "://" in core:
            return self._url(core)
        if "@" in core[1:] and "." in core.rpartition("@")[2]:
            return self._mask(core, "<email>")
        if core[0] in "/~.\\" or core[1:3] in {":\\", ":/"}:
            return self._path(core)
        if self._means_something(core):
            self.kept.append((start, start + len(core)))
            return core
        if _NUMBER.fullmatch(core):
            return self._mask(core, "<num>")
        if core.endswith("%") and _NUMBER.fullmatch(core[:-1]):
            return self._mask(core, "<num>%")
        return self._mixed(core)

    def _whole(self, core: str) -> str | None:  # noqa: PLR0911  one return per kind of word
        """Placeholder for words whose shape alone says what they are."""
        first = core[0]
        if len(core) == 36 and _UUID.fullmatch(core):
            return "<uuid>"
        if (
            core[1:2] in {"x", "X"}
            and first.isdecimal()
            and core[2:].strip("0123456789abcdefABCDEF_") == "" != core[2:]
        ):
            return "<hex>"
        if first.isdecimal() and _TIME.fullmatch(core):
            return "<time>"
        if core.count(".") >= 3 and _IP.fullmatch(core):
            return "<ip>"
        if core.count(":") >= 2 and _DIGIT.search(core) and _IPV6.fullmatch(core):
            return "<ip>"
        if first in "0123456789+-" and core[-1].isalpha():
            if _DURATION.fullmatch(core):
                return "<dur>"
            if _SIZE.fullmatch(core):
                return "<size>"
        return None

    def _means_something(self, core: str) -> bool:
        """Status codes, error numbers, exit codes; decided by shapes and words, never by the digits themselves."""
        digits = core.lstrip("-")
        if not digits.isdecimal():
            prefix, _, number = core.partition("-")
            known = prefix.lower() in CODE_PREFIXES and number.isdecimal() and len(number) <= 6
            return known or (self._previous() == "sqlstate" and len(core) == 5 and core.isalnum())
        previous = self._previous()
        most = KEPT_AFTER.get(previous, 0)
        if previous in {"code", "코드"} and self._previous(2) in CODE_OWNERS:
            most = 5
        if len(digits) <= most:
            return True
        return len(core) == 3 and self._next() in REASONS

    def _previous(self, back: int = 1) -> str:
        """The word before, in lower case, if what stands between fits; ``""`` otherwise."""
        index = self._at
        for _ in range(back):
            index -= 2
            if index > 1 and self._pieces[index] == ":":  # as in {"status": 503}
                index -= 2
            if index < 1 or not _BETWEEN.issuperset(self._pieces[index + 1]):
                return ""
        return self._pieces[index].rstrip(".:!?").lower()

    def _next(self) -> str:
        index = self._at + 2
        if index >= len(self._pieces) or self._pieces[self._at + 1] != " ":
            return ""
        return self._pieces[index].rstrip(".:!?")

    def _beside_number(self) -> bool:
        near = (self._at - 2, self._at + 2)
        return any(0 < i < len(self._pieces) and self._pieces[i][0] in "0123456789" for i in near)

    def _url(self, core: str) -> str:
        """Scheme, host and the constant parts of the path; user, port, query and fragment go."""
        scheme, _, rest = core.partition("://")
        address = re.split(r"[?#]", rest, maxsplit=1)[0]
        host, slash, path = address.partition("/")
        host = host.rpartition("@")[2].partition(":")[0]
        host = "<ip>" if _IP.fullmatch(host) else ".".join(self._part(label) for label in host.split("."))
        self.masked.append((core, "<url>"))
        return f"{scheme}://{host}{slash}{'/'.join(self._segment(s) for s in path.split('/'))}"

    def _path(self, core: str) -> str:
        """File paths go as a whole; of routes such as ``/orders/17`` only what varies."""
        route = re.split(r"[?#]", core, maxsplit=1)[0].split("/")
        local = core[0] != "/" or (len(route) > 2 and route[1] in FILE_ROOTS)
        if local and ("/" in core or "\\" in core):
            return self._mask(core, "<path>")
        return "/".join(self._segment(s) for s in route) if core[0] == "/" else self._mixed(core)

    def _segment(self, segment: str) -> str:
        if len(segment) == 36 and _UUID.fullmatch(segment):
            return "<uuid>"
        if "@" in segment:
            return "<email>"
        if len(segment) >= 20 and _DIGIT.search(segment):
            return "<id>"
        return self._mixed(segment) if _DIGIT.search(segment) else segment

    def _mixed(self, core: str) -> str:
        """Identifiers: each part between ``-``, ``_``, ``.`` and the like on its own."""
        pod = _POD.fullmatch(core)
        if pod is not None and _DIGIT.search(core, pod.end(1)):
            return self._mixed(pod[1]) + self._mask(core[pod.end(1) :], "-<id>")
        pieces = _PARTS.split(core)
        masked = "".join(self._part(p) if i % 2 else p for i, p in enumerate(pieces))
        if masked != core:
            self.masked.append((core, masked))
        return masked

    def _part(self, part: str) -> str:
        """A part without separators. No word is kept here: the place of its digits would have to be recorded."""
        if _DIGIT.search(part) is None:
            return part
        if _HEX.fullmatch(part):
            return "<num>"
        if _NUMBERED.fullmatch(part) is None:
            return "<id>"
        return _RUNS.sub("<num>", part)

    def _mask(self, value: str, placeholder: str) -> str:
        self.masked.append((value, placeholder))
        return placeholder


def _space(between: str) -> str:
    """White space of any kind and length is one space."""
    if between == " " or not between:
        return between
    return re.sub(r"\s+", " ", between)
