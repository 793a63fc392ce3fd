"""Questions to a repository."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from logmedic.doors.shell import Shell, inherited
from logmedic.errors import ShellError

log = logging.getLogger("logmedic")

COMMIT_ID = re.compile(r"[0-9a-f]{40}\Z")

# What the configuration of a repository (which may come with what is watched) would change in git's answers, or make it
# start. Names and defaults: git-config(1) of git 2.47; an older git takes no notice of a name that it does not know.
_GIT_SETTINGS = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.attributesFile=/dev/null", "core.quotePath=false",
    "diff.external=", "diff.orderFile=/dev/null", "diff.renames=true", "diff.renameLimit=1000", "diff.context=3",
    "diff.suppressBlankEmpty=false", "diff.ignoreSubmodules=none",
    "log.showRoot=true", "log.showSignature=false", "log.follow=false", "log.mailmap=false", "log.decorate=false",
    "log.date=default", "format.pretty=medium", "format.notes=false",
    "i18n.logOutputEncoding=UTF-8", "color.ui=false", "safe.directory=*",
)  # fmt: skip
_DIFF_OPTIONS = (
    "--no-ext-diff", "--no-textconv", "--no-color", "--no-color-moved", "--ws-error-highlight=none", "--no-relative",
    "--src-prefix=a/", "--dst-prefix=b/", "--inter-hunk-context=0", "--submodule=short", "--diff-algorithm=myers",
    "--indent-heuristic",
)  # fmt: skip
_OPTIONS = {
    **dict.fromkeys(("diff", "diff-tree", "log", "show"), _DIFF_OPTIONS),
    "blame": ("--no-textconv", "--no-ignore-revs-file"),
}


class Git:
    """Read-only questions to one repository through the git command.

    Why the command: it was faster than the libraries tried, and it is what users have. Arguments that come from a log
    never become options (``--`` always stands before paths, ids are checked). Hooks, pagers, external diffs, text
    conversions and the configuration of the machine and the user are off; settings of the repository that would change
    an answer are overridden. An option that the caller gives wins over ours.
    """

    def __init__(self, root: Path, shell: Shell, *, timeout: float = 10.0) -> None:
        self.root = root
        self._shell = shell
        self._timeout = timeout

    def run(self, *argv: str, timeout: float | None = None, input: bytes = b"") -> bytes:
        """Standard output of ``git <argv>``, fed ``input``. Beyond 16 MiB the rest is left out, and the log says so.

        Raises:
            ShellError: it failed (with git's first line of complaint), hung, or is not installed.
        """
        settings = [word for setting in _GIT_SETTINGS for word in ("-c", setting)]
        ran = self._shell.run(
            ["git", "-C", str(self.root), "--no-pager", "--literal-pathspecs", *settings, *_plain_diffs(argv)],
            timeout=self._timeout if timeout is None else timeout,
            env=_git_environment(),
            input=input,
        )
        if ran.cut:
            log.warning("git in %s wrote %d MB; the rest was not read", self.root, len(ran.out) >> 20)
        elif ran.code:
            complaint = ran.err.decode("utf-8", "replace").strip().splitlines()
            raise ShellError(f"git {argv[0]} in {self.root}: {complaint[0] if complaint else f'exit {ran.code}'}")
        return ran.out

    def is_repository(self) -> bool:
        if not self.root.is_dir() or shutil.which("git") is None:
            return False
        try:
            return self.run("rev-parse", "--git-dir") != b""
        except ShellError:
            return False


def _plain_diffs(argv: Sequence[str]) -> list[str]:
    """The arguments, with the options that make a diff plain behind the name of a command that makes or reads one."""
    at = 0
    while at < len(argv) and argv[at] in {"-c", "-C"}:  # options of git itself; each has a value
        at += 2
    plain = _OPTIONS.get(argv[at], ()) if at < len(argv) else ()
    return [*argv[: at + 1], *plain, *argv[at + 1 :]]


def _git_environment() -> dict[str, str]:
    return {
        **inherited(("PATH", "HOME", "TMPDIR")),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
    }
