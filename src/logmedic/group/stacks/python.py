"""Tracebacks of Python 3.8 to 3.14: chains, exception groups, markers under the code, notes, repeated lines."""

from __future__ import annotations

import re
from functools import lru_cache

from logmedic.bounds import clip
from logmedic.group.interface import CACHED, StackParser
from logmedic.group.paths import module_of
from logmedic.model import ExceptionPart, Frame, Stack

MOST_LINES = 5_000
MOST_FRAMES = 500  # of one exception; CPython itself cuts a recursion at 1,000
MOST_PARTS = 32
_HEADER = "Traceback (most recent call last):"
_LINKS = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)
_FRAME = re.compile(r' *File "([^"]{0,1000})", line (\d{1,9})(?:, in (.{1,500}))?\s*$')
_HEADLESS = re.compile(r'^ {2,4}File "[^"\n]{1,1000}", line \d{1,9}, in ', re.MULTILINE)  # the head was cut off
_RAISED = re.compile(r"([^\W\d]\w{0,100}(?:\.[^\W\d]\w{0,100}){0,12})(?:: ?(.*))?$", re.DOTALL)
_MARGIN = re.compile(r"( *)([|+])(-\+)?(.*)$")
_MEMBER = re.compile(r"-{3,}(?: (?:\d+|\.\.\.) -{3,})?\s*$")
_NOT_OURS = (
    "/site-packages/", "/dist-packages/", "/lib/python", "<frozen ", "<string>", "<stdin>", "/.venv/", "/.pyenv/",
    "/Lib/", "/lib64/python", "<attrs generated", "<decorator-gen", "<__array_function__", ".zip/",
)  # fmt: skip

_INLINED = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})  # calls of their own only before 3.12


class _Open:
    """One exception while its lines are read."""

    def __init__(self, level: int) -> None:
        self.level = level
        self.frames: list[Frame] = []
        self.type = ""
        self.message = ""
        self.members: list[list[_Open]] = []


class PythonStacks(StackParser):
    language = "python"

    def looks_like(self, text: str) -> bool:
        return _HEADER in text or ('  File "' in text and _HEADLESS.search(text) is not None)

    def start(self, text: str) -> int:
        at = text.find(_HEADER)
        cut = _HEADLESS.search(text, 0, len(text) if at < 0 else at)
        return cut.start() if cut is not None else _begin(text, at)

    def parse(self, text: str) -> Stack | None:
        at = text.find(_HEADER)
        cut = _HEADLESS.search(text, 0, len(text) if at < 0 else at)
        if at < 0 and cut is None:
            return None
        begin = cut.start() if cut is not None else _begin(text, at)
        lines = text[begin : begin + 2_000_000].split("\n", MOST_LINES)[:MOST_LINES]
        if cut is not None:
            lines.insert(0, _HEADER)
        parts = [part for part in _flatten(_Reader().read(lines)) if part.type or part.frames][:MOST_PARTS]
        return Stack(self.language, tuple(parts)) if parts else None

    def in_app(self, frame: Frame) -> bool:
        return _in_app(frame.path, frame.function)

    def name(self, frame: Frame) -> str:
        module = module_of(frame.path or frame.module.replace(".", "/") + ".py") or frame.module
        function = ".".join(p for p in frame.function.split(".") if p != "<locals>")
        return ".".join(n for n in (module, function) if n)


