"""The constant part of a message: what varies between two occurrences of the same fault becomes ``<num>``, ``<id>``, ….

One pass over the words. What becomes of a word is decided by its shape (the word with every digit read as ``0``) and
that of its neighbours, except where digits are kept because they mean something. So two messages of one shape have
the same template if the kept places are alike, which is what the cache in front relies on: it stores, by shape, where
those places are.
"""

from __future__ import annotations

import re
import unicodedata

from logmedic.group import words
from logmedic.group.quotes import Span, is_name, spans
from logmedic.group.title import without_colours
from logmedic.group.vocabulary import (
    AFTER_NAMES,
    ANSWERED,
    BEFORE_USERS,
    CALENDAR,
    CODE_OWNERS,
    CODE_PREFIXES,
    HONORIFICS,
    HOSTS,
    KEPT_AFTER,
    KEPT_SHAPES,
    KEPT_WORDS,
    NAMES,
    NO_NAMES,
    OPAQUE,
    PARTICLES,
    PODS,
    PORTS,
    REASONS,
    RUN_ON_UNITS,
    SCHEMA,
    SECRET_ENDINGS,
    TELLING,
    TITLES,
    UNITS,
    USERS,
    ZEROS,
    ZONES,
)

LONGEST_TEXT = 4_000  # characters looked at
MOST_WORDS = 150  # kept of them, so that the cut does not move with the length of ids
CACHED_SHAPES = 8_192
LONGEST_CACHED = 600

_RUN_ON = "\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3"  # no space before particles
_EDGES = r"\s\"'`,;()\[\]{}<>|“”‘’«»「」『』【】、。"
# A path or an address is one word, whatever it holds; so is what was redacted before (``<email:1>``), and o'brien.
_WORDS = re.compile(
    r"(<[a-z][a-z-]{1,20}(?::[0-9]{1,6})?>"
    rf"|(?:/|~/|[A-Za-z]:[\\/]|[a-z][a-z0-9+.-]{{1,20}}://)[^{_EDGES}]+"
    rf"|[{_RUN_ON}]+"
    rf"|(?!:(?!:))[^{_EDGES}=?{_RUN_ON}]+(?:'[^\W\d_{_RUN_ON}]++(?!'))*(?:\?[^\s\"'`<>|]*)?)"
)
_RUN = re.compile(rf"[{_RUN_ON}]+")
_WIDE = {0xFF01 + i: chr(0x21 + i) for i in range(94)} | {0x3000: " "}
_OTHER_DIGITS = {
    start + i: str(i) for start in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50) for i in range(10)
}  # Arabic, Persian, Devanagari, Bengali, Thai
_ASCII = str.maketrans(_WIDE | _OTHER_DIGITS)
_ACCOUNT = re.compile(r"[^\W_][\w.$+\\-]{0,63}(?:'\w{1,20})?")
_CODE = re.compile(r"([A-Za-z]{1,12})[-_]?\d{1,6}[A-Z]?(?:-\d{1,6})?")
_ERROR_LETTER = re.compile(r"E\d{4,5}")  # E11000, E0382
_PORT = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,100}):(\d{1,5})")
_CLOSED = re.compile(r"[ ,;]{1,3}|[)\]}'\"]{1,3}[ ,;]{0,3}[(\[{'\"]{1,3}")  # between two members of a list
_SPACES = re.compile(r"\s+")
_BETWEEN = frozenset("\"' :=([#`")  # what may stand between a word and the number it explains
_ENDS = frozenset(",;:.([)]\"'")


