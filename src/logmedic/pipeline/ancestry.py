"""Which of two commits is older, by git: for releases that are commit ids."""

from __future__ import annotations

from functools import lru_cache

from logmedic.doors import Git
from logmedic.errors import ShellError
from logmedic.group.release import is_commit

REMEMBERED = 1_024  # pairs: a release that still runs asks the same again with each batch


class Ancestry:
    """An order of commits (``group.release.Order``). Knows nothing of ids that the repository does not have."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._compare)

    def __call__(self, a: str, b: str) -> int | None:
        return self._remembered(a, b) if is_commit(a) and is_commit(b) else None

    def _compare(self, a: str, b: str) -> int | None:
        """Commits of parallel branches have no order."""
        try:
            out = self._git.run("rev-list", "--left-right", "--count", f"{a}...{b}", "--")
        except ShellError:
            return None
        only_a, _, only_b = out.decode("ascii", "replace").strip().partition("\t")
        if only_a == "0" and only_b == "0":
            return 0
        if only_a == "0":
            return -1
        return 1 if only_b == "0" else None
