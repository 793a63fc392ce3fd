"""What a single word varies in, by its shape alone: ids, addresses, times, amounts, paths.

Every function here has the same answer for words that differ in their digits only; the cache of templates relies on it.
"""

from __future__ import annotations

import re

from logmedic.group.vocabulary import FILE_ROOTS, KEPT_WORDS, PACKAGES, PORTS, TOP_LEVELS

DIGIT = re.compile(r"[0-9]")
NUMBER = re.compile(r"[+-]?[$€£₩]?\d{1,60}(?:[._]\d{1,60}){0,20}(?:[eE][+-]?\d{1,5})?")
_UUID_TEXT = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_UUID = re.compile(_UUID_TEXT)
_TIME = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T_-]\d{2}[:.]?\d{2}(?:[:.]?\d{2})?(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?"
    r"|\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?"
    r"|\d{1,2}[-/][A-Za-z]{3}[-/]\d{4}(?::\d{2}:\d{2}:\d{2})?|\d{1,2}[./-]\d{1,2}[./-]\d{4}"
    r"|\d{8}T\d{6}Z?|\d{4}-W\d{2}(?:-\d)?"
)
_IP = re.compile(r"/?(?:[\w.-]{0,100}/)?\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?(?:/\d{1,2})?")
_IPV6 = re.compile(r"[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,8}(?:%\w{1,15})?(?:/\d{1,3})?")
_MAC = re.compile(r"[0-9a-fA-F]{2}(?:-[0-9a-fA-F]{2}){5}")
_MAC_COLONS = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")
_MEMBER = re.compile(r"([a-z]{2,30}(?:-[a-z]{2,30}){1,4})-?[0-9]{1,2}")  # orders-db-1
_EC2 = re.compile(r"ip(?:-\d{1,3}){4}(?:\.[a-z0-9.-]{1,80})?(?::\d{1,5})?")
_HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){1,8}(?::\d{1,5})?")
_DURATION = re.compile(
    r"[+-]?\d{1,20}(?:\.\d{1,20})?(?:ns|us|µs|μs|ms|msec|s|sec|secs|m|min|mins|h|hr|hrs|d)(?:\d{1,5}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h)){0,5}"
)
_SIZE = re.compile(r"\d{1,20}(?:\.\d{1,20})?(?:[kKMGTPE]i?[bB]?|[bB]|bytes)(?:/s)?")
_HEX = re.compile(r"[0-9a-f]{4,256}|[0-9A-F]{4,256}")
_PARTS = re.compile(r"([^\W_]+)")
_NUMBERED = re.compile(r"[^\W\d_]{0,40}[0-9]{1,40}|[0-9]{1,40}[^\W\d_]{1,3}")  # node12, 3rd
_ACROSS = re.compile(r"([/_:]+)")
_ADDRESS = re.compile(r"[0-9][xX][0-9a-fA-F]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_RUNS = re.compile(r"[0-9]+")
_NEGATIVE = re.compile(r"(?<=[_=/:])-(?=\d)")  # the sign of an id such as blk_-17
_OBJECT = re.compile(r"(.{1,200}[^\W_])@[0-9a-f]{1,16}")  # Java's default for an object without toString
_VERSION = re.compile(r"v?\d{1,8}(?:\.\d{1,8}){1,5}[-+~][\w.+~-]{1,60}|v\d{1,8}(?:\.\d{1,8}){1,5}")
# Kubernetes draws suffixes from letters without vowels: deployment-hash-suffix, or name-suffix of a daemon set.
_POD = re.compile(
    r"([a-z][a-z0-9.-]{0,60})-(?:[a-f0-9]{6,10}|[b-df-hj-np-tv-xz0-9]{6,10}|[a-f0-9]{16})-[b-df-hj-np-tv-xz0-9]{5}"
)
_SUFFIX = re.compile(r"([a-z][a-z0-9.-]{0,60})-[b-df-hj-np-tv-xz0-9]{5}")
# ``arn:aws:service:region:account:resource``: the service stays.
ARN = re.compile(r"arn:[a-z-]{3,12}:([a-z0-9-]{2,30}):\S{0,2000}")
# Long ids, addresses and long numbers. They are found at once and written alike, or they would fill the cache.
_LONG = re.compile(
    rf"(?<![0-9A-Za-z])(?:{_UUID_TEXT}|(?![0-9][xX])(?=[A-Za-z]{{0,30}}[0-9])[0-9A-Za-z]{{12,64}})(?![0-9A-Za-z])"
    r"|(?=[0-9])(?:(?<![\w.])[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?![\w.])"
    r"|(?<![\w.:/-])[0-9]{6,}(?![\w.:/-])|(?<=[0-9]\.)[0-9]{5,}(?![0-9A-Za-z])|[0-9]{9,})"
)
_CHANGES = re.compile(r"[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])|(?<=[a-z])[A-Z][a-z]?(?=[A-Z0-9])")
_RANDOM = 4  # changes between letters and digits, or humps of one or two letters, from which on a word is no name
_NANOID = 21  # characters that the library draws by default
_ULID = re.compile(r"[0-9][0-9A-HJKMNP-TV-Z]{25}")
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{4,2000}(?:\.[A-Za-z0-9_-]{1,2000}){1,2}|(?:x0){8}(?:\.[A-Za-z0-9_-]{1,2000}){2}")
_ZERO_ID = "x0" * 8
_NAMES = frozenset(word.replace("-", "_") for word in KEPT_WORDS if len(word) >= 3)
_SHAPES = sorted({re.escape(DIGIT.sub("0", word)) for word in _NAMES}, key=lambda shape: (-len(shape), shape))
# Versions and well-known names with digits, as part of a word: new-checkout-v2, checkoutV2, AES_256_GCM_SHA384.
NAMED = re.compile(
    r"(?:(?<=[a-z])V|(?<![^\W_])[vV])[0-9]{1,2}(?:(?:alpha|beta|rc)[0-9]{1,2})?(?![^\W_])"
    rf"|(?<![^\W_])(?i:({'|'.join(_SHAPES).replace('0', '[0-9]').replace('_', '[-_]')}))(?![^\W_])"
)
_VERSION_LAST = re.compile(r"[^\W\d_][-_]v[0-9]{1,2}\Z")  # eu4-checkout-v2
_VERSION_ALONE = re.compile(r"[vV][0-9]{1,2}")
_ZERO_UUID = "00000000-0000-0000-0000-000000000000"


def alike(text: str) -> str:
    """The text with long ids, addresses and numbers written as one of their kind: templates do not tell them apart."""
    return _LONG.sub(one_of_its_kind, text)


def rewritten(text: str) -> tuple[str, list[re.Match[str]]]:
    """As :func:`alike`, and what was written anew there."""
    finds: list[re.Match[str]] = []

    def noted(found: re.Match[str]) -> str:
        finds.append(found)
        return one_of_its_kind(found)

    return _LONG.sub(noted, text), finds


def one_of_its_kind(found: re.Match[str]) -> str:
    id = found[0]
    if id.isdecimal():
        return "000000" if len(id) < 9 else "000000000"
    if "." in id:
        return "00.00.00.00"
    if len(id) == 36 and id[8] == "-":
        return _ZERO_UUID
    if _HEX.fullmatch(id):
        return "000000000"
    return _ZERO_ID if random(id) or _ULID.fullmatch(id) else id


def random(word: str) -> bool:
    """Whether letters and digits alternate as no name does."""
    return len(_CHANGES.findall(word, 0, 100)) >= _RANDOM


def whole(core: str) -> str | None:  # noqa: PLR0911  one return per kind of word
    """Placeholder for words whose shape alone says what they are."""
    first = core[0]
    if len(core) == 36 and _UUID.fullmatch(core):
        return "<uuid>"
    if core[1:2] in {"x", "X"} and first.isdecimal() and core[2:].strip("0123456789abcdefABCDEF_") == "" != core[2:]:
        return "<hex>"
    if first.isdecimal() and _TIME.fullmatch(core):
        return "<time>"
    if named := host(core):
        return named
    if first in "0123456789+-" and core[-1].isalpha():
        if _DURATION.fullmatch(core):
            return "<dur>"
        if _SIZE.fullmatch(core):
            return "<size>"
    if _VERSION.fullmatch(core):
        return "<num>"
    return None


def host(core: str) -> str:  # noqa: PLR0911  one return per form
    """``<host>`` for an address, or the name of one machine among many: digits tell it from the name of a service.

    What names a service in front stays: ``sqs.<host>`` for a region of a cloud, ``orders-db-<host>`` for one of many.
    """
    if core.count(".") >= 3 and _IP.fullmatch(core):
        return "<host>"
    if core.count(":") >= 2 and (DIGIT.search(core) or core.count(":") == 5) and _IPV6.fullmatch(core):
        return "<host>" if DIGIT.search(core) or _MAC_COLONS.fullmatch(core) else ""
    if _EC2.fullmatch(core) or (core.count("-") == 5 and _MAC.fullmatch(core)):
        return "<host>"
    if "." not in core or not _HOST.fullmatch(core):
        return ""
    labels = core.partition(":")[0].split(".")
    if labels[-1] not in TOP_LEVELS or labels[0] in PACKAGES or not any(DIGIT.search(label) for label in labels):
        return ""
    if not DIGIT.search(labels[0]):
        return f"{labels[0]}.<host>"
    member = _MEMBER.fullmatch(labels[0])
    return f"{member[1]}-<host>" if member is not None else "<host>"


def mixed(core: str) -> str:
    """Identifiers: each part between ``-``, ``_``, ``.`` and the like on its own."""
    named = _OBJECT.fullmatch(core)
    if named is not None:
        return mixed(named[1]) + "@<num>"
    if _is_name(core):
        return core
    if (len(core) >= 16 and random(core) and _nano(core)) or _TOKEN.fullmatch(core):
        return "<id>"
    version = _VERSION_LAST.search(core)
    if version is not None:
        at = version.start() + 1
        return mixed(core[:at]) + core[at:]
    if "-" in core:
        core = _NEGATIVE.sub("", core)
        if core.count("-") >= 4:
            core = _UUID.sub("<uuid>", core)
    if core.count("-") >= 2:
        return "".join(map(_segmented, _ACROSS.split(core)))
    return _parted(core)


def _segmented(core: str) -> str:
    found = _POD.fullmatch(core)
    return _parted(core) if found is None else _parted(found[1]) + "-<id>"


def _parted(core: str) -> str:
    if _is_name(core):
        return core
    pieces = _PARTS.split(core)
    return "".join(_part(p) if i % 2 else p for i, p in enumerate(pieces))


def _is_name(core: str) -> bool:
    """Whether all digits are those of versions and well-known names: one thing out of few, not one out of many.

    ``new-checkout-v2`` is such a name; ``order-17-v2`` and ``worker-17`` are not. Their places are those of
    :data:`NAMED`.
    """
    rest = NAMED.sub(_unnamed, core)
    return DIGIT.search(rest) is None and _VERSION_ALONE.fullmatch(core) is None


def _unnamed(found: re.Match[str]) -> str:
    return "" if found[1] is None or found[1].lower().replace("-", "_") in _NAMES else found[0]


def _nano(core: str) -> bool:
    """Whether ``-`` and ``_`` stand among random letters (nanoid, base64 for URLs), not between the parts of a name."""
    first = _PARTS.search(core)
    if first is None or not core.replace("-", "").replace("_", "").isalnum():
        return False
    if len(core) == _NANOID:
        return True
    return DIGIT.search(first[0]) is not None and _NUMBERED.fullmatch(first[0]) is None


def pod(core: str) -> str:
    """The name of a pod, where it is known to be one."""
    name, line, rest = core.partition("_")  # name_namespace
    suffix = None if _POD.fullmatch(name) else _SUFFIX.fullmatch(name)
    return mixed(core) if suffix is None else mixed(suffix[1]) + "-<id>" + line + mixed(rest)


def _part(part: str) -> str:  # noqa: PLR0911  one return per kind of part
    """A part without separators. No word is kept here: the place of its digits would have to be recorded."""
    if DIGIT.search(part) is None:
        return part
    if (_HEX.fullmatch(part) and (len(part) >= 7 or part.isdecimal())) or _ADDRESS.fullmatch(part):
        return "<num>"
    letters = _LETTERS.findall(part)
    scattered = part[0].isdecimal() or len(_RUNS.findall(part)) >= 2
    if scattered and any(not (run.islower() or run.isupper() or run.istitle()) for run in letters):
        return "<id>"  # 8fJk2
    if _NUMBERED.fullmatch(part) is not None:
        return _RUNS.sub("<num>", part)
    if _HEX.fullmatch(part):
        return "<num>"
    if not letters:
        return "<num>"
    if len(letters) <= 2 and min(map(len, letters)) >= 3 and len(_CHANGES.findall(part)) < 3:
        return _RUNS.sub("<num>", part)  # oauth2client
    return "<id>"


def url(core: str) -> str:
    """Scheme, host and the constant parts of the path; user, port, query and fragment go."""
    scheme, _, rest = core.partition("://")
    address = re.split(r"[?#]", rest, maxsplit=1)[0]
    name, slash, path = address.partition("/")
    if not name and slash:
        return f"{scheme}://<path>"
    name = name.rpartition("@")[2]
    plain, _, port = name.partition(":")
    name = host(name) or ".".join(_part(label) for label in plain.split("."))
    if port in PORTS:
        name = f"{name}:{port}"
    return f"{scheme}://{name}{slash}{'/'.join(map(_segment, path.split('/')))}"


def path(core: str, *, is_route: bool = False) -> str:
    """File paths go as a whole; of routes such as ``/orders/17`` only what varies."""
    route = re.split(r"[?#]", core, maxsplit=1)[0].split("/")
    local = core[0] != "/" or (not is_route and len(route) > 2 and route[1] in FILE_ROOTS)
    if local and ("/" in core or "\\" in core):
        return "<path>"
    return "/".join(map(_segment, route)) if core[0] == "/" else mixed(core)


def _segment(segment: str) -> str:
    if len(segment) == 36 and _UUID.fullmatch(segment):
        return "<uuid>"
    if "@" in segment:
        return "<email>"
    if _VERSION_ALONE.fullmatch(segment) or _is_name(segment):
        return segment
    if len(segment) >= 20 and _HEX.fullmatch(segment) is None:
        return "<id>"
    masked = mixed(segment)
    return "<num>" if masked == "<id>" else masked  # ids of one kind are hexadecimal now and then