def plain(text: str) -> str:
    """The text in one spelling: composed letters, digits and punctuation of full width or other scripts as ASCII."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.translate(_ASCII)


class Templates:
    """Templates of messages, with a bounded cache. Pure: the cache never changes an answer."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[tuple[int, int], ...]] = {}
        self._known: dict[tuple[str, tuple[str, ...]], str] = {}

    def __call__(self, text: str) -> str:
        if len(text) > LONGEST_CACHED:
            return Masking(text).template
        text = plain(text)
        shape = text.translate(ZEROS)
        places = self._places.get(shape)
        if places is None:
            text = words.alike(text)
            shape = text.translate(ZEROS)
            places = self._places.get(shape)
        if places is None:
            masking = Masking(text, alike=True)
            if len(self._places) >= CACHED_SHAPES:
                self._places.clear()
            self._places[shape] = tuple(masking.kept)
            return masking.template
        key = (shape, tuple([text[start:end] for start, end in places]))
        template = self._known.get(key)
        if template is None:
            template = Masking(words.alike(text), alike=True).template
            if len(self._known) >= CACHED_SHAPES:
                self._known.clear()
            self._known[key] = template
        return template


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
        text = plain(text[:LONGEST_TEXT])
        shown = text
        if not alike:
            text = words.alike(text)
        self._pieces = _WORDS.split(text)
        self._shown = self._pieces if text is shown else _WORDS.split(shown)
        self._spans = list(spans(text)) if not _QUOTES.isdisjoint(text) else []
        self._at = 0  # index of the piece under consideration
        self._last = ""  # what the word before became, when it is masked and nothing but a comma or space came after it
        self.template = self._run()

    def _run(self) -> str:
        pieces = self._pieces
        out: list[str] = []
        start = 0
        count = 0
        quiet = True  # the word before says nothing of the next
        for i, piece in enumerate(pieces):
            if i % 2 == 0:
                out.append(piece if piece == " " else self._space(i, self._emptied(piece, start)))
            else:
                lower = piece.lower()
                if (
                    quiet
                    and not self._last
                    and not self._spans
                    and _is_plain(piece, lower)
                    and pieces[i - 1] in _PLAIN_EDGES
                ):
                    out.append(piece)
                    count += 1
                else:
                    self._at = i
                    count += self._add(out, piece, start)
                if count >= MOST_WORDS:
                    break
                quiet = lower not in _SPEAKING and piece[-1] != ":"
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
        """White space of any kind and length is one space. ``user= ``, a variable without a value, is one all the same."""
        if between == " " or not between:
            return between
        if between[0] == "=" and index and (len(between) > 1 or index + 1 == len(self._pieces)):
            rest = between[1:]
            key = self._pieces[index - 1].lower()
            if (
                rest[:1] in " ,;&)]"
                and rest[:2] not in {' "', " '", " "}
                and (key in USERS or key in HOSTS or key in OPAQUE)
            ):
                between = f"=<{'user' if key in USERS else 'host' if key in HOSTS else 'value'}>{rest}"
        return _SPACES.sub(" ", between)

    def _add(self, out: list[str], piece: str, start: int) -> int:
        """Append what the word becomes; how many words there are more."""
        span = self._span(start)
        if span is None:
            word = self._word(piece, start)
            if word != piece:
                self.masked.append((self._shown[self._at], word))
        elif not span.becomes:
            self.kept.append((start, start + len(piece)))
            word = piece
        else:
            self._last = ""
            shown = self._shown[self._at]
            if self._covered:  # the rest of what the first word stood for
                out.pop()
                self.masked[-1] = (self.masked[-1][0] + self._pieces[self._at - 1] + shown, span.becomes)
                return 0
            self._covered = True
            self.masked.append((shown, span.becomes))
            out.append(span.becomes)
            return 1
        return self._joined(out, word)

    def _joined(self, out: list[str], word: str) -> int:
        last, between = self._last, out[-1]
        self._last = ""
        bare = word.rstrip(".:!?,")
        rest = word[len(bare) :]
        if last == "<num>" and between == " " and bare.lower() in UNITS:
            out[-2:] = [UNITS[bare.lower()] + rest]  # "30 ms" is the same as "1.5s"
            self._merge(out, bare=out[-1][: len(out[-1]) - len(rest)], rest=rest)
            return 0
        if last == "<num>" and between in {"", " "} and bare[:1] > "\u0dff":
            amount = _amount(bare)
            if amount:
                out[-2:] = [amount + rest]
                self._merge(out, amount, rest)
                return 0
        if last and bare == last and "<" in bare and _CLOSED.fullmatch(between):
            out.pop()  # "<num>, <num>, <num>": lists of any length are alike
            out[-1] = word
            self._last = "" if rest.strip(",") else bare
            return 0
        if last == "<time>" and between in {" ", ","} and self._of_time(bare, between):
            out.pop()
            out[-1] = last + rest
            self._last = last
            return 0
        out.append(word)
        if "<" in bare and not rest.strip(","):
            self._last = bare
        return 1

    def _merge(self, out: list[str], bare: str, rest: str) -> None:
        """After a unit: "1 min 5 s" is one duration."""
        if len(out) >= 3 and out[-3] == bare and out[-2] in {" ", ", "}:
            out[-3:] = [bare + rest]
        self._last = "" if rest.strip(",") else bare

    def _of_time(self, bare: str, between: str) -> bool:
        """What belongs to the time before it: a zone, a year, milliseconds."""
        if between == ",":
            return bare == "<num>" and len(self._pieces[self._at].rstrip(".:!?,]")) == 3
        core = self._pieces[self._at].rstrip(".:!?,")
        return core in ZONES or (
            bare == "<num>" and (len(core) == 4 or core[0] in "+-") and core.lstrip("+-").isdecimal()
        )

    _covered = False

    def _span(self, start: int) -> Span | None:
        while self._spans and self._spans[0].end <= start:
            self._spans.pop(0)
            self._covered = False
        return self._spans[0] if self._spans and self._spans[0].start <= start else None

    def _word(self, piece: str, start: int) -> str:
        if piece[0] == "<":
            return self._placeholder(piece)
        core = piece.rstrip(".:!?,")
        rest = piece[len(core) :]
        if not core:
            return piece
        if core[0] > "\u0dff" and _RUN.fullmatch(core):
            return self._run_on(core) + rest
        contextual = self._by_key(core) or self._by_neighbours(core)
        if contextual is not None:
            return contextual + rest
        if core.isalpha():
            return self._letters(core) + rest
        if words.DIGIT.search(core) is None and "/" not in core and "@" not in core and "\\" not in core:
            return piece
        return self._masked_core(core, start) + rest

    def _placeholder(self, piece: str) -> str:
        """What was redacted before, without its number; ``<email:1>`` where a user is meant is the user."""
        return "<user>" if self._previous() in USERS else f"<{piece[1:-1].partition(':')[0]}>"

    def _by_key(self, core: str) -> str | None:
        """The value after ``key=``, and after ``user:`` or ``host:``."""
        between = self._pieces[self._at - 1]
        if "=" not in between and not (between == " " and self._before().endswith(":")):
            return None
        key = self._previous()
        if "=" in between and key.endswith(SECRET_ENDINGS):
            return "<secret>"
        if key in TELLING or not key:
            return None
        number = core.lstrip("+-").isdecimal()
        if key in USERS and _ACCOUNT.fullmatch(core):
            return "<num>" if number else "<user>"
        if "=" not in between:
            return None
        if core in {"true", "false", "True", "False"}:
            return "<bool>"
        if key in HOSTS and not number and core[0] not in "/~":
            return "<host>"
        if (key in OPAQUE or key.endswith("_id")) and words.NUMBER.fullmatch(core) is None:
            return words.whole(core) or "<value>"
        return None

    def _by_neighbours(self, core: str) -> str | None:
        """Names of users, machines and pods, where the words around say that one stands here."""
        previous = self._previous()
        if previous in USERS and self._is_user(core):
            return "<user>"
        if previous in HOSTS and not core.isalpha() and _ACCOUNT.fullmatch(core) and not core.isdecimal():
            return "<host>" if words.DIGIT.search(core) else None
        if previous in PODS and "-" in core:
            name = core.rpartition("/")
            return name[0] + name[1] + words.pod(name[2])
        following = self._following(1)
        if core.isalpha():
            if previous in {"for", "by"} and following == "from" and words.host(self._following(2)):
                return "<user>"
        elif "." in core and "/" not in core and words.host(following) and self._after() in {" [", " (", "["}:
            return "<host>"  # a name with its address
        return None

    def _is_user(self, core: str) -> bool:
        lower = core.lower()
        if (
            lower in NO_NAMES
            or core.isdecimal()
            or self._pieces[self._at - 1] not in {" ", ": ", "=", " = ", '"', " '"}
        ):
            return False
        if "@" in core:
            return "." in core.rpartition("@")[2]
        if not _ACCOUNT.fullmatch(core):
            return False
        if not core.isalpha():
            return lower.rpartition("-")[2] not in NO_NAMES and words.whole(core) != "<uuid>"
        following = self._following(1).lower()
        if self._after()[:1] == " " and following in AFTER_NAMES and self._after() == " ":
            return True
        ends = (
            not following
            or self._after()[:1] in _ENDS
            or self._pieces[self._at][-1] in ".:,!?"
            or self._after() == " ["
        )
        return ends and self._previous(2) in BEFORE_USERS and not core.isupper()

    def _run_on(self, core: str) -> str:
        """Korean, Chinese, Japanese, Thai: units and particles that follow what was masked without a space."""
        if self._previous() in USERS and self._pieces[self._at - 1] in {" ", ": "} and core.isalpha():
            following = self._following(1).lower()
            if self._previous().isascii() and core not in NO_NAMES and following in AFTER_NAMES:
                return "<user>"
        for honorific in HONORIFICS:
            name, found, rest = core.partition(honorific)
            if found and 2 <= len(name) <= 5 and name not in TITLES and rest[:1] in _AFTER_HONORIFIC:
                return f"<user>{honorific}{rest}"
        attached = self._at >= 2 and self._pieces[self._at - 1] in {"", "'", '"', ")", "]"}
        if not attached:
            return core
        return PARTICLES.get(core, core)

    def _letters(self, core: str) -> str:
        """Only hexadecimal ids without a digit, and names of days and months beside a number."""
        if len(core) >= 8 and not core.strip("abcdef"):
            return "<num>"
        if core[0].isupper() and core.lower() in CALENDAR and self._dated():
            return "<time>"
        if len(core) >= 5 and self._pieces[self._at - 1].endswith("{") and not core.strip("abcdef"):
            return "<num>"  # Token{beadfac …}
        return core

    def _masked_core(self, core: str, start: int) -> str:  # noqa: PLR0911  one return per kind of word
        lower = core.lower()
        if lower.translate(ZEROS) in KEPT_SHAPES:
            self.kept.append((start, start + len(core)))
            if lower in KEPT_WORDS:
                return core
        if self._means_something(core):
            self.kept.append((start, start + len(core)))
            return core
        whole = words.whole(core)
        if whole is not None:
            return self._with_port(core, whole, start)
        if "/v" in core:
            self.kept += [(start + found.start(), start + found.end()) for found in words.API_VERSION.finditer(core)]
        if "://" in core:
            return words.url(core)
        if "@" in core[1:] and "." in core.rpartition("@")[2]:
            return "<email>"
        if core[0] in "/~.\\" or core[1:3] in {":\\", ":/"}:
            return words.path(core)
        if words.NUMBER.fullmatch(core):
            return "<time>" if self._beside_month(core) else "<num>"
        if core.endswith("%") and words.NUMBER.fullmatch(core[:-1]):
            return "<num>%"
        port = _PORT.fullmatch(core)
        if port is not None:
            return self._with_port(core, words.mixed(port[1]), start)
        return words.arn(core) or words.mixed(core)

    def _with_port(self, core: str, name: str, start: int) -> str:
        """Ports that name a service stay: PostgreSQL refused is another outage than Redis refused."""
        head, colon, port = core.rpartition(":")
        if not colon or not port.isdecimal() or (name == "<host>" and "::" in head) or name == "<time>":
            return name
        if name[0] != "<" or name == "<host>":
            if len(port) == 4:
                self.kept.append(
                    (start, start + len(core)) if name[0] != "<" else (start + len(head), start + len(core))
                )
                if port in PORTS:
                    return f"{name}:{port}"
            return name if name == "<host>" else f"{name}:<num>"
        return name

    def _means_something(self, core: str) -> bool:
        """Status codes, error numbers, exit codes; decided by shapes and words, never by the digits themselves."""
        digits = core.lstrip("-")
        previous = self._previous()
        if not digits.isdecimal():
            if previous in SCHEMA and is_name(core):
                return True
            if len(core) <= 12 and core[1:2] == "x" and core[0] == "0":
                return KEPT_AFTER.get(previous, 0) >= 5 or (previous == "code" and self._previous(2) in CODE_OWNERS)
            code = _CODE.fullmatch(core)
            if code is None:
                return previous == "sqlstate" and len(core) == 5 and core.isalnum()
            if code[1].lower() in CODE_PREFIXES or _ERROR_LETTER.fullmatch(core):
                return True
            return (previous in {"error", "code", "errno", "sqlstate", "오류", "에러", "코드"}) and code[1].isupper()
        most = KEPT_AFTER.get(previous, 0)
        if previous in {"code", "코드"} and self._previous(2) in CODE_OWNERS:
            most = 5
        if len(digits) <= most:
            return True
        if len(core) != 3:
            return False
        return self._next() in REASONS or (previous in ANSWERED and not self._next()[:1].islower())

    def _before(self) -> str:
        return self._pieces[self._at - 2] if self._at >= 2 else ""

    def _after(self) -> str:
        return self._pieces[self._at + 1]

    def _previous(self, back: int = 1) -> str:
        """The word before, in lower case, if what stands between fits; ``""`` otherwise."""
        index = self._at
        for _ in range(back):
            index -= 2
            if index < 1 or not _BETWEEN.issuperset(self._pieces[index + 1]):
                return ""
        return self._pieces[index].rstrip(".:!?").lower()

    def _following(self, ahead: int) -> str:
        index = self._at + 2 * ahead
        return self._pieces[index].rstrip(".:!?,") if index < len(self._pieces) else ""

    def _next(self) -> str:
        """The word after, if it belongs to the same clause."""
        if self._after() != " " or self._pieces[self._at][-1] in ".:!?,":
            return ""
        return self._following(1)

    def _dated(self) -> bool:
        """Whether a number or another name of a day or month stands beside."""
        near = [self._pieces[i] for i in (self._at - 2, self._at + 2) if 0 < i < len(self._pieces)]
        return any(word[0] in "0123456789" or word.rstrip(".,").lower() in CALENDAR for word in near)

    def _beside_month(self, core: str) -> bool:
        """A day or a year beside the name of a month."""
        if not core.isdecimal() or len(core) not in {1, 2, 4}:
            return False
        near = [self._pieces[i].rstrip(".,") for i in (self._at - 2, self._at + 2) if 0 < i < len(self._pieces)]
        return any(word[:1].isupper() and word.lower() in CALENDAR for word in near)


def _amount(word: str) -> str:
    """``30초를`` after its number: a unit with what may follow it; ``""`` for words that only begin like a unit."""
    for unit, becomes in RUN_ON_UNITS:
        tail = word.removeprefix(unit)
        if tail != word and (not tail or tail in PARTICLES or tail[0] in _AFTER_UNIT):
            return becomes + PARTICLES.get(tail, tail)
    return ""


def _is_plain(piece: str, lower: str) -> bool:
    """A word of letters that is never masked, unless its neighbours say so."""
    if not piece.isalpha() or not piece.isascii() or lower in CALENDAR:
        return False
    return len(piece) < 5 or lower.strip("abcdef") != ""


_SPEAKING = USERS | HOSTS | PODS | {"for", "by"}
_PLAIN_EDGES = frozenset(["", " ", ". ", ", ", ": ", " (", ") ", " - "])
_AFTER_UNIT = frozenset("를는가와로의에도만후전간동이내마째 の後前間内以でが")
_QUOTES = frozenset("\"'`“‘「『«")
_AFTER_HONORIFIC = frozenset(
    ["", "의", "이", "은", "을", "께", "에", "과", "도", "の", "が", "は", "を", "に", "と", "的"]
)
