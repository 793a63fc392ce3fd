"""Numbers that carry meaning: status codes, error numbers, exit codes."""

from __future__ import annotations

import re
from functools import lru_cache

from logmedic.group.here import Here
from logmedic.group.quotes import is_name
from logmedic.group.vocabulary import (
    ANSWERED,
    CODE_OWNERS,
    CODE_PREFIXES,
    CODE_WORDS,
    KEPT_AFTER,
    NO_CODES,
    NUMBER_WORDS,
    NUMBERED_OWNERS,
    REASONS,
    REPLIED,
    REPLIED_TO,
    SCHEMA,
    ZEROS,
)

MOST_DIGITS = 5  # of an error number: those of Oracle, MySQL, Windows and the like
_CODE = re.compile(r"([A-Za-z]{1,12})[-_]?\d{1,6}[A-Z]?(?:-\d{1,6})?")
_ERROR_LETTER = re.compile(r"E\d{4,5}|MY-\d{6}")  # E11000, E0382; MySQL's MY-010584
_OPENSSL = re.compile(r"error:[0-9A-F]{8}(?::.{0,200})?")
_KEYED = re.compile(r"([A-Za-z][\w.-]{0,60}):-?(\d{1,6})")  # ExitCode:137
_CLOCK = re.compile(r"\d{2}:\d{2}:\d{2}")
# A code by its key: whose, and then that it is one: resultCode, err_no, http.status_code, 응답코드, 错误代码.
_KEY = re.compile(
    rf"(?:.*[^a-z])?(?:(?:{'|'.join(sorted(CODE_OWNERS))})[ _.-]?(?:{'|'.join(sorted(CODE_WORDS))})"
    rf"|(?:{'|'.join(sorted(NUMBERED_OWNERS))})[ _.-]?(?:{'|'.join(sorted(NUMBER_WORDS))}))"
)


def means_something(here: Here, core: str) -> bool:
    """Status codes, error numbers, exit codes; decided by shapes and words, never by the digits themselves."""
    digits = core.lstrip("-")
    if not digits.isdecimal():
        return _is_code(here, core)
    previous = here.previous()
    if here.after == " " and here.following(1) == "---":
        return False  # Spring Boot's ``ERROR 12345 ---``: the number of the process
    if len(digits) <= _most(previous, here.previous(2)) or (len(digits) <= MOST_DIGITS and _in_brackets(here)):
        return True
    if len(core) != 3:
        return False
    following = here.following(1) if here.after == " (" else here.next()
    if following in REASONS or following.startswith(("오류", "에러")):
        return True
    return (previous in ANSWERED and not following[:1].islower()) or (previous in REPLIED and following in REPLIED_TO)


def _is_code(here: Here, core: str) -> bool:  # noqa: PLR0911  one return per reason
    """Codes that are not all digits."""
    previous = here.previous()
    if previous in SCHEMA and is_name(core):
        return True
    if len(core) <= 12 and core[1:2] == "x" and core[0].isdecimal():
        return _most(previous, here.previous(2)) >= MOST_DIGITS or previous == "code"
    keyed = _KEYED.fullmatch(core)
    if keyed is not None:
        return len(keyed[2]) <= _most(keyed[1].lower(), previous)
    code = _CODE.fullmatch(core)
    if code is None:
        return (previous == "sqlstate" and len(core) == 5 and core.isalnum()) or _OPENSSL.fullmatch(core) is not None
    if _ERROR_LETTER.fullmatch(core):
        return _CLOCK.match(here.following(1)) is None  # klog's ``E1120 09:00:00``: a level and a day
    if code[1].lower() in CODE_PREFIXES:
        return True
    return code[1].isupper() and (previous == "sqlstate" or _most(previous, here.previous(2)) > 3 or previous == "code")


def _in_brackets(here: Here) -> bool:
    """``DiscordAPIError[50013]``, ``SQLSTATE[HY000] [2002]``, ``alert(40)``: the number beside what it numbers."""
    if here.between == "[" and here.after[:1] == "]":
        return here.previous().endswith(("error", "exception"))
    if here.between == "] [":
        return here.following(-2).lower() == "sqlstate"
    if here.between == "(" and here.after[:1] == ")":
        return here.previous() == "alert"
    return here.previous() == "msg" and here.following(1) == "Level"  # SQL Server


@lru_cache(maxsize=1_024)
def _most(key: str, before: str) -> int:
    """How many digits a code has at most that stands after ``key``, and after ``before`` with a word between."""
    if len(key) > 80:
        return 0
    most = max(KEPT_AFTER.get(name.translate(ZEROS), 0) for name in (key, key.rpartition(".")[2]))
    if _KEY.fullmatch(key) or _KEY.fullmatch(f"{before[-40:]} {key}"):
        return MOST_DIGITS
    return 0 if before in NO_CODES else most
