"""systemd is told when ``serve`` follows its sources, and that it lives."""

from __future__ import annotations

import signal
import socket

import pytest

from logmedic.cli.notifying import Notifier


def test_serve_is_ready_when_it_follows_and_beats_the_watchdog(watched, record, tmp_path):
    watched.write("app.log", record())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        watched.more["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        with watched.start("serve") as process:
            try:
                assert [listening.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
            finally:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=60)


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody-listens-here"])
def test_where_nobody_listens_nothing_happens(address):
    Notifier(address).ready()


def test_an_abstract_address_is_understood():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("")  # the kernel chooses an abstract one
        listening.settimeout(10)
        Notifier("@" + listening.getsockname()[1:].decode()).alive()
        assert listening.recv(100) == b"WATCHDOG=1"
