"""Stack traces, one file per language. To add one, implement ``StackParser`` and put it into ``PARSERS``."""

from __future__ import annotations

from logmedic.group.interface import StackParser
from logmedic.group.stacks.python import PythonStacks
from logmedic.group.stacks.rust import RustStacks

PARSERS: tuple[StackParser, ...] = (PythonStacks(), RustStacks())
