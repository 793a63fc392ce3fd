"""Rust: panics, backtraces (short and full), anyhow and eyre chains, span traces, color-eyre's layout."""

from __future__ import annotations

import re

from logmedic.bounds import clip
from logmedic.group.paths import module_of
from logmedic.model import ExceptionPart, Frame, Stack

MOST_LINES = 5_000
MOST_FRAMES = 500
MOST_CAUSES = 16
PANIC = "panic"
_PANIC = re.compile(r"thread '[^']{0,200}'(?: \(\d{1,20}\))? panicked at ")
_OLD = re.compile(r"'(.*)', ([^\s:'][^:']{0,500}):(\d{1,9})(?::\d{1,9})?$", re.DOTALL)
_NEW = re.compile(r"([^\s:'][^:']{0,500}):(\d{1,9}):\d{1,9}:?\s*$")
_FRAME = re.compile(r" *(\d{1,5}): +(?:0x[0-9a-f]{1,16} - )?(\S.{0,2000})$")
_AT = re.compile(r" {4,}at (\S.{0,1000}?):(\d{1,9})(?::\d{1,9})?\s*$")
_CAUSE = re.compile(r" {2,}(?:\d{1,3}: )?(\S.*)$")
_HASH = re.compile(r"::h[0-9a-f]{16}$|\[[0-9a-f]{16}\]")
_SECTIONS = {
    "stack backtrace:": "backtrace",
    "Stack backtrace:": "backtrace",
    "BACKTRACE": "backtrace",
    "SpanTrace:": "spans",
    "SPANTRACE": "spans",
    "Caused by:": "causes",
    "Location:": "location",
}
_NOT_OURS = frozenset({
    "<unknown>", "__clone", "__libc_start_call_main", "__libc_start_main", "__libc_start_main_impl", "__rust_try",
    "__rustc", "_main", "_start", "actix_http", "actix_rt", "actix_server", "actix_service", "actix_web", "alloc",
    "anyhow", "async_std", "async_trait", "axum", "axum_core", "backtrace", "bb8", "clone", "clone3",
    "color_backtrace", "color_eyre", "core", "crossbeam", "deadpool", "diesel", "env_logger", "eyre", "futures",
    "futures_channel", "futures_core", "futures_util", "h2", "hashbrown", "hyper", "hyper_util", "log", "main",
    "mio", "panic_unwind", "parking_lot", "proc_macro", "r2d2", "rayon", "rayon_core", "redis", "reqwest",
    "rocket", "rust_begin_unwind", "rust_panic", "rustls", "serde", "serde_json", "sqlx", "sqlx_core", "start",
    "start_thread", "std", "test", "thiserror", "tokio", "tokio_postgres", "tokio_util", "tonic", "tower",
    "tower_http", "tower_service", "tracing", "tracing_core", "tracing_error", "tracing_futures",
    "tracing_subscriber", "warp",
})  # fmt: skip
_NOT_OUR_PATHS = ("/rustc/", "/.cargo/registry/", "/.cargo/git/", "/rustlib/src/", "library/std/src/", "/vendor/")


class RustStacks:
    language = "rust"

    def looks_like(self, text: str) -> bool:
        return (
            " panicked at " in text
            or "tack backtrace:" in text
            or "Caused by:\n" in text
            or "SpanTrace:" in text
            or "━ BACKTRACE ━" in text
            or "━ SPANTRACE ━" in text
            or "   0: " in text[:400]
            or _bare(text)
        )

    def start(self, text: str) -> int:
        panic = _PANIC.search(text)
        return panic.start() if panic else 0

    def parse(self, text: str) -> Stack | None:
        reader = _Reader(text[:2_000_000])
        parts = reader.parts()
        return Stack(self.language, parts) if parts else None

    def in_app(self, frame: Frame) -> bool:
        return _in_app(frame.path, frame.module or frame.function, frame.function)

    def name(self, frame: Frame) -> str:
        if not frame.function:
            return ""
        return symbol(f"{frame.module}::{frame.function}" if frame.module else frame.function).replace("::", ".")


