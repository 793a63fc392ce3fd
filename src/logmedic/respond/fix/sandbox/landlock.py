"""Confinement by Landlock and seccomp, for machines on which nobody may make namespaces.

It is less than bubblewrap's: a run sees which files exist where it may not read them, its processes are found by their
parents rather than by a namespace, tests get no socket at all (not on loopback either), and the agent may connect to
the sockets of kind unix that this user's rights allow. Root cannot be held by it.
"""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path

import msgspec

from logmedic.doors import Shell
from logmedic.respond.fix.sandbox import confine
from logmedic.respond.fix.sandbox.bubblewrap import SYSTEM, interpreter, resources, search_path, timed, toolchains
from logmedic.respond.fix.sandbox.interface import Finished, Task

LEAST = 4  # of Landlock's versions: the first that knows of the network (Linux 6.7)
GRACE = 10.0  # seconds for ending what a run has started
_ETC = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf",
        "/etc/passwd", "/etc/group", "/etc/protocols", "/etc/services")  # fmt: skip
_NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/run/systemd/resolve")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")


def lack() -> str | None:
    """Why it cannot be used here."""
    if os.geteuid() == 0:
        return "Landlock does not hold root"
    if platform.machine() not in confine.MACHINES:
        return f"Landlock is not known for {platform.machine()}"
    found = confine.version()
    return None if found >= LEAST else f"the kernel's Landlock has version {found}, {LEAST} is needed"


class Landlock:
    name = "landlock"
    forwards = False

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def where(self, path: Path, inside: Path) -> Path:
        return path

    def run(self, task: Task) -> Finished:
        with tempfile.TemporaryDirectory(prefix="lm-run-", ignore_cleanup_errors=True) as scratch:
            argv = [interpreter(), "-I", "-S", confine.__file__, msgspec.json.encode(_about(task, scratch)).decode()]
            env = environment(task, scratch)
            later = msgspec.structs.replace(task.limits, seconds=task.limits.seconds + GRACE)
            done = timed(self._shell, argv, msgspec.structs.replace(task, limits=later), env=env)
        if done.code == confine.TIMED_OUT and done.seconds >= task.limits.seconds:
            return msgspec.structs.replace(done, code=None, cut="time")
        return done


def environment(task: Task, scratch: str) -> dict[str, str]:
    return {"HOME": scratch, "TMPDIR": scratch, "PATH": search_path(), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
            "USER": "fix", **task.env}  # fmt: skip


def _about(task: Task, scratch: str) -> dict[str, object]:
    readable = [
        *SYSTEM,
        *_ETC,
        "/proc",
        *map(str, toolchains()),
        *map(str, task.lent.values()),
        "/sys/devices/system/cpu",
    ]
    writable = [scratch, *_DEVICES, "/dev/shm"]  # noqa: S108  a device
    if task.network:
        readable += _NETWORK
    (writable if task.tree_writable else readable).append(str(task.tree))
    if task.cache is not None:
        (writable if task.cache_writable else readable).append(str(task.cache))
    if task.gateway is not None:
        writable.append(str(task.gateway))
    return {
        "argv": list(task.argv),
        "cwd": str(task.tree),
        "limits": {**resources(task.limits), "RLIMIT_NPROC": task.limits.processes + _mine()},
        "seconds": task.limits.seconds,
        "readable": readable,
        "writable": writable,
        "sockets": "all" if task.network else "unix" if task.gateway is not None else "none",
    }


def _mine() -> int:
    """How many processes this user has already: without a namespace they count as well."""
    uid, found = os.getuid(), 0
    for path in Path("/proc").iterdir():
        try:
            found += path.name.isdigit() and path.stat().st_uid == uid and len(list((path / "task").iterdir()))
        except OSError:
            pass  # gone meanwhile
    return found
