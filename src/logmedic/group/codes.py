"""Numbers that carry meaning: status codes, error numbers, exit codes. Shapes and words decide, never the digits.

A word that is kept is recorded by the caller, so that the cache of templates tells its values apart.
"""

from __future__ import annotations

import re
from functools import lru_cache

from logmedic.group.here import Here
from logmedic.group.quotes import is_name
from logmedic.group.vocabulary import (
    ANSWER_GOES_ON,
    ANSWERED,
    CODE_ENDINGS,
    CODE_OWNERS,
    CODE_PREFIXES,
    CODE_WORDS,
    KEPT_AFTER,
    KEPT_AFTER_BOTH,
    KEPT_BRACKETED,
    LONGEST_CODE,
    PERSONAL_CODES,
    REASONS,
    SCHEMA,
    ZEROS,
)

_CODE = re.compile(r"([A-Za-z]{1,12})[-_]?\d{1,6}[A-Z]?(?:-\d{1,6})?")
_ERROR_LETTER = re.compile(r"E\d{4,5}")  # E11000, E0382
_KEYED = re.compile(r"([^\W\d][\w.-]{1,40}):(-?\d{1,5})")  # ExitCode:137
_OPENSSL = re.compile(r"error:[0-9A-F]{8}(?::.{0,100})?")
_PARTICLE = re.compile(r"(?<=[코번][드호])(?:은|는|가|이)\Z")
_BEFORE_CODES = frozenset({"error", "errno", "sqlstate", "오류", "에러"})
_THROWN = ("error", "exception")


def means_something(here: Here, core: str) -> bool:  # noqa: PLR0911  one return per reason
    """Whether a word with digits says what went wrong."""
    digits = core.lstrip("-")
    if digits.isdecimal():
        return _number(here, core, digits)
    previous = here.previous()
    if previous in SCHEMA and is_name(core):
        return True
    if ":" in core:
        keyed = _KEYED.fullmatch(core)
        if keyed is not None:
            return len(keyed[2].lstrip("-")) <= _most(keyed[1].lower(), previous)
        return _OPENSSL.fullmatch(core) is not None
    if len(core) <= 12 and core[1:2] == "x" and core[0].isdecimal():
        return _most(previous, here.previous(2)) >= LONGEST_CODE
    code = _CODE.fullmatch(core)
    if code is None:
        return previous == "sqlstate" and len(core) == 5 and core.isalnum()
    if _ERROR_LETTER.fullmatch(core):
        return here.at > 1 or ":" not in here.following(1)  # klog begins its lines with "E1120 09:00:00.123456"
    if code[1].lower() in CODE_PREFIXES or (code[1] == "MY" and here.between[-1:] == "["):
        return True
    return code[1].isupper() and (previous in _BEFORE_CODES or _most(previous, here.previous(2)) == LONGEST_CODE)


def _number(here: Here, core: str, digits: str) -> bool:  # noqa: PLR0911  as above
    previous = here.previous()
    if len(digits) <= _most(previous, here.previous(2)):
        return here.following(1) != "---"  # the process in a line of Spring Boot: "ERROR 12345 --- [shop]"
    if here.between[-1:] in {"(", "["} and _bracketed(here, previous, digits):
        return True
    if previous == "msg" and here.following(1) == "Level" and len(digits) <= LONGEST_CODE:
        return True  # SQL Server: "Msg 2627, Level 14"
    if len(core) != 3:
        return False
    following = here.next() or (here.following(1) if here.after == " (" else "")
    if following in REASONS or following.startswith(("오류", "에러")):
        return True
    if here.at == 1 and here.following(1).partition("_")[0].capitalize() in REASONS:
        return True  # "404: Not Found", "404 NOT_FOUND"
    return previous in ANSWERED and (not following[:1].islower() or following in ANSWER_GOES_ON)


def _bracketed(here: Here, previous: str, digits: str) -> bool:
    if here.between == "] [":
        return here.earlier(2) == "sqlstate" and len(digits) <= LONGEST_CODE
    if len(digits) > LONGEST_CODE:
        return False
    if here.between == "[":
        return previous.endswith(_THROWN)  # DiscordAPIError[50013]
    if here.at == 1 and here.between == "(":
        return here.after[:1] == ","  # as drivers for Python print it: (1045, "Access denied …")
    return len(digits) <= KEPT_BRACKETED.get(previous, 0)


@lru_cache(maxsize=4_096)
def _most(word: str, before: str) -> int:
    """How many digits are kept after a word, and the one before it. Both in lower case."""
    most = KEPT_AFTER.get(word.translate(ZEROS), 0) or KEPT_AFTER_BOTH.get((before, word), 0)
    if most or not word:
        return most
    if "." in word:
        return _most(word.rpartition(".")[2], "")  # http.status_code
    if not word.isascii():
        word = _PARTICLE.sub("", word)
    if word in {"code", "코드"}:
        owner = before.rpartition(".")[2]
        return 0 if owner in PERSONAL_CODES else LONGEST_CODE
    if word in CODE_WORDS:
        return LONGEST_CODE
    ending = next((ending for ending in CODE_ENDINGS if word.endswith(ending)), "")
    owner = word.removesuffix(ending).rstrip("_-").replace("-", "_").rpartition("_")[2]
    return LONGEST_CODE if ending and owner in CODE_OWNERS else 0
