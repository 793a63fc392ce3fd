"""Personal data that digits or an ``@`` tell: found by what a search at the speed of C can skip to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from logmedic.redact.rule import Rule
from logmedic.redact.span import Span

RANK = 1_000  # behind all rules that have needles

_LOCAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-"
_DOMAIN = re.compile(r"(?:@|%40)(?!v?\d{1,9}\.\d)(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![A-Za-z0-9-])")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2}|[.%+-])*")


def has_sign(text: str) -> bool:
    """Whether :func:`emails` may find something: most texts have none, and cost no more than this."""
    return "@" in text or "%40" in text


def emails(text: str) -> Iterator[Span]:
    """From each ``@`` outwards: a pattern that starts with the local part would try every position of a long word."""
    if "@" in text:
        yield from _emails(text, "@")
    if "%40" in text:
        yield from _emails(text, "%40")


def _emails(text: str, sign: str) -> Iterator[Span]:
    end = 0
    at = text.find(sign)
    while at >= 0:
        left = text[max(end, at - 64) : at]
        local = left[len(left.rstrip(_LOCAL)) :]
        escapes = _ESCAPES.match(local)
        start = at - len(local) + (escapes.end() if escapes else 0)
        if text[max(0, start - 1) : start] == "\\" and text[start] in "nrt":
            start += 1
        domain = _DOMAIN.match(text, at) if start < at else None
        if domain is not None:
            end = domain.end()
            yield Span(start, end, "email", RANK)
        at = text.find(sign, max(at + 1, end))


# Nine digits with little between them: every number that is looked for has them. The digit comes first, so that the
# search skips to the next one.
_RUN = re.compile(r"[0-9](?<![0-9A-Za-z].)(?:[ .()–-]{0,3}[0-9]){8,40}")
_NO_NUMBER = re.compile(r"(?:(?:19|20)\d\d-[01]\d-[0-3]\d [0-2]\d|\d{1,3}(?:\.\d{1,3}){3})\Z")
_DIGITS = b"0123456789"
_FEWEST = 9  # digits of a run
_SLACK = 25  # characters behind a run: the next run has the rest of what was cut


def _runs(text: str) -> Iterator[re.Match[str]]:
    """Runs of digits, but for the date and the hour that so many lines begin with, and for addresses of IP."""
    return (run for run in _RUN.finditer(text) if not _NO_NUMBER.match(run[0]))


def has_digits(text: str) -> bool:
    """Whether :func:`numbers` may find something, by the count of digits alone."""
    data = text.encode("utf-8", "surrogatepass")
    return len(data) - len(data.translate(None, _DIGITS)) >= _FEWEST


def has_run(text: str) -> bool:
    """The same, by what stands between the digits. Of a text whose digits are all ``0`` it holds for all others."""
    return next(_runs(text), None) is not None


def numbers(text: str, rules: Sequence[Rule]) -> Iterator[Span]:
    """What ``rules`` find in runs of digits."""
    for run in _runs(text):
        for one in rules:
            for start, stop in one.matches(text, max(0, run.start() - 4), run.end() + _SLACK):
                yield Span(start, stop, one.kind, RANK)


_ADDRESS = re.compile(r"\d\.\d{1,3}\.|:[0-9A-Fa-f]{0,4}:")
_PART = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_V4 = re.compile(rf"(?<![0-9A-Za-z.-])(?:{_PART}\.){{3}}{_PART}(?![0-9A-Za-z]|\.\d)")
_V6 = re.compile(r"(?<![0-9A-Za-z:.])(?:[0-9A-Fa-f]{1,4}:{1,2}){1,7}(?:[0-9A-Fa-f]{1,4})?(?![0-9A-Za-z:])")


def has_address(text: str) -> bool:
    """Whether :func:`addresses` may find something. It depends on no digit's value."""
    return _ADDRESS.search(text) is not None


def addresses(text: str) -> Iterator[Span]:
    """Addresses of IP, versions 4 and 6 (RFC 4291, but not those that end in a version 4 address)."""
    if not has_address(text):
        return
    for found in _V4.finditer(text):
        yield Span(*found.span(), "ip", RANK)
    for found in _V6.finditer(text):
        if found[0].count(":") == 7 or "::" in found[0]:
            yield Span(*found.span(), "ip", RANK)
