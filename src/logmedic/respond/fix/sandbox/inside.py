"""The first program of a confined run: sets limits, opens the way to the gateway, then becomes what is to run.

It is started as a file of its own by a bare interpreter (``python -I -S``), so it imports nothing of logmedic. Its one
argument is JSON: ``argv``, ``limits`` (name of a resource → value), ``uid`` (to become; ``null`` to stay), ``own``
(folders that this user is to have), ``cwd``, ``gateway`` (socket, or ``null``) and ``port``.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
import threading
from typing import Any

BLOCK = 1 << 16
CONNECTIONS = 32  # at a time


def main() -> None:
    task = json.loads(sys.argv[1])
    if task["uid"] is not None:
        become(task["uid"], task["own"])
    os.chdir(task["cwd"])
    for name, most in task["limits"].items():
        kind = getattr(resource, name)
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))
    if task["gateway"] is not None:
        forward(task["gateway"], task["port"])
    try:
        os.execvp(task["argv"][0], task["argv"])  # noqa: S606  what it is for
    except OSError as error:
        sys.stderr.write(f"{task['argv'][0]}: {error.strerror}\n")
        os._exit(127)


def become(uid: int, own: list[str]) -> None:
    """Somebody who owns nothing else: the kernel counts no processes of root, and root's files are root's."""
    for folder in own:
        os.chown(folder, uid, uid)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def forward(path: str, port: int) -> None:
    """A child that carries what is sent to 127.0.0.1:``port`` to the unix socket ``path``, and the answers back."""
    server = socket.create_server(("127.0.0.1", port), backlog=CONNECTIONS)
    if os.fork():
        server.close()
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for stream in (0, 1, 2):  # else whoever reads the output waits for this child as well
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    room = threading.Semaphore(CONNECTIONS)
    while True:
        room.acquire()
        client, _ = server.accept()
        threading.Thread(target=carry, args=(client, path, room), daemon=True).start()


def carry(client: socket.socket, path: str, room: Any) -> None:
    far = socket.socket(socket.AF_UNIX)
    try:
        far.connect(path)
        back = threading.Thread(target=pump, args=(far, client), daemon=True)
        back.start()
        pump(client, far)
        back.join()
    except OSError:
        pass  # the gateway is gone: the client sees its connection close
    finally:
        client.close()
        far.close()
        room.release()


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(BLOCK):
            sink.sendall(data)
    except OSError:
        pass  # either side hung up
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


if __name__ == "__main__":
    main()
