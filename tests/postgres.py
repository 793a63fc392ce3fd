"""A real PostgreSQL of the tests' own: Debian's programs, an unprivileged user, a socket in a folder, no network."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

OWNER = "logmedic"
# A crash of the machine may lose the tests' databases; one of the server does not.
FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=200")
WELCOME = "local all secured scram-sha-256\nlocal all all trust\n"
STARTS_WITHIN = 60.0  # seconds


def programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``: of PATH, else Debian's newest."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: float(each.parts[-3]))
    return found[-1].parent if found else None


def _account() -> pwd.struct_passwd | None:
    """Whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


class Postgres:
    """A server that can be started, stopped and killed. It ends with the process that started it."""

    def __init__(self, folder: Path, bin_folder: Path, namespace: str = "") -> None:
        """``namespace``: of a network in which it listens at every address, for the other ones that are there."""
        self.folder, self._bin = folder, bin_folder
        self._namespace = namespace
        self._account = _account()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        if self._account is not None:
            os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        subprocess.run(
            [*self._as(), bin_folder / "initdb", "-D", folder / "data", "-U", OWNER, "--no-sync", "-E", "UTF8",
             "--locale=C.UTF-8", "-A", "trust"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        (folder / "data" / "pg_hba.conf").write_text(WELCOME + ("host all all samenet trust\n" if namespace else ""))

    def _as(self) -> list[str]:
        if self._account is None:
            return ["setpriv", "--pdeathsig", "QUIT"]
        ids = [f"--reuid={self._account.pw_uid}", f"--regid={self._account.pw_gid}"]
        return ["setpriv", *ids, "--clear-groups", "--pdeathsig", "QUIT"]

    def start(self) -> None:
        listen = "*" if self._namespace else ""
        settings = [f"unix_socket_directories={self.folder}", f"listen_addresses={listen}", *FAST]
        inside = ["ip", "netns", "exec", self._namespace] if self._namespace else []
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*inside, *self._as(), self._bin / "postgres", "-D", self.folder / "data",
                 *(part for setting in settings for part in ("-c", setting))],
                cwd=self.folder, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                self.ask("postgres", "SELECT 1")
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    @property
    def running(self) -> bool:
        return self._process is not None

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """``SIGINT``: connections are cut, and all is written; ``SIGQUIT``: as in a crash."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(STARTS_WITHIN)
        self._process = None

    def ask(self, name: str, statement: str) -> list[tuple[object, ...]]:
        """Run one statement outside a transaction."""
        with psycopg.connect(host=str(self.folder), user=OWNER, dbname=name, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]  statements are the tests' own
            return cursor.fetchall() if cursor.description is not None else []

    def url(self, name: str, *, user: str = OWNER, password: str = "") -> str:
        who = f"{user}:{password}" if password else user
        return f"postgresql://{who}@/{name}?host={quote(str(self.folder))}"

    def create(self, template: str = "template0") -> str:
        """The name of a new database."""
        name = f"state_{next(self._numbers)}"
        self.ask("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """With whatever is connected to it still."""
        self.ask("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def server(namespace: str = "") -> Iterator[Postgres]:
    """A server with nothing in it. ``namespace``: as for :class:`Postgres`."""
    found = programs()
    assert found is not None, "PostgreSQL is not installed"
    # Not below pytest's folder: its server runs as another user, who may not enter there; sockets need short names too.
    folder = Path(tempfile.mkdtemp(prefix="lmpg", dir="/tmp"))
    try:
        made = Postgres(folder, found, namespace)
        made.start()
        try:
            yield made
        finally:
            if made.running:
                made.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
