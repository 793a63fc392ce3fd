"""What one repository says: which commit was running, what it tracks, what changed before it, who wrote a line.

Everything is read from git's objects by id, never from the work tree: a path or a link that a log names cannot lead
anywhere else. Five or six git processes answer a whole investigation.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from logmedic.doors import COMMIT_ID, Git
from logmedic.errors import ShellError
from logmedic.investigate.changes.diffs import Change, parse_log
from logmedic.model import NANOSECONDS

WINDOW_COMMITS = 120  # commits before the fault whose diffs are looked at
BLAMED_WHOLE = 5_000  # commits up to which a line's author is sought in the whole history; it took 0.5 s in 20,000
LARGEST_BLOB = 1 << 20  # bytes of a source file that is read
LARGEST_DIFFED = "256k"  # files above are reported as binary: generated data would drown the window
_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+@-]{0,99}\Z")
_DESCRIBED = re.compile(r"(?:[-.+_@]g?|\A)([0-9a-f]{7,40})\Z")  # git-describe, "1.2+abc1234", a bare id
_FORMAT = "%x01%H%x00%ct%x00%s%x00%P"
_BLAME_HEAD = re.compile(r"([0-9a-f]{40}) (\d+) (\d+)(?: \d+)?\Z")


class Tracked(msgspec.Struct, frozen=True):
    """One ordinary file of a commit. Links and submodules are left out."""

    path: str
    blob: str


class Blamed(msgspec.Struct, frozen=True):
    line: int  # 1-based, in the commit that was asked about
    commit: str
    text: str


class Running(msgspec.Struct, frozen=True):
    """The commit whose code wrote the record, and how that is known."""

    commit: str
    how: str  # "release", "time", "head"


class Repository:
    """Read-only, cached for the length of one investigation. Methods raise :class:`ShellError` when git does."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._bounds: dict[str, tuple[str, ...]] = {}
        self._trees: dict[str, dict[str, Tracked]] = {}

    def running(self, release: str | None, time: int) -> Running | None:
        """The commit that ``release`` names, else the newest before ``time`` (ns); ``None`` in an empty repository."""
        named = self._release(release) if release else None
        if named is not None:
            return Running(named, "release")
        out = self._text("rev-list", "-1", f"--before={_iso(time)}", "HEAD", "--").strip()
        if COMMIT_ID.match(out):
            return Running(out, "time")
        head = self._text("rev-parse", "--verify", "HEAD").strip()
        return Running(head, "head") if COMMIT_ID.match(head) else None

    def _release(self, release: str) -> str | None:
        names = []
        described = _DESCRIBED.search(release)
        if described is not None:
            names.append(described[1])
        tag = release.rpartition("@")[2]
        if _RELEASE.match(release) and ".." not in release and "@{" not in release:
            names += [f"refs/tags/{release}", f"refs/tags/{tag}", f"refs/tags/v{tag}"]
        return next((found for found in self.commits(names) if found is not None), None)

    def commits(self, names: Sequence[str]) -> list[str | None]:
        """The full id of each name when it is a commit of this repository. Names must be checked by the caller."""
        if not names:
            return []
        asked = "".join(f"{name}^{{commit}}\n" for name in names).encode()
        answers = self._git.run("cat-file", "--batch-check", input=asked).decode("utf-8", "replace").splitlines()
        found = []
        for answer in answers:
            identity, _, rest = answer.partition(" ")
            found.append(identity if COMMIT_ID.match(identity) and rest.startswith("commit") else None)
        return found

    def tracked(self, commit: str) -> Mapping[str, Tracked]:
        """The ordinary files of a commit by path."""
        if commit not in self._trees:
            files = {}
            for entry in self._text("ls-tree", "-r", "-z", "--full-tree", _checked(commit)).split("\0"):
                kind, _, path = entry.partition("\t")
                mode, _, rest = kind.partition(" ")
                if mode in {"100644", "100755"}:
                    files[path] = Tracked(path, rest.rpartition(" ")[2])
            self._trees[commit] = files
        return self._trees[commit]

    def blobs(self, files: Iterable[Tracked]) -> dict[str, str]:
        """Text by path; what is larger than :data:`LARGEST_BLOB` or binary is left out."""
        wanted = list({file.path: file for file in files}.values())
        if not wanted:
            return {}
        asked = "".join(f"{file.blob}\n" for file in wanted).encode()
        sizes = self._git.run("cat-file", "--batch-check=%(objectsize)", input=asked).split()
        small = [f for f, size in zip(wanted, sizes, strict=False) if size.isdigit() and int(size) <= LARGEST_BLOB]
        raw = self._git.run("cat-file", "--batch", input="".join(f"{f.blob}\n" for f in small).encode())
        texts: dict[str, str] = {}
        at = 0
        for file in small:
            end = raw.find(b"\n", at)
            size = raw[at:end].rpartition(b" ")[2] if end >= 0 else b""
            if not size.isdigit():
                break
            content = raw[end + 1 : end + 1 + int(size)]
            at = end + 2 + int(size)
            if b"\0" not in content:
                texts[file.path] = content.decode("utf-8", "replace")
        return texts

    def window(self, commit: str) -> list[Change]:
        """The last :data:`WINDOW_COMMITS` commits up to ``commit`` with their diffs, newest first."""
        return self._log(f"--max-count={WINDOW_COMMITS}", _checked(commit))

    def changes(self, commits: Sequence[str]) -> list[Change]:
        """These commits with their diffs."""
        return self._log("--no-walk=unsorted", *map(_checked, commits)) if commits else []

    def heads(self, commits: Sequence[str]) -> list[Change]:
        """These commits without their diffs, which for an old one may be the whole tree."""
        if not commits:
            return []
        ids = map(_checked, commits)
        text = self._text(
            "log", "--no-walk=unsorted", "--no-patch", "--no-show-signature", f"--format={_FORMAT}", *ids, "--"
        )
        return parse_log(text)

    def _log(self, *argv: str) -> list[Change]:
        """Any configuration of the repository that would change the form of a diff is overridden."""
        out = self._git.run(
            "-c", f"core.bigFileThreshold={LARGEST_DIFFED}", "-c", "core.quotePath=false", "-c", "diff.noprefix=false",
            "-c", "diff.mnemonicPrefix=false", "log", f"--format={_FORMAT}", "--patch", "--unified=0", "--no-color",
            "--no-ext-diff", "--no-textconv", "--find-renames", "--no-show-signature", *argv, "--",
        )  # fmt: skip
        return parse_log(out.decode("utf-8", "replace"))

    def blame(self, commit: str, path: str, start: int, end: int) -> list[Blamed]:
        """Who last touched lines ``start`` to ``end`` (1-based, inclusive) of a tracked path.

        In a history of more than :data:`BLAMED_WHOLE` commits, lines older than the window are left out.
        """
        if path not in self.tracked(commit):
            return []
        top = self._text("rev-parse", "--show-cdup").strip()  # blame alone takes paths from where it stands
        out = self._text(
            *(("-C", top) if top else ()), "-c", "blame.ignoreRevsFile=", "blame", "--porcelain", "-w", "--no-textconv",
            f"-L{start},{end}", *self._blamable(_checked(commit)), "--", path,
        )  # fmt: skip
        blamed: list[Blamed] = []
        bounds: set[str] = set()  # commits that git looked no further than
        current = None
        for line in out.split("\n"):
            if line == "boundary" and current is not None:
                bounds.add(current[1])
            elif line.startswith("\t") and current is not None:
                blamed.append(Blamed(int(current[3]), current[1], line[1:]))
                current = None
            elif current is None:
                current = _BLAME_HEAD.match(line)
        whole = len(self._blamable(commit)) == 1
        return [b for b in blamed if whole or b.commit not in bounds]

    def _blamable(self, commit: str) -> tuple[str, ...]:
        """The revisions to blame in: all up to the commit, or those of the window."""
        if commit not in self._bounds:
            limit = f"--max-count={BLAMED_WHOLE + 1}"
            large = int(self._text("rev-list", "--count", limit, commit, "--").strip() or 0) > BLAMED_WHOLE
            window = self._text("rev-list", f"--max-count={WINDOW_COMMITS}", commit, "--").split() if large else []
            self._bounds[commit] = (f"^{window[-1]}", commit) if window else (commit,)
        return self._bounds[commit]

    def _text(self, *argv: str) -> str:
        return self._git.run(*argv).decode("utf-8", "replace")


def _checked(commit: str) -> str:
    if not COMMIT_ID.match(commit):
        raise ShellError(f"{commit[:50]!r} is no commit id")
    return commit


def _iso(time: int) -> str:
    """A date that git reads alike in every version: it knows the years 1970 to 2099."""
    seconds = min(max(time // NANOSECONDS, 86_400), 4_102_358_400)
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
