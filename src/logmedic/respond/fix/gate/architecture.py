"""The shape of the code stays: no module comes or goes, no public signature changes, no new dependency arises."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from logmedic.model import Text
from logmedic.respond.fix.change import Change, FileChange
from logmedic.respond.fix.gate.lines import fresh, gone, normal
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.gate.python import parse
from logmedic.respond.fix.report import Finding

_PUBLIC = {
    "rust": re.compile(r"^pub(?:\s*\([^)]*\))?\s+(?:async\s+|const\s+|unsafe\s+|extern\s+\"[^\"]*\"\s+)*(?:fn|struct"
                       r"|enum|trait|type|mod|const|static|use)\b|^#\[derive|^impl\b"),
    "go": re.compile(r"^(?:func\s+(?:\([^)]*\)\s*)?[A-Z]|type\s+[A-Z]|(?:var|const)\s+[A-Z])"),
    "java": re.compile(r"^(?:@\w+\s+)*(?:public|protected|open|override|abstract|interface|data\s+class|fun\b|class\b"
                       r"|enum\b|record\b)"),
    "script": re.compile(r"^(?:export\b|module\.exports|exports\.|(?:public|static|async)\s+\w+\s*\("
                         r"|(?:abstract\s+)?class\b|interface\b|type\s+[A-Z]\w*\s*=)"),
}  # fmt: skip
_IMPORTS = {
    "rust": re.compile(r"^(?:pub\s+)?(?:use\s+(?:::)?([A-Za-z_]\w*)|extern\s+crate\s+(\w+))"),
    "go": re.compile(r"^(?:import\s+)?(?:[\w.]+\s+)?\"([^\"]+)\"$"),
    "java": re.compile(r"^import\s+(?:static\s+)?([\w.]+?)(?:\.\*)?\s*;?$"),
    "script": re.compile(r"(?:\bfrom\s+|\brequire\(\s*|^import\s+)['\"]([^'\"]+)['\"]"),
}  # fmt: skip
_GO = (
    "bytes", "cmp", "container/heap", "container/list", "context", "errors", "fmt", "maps", "math", "math/big",
    "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "time", "unicode", "unicode/utf8",
)  # fmt: skip
_PYTHON = (
    "__future__", "abc", "array", "bisect", "calendar", "cmath", "collections", "contextlib", "copy", "csv",
    "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools", "heapq", "itertools", "json",
    "math", "numbers", "operator", "re", "statistics", "string", "struct", "textwrap", "time", "types", "typing",
    "unicodedata", "unittest", "zoneinfo",
)  # fmt: skip
# Of the standard libraries: what neither runs, reaches out, nor looks around. Everything else is a new dependency.
_HARMLESS = {
    "rust": frozenset({"std", "core", "alloc", "self", "super"}),
    "go": frozenset(_GO),
    "java": frozenset[str](),
    "script": frozenset({"assert", "node:assert", "util", "node:util"}),
}  # fmt: skip
_JAVA_HARMLESS = ("java.util.", "java.time.", "java.math.", "java.text.", "kotlin.", "java.lang.")
_HARMLESS_PYTHON = frozenset(_PYTHON)
_SIGNATURE = Text("a public signature is changed or removed", "공개된 시그니처가 변경되거나 제거됨")
_GONE = Text("a file is removed, moved or becomes of another kind", "파일이 삭제·이동되거나 종류가 바뀜")
_NEW = Text("a new file beside the test", "테스트가 아닌 새 파일")
_UNPARSED = Text("it cannot be parsed", "구문을 분석할 수 없음")
_PUBLIC_NAME = Text("a new public name", "새로운 공개 이름")
_DEPENDENCY = Text("a new dependency", "새로운 의존성")


def check(change: Change, _policy: Policy) -> Iterator[Finding]:
    for file in change.files:
        if file.status == "T" or (file.status == "D" and not file.is_test):
            yield Finding(
                rule="module-gone",
                path=file.path,
                why=Text("a file is removed, moved or becomes of another kind", "파일이 삭제·이동되거나 종류가 바뀜"),
            )
            continue
        if file.status == "A" and not file.is_test:
            yield Finding(
                rule="new-module", path=file.path, why=Text("a new file beside the test", "테스트가 아닌 새 파일")
            )
            continue
        if not file.language or file.new is None:
            continue
        yield from _imports(file)
        if file.old is not None and not file.is_test:
            yield from _signatures(file)


def _signatures(file: FileChange) -> Iterator[Finding]:
    if file.language == "python":
        before, after = _python_signatures(file.old or ""), _python_signatures(file.new or "")
        if before is None or after is None:
            yield Finding(rule="syntax", path=file.path, why=_UNPARSED)
            return
        for name, signature in before.items():
            if after.get(name) != signature:
                yield Finding(rule="signature", path=file.path, why=_named(_SIGNATURE, name))
        for name in after.keys() - before.keys():
            if not name.rpartition(".")[2].startswith("_"):
                yield Finding(
                    rule="signature",
                    path=file.path,
                    why=_named(_PUBLIC_NAME, name),
                )
        return
    public = _PUBLIC[file.language]
    for line in gone(file):
        if public.match(line.text.strip()) and not _same_head(file, line.text):
            yield Finding(rule="signature", path=file.path, why=_SIGNATURE)
    for line in fresh(file):
        if public.match(line.text.strip()) and not _was_there(file, line.text):
            yield Finding(rule="signature", path=file.path, line=line.number, why=_SIGNATURE)


def _same_head(file: FileChange, text: str) -> bool:
    return any(_head(line.text) == _head(text) for line in fresh(file))


def _was_there(file: FileChange, text: str) -> bool:
    return any(_head(line.text) == _head(text) for line in gone(file))


def _head(text: str) -> str:
    """A declaration without what stands in its body on the same line."""
    return normal(re.split(r"\{|=>|;\s*$", text)[0])


def _python_signatures(text: str) -> dict[str, str] | None:
    """Names that others may use, as they are declared, decorators with them. ``None``: it cannot be parsed."""
    tree = parse(text)
    if tree is None:
        return None
    found: dict[str, str] = {}
    _collect(tree.body, "", text.split("\n"), found)
    return found


def _collect(body: list[ast.stmt], prefix: str, lines: list[str], found: dict[str, str]) -> None:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_") or node.name.startswith("__"):
                found[prefix + node.name] = _declared(node, lines)
        elif isinstance(node, ast.ClassDef):
            if not node.name.startswith("_"):
                found[prefix + node.name] = _declared(node, lines)
            _collect(node.body, f"{prefix}{node.name}.", lines, found)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and prefix:
            found[prefix + node.target.id] = ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign) and not prefix:
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == "__all__":
                    found["__all__"] = ast.unparse(node.value)


def _declared(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: list[str]) -> str:
    """From the first decorator up to the body, as it is written (a parsed one would take ten times as long)."""
    first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
    last = max(node.lineno, node.body[0].lineno - 1)
    return normal(" ".join(lines[first - 1 : last]))


def _imports(file: FileChange) -> Iterator[Finding]:
    if file.language == "python":
        before, after = _python_imports(file.old or ""), _python_imports(file.new or "")
        for module, number in after.items():
            if module not in before and not _harmless_python(file, module):
                why = _named(_DEPENDENCY, module)
                yield Finding(rule="new-import", path=file.path, line=number, why=why)
        return
    pattern = _IMPORTS[file.language]
    had = {_module(match) for line in (file.old or "").split("\n") if (match := pattern.search(line.strip()))}
    for line in fresh(file):
        match = pattern.search(line.text.strip())
        name = None if match is None else _module(match)
        if name is None or name in had or _harmless(file, name):
            continue
        yield Finding(
            rule="new-import",
            path=file.path,
            line=line.number,
            why=_named(_DEPENDENCY, name),
        )


def _named(why: Text, name: str) -> Text:
    return Text(f"{why.en}: {name}", f"{why.ko}: {name}")


def _module(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group)


def _harmless(file: FileChange, name: str) -> bool:
    """In a test the code under test and what runs tests may be imported as well."""
    if name in _HARMLESS[file.language] or (file.language == "java" and name.startswith(_JAVA_HARMLESS)):
        return True
    if not file.is_test:
        return False
    runners = {
        "rust": True,  # the crate itself; others are not in Cargo.toml
        "go": name in {"testing"} or "/" in name,
        "java": True,
        "script": name.startswith(".") or name in {"node:test", "vitest", "@jest/globals", "chai", "mocha", "test"},
    }
    return runners[file.language]


def _harmless_python(file: FileChange, name: str) -> bool:
    top = name.partition(".")[0]
    if name.startswith("."):
        return file.is_test
    if top in sys.stdlib_module_names:
        return top in _HARMLESS_PYTHON
    return file.is_test


def _python_imports(text: str) -> dict[str, int]:
    """Modules that are imported anywhere in it, with the line of the first time."""
    tree = parse(text)
    if tree is None:
        return {}
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                found.setdefault(one.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            found.setdefault("." * node.level + (node.module or ""), node.lineno)
    return found