class _Reader:
    def __init__(self, text: str) -> None:
        panic = _PANIC.search(text)
        self.frames: dict[str, list[Frame]] = {"backtrace": [], "spans": []}
        self.causes: list[str] = []
        self.head: list[str] = []
        self.section = "backtrace" if panic is None and _bare(text) else "head"
        self.location: Frame | None = None
        for line in text[panic.end() if panic else 0 :].split("\n", MOST_LINES)[:MOST_LINES]:
            self._line(line.rstrip())
        plain = " ".join(h.strip() for h in self.head).removeprefix("Error:").strip()
        self.message = self._panic() if panic else plain
        self.is_panic = panic is not None

    def _line(self, line: str) -> None:
        section = _SECTIONS.get(line.strip(" ━"))
        if section is not None:
            self.section = section
        elif line.startswith("note: ") or line.endswith(" frames hidden ⋮"):
            return
        elif self.section == "head":
            self._head(line)
        elif self.section == "causes":
            self._cause(line)
        elif self.section == "location":
            at = _NEW.match(line.strip() + ":0") if line.strip() else None
            if at is not None:
                self.location = _location(at[1], int(at[2]))
        else:
            self._frame(line, self.frames[self.section])

    def _head(self, line: str) -> None:
        """The message; color-eyre numbers the chain right under ``Error:``."""
        numbered = _FRAME.match(line)
        if numbered is not None and (self.head or self.causes) and [h.strip() for h in self.head] in (["Error:"], []):
            self.causes.append(numbered[2])
        elif line.strip() and len(self.head) < MOST_CAUSES:
            self.head.append(line)

    def _cause(self, line: str) -> None:
        cause = _CAUSE.match(line)
        if cause is not None and len(self.causes) < MOST_CAUSES:
            self.causes.append(cause[1])

    def _frame(self, line: str, frames: list[Frame]) -> None:
        at = _AT.match(line)
        if at is not None and frames:
            last = frames[-1]
            frames[-1] = Frame(last.function, at[1], int(at[2]), "", "", _in_app(at[1], last.function, last.function))
            return
        frame = _FRAME.match(line)
        if frame is not None and len(frames) < MOST_FRAMES:
            name = frame[2].split(" with ", 1)[0].strip()
            frames.append(Frame(name, in_app=_in_app("", name, name)))

    def _panic(self) -> str:
        text = "\n".join(self.head)
        old = _OLD.match(text)
        if old is not None:
            self.location = _location(old[2], int(old[3]))
            return old[1]
        new = _NEW.match(self.head[0]) if self.head else None
        if new is not None:
            self.location = _location(new[1], int(new[2]))
            return "\n".join(self.head[1:])
        return text

    def parts(self) -> tuple[ExceptionPart, ...]:
        """Surfaced first. The backtrace belongs to the innermost: it was taken where the error began."""
        calls = self.frames["backtrace"] or self.frames["spans"]
        if not (self.is_panic or calls or self.causes):
            return ()
        frames = list(reversed(calls))  # printed innermost first
        if self.location is not None and not any(f.in_app for f in frames):
            frames.append(self.location)
        kind = PANIC if self.is_panic else ""
        messages = [m for m in (self.message, *self.causes) if m] or [""]
        last = len(messages) - 1
        return tuple(
            ExceptionPart(kind if i == 0 else "", clip(message, 4_000), tuple(frames) if i == last else ())
            for i, message in enumerate(messages)
        )


def _bare(text: str) -> bool:
    """A backtrace or span trace without a header, as ``Backtrace`` and ``SpanTrace`` print themselves."""
    return text[:40].lstrip().startswith("0: ") and "::" in text[:2_000]


def symbol(name: str) -> str:
    """A demangled path without hash, generics, closures; ``<A as B>::f`` is ``A::f``, or ``B::f`` for a bare type."""
    name = _HASH.sub("", name)
    if name.startswith("<"):
        inner, rest = _split_bracket(name)
        this, _, trait = _top_level(inner, " as ")
        this = this.strip("&*() ").removeprefix("mut ").removeprefix("dyn ").removeprefix("impl ")
        name = (this if "::" in this or not trait else trait) + rest
    kept = [
        part
        for part in _without_brackets(name).split("::")
        if part and part[0] not in "{<(" and not part.startswith("__")
    ]
    return "::".join(kept)


def _split_bracket(name: str) -> tuple[str, str]:
    depth = 0
    for i, c in enumerate(name):
        if c == "<":
            depth += 1
        elif c == ">" and name[i - 1] != "-":
            depth -= 1
            if depth == 0:
                return name[1:i], name[i + 1 :]
    return name[1:], ""


def _top_level(text: str, word: str) -> tuple[str, str, str]:
    """``str.partition`` that looks only outside angle brackets."""
    depth = 0
    for i, c in enumerate(text):
        if c == "<":
            depth += 1
        elif c == ">" and text[i - 1] != "-":
            depth -= 1
        elif c == " " and depth == 0 and text.startswith(word, i):
            return text[:i], word, text[i + len(word) :]
    return text, "", ""


def _without_brackets(name: str) -> str:
    kept: list[str] = []
    depth = 0
    for i, c in enumerate(name):
        if c in "<{":
            depth += 1
        elif c == "}" or (c == ">" and name[i - 1 : i] != "-"):
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(c)
    return "".join(kept)


def _location(path: str, line: int) -> Frame:
    """Where a panic or report says it arose: a file without a function, so it names no call but tells files apart."""
    ours = not any(mark in path for mark in _NOT_OUR_PATHS)
    return Frame("", path, line, module_of(path), in_app=ours)


def _in_app(path: str, module: str, function: str) -> bool:
    plain = path.replace("\\", "/")
    if any(mark in plain for mark in _NOT_OUR_PATHS):
        return False
    crate, separator, _ = symbol(module).partition("::")
    return bool(function and crate) and crate not in _NOT_OURS and (bool(separator) or bool(path))
