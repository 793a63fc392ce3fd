"""The only ways out of the process: clock, child processes, HTTP, git.

Everything else takes one of these ports as an argument, so that a test can hand in a fake from
:mod:`logmedic.testing`. Every call has a time-out; there is no way to leave it out.
"""

from logmedic.doors.clock import Clock, SystemClock
from logmedic.doors.git import COMMIT_ID, Git
from logmedic.doors.http import Http, HttpAnswer, HttpError, HttpTooLargeError, SystemHttp, tls
from logmedic.doors.shell import Ran, Shell, SystemShell, inherited

__all__ = [
    "COMMIT_ID",
    "Clock",
    "Git",
    "Http",
    "HttpAnswer",
    "HttpError",
    "HttpTooLargeError",
    "Ran",
    "Shell",
    "SystemClock",
    "SystemHttp",
    "SystemShell",
    "inherited",
    "tls",
]
