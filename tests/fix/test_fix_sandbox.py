"""What a confined run can reach, by both kinds of confinement: nothing but its tree, and nothing is left of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fix_scenes import KEY

from logmedic.doors import SystemShell
from logmedic.errors import ConfigError, StoppedError
from logmedic.respond.fix.config import UNCONFINED, FixConfig
from logmedic.respond.fix.sandbox import choose as choosing
from logmedic.respond.fix.sandbox import confine, landlock
from logmedic.respond.fix.sandbox.bare import Bare
from logmedic.respond.fix.sandbox.bubblewrap import Bubblewrap
from logmedic.respond.fix.sandbox.interface import TREE, Limits, Task
from logmedic.respond.fix.sandbox.landlock import Landlock


@pytest.fixture(params=["bubblewrap", "landlock"])
def sandbox(request):
    if request.param == "bubblewrap":
        request.getfixturevalue("bwrap")
        return Bubblewrap(SystemShell())
    if confine.version() < landlock.LEAST:
        pytest.skip(f"the kernel's Landlock has version {confine.version()}")
    return Landlock(SystemShell())  # it does not hold root in all ways; what it promises of files and sockets it does


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "code.py").write_text("x = 1\n")
    (folder / ".git").write_text("gitdir: /elsewhere\n")
    return folder


def run(sandbox, tree, *argv, seconds=30.0, **more):
    limits = Limits(seconds=seconds, **more.pop("limits", {}))
    return sandbox.run(Task(argv=argv, tree=tree, limits=limits, frozen=(".git",), **more))


def python(sandbox, tree, code, **more):
    return run(sandbox, tree, "python3", "-c", code, **more)


def test_it_works_in_its_tree_and_has_a_folder_for_scratch(sandbox, tree):
    done = run(sandbox, tree, "sh", "-c", "cat code.py > copy.py && echo ok > $TMPDIR/a && echo ok > $HOME/b && pwd")
    assert (done.code, done.err) == (0, b"")
    assert done.out.decode().strip() == str(sandbox.where(tree, TREE))
    assert (tree / "copy.py").read_text() == "x = 1\n"


def test_input_reaches_it_and_its_code_comes_back(sandbox, tree):
    assert run(sandbox, tree, "sh", "-c", "cat; exit 7", input=b"abc").out == b"abc"
    assert run(sandbox, tree, "sh", "-c", "exit 7").code == 7
    assert run(sandbox, tree, "no-such-program").code == 127


def test_no_secret_of_ours_is_in_its_environment(sandbox, tree, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("GH_TOKEN", KEY)
    done = run(sandbox, tree, "sh", "-c", "env; cat /proc/*/environ", env={"FOR_IT": "yes"})
    assert b"FOR_IT=yes" in done.out
    assert KEY.encode() not in done.out + done.err


def test_files_beyond_its_tree_cannot_be_read_or_written(sandbox, tree, tmp_path):
    secret = tmp_path / "key"
    secret.write_text(KEY)
    home = Path.home() / f".logmedic-test-{os.getpid()}"
    home.write_text(KEY)
    try:
        done = run(
            sandbox,
            tree,
            "sh",
            "-c",
            f"cat {secret} {home} /etc/shadow; echo x > {tmp_path}/made; ln -s {secret} link; cat link",
        )
    finally:
        home.unlink()
    assert KEY.encode() not in done.out + done.err
    assert b"root:" not in done.out
    assert not (tmp_path / "made").exists()


def test_it_has_no_network(sandbox, tree):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""
import socket
for family, kind, at in ((socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", {port})),
                         (socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 53)),
                         (socket.AF_INET6, socket.SOCK_STREAM, ("::1", {port}))):
    try:
        with socket.socket(family, kind) as s:
            s.connect(at)
            s.send(b"x")
        print("reached", at)
    except OSError as error:
        print("no", error.errno)
"""
        assert b"reached" not in python(sandbox, tree, code).out


def test_a_socket_of_the_host_is_out_of_reach(sandbox, tree, tmp_path):
    path = f"/tmp/lm-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as abstract:
        server.bind(path)
        server.listen()
        abstract.bind(f"\0{path}")
        abstract.listen()
        try:
            code = f"""
import socket
for path in ({path!r}, "\\0" + {path!r}):
    try:
        socket.socket(socket.AF_UNIX).connect(path)
        print("reached")
    except OSError as error:
        print("no", error.errno)
"""
            assert b"reached" not in python(sandbox, tree, code).out
        finally:
            Path(path).unlink()


def test_a_read_only_tree_stays_as_it_is(sandbox, tree):
    assert run(sandbox, tree, "sh", "-c", "echo y > code.py", tree_writable=False).code != 0
    assert (tree / "code.py").read_text() == "x = 1\n"


def test_folders_that_are_lent_can_be_read_only(sandbox, tree, tmp_path):
    lent = tmp_path / "lent"
    lent.mkdir()
    (lent / "tool").write_text("tool")
    at = sandbox.where(lent, Path("/opt/fix/lent"))
    done = run(sandbox, tree, "sh", "-c", f"cat {at}/tool; echo x > {at}/tool", lent={str(at): lent})
    assert done.out == b"tool"
    assert (lent / "tool").read_text() == "tool"


