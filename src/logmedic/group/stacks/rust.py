"""Rust: panics, backtraces (short and full), anyhow and eyre chains, span traces, color-eyre's layout.

What identifies a panic is its place in the team's code and its words, never its calls: a panic always says where it
arose, while the calls are there only if ``RUST_BACKTRACE`` is set, and differ with optimisation. The line of the place
moves with every edit above it, so it does not count. Where the words are the compiler's own and say nothing about the
bug (an index out of bounds, ``unwrap`` on ``None``) the column does: it stays where lines move, and tells two such
panics in one file apart. A panic that arose in a library has its place where the team's code called it, which only a
backtrace tells.

An error is known by its chain of messages (``a: b: c``), which is the same with and without a backtrace; its calls
are not, where an optimiser inlined them. A backtrace without a message is known by its calls.
"""

from __future__ import annotations

import re
from functools import lru_cache

from logmedic.bounds import clip
from logmedic.group.interface import CACHED, StackParser
from logmedic.group.paths import module_of
from logmedic.group.stacks.rust_symbols import symbol
from logmedic.model import ExceptionPart, Frame, Stack

MOST_LINES = 5_000
MOST_FRAMES = 500
MOST_CAUSES = 16
PANIC = "panic"
_PANIC = re.compile(r"(?:thread '[^'\n]{0,200}'(?: \(\d{1,20}\))? |^)panicked at ", re.MULTILINE)
_NONE = frozenset({"<disabled>", "disabled backtrace", "unsupported backtrace", "<unsupported>"})
# Before 1.73 the message stood in quotes before the place; the crate log-panics writes a colon between the two.
_OLD = re.compile(r"'(.*)'[,:] ((?:[A-Za-z]:)?[^\s:'][^:'\n]{0,500}):(\d{1,9})(?::(\d{1,9}))?\s*$", re.DOTALL)
_NEW = re.compile(r"((?:[A-Za-z]:)?[^\s:'][^:'\n]{0,500}):(\d{1,9}):(\d{1,9}):?\s*$")
_DEBUG = re.compile(
    r'\{ fn: "([^"]{1,2000})"(?:, file: "([^"]{1,1000})")?(?:, line: (\d{1,9}))? \}'
)  # {:?} of Backtrace
_CRASHED = "The application panicked (crashed)."
_CRASH = re.compile(
    r"The application panicked \(crashed\)\.\nMessage: ([^\x00]{0,4000}?)\nLocation:\s{1,8}(\S{1,500}):(\d{1,9})"
)
_COMPARED = re.compile(r"assertion failed: `\(left (..) right\)`(.*)", re.DOTALL)  # before 1.73
_FRAME = re.compile(r" *(\d{1,5}): +(?:0x[0-9a-f]{1,16} - )?(\S.{0,2000})$")
_AT = re.compile(r" {4,}at (\S.{0,1000}?):(\d{1,9})(?::(\d{1,9}))?\s*$")
# A call with its place, as most lines of a backtrace are: read together they take a third of the time.
_CALL = re.compile(
    r" *\d{1,5}: +(?:0x[0-9a-f]{1,16} - )?(\S.{0,2000})"
    r"(?:\n {4,}at (\S.{0,1000}):(\d{1,9}):(\d{1,9})[ \t\r]*)?$",
    re.MULTILINE,
)
_CAUSE = re.compile(r" {2,}(?:\d{1,3}: )?(\S.*)$")
# Words of the compiler and the standard library, the same for every panic of their kind.
_GENERIC = (
    "called `Option::unwrap()`", "called `Result::unwrap()`", "called `Result::unwrap_err()`", "index out of bounds",
    "attempt to ", "range start index", "range end index", "slice index starts", "explicit panic", "not implemented",
    "not yet implemented", "internal error: entered unreachable code", "already borrowed", "already mutably borrowed",
    "RefCell already", "assertion `left", "mid > len", "source slice length", "byte index", "start byte index",
    "end byte index",
)  # fmt: skip
_WORKSPACES = frozenset({"crates", "packages", "libs", "services", "apps", "components", "members"})
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
_NOT_OUR_PATHS = (
    "/rustc/",
    "/.cargo/registry/",
    "/.cargo/git/",
    "/rustlib/src/",
    "library/std/src/",
    "library/core/src/",
    "library/alloc/src/",
    "/vendor/",
)


