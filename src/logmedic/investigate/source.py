"""From a path in a log to a tracked file, and from a line to the function around it. Pure: it opens nothing."""

from __future__ import annotations

import ast
import importlib
import re
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from logmedic.model import Stack

LONGEST_PATH = 1_000  # characters; longer ones are not paths of code
LARGEST_PARSED = 400_000  # characters: parsing more takes longer than the whole investigation may
LONGEST_SPAN = 80  # lines quoted of one function
AROUND = 12  # lines on each side where no parser knows the language
_LIBRARIES = (
    "/site-packages/", "/dist-packages/", "/node_modules/", "/.cargo/", "/registry/src/", "/rustc/", "/rustlib/",
    "/go/pkg/mod/", "/lib/python3", "/usr/lib/", "/usr/local/go/",
)  # fmt: skip
_PARSING = threading.Lock()  # the filters of warnings belong to the whole process
_PACKAGE = re.compile(
    r"/(?:site-packages|dist-packages|node_modules|registry/src/[^/]{1,80})/(@?[\w-]{1,80}?)(?:-\d[^/]{0,40})?(?:\.py)?/?(?=/|$)"
)
_FUNCTION = re.compile(r"::|[.#$/]")
_EVERYWHERE = frozenset((
    "main", "module", "lambda", "anonymous", "closure", "handle", "handler", "call", "invoke", "__call__", "execute",
    "dispatch", "process", "wrapper", "inner",
))  # fmt: skip
_RAISING = ("raise ", "throw ", "return Err(", "Err(", "bail!(", "panic!(", "panic(", "return errors.")
_GRAMMARS: Mapping[str, tuple[str, frozenset[str]]] = {
    ".rs": ("tree_sitter_rust", frozenset({"function_item"})),
    ".js": ("tree_sitter_javascript", frozenset({
        "function_declaration", "method_definition", "function_expression", "arrow_function",
        "generator_function_declaration"})),
    ".java": ("tree_sitter_java", frozenset({"method_declaration", "constructor_declaration"})),
    ".go": ("tree_sitter_go", frozenset({"function_declaration", "method_declaration", "func_literal"})),
}  # fmt: skip
_LIKE = {".mjs": ".js", ".cjs": ".js", ".jsx": ".js"}


class Paths:
    """The tracked paths of one commit, by file name."""

    def __init__(self, tracked: Iterable[str]) -> None:
        self._by_name: dict[str, list[tuple[str, ...]]] = {}
        for path in tracked:
            parts = tuple(path.split("/"))
            self._by_name.setdefault(parts[-1], []).append(parts)

    def locate(self, logged: str, module: str = "") -> str | None:
        """The tracked path that a logged one means, by the longest suffix of directories that they share.

        ``None`` when none or several fit, when the path climbs (``..``), or when it is a library's. Unless one of the
        two paths is a suffix of the other, they must share a directory besides the file name: ``/etc/app.py`` is not
        ``src/app.py``. ``module`` (``com.acme.Shop``) stands in for directories that the log leaves out.
        """
        fits = self.fitting(logged, module)
        return fits[0] if len(fits) == 1 else None

    def fitting(self, logged: str, module: str = "") -> list[str]:
        """All tracked paths that a logged one may mean equally well."""
        parts = _parts(logged)
        if not parts:
            return []
        scored: list[tuple[int, tuple[str, ...]]] = []
        for tracked in self._by_name.get(parts[-1], ()):
            shared = _shared(parts, tracked)
            if shared in {len(parts), len(tracked)} or shared >= 2:
                scored.append((shared, tracked))
        best = max((shared for shared, _ in scored), default=0)
        fits = [tracked for shared, tracked in scored if shared == best]
        if len(fits) > 1 and module:
            wanted = tuple(module.replace("::", ".").split("."))
            fits = [t for t in fits if _contains((*t[:-1], t[-1].partition(".")[0]), wanted)]
        return ["/".join(fit) for fit in fits]


def is_ours(logged: str) -> bool:
    """Whether a logged path can be a file of the service: no library's, no ``<stdin>``."""
    return bool(_parts(logged)) and not logged.startswith("<")


def _parts(logged: str) -> tuple[str, ...]:
    if not 0 < len(logged) <= LONGEST_PATH or not logged.isprintable():
        return ()
    path = logged.removeprefix("file://").replace("\\", "/")
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    whole = f"/{path}"
    return () if ".." in parts or any(library in whole for library in _LIBRARIES) else parts


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    count = 0
    for x, y in zip(reversed(a), reversed(b), strict=False):
        if x != y:
            break
        count += 1
    return count