def test_what_takes_too_long_is_ended_with_all_that_it_started(sandbox, tree):
    mark = f"3{os.getpid()}"
    done = run(sandbox, tree, "sh", "-c", f"(setsid sleep {mark} &) ; sleep {mark}", seconds=1.5)
    assert (done.code, done.cut) == (None, "time")
    assert gone(f"sleep {mark}")


def test_what_it_leaves_behind_is_ended(sandbox, tree):
    mark = f"4{os.getpid()}"
    done = run(sandbox, tree, "sh", "-c", f"(setsid sleep {mark} > /dev/null 2>&1 &) ; exit 0")
    assert done.code == 0
    assert gone(f"sleep {mark}")


def test_endless_output_is_cut_and_ended(sandbox, tree):
    done = run(sandbox, tree, "yes", limits={"output": 1 << 16})
    assert (done.code, done.cut) == (None, "output")
    assert len(done.out) == 1 << 16


def test_memory_and_files_have_an_end(sandbox, tree):
    hungry = python(sandbox, tree, "x = bytearray(600 << 20)", limits={"memory": 300 << 20})
    assert hungry.code not in (0, None)
    full = run(sandbox, tree, "dd", "if=/dev/zero", "of=big", "bs=1M", "count=8", limits={"file": 4 << 20})
    assert full.code not in (0, None)
    assert (tree / "big").stat().st_size <= 4 << 20


def test_a_stop_ends_it_at_once(sandbox, tree):
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    began = time.monotonic()
    with pytest.raises(StoppedError):
        run(sandbox, tree, "sleep", "300", seconds=300, stop=stop)
    assert time.monotonic() - began < 60


def test_a_fork_bomb_meets_the_limit_of_processes(bwrap, tree):
    """Only by bubblewrap: Landlock refuses root, whose processes the kernel does not count."""
    code = """
import os, time
made = 0
try:
    while made < 400:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError:
    pass
print(made, flush=True)
os._exit(0)
"""
    done = python(Bubblewrap(SystemShell()), tree, code, limits={"processes": 40})
    assert done.code == 0
    assert int(done.out) < 60  # other runs of this user count as well


def test_the_file_of_git_cannot_be_changed_or_replaced(bwrap, tree):
    done = run(
        Bubblewrap(SystemShell()), tree, "sh", "-c", "echo x > .git; rm -f .git; mv .git old; mkdir .git/hooks; true"
    )
    assert done.code == 0
    assert (tree / ".git").read_text() == "gitdir: /elsewhere\n"
    assert not (tree / "old").exists()


def test_it_sees_no_processes_and_gains_no_rights(bwrap, tree):
    done = run(
        Bubblewrap(SystemShell()), tree, "sh", "-c", "ls /proc | grep -c '^[0-9]'; grep CapEff /proc/self/status; id -u"
    )
    processes, rights, uid = done.out.decode().split("\n")[:3]
    assert int(processes) < 8
    assert rights.split()[1].strip("0") == ""
    assert uid != "0"


def test_it_dies_with_the_process_that_started_it(bwrap, tree):
    mark = f"5{os.getpid()}"
    code = (
        "from pathlib import Path\nfrom logmedic.doors import SystemShell\n"
        "from logmedic.respond.fix.sandbox.bubblewrap import Bubblewrap\n"
        "from logmedic.respond.fix.sandbox.interface import Limits, Task\n"
        f"task = Task(argv=['sleep', '{mark}'], tree=Path({str(tree)!r}), limits=Limits(seconds=90))\n"
        "Bubblewrap(SystemShell()).run(task)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        wait(lambda: running(f"sleep {mark}"))
        process.kill()
        process.wait()
        wait(lambda: not running(f"sleep {mark}"))


def wait(holds) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def gone(words: str) -> bool:
    """Within a while: the kernel ends what a namespace held just after its first process has ended."""
    until = time.monotonic() + 30
    while running(words):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def running(words: str) -> list[str]:
    """Processes of exactly this command line, whoever's."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().replace(b"\0", b" ").decode().strip() == words:
                found.append(path.parent.name)
        except OSError:
            pass  # gone meanwhile
    return found


def test_without_confinement_nothing_runs_unless_somebody_accepts_that_in_words(monkeypatch):
    monkeypatch.setattr(choosing.bubblewrap, "available", lambda: False)
    monkeypatch.setattr(choosing.landlock, "lack", lambda: "no Landlock")
    with pytest.raises(ConfigError, match="bubblewrap is not installed; no Landlock; install bubblewrap"):
        choosing.choose(FixConfig(), SystemShell())
    assert isinstance(choosing.choose(FixConfig(unconfined=UNCONFINED), SystemShell()), Bare)
    with pytest.raises(ValueError, match="unconfined"):
        FixConfig(unconfined="yes")