class RustStacks(StackParser):
    language = "rust"

    def looks_like(self, text: str) -> bool:
        return (
            "panicked at " in text
            or "tack backtrace:" in text
            or "Caused by:\n" in text
            or '{ fn: "' in text
            or _CRASHED in text
            or "SpanTrace:" in text
            or "━ BACKTRACE ━" in text
            or "━ SPANTRACE ━" in text
            or "   0: " in text[:400]
            or _bare(text)
        )

    def start(self, text: str) -> int:
        panic = _PANIC.search(text)
        if panic is not None or _CRASHED in text:
            return panic.start() if panic is not None else text.find(_CRASHED)
        return text.find('{ fn: "') if '{ fn: "' in text and "\n" not in text else 0

    def parse(self, text: str) -> Stack | None:
        reader = _Reader(_plain_panic(text[:2_000_000]))
        parts = reader.parts()
        return Stack(self.language, parts) if parts else None

    def in_app(self, frame: Frame) -> bool:
        return _in_app(frame.path, frame.module or frame.function, frame.function)

    def key(self, frame: Frame) -> str:
        return self.name(frame) or f"file {_source(frame.path)}"

    def place(self, stack: Stack) -> str | None:
        first = stack.parts[0]
        if first.type != PANIC:
            return "" if first.message and not any(part.type for part in stack.parts) else None
        at = next((frame for frame in reversed(stack.parts[-1].frames) if frame.in_app), None)
        if at is None or not at.path:
            return None
        column = f" column {at.column}" if at.column and first.message.startswith(_GENERIC) else ""
        return f"file {_source(at.path)}{column}"

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
        self.panics = panic is not None
        self._read(text[panic.end() if panic else 0 :])
        plain = self.head[-1].strip().removeprefix("Error:").strip() if self.head else ""  # above it stands the log's
        self.message = self._panic() if panic else plain

    def _read(self, text: str) -> None:
        debug = "{ fn: " in text
        at = lines = 0
        size = len(text)
        while at <= size and lines < MOST_LINES:
            frames = None if debug else self.frames.get(self.section)
            while frames is not None and lines < MOST_LINES and (call := _CALL.match(text, at)) is not None:
                name, path, line, column = call.groups()
                if len(frames) < MOST_FRAMES:
                    frames.append(_called(name, path, line, column))
                at = call.end() + 1
                lines += 1 if path is None else 2
            end = text.find("\n", at)
            end = size if end < 0 else end
            self._line(text[at:end].rstrip())
            at = end + 1
            lines += 1

    def _line(self, line: str) -> None:
        section = _SECTIONS.get(line.strip(" ━"))
        if "{ fn: " in line:
            self._debug(line)
        elif section is not None:
            self.section = section
        elif line.startswith("note: ") or line.endswith(" frames hidden ⋮") or line in _NONE:
            return
        elif self.section == "head":
            self._head(line)
        elif self.section == "causes":
            self._cause(line)
        elif self.section == "location":
            at = _NEW.match(line.strip() + ":0") if line.strip() else None
            if at is not None:
                self.location = _location(at[1], int(at[2]), 0)
        else:
            self._frame(line, self.frames[self.section])

    def _debug(self, line: str) -> None:
        for found in _DEBUG.finditer(line):
            name, path, number = found[1], found[2] or "", int(found[3] or 0)
            if len(self.frames["backtrace"]) < MOST_FRAMES:
                self.frames["backtrace"].append(Frame(name, path, number, in_app=_in_app(path, name, name)))

    def _head(self, line: str) -> None:
        """The message; color-eyre numbers the chain right under ``Error:``."""
        numbered = _FRAME.match(line)
        if numbered is not None and (self.head or self.causes) and [h.strip() for h in self.head] in (["Error:"], []):
            self.causes.append(numbered[2])
        elif numbered is not None and numbered[1] == "0" and self.panics:  # no header in between
            self.section = "backtrace"
            self._frame(line, self.frames["backtrace"])
        elif line.strip() and len(self.head) < MOST_CAUSES:
            self.head.append(line)

    def _cause(self, line: str) -> None:
        cause = _CAUSE.match(line)
        if cause is not None and len(self.causes) < MOST_CAUSES:
            self.causes.append(cause[1])

    def _frame(self, line: str, frames: list[Frame]) -> None:
        at = _AT.match(line)
        if at is not None and frames:
            name = frames[-1].function
            frames[-1] = Frame(name, at[1], int(at[2]), in_app=_in_app(at[1], name, name), column=int(at[3] or 0))
            return
        frame = _FRAME.match(line)
        if frame is not None and len(frames) < MOST_FRAMES:
            name = frame[2].split(" with ", 1)[0].strip()
            frames.append(Frame(name, in_app=_in_app("", name, name)))

    def _panic(self) -> str:
        text = "\n".join(self.head)
        old = _OLD.match(text)
        if old is not None:
            self.location = _location(old[2], int(old[3]), int(old[4] or 0))
            return _words(old[1])
        new = _NEW.match(self.head[0]) if self.head else None
        if new is not None:
            self.location = _location(new[1], int(new[2]), int(new[3]))
            return _words("\n".join(self.head[1:]))
        return text

    def parts(self) -> tuple[ExceptionPart, ...]:
        """Surfaced first. The backtrace belongs to the innermost: it was taken where the error began."""
        calls = self.frames["backtrace"] or self.frames["spans"]
        if not (self.panics or calls or self.causes):
            return ()
        frames = list(reversed(calls))  # printed innermost first
        if self.location is not None and (self.panics or not any(f.in_app for f in frames)):
            frames = _arrived(frames, self.location)
        kind = PANIC if self.panics else ""
        messages = [m for m in (self.message, *self.causes) if m] or [""]
        last = len(messages) - 1
        return tuple(
            ExceptionPart(kind if i == 0 else "", clip(message, 4_000), tuple(frames) if i == last else ())
            for i, message in enumerate(messages)
        )


