"""Go: panics, fatal errors, goroutine dumps, ``debug.Stack``, zap's ``stacktrace``, ``%+v`` of pkg/errors.

Only the first goroutine counts: the runtime prints the one that failed first. Calls above the innermost ``panic`` are
those of deferred functions that recovered or panicked again.
"""

from __future__ import annotations

import re
from functools import lru_cache

from logmedic.group.interface import CACHED, StackParser
from logmedic.group.paths import module_of
from logmedic.model import ExceptionPart, Frame, Stack

MOST_LINES = 5_000
MOST_FRAMES = 500
MOST_PARTS = 16
PANIC = "panic"
FATAL = "fatal error"
RUNTIME = "runtime error: "
_PLACE = re.compile(r"[\t ]{1,8}(\S.{0,1000}):(\d{1,9})(?: \+0x[0-9a-f]{1,16})?(?: fp=0x.{0,100})?\s*$")
_GOROUTINE = re.compile(r"goroutine \d{1,20} (?:gp=\S{1,30} )?(?:m=\S{1,30} )?(?:mp=\S{1,30} )?\[")
_BEGIN = re.compile(
    r"^(?:panic: |fatal error: |runtime: |goroutine \d{1,20} (?:gp=|\[))|: panic serving |\[recovered", re.MULTILINE
)
_SERVING = re.compile(r"panic serving \S{1,100}: ")
_CLOSURE = re.compile(r"(?:\.(?:func|gowrap|deferwrap)?\d{1,6}|-fm|-range\d{1,6})+$")
_ARGUMENTS = re.compile(r"\((?:0x[0-9a-f?]|[{.)_]|\?|0x|\d)")
_VERSION = re.compile(r"/v\d{1,3}(?=[./]|$)|@v[^/]{1,80}")
_PANICS = frozenset({"panic", "runtime.gopanic", "runtime.panicmem", "runtime.sigpanic"})
_STANDARD = frozenset({
    "archive", "bufio", "builtin", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "debug",
    "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "internal", "io",
    "iter", "log", "maps", "math", "mime", "net", "os", "panic", "path", "plugin", "reflect", "regexp", "runtime",
    "slices", "sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time", "unicode",
    "unique", "unsafe", "vendor", "weak",
})  # fmt: skip
_NOT_OUR_MODULES = ("golang.org/x/", "google.golang.org/", "go.uber.org/", "gopkg.in/", "k8s.io/", "gorm.io/")
_NOT_OUR_PATHS = ("/pkg/mod/", "/vendor/", "/go/src/runtime/", "/libexec/src/")


class GoStacks(StackParser):
    language = "go"

    def looks_like(self, text: str) -> bool:
        if ".go:" in text and "\n\t" in text:
            return True
        return text.startswith(("panic: ", "fatal error: ")) or "\npanic: " in text or "\nfatal error: " in text

    def start(self, text: str) -> int:
        found = _BEGIN.search(text)
        if found is not None:
            return text.rfind("\n", 0, found.start() + 1) + 1
        place = text.find("\n\t")
        return text.rfind("\n", 0, place) + 1 if place > 0 else 0

    def parse(self, text: str) -> Stack | None:
        reader = _Reader()
        for line in text[:2_000_000].split("\n", MOST_LINES)[:MOST_LINES]:
            if reader.done:
                break
            reader.line(line.rstrip("\r"))
        parts = reader.parts()
        return Stack(self.language, parts) if parts else None

    def in_app(self, frame: Frame) -> bool:
        return _ours(frame.path, f"{frame.module}.{frame.function}" if frame.module else frame.function)

    def name(self, frame: Frame) -> str:
        if "." not in frame.function and not frame.module:  # structured frames without a package
            return ".".join(n for n in (module_of(frame.path), frame.function) if n)
        return _symbol(f"{frame.module}.{frame.function}" if frame.module else frame.function)


