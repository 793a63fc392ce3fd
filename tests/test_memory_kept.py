"""The memory of one batch serves the next one."""

import subprocess
import sys

import pytest

from logmedic.doors.memory import keep_freed_memory

CHILD = """
import resource, threading
from logmedic.doors.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(200):
        bytearray(600_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def compare():
    cold, took = faults(), keep_freed_memory()
    faults()
    print(took, cold, faults())

thread = threading.Thread(target=compare)
thread.start()
thread.join()
"""


def test_pages_that_were_freed_are_used_again():
    done = subprocess.run([sys.executable, "-c", CHILD], env={}, capture_output=True, text=True, check=True)
    took, cold, warm = done.stdout.split()
    if took == "False":
        pytest.skip("the C library is not glibc")
    assert int(warm) <= 20, f"{cold} page faults before, {warm} after"


def test_who_sets_it_in_the_environment_is_left_alone(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1")
    assert keep_freed_memory() is False