class _Reader:
    """Reads the lines of a traceback into chains: a chain is a list of exceptions, the one that surfaced last."""

    def __init__(self) -> None:
        self.chains: list[list[_Open]] = [[]]  # by nesting of exception groups
        self.now: _Open | None = None
        self.base = 0  # indentation of the current "Traceback" line
        self.done = False  # the current exception's own line has been read

    def read(self, lines: list[str]) -> list[_Open]:
        for line in lines:
            line = line.rstrip("\r")  # noqa: PLW2901  the same line
            level, content = _margin(line)
            if content is None:
                self._member(level)
            else:
                self._line(level, content, in_group=content is not line)
        return self.chains[0]

    def _member(self, level: int) -> None:
        """A ``+---- 2 ----`` line: a further exception of the group one level up begins."""
        while len(self.chains) > max(level, 1):  # a trace without its head or its indentation names level 0
            self.chains.pop()
        group = self.chains[-1][-1] if self.chains[-1] else None
        self.now = None
        self.done = False
        if group is not None and len(self.chains) <= MOST_PARTS:
            members: list[_Open] = []
            group.members.append(members)
            self.chains.append(members)

    def _line(self, level: int, content: str, *, in_group: bool) -> None:
        stripped = content.strip()
        if stripped.endswith(_HEADER):
            self.base = len(content) - len(content.lstrip())
            self._open(level)
        elif stripped in _LINKS:
            self.now = None
            self.done = False
        elif stripped and (self.now is not None or in_group) and not self.done:
            self._body(level, content)
        elif self.now is not None and stripped.startswith("status = "):  # gRPC's second line says what went wrong
            self.now.message += f"\n{clip(stripped, 200)}"

    def _open(self, level: int) -> None:
        while len(self.chains) > level + 1:
            self.chains.pop()
        self.now = _Open(level)
        self.done = False
        self.chains[-1].append(self.now)

    def _body(self, level: int, content: str) -> None:
        frame = _FRAME.match(content)
        if frame is not None:
            if self.now is not None and len(self.now.frames) < MOST_FRAMES:
                function = (frame[3] or "<module>").strip()  # of a SyntaxError: the file that could not be read
                self.now.frames.append(_frame(frame[1], int(frame[2]), function))
            return
        if len(content) - len(content.lstrip()) > self.base and self.now is not None:
            self._code(content.strip())
            return
        raised = _RAISED.match(clip(content.strip(), 4_000))
        if raised is None:
            return
        if self.now is None:  # a member of a group that was never raised has no traceback
            self._open(level)
        if self.now is not None:
            self.now.type = raised[1]
            self.now.message = raised[2] or ""
        self.done = True

    def _code(self, text: str) -> None:
        if self.now is None or not self.now.frames or self.now.frames[-1].code:
            return
        if text.strip("^~ ") and not text.startswith("[Previous line repeated"):
            last = self.now.frames[-1]
            self.now.frames[-1] = Frame(last.function, last.path, last.line, last.module, text[:500], last.in_app)


def _begin(text: str, at: int) -> int:
    """Where the trace begins whose first header is ``at``: before it may stand a group that was never raised.

    A prefix of the logger on the header's own line is left out.
    """
    line = text.rfind("\n", 0, at) + 1
    begin = line if text[line:at].strip(" +|") in {"", "Exception Group"} else at
    while begin == line and line > 0:
        before = text.rfind("\n", 0, line - 1) + 1
        if not text[before:line].lstrip().startswith(("| ", "+-")):
            break
        begin = line = before
    return begin


def _margin(line: str) -> tuple[int, str | None]:
    """Nesting of groups and the text right of the ``|``; ``None`` for the rulers between the members."""
    found = _MARGIN.match(line)
    if found is None:
        return 0, line
    level = max(0, (len(found[1]) - 2) // 2)
    if found[2] == "+" and _MEMBER.match(found[4]):
        ends = not any(c.isdigit() or c == "." for c in found[4])
        return (level if not found[3] else level + 1) - ends, None if not ends else ""
    return level, found[4][1:]


def _flatten(chain: list[_Open]) -> list[ExceptionPart]:
    """Surfaced first, then its cause; members of a group in an order that does not depend on which failed first."""
    parts: list[ExceptionPart] = []
    todo = list(chain)  # last is next
    while todo and len(parts) < MOST_PARTS * 4:
        one = todo.pop()
        parts.append(ExceptionPart(one.type, one.message, tuple(one.frames)))
        unlike = {_shape(members): members for members in one.members if members}
        for key in sorted(unlike, reverse=True):
            todo.extend(unlike[key])
    return parts


def _shape(chain: list[_Open]) -> tuple[str, ...]:
    return tuple(
        text for one in reversed(chain) for text in (one.type, *(f"{f.module}.{f.function}" for f in one.frames))
    )


def _frame(path: str, line: int, function: str) -> Frame:
    return Frame(function, path, line, module_of(path), in_app=_in_app(path, function))


@lru_cache(maxsize=CACHED)
def _in_app(path: str, function: str) -> bool:
    plain = path.replace("\\", "/")
    if function.rpartition(".")[2] in _INLINED:
        return False
    return bool(plain and function) and not any(mark in plain for mark in _NOT_OURS)
