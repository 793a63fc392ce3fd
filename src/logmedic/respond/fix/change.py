"""A change between two commits as values: whole files before and after, and the lines that differ."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from pathlib import PurePosixPath

import msgspec

REGULAR, EXECUTABLE, SYMLINK, SUBMODULE, ABSENT = "100644", "100755", "120000", "160000", "000000"
MOST_FILE_BYTES = 1 << 20  # a source file that is larger is not looked into, and so not let through
_ENTRY = re.compile(rb":(\d{6}) (\d{6}) ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([A-Z])\d*\Z")
_LANGUAGES = {
    ".py": "python", ".pyi": "python", ".rs": "rust", ".go": "go", ".java": "java", ".kt": "java", ".kts": "java",
    ".js": "script", ".jsx": "script", ".mjs": "script", ".cjs": "script", ".ts": "script", ".tsx": "script",
    ".mts": "script", ".cts": "script",
}  # fmt: skip
_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "spec", "specs", "testdata", "fixtures"})
_TEST_FILE = re.compile(r"(?:test_.*|.*_test|.*_tests|.*\.test|.*\.spec|.*Test|.*Tests|.*IT)\Z")


class Line(msgspec.Struct, frozen=True):
    number: int  # 1-based, in its own version of the file
    text: str  # without the line end


class Hunk(msgspec.Struct, frozen=True):
    """Lines that stand in place of others."""

    removed: tuple[Line, ...]
    added: tuple[Line, ...]


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    status: str  # git's letter: A, D, M, T
    old_mode: str
    new_mode: str
    old: str | None = None  # the whole text; ``None``: there is none, or it is no text
    new: str | None = None
    opaque: str = ""  # why its content cannot be looked at
    hunks: tuple[Hunk, ...] = ()

    @property
    def language(self) -> str:
        """ "" where it is no source code that rules know."""
        return _LANGUAGES.get(PurePosixPath(self.path).suffix.lower(), "")

    @property
    def is_test(self) -> bool:
        return is_test(self.path)

    @property
    def added(self) -> list[Line]:
        return [line for hunk in self.hunks for line in hunk.added]

    @property
    def removed(self) -> list[Line]:
        return [line for hunk in self.hunks for line in hunk.removed]


class Change(msgspec.Struct, frozen=True):
    files: tuple[FileChange, ...]


def is_test(path: str) -> bool:
    """By its folders and its name, as test runners look for them."""
    pure = PurePosixPath(path)
    return any(part.lower() in _TEST_FOLDERS for part in pure.parts[:-1]) or _TEST_FILE.match(pure.stem) is not None


def between(git: Callable[..., bytes], base: str, fix: str) -> Change:
    """``git``: asks a repository that has both commits. Raises :class:`logmedic.errors.ShellError`.

    A rename is a file that goes and one that comes, so that neither end of it is missed.
    """
    raw = git("diff-tree", "-r", "-z", "--raw", "--full-index", "--no-renames", base, fix, "--")
    parts = raw.split(b"\0")
    found = []
    for head, name in zip(parts[0::2], parts[1::2], strict=False):
        entry = _ENTRY.match(head)
        assert entry is not None, head
        old_mode, new_mode, old_id, new_id, status = (group.decode() for group in entry.groups())
        found.append(_file(git, _path(name), status, (old_mode, old_id), (new_mode, new_id)))
    return Change(tuple(found))


def _path(name: bytes) -> str:
    """One that is no UTF-8 becomes one that no rule lets through."""
    return name.decode("utf-8", "surrogateescape")


def _file(git: Callable[..., bytes], path: str, status: str, old: tuple[str, str], new: tuple[str, str]) -> FileChange:
    texts: list[str | None] = []
    opaque = ""
    for mode, blob in (old, new):
        if mode not in {REGULAR, EXECUTABLE}:
            texts.append(None)
            continue
        data = git("cat-file", "blob", blob)
        text, why = readable(data)
        opaque = opaque or why
        texts.append(text)
    return made(path, texts[0], texts[1], status=status, old_mode=old[0], new_mode=new[0], opaque=opaque)


def readable(data: bytes) -> tuple[str | None, str]:
    """The text of a file, or why it is none."""
    if len(data) > MOST_FILE_BYTES:
        return None, f"larger than {MOST_FILE_BYTES >> 10} KiB"
    if b"\0" in data:
        return None, "binary"
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return None, "not UTF-8"


def made(
    path: str,
    old: str | None,
    new: str | None,
    *,
    status: str = "",
    old_mode: str = "",
    new_mode: str = "",
    opaque: str = "",
) -> FileChange:
    """A change of one file from its two texts."""
    return FileChange(
        path=path,
        status=status or ("A" if old is None else "D" if new is None else "M"),
        old_mode=old_mode or (ABSENT if old is None else REGULAR),
        new_mode=new_mode or (ABSENT if new is None else REGULAR),
        old=old,
        new=new,
        opaque=opaque,
        hunks=() if opaque else hunks(old or "", new or ""),
    )


def hunks(old: str, new: str) -> tuple[Hunk, ...]:
    """Where two texts differ, by lines; not always by the fewest, which would take seconds.

    A line ends at ``\\n`` alone; what other ends a text has stays in its lines.
    """
    before, after = _lines(old), _lines(new)
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    one, two = before[start : len(before) - end], after[start : len(after) - end]
    found = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, one, two).get_opcodes():
        if tag != "equal":
            removed = tuple(Line(start + n + 1, one[n]) for n in range(a, b))
            added = tuple(Line(start + n + 1, two[n]) for n in range(c, d))
            found.append(Hunk(removed, added))
    return tuple(found)


def _lines(text: str) -> list[str]:
    found = text.split("\n")
    return found[:-1] if found[-1] == "" else found
