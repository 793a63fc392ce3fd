"""Numbers that carry meaning: status codes, error numbers, exit codes, ports of services."""

from __future__ import annotations

import re

from logmedic.group.here import Here
from logmedic.group.quotes import is_name
from logmedic.group.vocabulary import ANSWERED, CODE_OWNERS, CODE_PREFIXES, KEPT_AFTER, REASONS, SCHEMA, ZEROS

_CODE = re.compile(r"([A-Za-z]{1,12})[-_]?\d{1,6}[A-Z]?(?:-\d{1,6})?")
_ERROR_LETTER = re.compile(r"E\d{4,5}")  # E11000, E0382
_BEFORE_CODES = frozenset({"error", "code", "errno", "sqlstate", "오류", "에러", "코드"})


def means_something(here: Here, core: str) -> bool:  # noqa: PLR0911  one return per reason
    """Status codes, error numbers, exit codes; decided by shapes and words, never by the digits themselves."""
    digits = core.lstrip("-")
    previous = here.previous()
    if not digits.isdecimal():
        if previous in SCHEMA and is_name(core):
            return True
        if len(core) <= 12 and core[1:2] == "x" and core[0].isdecimal():
            return KEPT_AFTER.get(previous.translate(ZEROS), 0) >= 5 or (
                previous == "code" and here.previous(2) in CODE_OWNERS
            )
        code = _CODE.fullmatch(core)
        if code is None:
            return previous == "sqlstate" and len(core) == 5 and core.isalnum()
        if code[1].lower() in CODE_PREFIXES or _ERROR_LETTER.fullmatch(core):
            return True
        return previous in _BEFORE_CODES and code[1].isupper()
    most = KEPT_AFTER.get(previous.translate(ZEROS), 0)
    if previous in {"code", "코드"} and here.previous(2) in CODE_OWNERS:
        most = 5
    if len(digits) <= most:
        return True
    if len(core) != 3:
        return False
    return here.next() in REASONS or (previous in ANSWERED and not here.next()[:1].islower())
