"""What threads hold of the C library's memory."""

import subprocess
import sys

import pytest

from logmedic.doors.memory import few_arenas

CHILD = """
import ctypes, re, sys, threading
from logmedic.doors.memory import few_arenas

if "few" in sys.argv:
    assert few_arenas()
libc = ctypes.CDLL(None)
together = threading.Barrier(20)
held = []

def work():
    together.wait()
    held.extend(libc.malloc(1_000) for _ in range(2_000))  # past Python's own allocator, without its lock
    together.wait()

threads = [threading.Thread(target=work) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.fopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w")))
libc.fflush(None)
print(len(re.findall("<heap nr", open(sys.argv[1]).read())))
"""


def arenas(tmp_path, *arguments: str, **environment: str) -> int:
    done = subprocess.run([sys.executable, "-c", CHILD, str(tmp_path / "info.xml"), *arguments],
                          env=environment, capture_output=True, text=True, check=True)  # fmt: skip
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_threads_share_two_arenas(tmp_path):
    if arenas(tmp_path) <= 2:
        pytest.skip("this C library makes few arenas by itself")
    assert arenas(tmp_path, "few") <= 2


def test_who_sets_the_number_in_the_environment_is_left_alone(monkeypatch):
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    assert few_arenas() is False