def _contains(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the tail of ``parts`` is a part of ``wanted``, in which inner classes and functions may follow."""
    for size in range(min(len(parts), len(wanted)), 1, -1):
        tail = tuple(parts[-size:])
        if any(tuple(wanted[at : at + size]) == tail for at in range(len(wanted) - size + 1)):
            return True
    return False


class Span(msgspec.Struct, frozen=True):
    """Lines ``start`` to ``end`` (1-based, inclusive) around ``line``; ``name`` of the function, if it is known."""

    start: int
    end: int
    line: int
    name: str = ""
    exact: bool = False  # the bounds are a function's


def enclosing(path: str, text: str, line: int) -> Span | None:
    """The innermost function around ``line``; a fixed number of lines when that is unknown; ``None`` past the end."""
    count = text.count("\n") + (not text.endswith("\n"))
    if not 1 <= line <= count:
        return None
    found = _function(path, text, line) if len(text) <= LARGEST_PARSED else None
    if found is None:
        return Span(max(1, line - AROUND), min(count, line + AROUND), line)
    return Span(found[0], found[1], line, found[2], exact=True)


def _function(path: str, text: str, line: int) -> tuple[int, int, str] | None:
    suffix = "." + path.rpartition(".")[2]
    candidates = _python(text) if suffix in {".py", ".pyi"} else _by_grammar(_LIKE.get(suffix, suffix), text)
    around = [found for found in candidates if found[0] <= line <= found[1]]
    return min(around, key=lambda found: found[1] - found[0], default=None)


def _python(text: str) -> Iterator[tuple[int, int, str]]:
    try:
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in code that is not ours
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            yield first, node.end_lineno or node.lineno, node.name


def _by_grammar(suffix: str, text: str) -> Iterator[tuple[int, int, str]]:
    grammar = _GRAMMARS.get(suffix)
    if grammar is None:
        return
    module, kinds = grammar
    try:
        import tree_sitter  # noqa: PLC0415  an optional extra

        language = tree_sitter.Language(importlib.import_module(module).language())
    except ImportError:
        return
    todo = [tree_sitter.Parser(language).parse(text.encode()).root_node]
    while todo:
        node = todo.pop()
        if node.type in kinds:
            name = node.child_by_field_name("name")
            label = name.text.decode("utf-8", "replace") if name is not None and name.text is not None else ""
            yield node.start_point[0] + 1, node.end_point[0] + 1, label
        todo.extend(node.named_children)


def quoted(span: Span) -> tuple[int, int]:
    """The part of a span to quote: all of it, or :data:`LONGEST_SPAN` lines around its line."""
    if span.end - span.start < LONGEST_SPAN:
        return span.start, span.end
    start = max(span.start, min(span.line - LONGEST_SPAN * 2 // 3, span.end - LONGEST_SPAN + 1))
    return start, start + LONGEST_SPAN - 1


def show(text: str, start: int, end: int, line: int) -> str:
    """Lines ``start`` to ``end`` with numbers, and a mark at ``line``."""
    lines = text.split("\n")[start - 1 : end]
    return "\n".join(f"{n:>5}{'>' if n == line else ' '} {code}" for n, code in enumerate(lines, start))


def mentions(text: str, code: str) -> bool:
    """Whether the code that a trace quotes stands in the file at all; true when it quotes none.

    Guards against a file of the same name elsewhere; the line itself may have moved when the release is not known.
    """
    wanted = code.strip()
    return not wanted or wanted in text


def raises(text: str, line: int) -> bool:
    """Whether the line raises on purpose, in any of the languages known here."""
    lines = text.split("\n")
    return 1 <= line <= len(lines) and lines[line - 1].lstrip().startswith(_RAISING)


def functions(stack: Stack | None, limit: int = 5) -> tuple[str, ...]:
    """Names of the team's own functions on the stack, the culprit first; without those that every program has."""
    found: list[str] = []
    for part in reversed(stack.parts) if stack is not None else ():
        for frame in reversed(part.frames):
            name = _FUNCTION.split(frame.function[:200])[-1].strip("()<>{}")
            if frame.in_app and len(name) >= 4 and name.lower() not in _EVERYWHERE:
                found.append(name)
    return tuple(dict.fromkeys(found))[:limit]


def libraries(stack: Stack | None) -> tuple[str, ...]:
    """Packages whose frames lie below the culprit, the deepest first: where the code broke into somebody else's."""
    found: list[str] = []
    for frame in reversed(stack.parts[-1].frames) if stack is not None and stack.parts else ():
        if frame.in_app:
            break
        name = _PACKAGE.search(frame.path[:LONGEST_PATH].replace("\\", "/"))
        if name is not None:
            found.append(name[1])
    return tuple(dict.fromkeys(found))