@lru_cache(maxsize=CACHED)
def _called(name: str, path: str | None, line: str | None, column: str | None) -> Frame:
    name, path = name.partition(" with ")[0].strip(), path or ""
    return Frame(name, path, int(line or 0), in_app=_in_app(path, name, name), column=int(column or 0))


def _plain_panic(text: str) -> str:
    """A panic as color-eyre reports it, in the layout of the standard library."""
    at = text.find(_CRASHED)
    report = _CRASH.match(text, at) if at >= 0 else None
    if report is None:
        return text
    return (
        f"{text[: report.start()]}\npanicked at {report[2]}:{report[3]}:0:\n{report[1].strip()}{text[report.end() :]}"
    )


def _bare(text: str) -> bool:
    """A backtrace or span trace without a header, as ``Backtrace`` and ``SpanTrace`` print themselves."""
    return text[:40].lstrip().startswith("0: ") and "::" in text[:2_000]


def _location(path: str, line: int, column: int) -> Frame:
    """Where a panic or report says it arose: a file without a function, so it names no call but tells files apart."""
    return Frame("", path, line, in_app=_in_app(path, "", ""), column=column)


def _arrived(frames: list[Frame], location: Frame) -> list[Frame]:
    """The calls down to the one at the location, which gets its column; without such a one the location ends them."""
    if not location.in_app:
        return [*frames, location] if not any(f.in_app for f in frames) else frames
    name = location.path.replace("\\", "/").rpartition("/")[2]
    for i in range(len(frames) - 1, -1, -1):
        call = frames[i]
        if call.in_app and call.line == location.line and call.path.replace("\\", "/").endswith(name):
            return [*frames[:i], Frame(call.function, location.path, call.line, in_app=True, column=location.column)]
    return [*(f for f in frames if f.in_app), location]


def _words(message: str) -> str:
    """The message as the newest compilers word it, without the values that an assertion compared."""
    compared = _COMPARED.match(message)
    if compared is not None:
        first, _, _ = compared[2].partition("\n")
        _, colon, said = compared[2].rpartition("`: ")
        message = f"assertion `left {compared[1]} right` failed" + (f": {said}" if colon and not first.strip() else "")
    elif message.startswith("assertion `left"):
        message = message.partition("\n")[0]
    for old, new in (
        ("already borrowed: BorrowMutError", "already borrowed"),
        ("already mutably borrowed: BorrowError", "already mutably borrowed"),
    ):
        if message in {old, f"RefCell {new}"}:
            return new
    return message


@lru_cache(maxsize=CACHED)
def _source(path: str) -> str:
    """The module of a file: all below ``src``, behind the crate's folder where it is one of a workspace."""
    names = [n for n in path.replace("\\", "/").split("/") if n not in {"", "."}]
    absolute = path[:1] in {"/", "."} or path[1:2] == ":"  # backtraces are relative to where the program runs
    if "src" in names:
        at = len(names) - 1 - names[::-1].index("src")
        crate = names[at - 1 : at] if at and (not absolute or names[at - 2] in _WORKSPACES) else []
        names = crate + names[at + 1 :]
    elif absolute:
        return module_of(path)
    stem = names.pop().removesuffix(".rs") if names else ""
    return ".".join(names if stem == "mod" and names else [*names, stem])


@lru_cache(maxsize=CACHED)
def _in_app(path: str, module: str, function: str) -> bool:
    plain = path.replace("\\", "/")
    if any(mark in plain for mark in _NOT_OUR_PATHS):
        return False
    if not function:
        return plain.endswith(".rs")
    crate, separator, _ = symbol(module).partition("::")
    return bool(function and crate) and crate not in _NOT_OURS and (bool(separator) or bool(path))
