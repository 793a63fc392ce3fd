"""Names of users, machines and pods, and values of keys: known by the words around them, whatever they look like."""

from __future__ import annotations

import re

from logmedic.group import words
from logmedic.group.here import Here
from logmedic.group.vocabulary import (
    AFTER_NAMES,
    BEFORE_USERS,
    HALVES_OF_DAY,
    HONORIFICS,
    HOSTS,
    KEPT_WORDS,
    LOGINS,
    NO_HONORIFICS,
    NO_NAMES,
    OPAQUE,
    PARTICLES,
    PODS,
    SECRET_ENDINGS,
    TELLING,
    TITLES,
    USERS,
)

SPEAKING = USERS | HOSTS | PODS | {"for", "by"}  # words that may say something of the next one
_ACCOUNT = re.compile(r"[^\W_][\w.$+\\-]{0,63}(?:'\w{1,20})?")
IDS = ("_id", "번호")  # ends of keys whose values are ids
_ENDS = frozenset(",;:.([)]\"'")
_RUN_ON_USERS = sorted((user for user in USERS if user[0] > "\u0dff"), key=lambda user: (-len(user), user))
_PARTICLES = PARTICLES.keys() | set(PARTICLES.values())
_AFTER_HONORIFIC = frozenset(
    ["", "의", "이", "은", "을", "께", "에", "과", "도", "の", "が", "は", "を", "に", "と", "的"]
)


def placeholder(here: Here, piece: str) -> str:
    """What was redacted before, without its number; ``<email:1>`` where a user is meant is the user."""
    return "<user>" if here.previous() in USERS else f"<{piece[1:-1].partition(':')[0]}>"


def by_key(here: Here, core: str) -> str | None:  # noqa: PLR0911  one return per kind of key
    """The value after ``key=``, and after ``user:`` or ``host:``."""
    between = here.between
    if "=" not in between and between != ": " and not (between == " " and here.before.endswith(":")):
        return None
    key = here.previous()
    if "=" in between and key.endswith(SECRET_ENDINGS):
        return "<secret>"
    if key in TELLING or not key or here.after[:1] == "=":  # a key itself, after one without a value
        return None
    number = core.lstrip("+-").isdecimal()
    if key in USERS and _ACCOUNT.fullmatch(core) and ("=" in between or core.lower() not in NO_NAMES):
        return "<num>" if number else "<user>"
    if "=" not in between:
        return None
    if core in {"true", "false", "True", "False"}:
        return "<bool>"
    if key in HOSTS and not number and words.DIGIT.search(core.partition(":")[0]) and core[0] not in "/~":
        return words.host(core) or "<host>"
    if (key in OPAQUE or key.endswith(IDS)) and words.NUMBER.fullmatch(core) is None:
        if core.lower() in KEPT_WORDS:  # ``hash=md5``; their places are recorded as those of all names
            return core
        return words.whole(core) or ("<num>" if key.endswith(IDS) else "<value>")  # as ids without letters
    return None


def by_neighbours(here: Here, core: str) -> str | None:
    """Names of users, machines and pods, where the words around say that one stands here."""
    previous = here.previous()
    if previous in USERS and _is_user(here, core):
        return "<user>"
    if previous in HOSTS and not core.isalpha() and _ACCOUNT.fullmatch(core) and not core.isdecimal():
        return "<host>" if words.DIGIT.search(core) else None
    if previous in PODS and "-" in core:
        name = core.rpartition("/")
        return words.mixed(name[0]) + name[1] + words.pod(name[2])
    following = here.following(1)
    if core.isalpha():
        login = previous in {"for", "by"} and following == "from" and here.previous(2) in LOGINS
        if login and words.host(here.following(2)):
            return "<user>"
    elif "." in core and "/" not in core and words.host(following) and here.after in {" [", " (", "["}:
        return "<host>"  # a name with its address
    return None


def _is_user(here: Here, core: str) -> bool:
    lower = core.lower()
    if lower in NO_NAMES or core.isdecimal() or here.between not in {" ", ": ", "=", " = ", '"', " '"}:
        return False
    if "@" in core:
        return "." in core.rpartition("@")[2]
    if not _ACCOUNT.fullmatch(core):
        return False
    if not core.isalpha():
        return lower.rpartition("-")[2] not in NO_NAMES and words.whole(core) != "<uuid>"
    following = here.following(1).lower()
    if (following in AFTER_NAMES and here.after == " ") or (not here.after and following in _PARTICLES):
        return True
    ends = not following or here.after[:1] in _ENDS or here.is_closed or here.after == " ["
    return ends and here.previous(2) in BEFORE_USERS and not core.isupper()


def run_on(here: Here, core: str) -> str:
    """Korean, Chinese, Japanese, Thai: units and particles that follow what was masked without a space."""
    if here.previous() in USERS and here.between in {" ", ": "} and core.isalpha():
        following = here.following(1).lower()
        if here.previous().isascii() and core not in NO_NAMES and following in AFTER_NAMES:
            return "<user>"
    if core in HALVES_OF_DAY and words.DIGIT.match(here.following(1)):
        return "<time>"
    for honorific in HONORIFICS:
        name, found, rest = core.partition(honorific)
        if not found or f"{name[-1:]}{honorific}" in NO_HONORIFICS:
            continue
        kind = next((user for user in _RUN_ON_USERS if name.startswith(user)), "")
        name = name.removeprefix(kind)
        if 2 <= len(name) <= 5 and name not in TITLES and rest[:1] in _AFTER_HONORIFIC:
            return f"{kind}<user>{honorific}{rest}"
    attached = here.at >= 2 and here.between in {"", "'", '"', ")", "]"}
    if not attached:
        return core
    return PARTICLES.get(core, core)
