"""What a hunk changes in truth: formatting, comments, tests and prose cannot break a service. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from logmedic.investigate.changes.diffs import Change, FileDiff, Hunk

# What services read when they start, or tools when they set up where they run.
SETTINGS = (
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".env",
    ".ini",
    ".cfg",
    ".conf",
    ".properties",
    ".tf",
    ".tfvars",
    ".hcl",
    ".xml",
)
_COMMENT = ("#", "//", "/*", "*", "-- ", '"""', "'''", "<!--")
_CODE_AFTER_HASH = ("#[", "#!", "#include", "#define")  # attributes of Rust and directives of C are code
_LOGGING = re.compile(r"\s*(?:self\.)?(?:_?log(?:ger|ging)?|console|tracing|print|println!|(?:log::|tracing::)?"
                      r"(?:trace|debug|info|warn|error)!)\s*[.(:]")  # fmt: skip
_IMPORT = re.compile(r"\s*(?:import|from|use|using|require|include|#include)\b")
_PROSE = (".md", ".rst", ".adoc", ".txt", ".svg", ".png", ".css")
_PROSE_BUT = ("requirements", "constraints")
_TEST_PARTS = frozenset(
    {
        "test",
        "tests",
        "spec",
        "specs",
        "__tests__",
        "testdata",
        "fixtures",
        "docs",
        "doc",
        ".github",
        "locales",
        "locale",
        "i18n",
        "translations",
    }
)
_WORD = re.compile(r"[A-Za-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|'[^']*'|\"[^\"]*\"|\S")
_NAME = re.compile(r"[A-Za-z_]\w*")
_GUARD = re.compile(
    r"\bif\b|\bexcept\b|\btry\b|\bcatch\b|\.get\(|unwrap_or|\?\.|\?\?|is None|is not None|\bor \{\}"
    r"|\bmatch\b|ok_or|setdefault"
)


def can_run(path: str) -> bool:
    """Whether a file can bear on a running service: neither tests nor prose."""
    parts = path.lower().split("/")
    name = parts[-1]
    if (
        _TEST_PARTS.intersection(parts[:-1])
        or name.startswith(("test_", "conftest"))
        or "_test." in name
        or ".test." in name
    ):
        return False
    return not name.endswith(_PROSE) or name.startswith(_PROSE_BUT)


def meaning(lines: Iterable[str]) -> str:
    """The lines without white space, comments, quote style and trailing commas: equal when only the form changed."""
    kept = "".join("".join(line.split()) for line in lines if not is_comment(line))
    return kept.replace('"', "'").replace(",)", ")").replace(",]", "]").replace(",}", "}")


def is_comment(line: str) -> bool:
    text = line.strip()
    return text in {"", "--"} or (text.startswith(_COMMENT) and not text.startswith(_CODE_AFTER_HASH))


def means_something(hunk: Hunk) -> bool:
    return meaning(hunk.removed) != meaning(hunk.added)


def only_logs(hunk: Hunk) -> bool:
    return all(is_comment(line) or _LOGGING.match(line) for line in (*hunk.removed, *hunk.added))


def only_imports(hunk: Hunk) -> bool:
    """Whether the hunk changes only which names are brought in, which shows when it is loaded and not later."""
    return all(is_comment(line) or _IMPORT.match(line) for line in (*hunk.removed, *hunk.added))


def removes_guard(hunk: Hunk) -> str | None:
    """A check that went away with this hunk, as text."""
    before = [line for line in hunk.removed if _GUARD.search(line) and not is_comment(line)]
    after = sum(len(_GUARD.findall(line)) for line in hunk.added)
    return before[0].strip() if before and sum(len(_GUARD.findall(line)) for line in before) > after else None


def telling_hunks(change: Change) -> Iterator[tuple[FileDiff, Hunk]]:
    """The hunks of files that run, where more than the form changed.

    In settings the order of lines is form, too.
    """
    for file in change.files:
        if can_run(file.path):
            hunks = _without_moved(file.hunks) if file.path.lower().endswith(SETTINGS) else file.hunks
            yield from ((file, hunk) for hunk in hunks if means_something(hunk))


def _without_moved(hunks: Iterable[Hunk]) -> Iterator[Hunk]:
    """The hunks of a file without the lines that it loses in one place and gets in another."""
    hunks = tuple(hunks)
    gone = Counter(line for hunk in hunks for line in hunk.removed)
    moved = gone & Counter(line for hunk in hunks for line in hunk.added)
    for hunk in hunks:
        if moved.keys().isdisjoint((*hunk.removed, *hunk.added)):
            yield hunk
        else:
            removed, added = (tuple(line for line in side if line not in moved) for side in (hunk.removed, hunk.added))
            yield msgspec.structs.replace(hunk, removed=removed, added=added)


def parts_of(name: str) -> tuple[str, ...]:
    """``maxPoolSize``, ``max_pool_size`` and ``MAX-POOL-SIZE`` are all (max, pool, size)."""
    return tuple(word.lower() for piece in _WORD.findall(name) for word in _CAMEL.split(piece))


def speaks_of(name: str, words: Iterable[str]) -> bool:
    """Whether one of the words is a run of the parts of a setting's name."""
    parts = f"_{'_'.join(parts_of(name))}_"
    return any(f"_{'_'.join(parts_of(word))}_" in parts for word in words)


def only_renames(hunk: Hunk, path: str) -> bool:
    """Whether the hunk gives what it declares other names, each the same everywhere, and does nothing else.

    In settings a name is what others look for, so there is no such thing.
    """
    if path.lower().endswith(SETTINGS):
        return False
    sides = [[line for line in side if not is_comment(line)] for side in (hunk.removed, hunk.added)]
    before, after = ([token for line in side for token in _TOKEN.findall(line)] for side in sides)
    if not before or len(before) != len(after):
        return False
    renamed: dict[str, str] = {}
    for old, new in zip(before, after, strict=True):
        if (old != new and not (_NAME.fullmatch(old) and _NAME.fullmatch(new))) or renamed.setdefault(old, new) != new:
            return False
    changed = {old: new for old, new in renamed.items() if old != new}
    return len(set(changed.values())) == len(changed) and all(_declares(sides[0], old) for old in changed)


def _declares(lines: Iterable[str], name: str) -> bool:
    named = re.escape(name)
    pattern = re.compile(
        rf"\b(?:let|const|var|val|def|func|fn|fun|function|class|type|struct|for|mut|auto|new)\s+(?:mut\s+)?{named}\b"
        rf"|(?<![\w.]){named}\s*(?::=|=(?![=>]))"
    )
    return any(pattern.search(line) for line in lines)
