"""JavaScript and TypeScript (Node, browsers, bundles): ``Error.cause``, aggregates, async and eval'd calls."""

from __future__ import annotations

import re
from functools import lru_cache

from logmedic.group.interface import CACHED, StackParser
from logmedic.group.paths import module_of
from logmedic.model import ExceptionPart, Frame, Stack

MOST_LINES = 5_000
MOST_FRAMES = 500
MOST_PARTS = 32
_AT = re.compile(
    r"^[ \t]{1,60}at (?!.{0,300}\.java:)[^\n]{1,600}?(?::\d{1,7}:\d{1,7}|\((?:<anonymous>|native)\))", re.MULTILINE
)
_GECKO = re.compile(r"([^\s@(]{0,200})@((?:https?|file|webpack|app)\S{1,500}):(\d{1,7}):(\d{1,7})$")
_GECKO_AT = re.compile(r"^[^\s@(]{0,200}@(?:https?|file|webpack|app)\S{1,500}:\d{1,7}$", re.MULTILINE)
_HEAD = re.compile(r"\[?(?:Uncaught )?([A-Za-z_$][\w$.]{0,200})(?: \[([A-Z][A-Z0-9_]{1,80})\])?(?:: (.*)|\s*\{?)$")
_INSIDE = re.compile(r"(?<![\w$.])[\w$]{0,100}(?:Error|Exception)(?: \[[A-Z0-9_]{1,80}\])?: ")
_TYPES = ("Error", "Exception", "Rejection", "Warning")
_CAUSE = re.compile(r"\s{0,60}(?:\[cause\]|[cC]aused by): (.*)$")
_AS = re.compile(r" \[as [^\]]{1,200}\]")
_SCHEME = re.compile(r"(?:webpack-internal|webpack|file|https?|app|rollup|vite|turbopack)://(?:/|[^/]{0,200}/)?")
_HEX = re.compile(r"[0-9a-f]{6,64}")
_OWNERS = ("Object.", "Function.", "Module.", "module.", "exports.", "global.", "Proxy.")
_CORE = frozenset({
    "_http_client.js", "_http_common.js", "_http_incoming.js", "_http_outgoing.js", "_http_server.js",
    "_stream_duplex.js", "_stream_readable.js", "_stream_transform.js", "_stream_writable.js", "_tls_wrap.js",
    "assert.js", "async_hooks.js", "bootstrap_node.js", "buffer.js", "child_process.js", "dgram.js", "dns.js",
    "domain.js", "events.js", "fs.js", "http.js", "https.js", "module.js", "net.js", "node.js", "readline.js",
    "stream.js", "timers.js", "tls.js", "util.js", "vm.js", "zlib.js",
})  # fmt: skip
_NOT_OURS = (
    "node_modules/",
    "webpack/bootstrap",
    "webpack/runtime",
    "/.yarn/",
    "-extension://",
    "/usr/lib/",
    "/deno/std",
)
_VITE = re.compile(r"(.{0,200}\w)-([A-Za-z0-9_-]{8})(\.m?js)")  # its hash is eight characters of base64 for URLs
_BUNDLED = (".min", "chunk", "bundle")


class NodeStacks(StackParser):
    language = "node"

    def looks_like(self, text: str) -> bool:
        return ("at " in text and _AT.search(text) is not None) or ("@" in text and _GECKO_AT.search(text) is not None)

    def start(self, text: str) -> int:
        first = _AT.search(text) or _GECKO_AT.search(text)
        return _head(text, first.start()) if first else 0

    def parse(self, text: str) -> Stack | None:
        first = _AT.search(text) or _GECKO_AT.search(text)
        if first is None:
            return None
        reader = _Reader()
        begin = _head(text, first.start())
        for line in text[begin : begin + 2_000_000].split("\n", MOST_LINES)[:MOST_LINES]:
            reader.line(line.rstrip("\r"))
        parts = reader.parts()
        return Stack(self.language, parts) if parts else None

    def in_app(self, frame: Frame) -> bool:
        return _ours(frame.path)

    def name(self, frame: Frame) -> str:
        function = _named(frame.function, frame.path)
        module = frame.module or _module(frame.path)
        return ".".join(n for n in (module, function) if n) if function else ""

    def key(self, frame: Frame) -> str:
        """A call without a name counts by its file, whose name bundlers hash."""
        return self.name(frame) or f"file {_module(frame.path)}"


class _Part:
    def __init__(self, line: str) -> None:
        head = _HEAD.match(line[:4_000].strip())
        self.type = head[1] if head is not None else ""
        message = (head[3] or "") if head is not None else line.strip()[:4_000]
        closed = line.lstrip().startswith("[")
        self.words = [message.removesuffix(" {").removesuffix("]") if closed else message]
        self.frames: list[Frame] = []

    def part(self) -> ExceptionPart:
        return ExceptionPart(self.type, "\n".join(self.words)[:4_000].strip(), tuple(reversed(self.frames)))


