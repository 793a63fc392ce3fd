"""A JSON object whose end is missing: at ``max_line_bytes``, or because its writer died within the line."""

from __future__ import annotations

import re
from collections.abc import Iterator

MARK = "…"
"""Ends a text that was cut, so that half a level, code or duration is never taken for a whole one."""

_STRING = r'"(?:[^"\\]|\\.)*+"'
_BRACKETS = re.compile(rf'{_STRING}|[{{}}\[\]]|"', re.DOTALL)
_COMMAS = re.compile(rf'{_STRING}|,|"', re.DOTALL)
_CLOSERS = {"{": "}", "[": "]"}
_HALF_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)\Z")
# What may stand behind the last whole member: the next one's key, and the first characters of its value.
_UNFINISHED = re.compile(rf'[\s,]*(?:{_STRING}\s*:?\s*)?(?:[-+.0-9A-Za-z]{{0,400}}|"(?:[^"\\]|\\.)*+\\?)\Z', re.DOTALL)


def closings(text: str) -> Iterator[str]:
    """The object as it was up to the cut, closed: what keeps most comes first. Not all need be JSON; try them in turn.

    Nothing comes where more is wrong with the text than that its end is missing.
    """
    open_ones: list[str] = []
    inside = 0  # just behind the last bracket: from there on the text is within one object or list
    unclosed = -1
    for token in _BRACKETS.finditer(text):
        found = token[0]
        if found in _CLOSERS:
            open_ones.append(_CLOSERS[found])
        elif found == '"':
            unclosed = token.start()
            break
        elif len(found) == 1:
            if not open_ones or open_ones.pop() != found:
                return
        else:
            continue
        inside = token.end()
    if not open_ones:
        return
    ends = "".join(reversed(open_ones))
    if unclosed >= 0:
        half = _HALF_ESCAPE.search(text, unclosed)
        yield text[: half.start(1) if half else len(text)] + MARK + '"' + ends
    elif text[-1:] in '"}]':
        yield text + ends
    commas = [token.start() for token in _COMMAS.finditer(text, inside) if token[0] == ","]
    whole = commas[-1] if commas else inside
    if _UNFINISHED.match(text, whole):
        yield text[:whole] + ends
