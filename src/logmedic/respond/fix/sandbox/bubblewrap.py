"""Confinement by bubblewrap: namespaces of its own for files, processes, network, users and host name.

What a run sees: the system's programs and libraries read-only, its tree, an empty home, /tmp. Not the user's home, not
the logs, not the state, no socket of the host. All of it ends with its first process (a PID namespace of its own).
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from logmedic.doors import Shell
from logmedic.errors import ShellError
from logmedic.respond.fix.sandbox.interface import GATEWAY_PORT, HOME, TOOLS, TREE, Finished, Limits, Task

INSIDE = Path(__file__).with_name("inside.py")
HOSTS = Path(__file__).with_name("hosts")  # loopback has its name; many suites listen there
SCRATCH = Path("/tmp")  # noqa: S108  the run's own
NOBODY = 65_534  # becomes the user of a run that root starts
GRACE = 5.0  # seconds beyond a run's own for starting and ending it
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
# What programs look up there; nothing that names people or holds a secret.
_ETC = ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf",
        "ssl/openssl.cnf", "java-11-openjdk", "java-17-openjdk", "java-21-openjdk", "maven", "protocols",
        "services")  # fmt: skip
_SOCKET = Path("/run/logmedic/gateway")
_LAUNCHER = Path("/run/logmedic/inside.py")


class Bubblewrap:
    """Needs bwrap 0.8 or newer, and a kernel that lets this user make namespaces."""

    name = "bubblewrap"
    forwards = True

    def __init__(self, shell: Shell, program: str = "bwrap") -> None:
        self._shell = shell
        self._program = program

    def where(self, path: Path, inside: Path) -> Path:
        return inside

    def run(self, task: Task) -> Finished:
        root = os.geteuid() == 0
        if root and task.tree_writable:
            hand_over(task.tree, NOBODY)
        if root and task.cache is not None and task.cache_writable:
            hand_over(task.cache, NOBODY)
        argv = [*arguments(self._program, task, root=root), *launch(task, root=root)]
        return timed(self._shell, argv, task)


def timed(
    shell: Shell, argv: Sequence[str], task: Task, *, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Finished:
    """Run it; a run that exceeds its time or its output is a finished one too."""
    started = time.monotonic()
    try:
        ran = shell.run(
            argv,
            timeout=task.limits.seconds,
            env=env or {"PATH": os.environ.get("PATH", os.defpath)},
            cwd=cwd,
            input=task.input,
            limit=task.limits.output,
            stop=task.stop,
        )
    except ShellError as error:
        if "did not end" not in str(error):
            raise
        return Finished(code=None, out=b"", err=b"", cut="time", seconds=time.monotonic() - started)
    seconds = time.monotonic() - started
    return Finished(code=None if ran.cut else ran.code, out=ran.out, err=ran.err, cut="output" if ran.cut else "",
                    seconds=seconds)  # fmt: skip


def hand_over(folder: Path, uid: int) -> None:
    """Let this user own a folder and what is in it, links themselves included."""
    os.chown(folder, uid, uid)
    for at, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(at, name), uid, uid, follow_symlinks=False)


def launch(task: Task, *, root: bool) -> list[str]:
    """The command of :mod:`inside`, which becomes the task."""
    limits = task.limits
    about = {
        "argv": list(task.argv),
        "limits": resources(limits),
        "uid": NOBODY if root else None,
        "cwd": str(TREE),
        "own": [str(HOME), str(SCRATCH)],
        "gateway": str(_SOCKET) if task.gateway is not None else None,
        "port": GATEWAY_PORT,
    }
    return [interpreter(), "-I", "-S", str(_LAUNCHER), msgspec.json.encode(about).decode()]


def resources(limits: Limits) -> dict[str, int]:
    """As setrlimit(2) names them."""
    return {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": int(limits.seconds) * 4 + 10,  # of one process, on several cores
        "RLIMIT_DATA": limits.memory,
        "RLIMIT_FSIZE": limits.file,
        "RLIMIT_NPROC": limits.processes,
    }


def interpreter() -> str:
    """The Python that runs us, without its virtual environment, whose folder a run does not see."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def arguments(program: str, task: Task, *, root: bool) -> Iterator[str]:
    """bwrap's own arguments, in the order in which it makes the mounts."""
    yield from (program, "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try")
    if not task.network:
        yield "--unshare-net"
    # Root needs no user namespace, and in one its processes could not be limited: they would stay those of root.
    if root:
        yield from ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_CHOWN")
    else:
        yield from ("--unshare-user", "--disable-userns", "--cap-drop", "ALL")
    yield from ("--die-with-parent", "--new-session", "--hostname", "fix", "--clearenv")
    within = [folder for folder in folders(task) if folder.is_relative_to(SCRATCH)]
    yield from _made(folder for folder in folders(task) if folder not in within)
    yield from system()
    yield from ("--proc", "/proc", "--dev", "/dev")
    for folder in (str(SCRATCH), str(HOME)):
        yield from ("--size", str(task.limits.scratch), "--tmpfs", folder)
    yield from _made(within)
    yield from ("--bind" if task.tree_writable else "--ro-bind", str(task.tree), str(TREE))
    for path in task.frozen:
        if (task.tree / path).exists():
            yield from ("--ro-bind", str(task.tree / path), str(TREE / path))
    for at, lent in task.lent.items():
        yield from ("--ro-bind", str(lent), at)
    if task.cache is not None:
        yield from ("--bind" if task.cache_writable else "--ro-bind", str(task.cache), str(TOOLS / "cache"))
    yield from network(task)
    yield from ("--ro-bind", str(INSIDE), str(_LAUNCHER))
    if task.gateway is not None:
        yield from ("--bind", str(task.gateway), str(_SOCKET))
    env = {"HOME": str(HOME), "PATH": search_path(), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TMPDIR": str(SCRATCH),
           "USER": "fix", **task.env}  # fmt: skip
    for name, value in env.items():
        yield from ("--setenv", name, value)
    yield "--"


def network(task: Task) -> Iterator[str]:
    """What is looked up on the way to an address."""
    if not task.network:
        yield from ("--ro-bind", str(HOSTS), "/etc/hosts")
        return
    for name in ("resolv.conf", "hosts", "ssl/certs", "pki", "ca-certificates"):
        yield from ("--ro-bind-try", os.path.realpath(f"/etc/{name}"), f"/etc/{name}")


def folders(task: Task) -> list[Path]:
    """What bwrap would make on its way to a mount, and close to all but root."""
    ends = [Path("/etc/ssl/x"), _SOCKET, TREE, TOOLS / "cache", HOME, *toolchains(), *map(Path, task.lent)]
    above = {parent for end in ends for parent in end.parents}
    return sorted(above - {Path("/"), SCRATCH, *map(Path, SYSTEM)} - {p for p in above if p.is_relative_to(TREE)})


def _made(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield from ("--perms", "0755", "--dir", str(path))


def system() -> Iterator[str]:
    """Programs and libraries, read-only."""
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), name)
        elif path.is_dir():
            yield from ("--ro-bind", name, name)
    for name in _ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    for folder in toolchains():
        yield from ("--ro-bind-try", str(folder), str(folder))


def toolchains() -> list[Path]:
    """The folders beyond the system's own in which the Python that runs us stands."""
    python = Path(interpreter())
    prefix = python.parent.parent
    return [] if prefix.is_relative_to("/usr") else [prefix]


def search_path() -> str:
    return os.pathsep.join([str(Path(interpreter()).parent), "/usr/local/bin", "/usr/bin", "/bin"])


def available(program: str = "bwrap") -> bool:
    return shutil.which(program) is not None
