"""One run of the Claude Code CLI on a tree, confined, with files to read and edit and nothing to run.

What it says about itself is read (``transcript``), but what counts is what it has left in the tree.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from logmedic.errors import ConfigError
from logmedic.respond.fix.gateway import Gateway
from logmedic.respond.fix.sandbox.interface import GATEWAY_PORT, TOOLS, TREE, Limits, Sandbox, Task
from logmedic.respond.fix.transcript import Run, read

TOOLS_ALLOWED = ("Read", "Edit", "Write", "Grep", "Glob")
OUTPUT = 64 << 20  # bytes of its transcript, which quotes every file that it reads
_PROGRAM = str(TOOLS / "claude")
_ELF = b"\x7fELF"


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    rules: str  # the system prompt
    case: str  # what is to be fixed
    denied: Sequence[str]  # patterns of paths below the tree that it may not edit
    model: str
    turns: int
    seconds: float
    most_tokens: int  # of one answer


class Agent:
    def __init__(self, sandbox: Sandbox, program: Path) -> None:
        self._sandbox = sandbox
        self._program = program

    def work(self, tree: Path, brief: Brief, gateway: Gateway) -> Run:
        """Let it work on the tree. Raises :class:`logmedic.errors.ShellError`: it could not be started."""
        sandbox = self._sandbox
        at = sandbox.where(tree, TREE)
        program = sandbox.where(self._program, Path(_PROGRAM))
        with gateway.open() as socket:
            finished = sandbox.run(
                Task(
                    argv=command(str(program), brief, at),
                    tree=tree,
                    limits=Limits(seconds=brief.seconds, output=OUTPUT, memory=16 << 30),
                    env=environment(brief, None if sandbox.forwards else socket),
                    input=brief.case.encode(),
                    frozen=(".git",),
                    lent={_PROGRAM: self._program},
                    gateway=socket,
                )
            )
        return read(finished, gateway.tally)


def find(program: str) -> Path:
    """The CLI's own file. Raises :class:`ConfigError`."""
    found = shutil.which(program)
    if found is None:
        raise ConfigError(f"fix.program: {program} is not installed, or not on PATH; install Claude Code")
    path = Path(found).resolve()
    with path.open("rb") as file:
        if file.read(4) != _ELF:
            raise ConfigError(f"fix.program: {path} is no native program; install Claude Code's native build")
    return path


def command(program: str, brief: Brief, tree: Path) -> list[str]:
    """Without settings, hooks, plug-ins, commands or memory of anybody, and with no tool that runs something."""
    return [
        program, "--print", "--output-format=stream-json", "--verbose", "--restricted",
        f"--tools={','.join(TOOLS_ALLOWED)}", f"--model={brief.model}", f"--max-turns={brief.turns}",
        "--permission-mode=acceptEdits", "--permission-prompts=none", "--strict-mcp-config", "--setting-sources=",
        "--disable-slash-commands", "--no-session-persistence", "--no-chrome",
        f"--settings={msgspec.json.encode(settings(brief.denied, tree)).decode()}",
        f"--system-prompt={brief.rules}",
    ]  # fmt: skip


def settings(denied: Sequence[str], tree: Path) -> dict[str, object]:
    """Rules of the CLI's own; the gate and the sandbox stand behind them. ``//`` begins an absolute path there."""
    outside = ["Read(//proc/**)", "Read(//etc/**)", "Read(//run/**)", "Read(~/**)", "Edit(~/**)"]
    return {
        "permissions": {"deny": [*outside, *(f"Edit(/{tree}/{pattern})" for pattern in denied)]},
        "disableAllHooks": True,
        "includeCoAuthoredBy": False,
    }


def environment(brief: Brief, socket: Path | None) -> dict[str, str]:
    """The key is no key: the gateway puts in the real one. ``socket``: of the gateway, where no port leads to it."""
    way = {"ANTHROPIC_BASE_URL": f"http://127.0.0.1:{GATEWAY_PORT}", "ANTHROPIC_API_KEY": "held-by-the-gateway"}
    if socket is not None:  # which the CLI takes only with this word for a key
        way |= {"ANTHROPIC_UNIX_SOCKET": str(socket), "ANTHROPIC_API_KEY": "ssh-placeholder"}
    return {
        **way,
        "ANTHROPIC_SMALL_FAST_MODEL": brief.model,
        "API_TIMEOUT_MS": str(int(brief.seconds * 1000)),
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(brief.most_tokens),
        "CLAUDE_CODE_MAX_RETRIES": "2",
        "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
    }
