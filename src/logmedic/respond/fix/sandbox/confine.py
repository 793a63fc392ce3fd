"""Starts a program under Landlock and seccomp, and ends everything that it has started.

Like :mod:`inside` it is a file of its own for a bare interpreter, and imports nothing of logmedic. Its argument is
JSON: ``argv``, ``cwd``, ``limits``, ``seconds``, ``readable`` and ``writable`` (paths), ``sockets`` ("none", "unix",
"all").

Numbers: linux/landlock.h, linux/seccomp.h, linux/filter.h, linux/audit.h; system calls of x86-64 and arm64.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import resource
import signal
import struct
import sys
import time
from typing import Any

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH, VERSION = 1, 1
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
FILTER_MODE, ALLOW, ERRNO, KILL = 2, 0x7FFF0000, 0x00050000, 0x80000000
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
ALL = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}  # rights on files, by version
LATEST = (1 << 16) - 1
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15  # the others are rights on folders
MACHINES = {  # audit number of the architecture; socket(2), io_uring_setup(2)
    "x86_64": (0xC000003E, 41, 425),
    "aarch64": (0xC00000B7, 198, 425),
}
TIMED_OUT = 124

libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    task = json.loads(sys.argv[1])
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = os.fork()
    if child == 0:
        confined(task)
    until = time.monotonic() + task["seconds"]
    status = None
    while status is None and time.monotonic() < until:
        done, found = os.waitpid(-1, os.WNOHANG)
        status = found if done == child else None
        if done == 0:
            time.sleep(0.01)
    sweep()
    os._exit(TIMED_OUT if status is None else code(status))


def code(status: int) -> int:
    found = os.waitstatus_to_exitcode(status)
    return found if found >= 0 else 128 - found


def sweep() -> None:
    """Kill what is left below us: orphans come to the subreaper, which we are."""
    while True:
        for pid in descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it was quicker
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass  # another one is gone
        except ChildProcessError:
            return
        time.sleep(0.005)


def descendants() -> list[int]:
    parents = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  no pathlib here: it is slow to import
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123  as above
                    parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:
                pass  # gone meanwhile
    found, more = [], [os.getpid()]
    while more:
        above = more.pop()
        below = [pid for pid, parent in parents.items() if parent == above]
        found += below
        more += below
    return found


def confined(task: dict[str, Any]) -> None:
    try:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        os.chdir(task["cwd"])
        for name, most in task["limits"].items():
            kind = getattr(resource, name)
            _, hard = resource.getrlimit(kind)
            allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (allowed, allowed))
        checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        restrict(task["readable"], task["writable"], network=task["sockets"] == "all")
        if task["sockets"] != "all":
            no_sockets(unix=task["sockets"] == "unix")
        os.execvp(task["argv"][0], task["argv"])  # noqa: S606  what it is for
    except OSError as error:
        sys.stderr.write(f"{task['argv'][0]}: {error.strerror}\n")
    os._exit(127)


def checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def version() -> int:
    """Of the kernel's Landlock; 0: it has none, or it is off."""
    found: int = libc.syscall(CREATE_RULESET, None, 0, VERSION)
    return max(0, found)


def restrict(readable: list[str], writable: list[str], *, network: bool) -> None:
    abi = version()
    rights = ALL.get(abi, LATEST)
    # handled rights on files, on TCP (bind, connect), and what stays within (abstract sockets, signals)
    attributes = struct.pack("QQQ", rights, 0 if network or abi < 4 else 3, 3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = checked(libc.syscall(CREATE_RULESET, attributes, size, 0))
    for paths, allowed in ((readable, EXECUTE | READ_FILE | READ_DIR), (writable, rights)):
        for path in paths:
            allow(ruleset, path, allowed & rights)
    checked(libc.syscall(RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def allow(ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # nothing to allow
    if not os.path.isdir(path):  # noqa: PTH112  as above
        rights &= OF_FILES
    checked(libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, fd), 0))
    os.close(fd)


def no_sockets(*, unix: bool) -> None:
    """Let socket(2) fail, but for those of the kind unix where they are allowed. socketpair(2) reaches nobody else."""
    arch, make, ring = MACHINES[platform.machine()]
    refuse = ERRNO | errno.EAFNOSUPPORT
    load, equal, at_least, end = 0x20, 0x15, 0x35, 0x06
    program = [
        (load, 0, 0, 4), (equal, 1, 0, arch), (end, 0, 0, KILL),  # another architecture has other numbers
        (load, 0, 0, 0), (at_least, 0, 1, 0x40000000), (end, 0, 0, ERRNO | errno.ENOSYS),
        (equal, 0, 1, ring), (end, 0, 0, ERRNO | errno.ENOSYS),  # opens sockets without that call
        (equal, 1, 0, make), (end, 0, 0, ALLOW),
        (load, 0, 0, 16), (equal, 0, 1, 1 if unix else 0xFFFF), (end, 0, 0, ALLOW), (end, 0, 0, refuse),
    ]  # fmt: skip
    code_of = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code_of, len(code_of))
    described = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    checked(libc.prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.c_char_p(described), 0, 0))


if __name__ == "__main__":
    main()