class _Reader:
    """A chain, and the chains of the members of an aggregate."""

    def __init__(self) -> None:
        self.chains: list[list[_Part]] = [[]]
        self.errors = -1  # indentation of the list of an aggregate's members
        self.count = 0

    def line(self, line: str) -> None:
        now = self.chains[-1][-1] if self.chains[-1] else None
        frame = _frame(line)
        if frame is not None:
            now = now or self._open("")
            if now is not None and len(now.frames) < MOST_FRAMES:
                now.frames.append(frame)
            return
        cause = _CAUSE.match(line)
        if cause is not None:
            if not cause[1].startswith("["):  # "[cause]: [Error]" is where printing stopped
                self._open(cause[1])
        elif line.strip() == "[errors]: [":
            self.errors = len(line) - len(line.lstrip())
        elif now is None:
            self._open(line)
        elif (
            self.errors >= 0 and len(line) - len(line.lstrip()) == self.errors + 2 and _HEAD.match(line[:4_000].strip())
        ):
            self.chains.append([])
            self._open(line)
        elif not now.frames and line.strip() and len(now.words) < MOST_PARTS and self.errors < 0:
            now.words.append(line.strip())

    def _open(self, line: str) -> _Part | None:
        self.count += 1
        if self.count > MOST_PARTS:
            return None
        part = _Part(line)
        self.chains[-1].append(part)
        return part

    def parts(self) -> tuple[ExceptionPart, ...]:
        """Surfaced first; members in an order that does not depend on which failed first, equal ones once."""
        unlike = {}
        for chain in self.chains[1:]:
            parts = [part.part() for part in chain]
            unlike[
                tuple((p.type, *(f"{_module(f.path)} {f.function}" for f in p.frames if f.in_app)) for p in parts)
            ] = parts
        members = [part for key in sorted(unlike) for part in unlike[key]]
        parts = [part.part() for part in self.chains[0]] + members
        return tuple(parts) if any(part.frames for part in parts) else ()


def _head(text: str, at: int) -> int:
    """Where the error's own line begins: messages may have several lines, an aggregate has one above its members."""
    begin = best = at
    for i in range(MOST_PARTS):
        if begin <= 0:
            break
        end = begin - 1
        begin = text.rfind("\n", 0, end) + 1
        line = text[begin:end][:4_000].strip()
        head = _HEAD.match(line)
        if head is not None and head[1].endswith(_TYPES):
            best = begin
            above = text.rfind("\n", 0, max(begin - 1, 0)) + 1
            if text[above:begin].strip() != "[errors]: [":
                return best
            continue
        inside = _INSIDE.search(text, begin, min(end, begin + 4_000))
        if inside is not None:
            return inside.start()
        if i == 0 and line:
            best = begin
    return best


def _frame(line: str) -> Frame | None:
    text = line.strip().removesuffix(" {")
    if not text.startswith("at "):
        gecko = _GECKO.match(text) if "@" in text else None
        return _made(gecko[1].rstrip("/<"), f"{gecko[2]}:{gecko[3]}:{gecko[4]}") if gecko is not None else None
    rest = text[3:2_000].removeprefix("async ")
    function, opened, where = rest.partition(" (")
    if opened and where.endswith(")"):
        return _made(function, where[:-1])
    return _made("", rest) if ":" in rest else None


def _made(function: str, where: str) -> Frame:
    path, _, column = where.rpartition(":")
    path, _, line = path.rpartition(":")
    if not (path and line.isdecimal() and column.isdecimal() and len(line) < 10 and len(column) < 10):
        path, line, column = where, "0", "0"
    if path.startswith("eval at "):
        path = "<anonymous>"
    plain = _AS.sub("", function.removeprefix("async ")).removeprefix("new ")
    return Frame(plain, path, int(line), in_app=_ours(path), column=int(column))


@lru_cache(maxsize=CACHED)
def _ours(path: str) -> bool:
    plain = path.replace("\\", "/")
    if not plain or plain[0] in "<(" or plain.startswith(("node:", "internal/", "native", "index ", "wasm://")):
        return False
    return plain not in _CORE and not any(mark in plain for mark in _NOT_OURS)


@lru_cache(maxsize=CACHED)
def _module(path: str) -> str:
    """The file below its project's root, without suffix and hash; the same for a source and what it was compiled to."""
    plain = _SCHEME.sub("", path.partition("?")[0].replace("\\", "/"), count=1)
    folder, slash, name = plain.rpartition("/")
    vite = _VITE.fullmatch(name)
    if vite is not None and _drawn(vite[2]):
        name = vite[1] + vite[3]
    if folder.endswith("chunks") and name.partition(".")[0].isdecimal():
        name = ""  # the number of a chunk is drawn anew by each build
    pieces = re.split(r"([.-])", name)
    kept = pieces[:1]
    for i in range(1, len(pieces) - 1, 2):
        if not _hashed(pieces[i + 1]):
            kept += pieces[i : i + 2]
    return module_of(folder + slash + "".join(kept), in_project=True)


def _hashed(piece: str) -> bool:
    """A bundler's part of a file's name: six and more hexadecimal digits, or eight letters and digits at random."""
    digit = any(c.isdigit() for c in piece)
    if digit and _HEX.fullmatch(piece.lower()):
        return True
    return len(piece) == 8 and piece.isalnum() and (digit or not (piece[1:].islower() or piece.isupper()))


def _drawn(piece: str) -> bool:
    """Whether capitals stand where no word has them: ``B3kQx9_z``, ``DkQxPzab``; not ``get-item``, ``addItems``."""
    return not piece[1:].islower() and (not piece.isalpha() or sum(c.isupper() for c in piece[1:]) >= 2)


@lru_cache(maxsize=CACHED)
def _named(function: str, path: str) -> str:
    """Without what calls it, and without names that a minifier made up."""
    function = _AS.sub("", function.removeprefix("async ")).removeprefix("new ")
    for owner in _OWNERS:
        function = function.removeprefix(owner)
    if function.endswith("<anonymous>") or function in {"eval", "?"}:
        return ""
    name = path.rpartition("/")[2]
    bundled = any(mark in name for mark in _BUNDLED) or any(_hashed(p) for p in re.split(r"[.-]", name)[1:])
    if bundled and all(len(part) <= 2 for part in function.split(".")):
        return ""
    return function
