"""Trees to work on, outside the user's checkout, and the one commit that may leave them.

A bare repository of our own borrows the objects of the user's (git's alternates) and has none of its configuration,
hooks or filters. A tree is a git worktree of ours; what an agent did to it is read with our index and our folder of
git, never with what stands in the tree.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from logmedic.doors import COMMIT_ID, Shell, inherited
from logmedic.errors import ShellError
from logmedic.respond.text import one_line

GIT_SECONDS = 120.0  # of one command of git: a checkout of a large tree on a slow disk
# Whatever the machine's or the user's settings say; ``safe.directory``: a confined run may have made the files its own.
_SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null", "core.excludesFile=/dev/null",
    "core.autocrlf=false", "core.symlinks=true", "core.fileMode=true", "core.quotePath=false", "core.longpaths=true",
    "gc.auto=0", "maintenance.auto=false", "commit.gpgSign=false", "push.gpgSign=false", "submodule.recurse=false",
    "protocol.ext.allow=never", "advice.detachedHead=false", "color.ui=false", "safe.directory=*",
)  # fmt: skip
# Hands over the token, which no list of processes shows. What begins with "!" is run by a shell: it is ours.
_HELPER = (
    'credential.helper=!f() { test "$1" = get && echo username=x-access-token && echo "password=$LOGMEDIC_PUSH"; }; f'
)


class Tree(msgspec.Struct, frozen=True):
    path: Path
    git: Path  # git's own folder of this worktree, outside it
    commit: str  # what was checked out


class Author(msgspec.Struct, frozen=True):
    name: str
    email: str


class Workspace:
    """``folder``: ours alone. ``repository``: the user's, which is only read."""

    def __init__(self, folder: Path, repository: Path, shell: Shell) -> None:
        self.folder = folder
        self._repository = repository
        self._shell = shell
        self._vault = folder / "repository.git"

    def prepare(self) -> None:
        """Safe to call again. Raises :class:`ShellError`, as all methods do."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (self._vault / "HEAD").is_file():
            shutil.rmtree(self._vault, ignore_errors=True)
            self._git("init", "--quiet", "--bare", "--template=", str(self._vault))
        objects = self._ask_user("objects")
        (self._vault / "objects/info").mkdir(parents=True, exist_ok=True)
        (self._vault / "objects/info/alternates").write_text(f"{objects}\n", encoding="utf-8")
        shallow = Path(self._ask_user("shallow"))
        if shallow.is_file():
            shutil.copyfile(shallow, self._vault / "shallow")

    def _ask_user(self, path: str) -> str:
        out = self._git("-C", str(self._repository), "rev-parse", "--path-format=absolute", "--git-path", path)
        return out.decode().rstrip("\n")

    @contextlib.contextmanager
    def held(self, key: str) -> Iterator[bool]:
        """Whether this process is the only one that works on a fix. The lock ends with its process, however it ends."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / f"{key}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def checkout(self, commit: str, name: str) -> Tree:
        """A fresh tree of that name, whatever stood there before."""
        assert COMMIT_ID.match(commit), commit
        path = self.folder / "trees" / name
        self.discard(name)
        path.parent.mkdir(exist_ok=True)
        self._ours("worktree", "add", "--quiet", "--detach", "--force", str(path), commit)
        git = self._ours("-C", str(path), "rev-parse", "--absolute-git-dir", bare=False).decode().rstrip("\n")
        return Tree(path, Path(git), commit)

    def discard(self, name: str) -> None:
        path = self.folder / "trees" / name
        shutil.rmtree(path, ignore_errors=True)
        self._ours("worktree", "prune")

    @contextlib.contextmanager
    def borrowed(self, commit: str, name: str) -> Iterator[Tree]:
        """A tree that is gone afterwards."""
        try:
            yield self.checkout(commit, name)
        finally:
            with contextlib.suppress(ShellError):
                self.discard(name)

    def snapshot(self, tree: Tree, *, message: str, author: Author, at: int) -> str:
        """What stands in the tree now, as a commit on top of what was checked out. ``at``: s since the epoch.

        The same content, words and time give the same commit. Hooks and signatures have no part in it.
        """
        index = tree.git / "index"
        where = {"GIT_DIR": str(tree.git), "GIT_WORK_TREE": str(tree.path), "GIT_INDEX_FILE": str(index)}
        self._git("add", "--all", "--", ".", env=where, cwd=tree.path)
        made = self._git("write-tree", env=where).decode().strip()
        people = {"GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.email, "GIT_AUTHOR_DATE": f"@{at} +0000",
                  "GIT_COMMITTER_NAME": author.name, "GIT_COMMITTER_EMAIL": author.email,
                  "GIT_COMMITTER_DATE": f"@{at} +0000"}  # fmt: skip
        out = self._ours("commit-tree", made, "-p", tree.commit, env=people, input=message.encode())
        commit = out.decode().strip()
        assert COMMIT_ID.match(commit), commit
        self._ours("update-ref", f"refs/logmedic/{commit}", commit)  # nothing may prune it
        return commit

    def changed(self, base: str, fix: str) -> tuple[str, ...]:
        """The paths that differ between two commits."""
        out = self._ours("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, fix, "--")
        return tuple(name.decode("utf-8", "replace") for name in out.split(b"\0") if name)

    def diff(self, base: str, fix: str) -> str:
        """What changed between two commits, for people."""
        return self._ours("diff", "--no-ext-diff", "--no-textconv", "--no-color", base, fix, "--").decode(
            "utf-8", "replace"
        )

    def run(self, *argv: str) -> bytes:
        """A question to our repository."""
        return self._ours(*argv)

    # -- the remote ------------------------------------------------------------------------------------------------

    def remote_branch(self, remote: str, branch: str, login: Mapping[str, str]) -> str | None:
        """The commit that a branch of the remote is at, if there is such a branch."""
        out = self._far("ls-remote", "--", remote, f"refs/heads/{branch}", login=login).decode()
        found = out.partition("\t")[0].strip()
        return found if COMMIT_ID.match(found) else None

    def push(self, remote: str, branch: str, commit: str, login: Mapping[str, str]) -> None:
        """Make a branch that is not there yet; one that is there and is another one stays, and this raises."""
        self._far("push", "--quiet", "--no-verify", f"--force-with-lease=refs/heads/{branch}:", "--",
                  remote, f"{commit}:refs/heads/{branch}", login=login)  # fmt: skip

    def _far(self, *argv: str, login: Mapping[str, str]) -> bytes:
        """``login``: environment that tells git who we are. The helper hands over what it is given, to that host."""
        helper = 'credential.helper=!f() { test "$1" = get && echo username=x && echo "password=$LOGMEDIC_PUSH"; }; f'
        settings = ("-c", "credential.helper=", "-c", helper) if "LOGMEDIC_PUSH" in login else ()
        env = {**inherited(("HOME", "SSH_AUTH_SOCK", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy",
                            "SSL_CERT_FILE", "SSL_CERT_DIR")), **login}  # fmt: skip
        return self._git(*settings, f"--git-dir={self._vault}", *argv, env=env)

    # -- git -------------------------------------------------------------------------------------------------------

    def _ours(self, *argv: str, env: Mapping[str, str] | None = None, input: bytes = b"", bare: bool = True) -> bytes:
        return self._git(*([f"--git-dir={self._vault}"] if bare else []), *argv, env=env, input=input)

    def _git(
        self, *argv: str, env: Mapping[str, str] | None = None, input: bytes = b"", cwd: Path | None = None
    ) -> bytes:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        base = {
            **inherited(("PATH", "TMPDIR")),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        ran = self._shell.run(["git", *settings, *argv], timeout=GIT_SECONDS, env={**base, **(env or {})}, input=input,
                              cwd=cwd)  # fmt: skip
        if ran.cut or ran.code:
            said = one_line(ran.err.decode("utf-8", "replace"), 300) or f"exit {ran.code}"
            name = next((word for word in argv if not word.startswith("-")), "")
            raise ShellError(f"git {name}: {said}")
        return ran.out