class _Reader:
    def __init__(self) -> None:
        self.kind = ""
        self.words: list[str] = []  # of a panic
        self.traces: list[tuple[str, list[Frame]]] = []  # pkg/errors prints several, the root first
        self.call = ""
        self.pending: list[str] = []
        self.dump = False
        self.done = False

    def line(self, line: str) -> None:
        place = _PLACE.match(line) if line[:1] in {"\t", " "} else None
        if place is not None and self.call:
            self._frame(place[1], int(place[2]))
        elif _GOROUTINE.match(line):
            self.done = self.dump and bool(self.traces)
            self.dump = True
            self._text("")
        elif line.startswith(("[signal ", "exit status ")):
            return
        elif line.lstrip("\t").startswith((PANIC + ": ", FATAL + ": ")) and not self.dump:
            self._panic(line.lstrip("\t"))
        elif (serving := _SERVING.search(line)) is not None and not self.dump:
            self.kind, self.words = PANIC, [line[serving.end() :]]
        else:
            self._text(line)

    def _panic(self, line: str) -> None:
        """Of panics that followed one another the first is the fault; the runtime prints it first."""
        if not self.kind:
            self.kind, _, message = line.partition(": ")
            self.words = [message.partition(" [recovered")[0]]
            self.pending = []
            self.call = ""

    def _text(self, line: str) -> None:
        """A function, whose place is on the next line, or words."""
        if self.call:
            self.pending.append(self.call)
        self.call = line if line and not line[0].isspace() else ""
        if not self.call and line.strip() and self.kind and not self.traces and len(self.words) < MOST_PARTS:
            self.words.append(line.strip())

    def _frame(self, path: str, number: int) -> None:
        if self.pending or not self.traces:
            if len(self.traces) < MOST_PARTS:
                self.traces.append((self.pending[-1] if self.pending else "", []))  # above it may stand the log's words
            self.pending = []
        frames = self.traces[-1][1]
        called = self.call.removeprefix("created by ").partition(" in goroutine ")[0]
        self.call = ""
        cut = _ARGUMENTS.search(called)
        function = called[: cut.start()] if cut is not None else called
        if function in _PANICS:
            frames.clear()  # what stands above is a deferred function
        elif len(frames) < MOST_FRAMES and path.endswith((".go", ".s", ".c", "_cgo_gotypes.go")):
            frames.append(Frame(function, path, number, in_app=_ours(path, function)))

    def parts(self) -> tuple[ExceptionPart, ...]:
        if self.kind or (self.dump and self.traces):
            words = "\n".join(self.words)
            before, frames = self.traces[0] if self.traces else ("", [])
            words = words or before
            _, runtime, what = words.partition(RUNTIME)  # whoever recovered it may have put words before it
            words = RUNTIME + what if runtime else words
            kind = self.kind or (PANIC if words else "")
            return (ExceptionPart(kind, words[:4_000], tuple(reversed(frames))),)
        traces = [(words, frames) for words, frames in self.traces if frames]
        return tuple(ExceptionPart("", words[:4_000], tuple(reversed(frames))) for words, frames in reversed(traces))


@lru_cache(maxsize=CACHED)
def _ours(path: str, function: str) -> bool:
    plain = path.replace("\\", "/")
    if not function or any(mark in plain for mark in _NOT_OUR_PATHS) or "@v" in plain:
        return False
    if function.startswith(_NOT_OUR_MODULES) or _inlined(function):
        return False
    root = function.partition("/")[0].partition(".")[0]
    return root not in _STANDARD


def _inlined(function: str) -> bool:
    """A closure that was inlined into another function is named by both: ``main.main.(*Service).Total.func4``."""
    closure = _CLOSURE.search(function)
    return closure is not None and function.count(".", function.rfind("/") + 1, closure.start()) > 2 - (
        ".(*" not in function
    )


@lru_cache(maxsize=CACHED)
def _symbol(function: str) -> str:
    """``github.com/acme/shop/v2/orders.(*Service).Total.func1``: ``github.com/acme/shop/orders.Service.Total``."""
    name = _CLOSURE.sub("", function.partition("[")[0])
    name = _VERSION.sub("", name).replace("%2e", ".").replace("(*", "").replace("(", "").replace(")", "")
    return name.replace(".glob.", ".init").rstrip(".")
