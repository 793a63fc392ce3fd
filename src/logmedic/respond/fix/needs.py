"""What the tests need beside the system: folders that are lent, and what the project's own commands install, kept.

The commands run on the running commit, which is the team's own code, in the sandbox but with the network. What they
make is lent to later runs read-only, so that no attempt can change what the next one uses.
"""

from __future__ import annotations

import contextlib
import fcntl
import fnmatch
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from logmedic.errors import ShellError
from logmedic.respond.fix.config import FixConfig
from logmedic.respond.fix.sandbox.interface import TOOLS, TREE, Limits, Sandbox, Task
from logmedic.respond.fix.workspace import Tree
from logmedic.respond.text import one_line

CACHE = TOOLS / "cache"
MODULES = "node_modules"  # Node looks for a folder of this name beside a file, and in each folder above it
_KEPT = 3  # caches; older ones are removed


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """For every run of tests of one base."""

    cache: Path | None
    lent: Mapping[str, Path]
    env: Mapping[str, str]


def key(config: FixConfig, tree: Path) -> str:
    """Changes when a command or one of the files does that say what is to be installed."""
    digest = hashlib.sha256(msgspec.json.encode(config.install))
    for path in sorted(tree.iterdir()):
        if path.is_file() and not path.is_symlink() and any(fnmatch.fnmatch(path.name, p) for p in config.install_key):
            digest.update(f"\0{path.name}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def provide(config: FixConfig, tree: Tree, folder: Path, sandbox: Sandbox) -> Needs:
    """Everything, installing what is missing. Raises :class:`ShellError`: a command failed."""
    lent = {str(path): path for path in (Path(each).expanduser() for each in config.lend)}
    cache = None
    if config.install:
        cache = folder / "caches" / key(config, tree.path)
        with _alone(folder):
            if not (cache / ".ready").is_file():
                _install(config, tree, cache, sandbox, lent)
            os.utime(cache)
            _prune(cache.parent)
    env = environment(config, lent, cache and sandbox.where(cache, CACHE))
    kept = [] if cache is None else [cache / MODULES]
    modules = next((path for path in (*lent.values(), *kept) if path.name == MODULES and path.is_dir()), None)
    return Needs(cache=cache, lent=lent if modules is None else {**lent, str(TREE.parent / MODULES): modules}, env=env)


def environment(config: FixConfig, lent: Mapping[str, Path], cache: Path | None) -> dict[str, str]:
    """``cache``: where a run finds it."""
    from logmedic.respond.fix.sandbox.bubblewrap import search_path  # noqa: PLC0415  what a run has on PATH anyway

    folders = [f"{at}/bin" for at, path in lent.items() if (path / "bin").is_dir()]
    folders += [at for at in lent if at.endswith("/bin")]
    own = {} if cache is None else {"FIX_CACHE": str(cache)}
    path = os.pathsep.join([*(f"{at}/bin" for at in own.values()), *folders, search_path()])
    return {"PATH": path, **own, "PYTHONDONTWRITEBYTECODE": "1", "CI": "true", "NO_COLOR": "1", **config.env}


def _install(config: FixConfig, tree: Tree, cache: Path, sandbox: Sandbox, lent: Mapping[str, Path]) -> None:
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir(parents=True)
    for command in config.install:
        task = Task(
            argv=command,
            tree=tree.path,
            limits=Limits(seconds=config.install_s, processes=2_048, scratch=8 << 30),
            env=environment(config, lent, sandbox.where(cache, CACHE)),
            frozen=(".git",),
            lent=lent,
            cache=cache,
            cache_writable=True,
            network=True,
        )
        done = sandbox.run(task)
        if done.code != 0:
            said = done.cut or one_line((done.err or done.out).decode("utf-8", "replace")[-600:], 300)
            shutil.rmtree(cache, ignore_errors=True)
            raise ShellError(f"fix.install: {' '.join(command)}: exit {done.code}: {said}")
    (cache / ".ready").touch()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time installs; the lock ends with its process."""
    with (folder / "caches.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _prune(folder: Path) -> None:
    caches = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in caches[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
