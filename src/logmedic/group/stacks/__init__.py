"""Stack traces, one file per language. To add one, implement ``StackParser`` and put it into ``PARSERS``.

The order matters: the first parser that understands a text has it, so those with the plainest signs come first.
"""

from __future__ import annotations

from logmedic.group.interface import StackParser
from logmedic.group.stacks.dotnet import DotnetStacks
from logmedic.group.stacks.go import GoStacks
from logmedic.group.stacks.java import JavaStacks
from logmedic.group.stacks.node import NodeStacks
from logmedic.group.stacks.python import PythonStacks
from logmedic.group.stacks.rust import RustStacks

PARSERS: tuple[StackParser, ...] = (
    PythonStacks(), RustStacks(), JavaStacks(), NodeStacks(), GoStacks(), DotnetStacks(),
)  # fmt: skip
