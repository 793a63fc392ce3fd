"""Whom CODEOWNERS names for a file. Source: GitHub documentation, "About code owners"."""

from __future__ import annotations

import re

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # in this order; the first that is there counts
_MOST_BYTES = 3 << 20  # GitHub takes no notice of a larger file
_PERSON = re.compile(r"@([A-Za-z0-9][A-Za-z0-9-]{0,38})\Z")  # a team is @org/team; teams cannot be assignees


def owners(text: str, path: str) -> list[str]:
    """Logins of the last pattern that matches ``path`` (relative to the root, without a leading slash)."""
    if len(text) > _MOST_BYTES:
        return []
    found: list[str] = []
    for line in text.splitlines():
        words = re.sub(r"(?<!\\)#.*", "", line).split()
        if words and _matches(words[0], path):
            found = [person[1] for word in words[1:] if (person := _PERSON.match(word))]
    return found


def _matches(pattern: str, path: str) -> bool:
    """By the rules of gitignore, without negation and character classes, which CODEOWNERS does not have."""
    rooted = "/" in pattern.rstrip("/")
    parts = [part for part in pattern.split("/") if part]
    if not rooted:
        parts = ["**", *parts]
    segments = path.split("/")
    if pattern.endswith("/*"):  # files right in the folder, not below
        return len(segments) == _depth(parts, segments) and _walk(parts, segments, whole=True)
    return _walk(parts, segments, whole=False) and not (pattern.endswith("/") and _walk(parts, segments, whole=True))


def _depth(parts: list[str], segments: list[str]) -> int:
    return len(segments) if "**" in parts else len(parts)


def _walk(parts: list[str], segments: list[str], *, whole: bool) -> bool:
    """Whether the pattern's parts match the path's segments, all of them (``whole``) or the first ones."""
    reached = {0}  # how many segments may have been used up
    for part in parts:
        if part == "**":
            reached = set(range(min(reached, default=0), len(segments) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(segments) and _one(part, segments[at])}
    return len(segments) in reached if whole else any(at > 0 for at in reached)


def _one(part: str, segment: str) -> bool:
    """``*`` and ``?`` within a segment, in time linear in both."""
    at, back, star = 0, 0, -1
    i = 0
    while i < len(segment):
        if at < len(part) and part[at] in ("?", segment[i]) and part[at] != "*":
            at, i = at + 1, i + 1
        elif at < len(part) and part[at] == "*":
            star, back, at = at, i, at + 1
        elif star >= 0:
            back += 1
            at, i = star + 1, back
        else:
            return False
    return all(c == "*" for c in part[at:])
