"""Workflows run in threads; nothing that they do for the first time may go wrong because they do it together."""

from __future__ import annotations

import subprocess
import sys

from pipeline_scenes import environment

# msgspec 0.22 crashes when several threads are the first to decode a type: 372 of 400 such processes died of SIGSEGV,
# and of the scans that raised a dozen incidents about one in a hundred. So decoders are made when modules are imported.
DRIVER = """
import os, sys, threading
import msgspec
from logmedic.model import *
from logmedic.respond.interface import Mode
from logmedic.respond.policy import Action
import logmedic.pipeline.handling, logmedic.store.store

text = Text("a", "b")
diagnosis = Diagnosis(
    severity=Severity.WARNING, cause_kind=CauseKind.CODE, root_cause=text, impact=text, actions=(text,),
    code_cause=True, fixable=Fixable(False, text), confidence=0.5, evidence=(Evidence("L1", "log", "x"),),
    status=DiagnosisStatus.VERIFIED,
)
stack = Stack("rust", (ExceptionPart("panic", "x", (Frame("main"),)),))
record = LogRecord(ref=Ref("a", "b", 1), time=1, stack=stack)
sample = Sample(record, Grouping("v1:0", "t", "c", (Component("n", "v"),)), (Match("r", "y", Severity.INFO),))
action = Action(channel="c", mode=Mode.SEND, mention=False, reason="new")
written = [(type(value), msgspec.json.encode(value)) for value in (diagnosis, sample, action)]

def first_time(start, turn):
    start.wait()
    for kind, text in written[turn:] + written[:turn]:
        msgspec.json.decode(text, type=kind)

def child():
    sys.setswitchinterval(1e-6)
    start = threading.Barrier(6)
    threads = [threading.Thread(target=first_time, args=(start, n % 3)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(0)

codes = []
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        child()
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
print(codes)
"""


def test_threads_that_read_an_incident_for_the_first_time_do_not_crash_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], env=environment(), capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stdout.strip() == str([0] * 20), done.stderr
