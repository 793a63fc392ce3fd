"""What a line of plain text looks like: certainly the beginning of an event, the continuation of one, or neither.

Only the bytes of the line itself count here. What they mean behind other lines is decided in :mod:`.joining`. All of
them are matched at the beginning of a line, without its line end.
"""

from __future__ import annotations

import re

LEVELS = rb"TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|PANIC|EMERG|ALERT"
_COLOUR = rb"(?:\x1b\[[0-9;]{0,12}m){0,4}"
_BLANKS = rb"[ \t\r\x0b\x0c\x00]*"  # what the decoder strips

_TIMED = (
    rb"[ \t]{0,4}" + _COLOUR + rb"(?:"
    rb"[\[(<]?[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T _][0-9]{2}:[0-9]{2}"  # 2026-01-31T12:00, [2026/01/31 12:00
    rb"|\[?[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}[ :][0-9]{2}:[0-9]{2}"  # [31/Jan/2026:12:00
    rb"|[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}"  # Jan 31 12:00:00
    rb"|\[?[0-9]{2}:[0-9]{2}:[0-9]{2}[.,\] ]"  # 12:00:00.123
    rb"|[IWEF][0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}"  # glog
    rb"|(?:time|timestamp|ts)=)"
)
TIMED = re.compile(_TIMED)
"""A line that a logger began with its time."""

BEGINS = re.compile(
    rb"\{"
    rb"|" + _TIMED
    + rb"|" + _BLANKS + rb"(?:\xef\xbb\xbf" + _BLANKS + rb")?\{[ \t]*\""  # a JSON object behind white space
    + rb"|\xef\xbb\xbf"
    + rb"| ?" + _COLOUR + rb"\[?(?:" + LEVELS + rb")(?:\x1b|[ \]:|\t/-]|$)"
    + rb"|(?:level|lvl|severity)=|<[0-9]{1,3}>"
    + rb"|(?:trce|dbug|info|warn|fail|crit): [\w.]{1,200}\[[0-9]+\]"  # .NET's console
)  # fmt: skip
"""What a logger writes first: it begins an event wherever it stands."""

CRASH = re.compile(
    rb"thread '[^']{0,200}' (?:\([0-9]{1,20}\) )?(?:panicked at |has overflowed)"
    rb"|panic: |fatal error: |fatal runtime error: |Fatal Python error: |PHP Fatal error: "
    rb"|Exception in thread |Exception ignored in|Unhandled exception|Uncaught "
    rb"|The application panicked|\(node:[0-9]+\) "
)
"""What a runtime, not a logger, prints when a program breaks: it begins an event wherever it stands."""
PANIC_PLACE = re.compile(
    rb"thread '[^']{0,200}' (?:\([0-9]{1,20}\) )?panicked at [^\n]{1,500}:[0-9]+:[0-9]+:[ \t\r]*$", re.MULTILINE
)
"""Since Rust 1.73 the message follows on the next line, whatever it looks like."""
SCRIPT = re.compile(rb"(?:file://|/|[A-Za-z]:\\|node:)[^\n]{0,500}:[0-9]{1,6}[ \t\r]*$", re.MULTILINE)
"""Where Node shows what threw; the source line, carets, a blank line and the error follow. As :data:`CRASH`."""
CERTAIN = re.compile(BEGINS.pattern + rb"|" + CRASH.pattern + rb"|" + SCRIPT.pattern, re.MULTILINE)
"""A line that begins an event wherever it stands, so that reading may start there."""
UNCERTAIN = re.compile(rb"\n(?=[^\n{])(?!" + CERTAIN.pattern + rb")", re.MULTILINE)
"""The line end before a line that may continue an event."""
CARETS = re.compile(rb"[ \t]+\^+[ \t\r]*$", re.MULTILINE)
OBJECT = re.compile(rb"\{[ \t\r]*$", re.MULTILINE)
"""A pretty-printed JSON object begins."""

TRACEBACK = re.compile(rb"[ \t]{0,8}(?:\+ Exception Group )?Traceback \(most recent call last\):")
FILE = re.compile(rb"[ \t]+File \"")
LINK = re.compile(
    rb"During handling of the above exception, another|The above exception was the direct cause of the following"
)
RAISED = re.compile(rb"[A-Za-z_][\w.]{0,200}(?:<locals>[\w.]{1,200})?(?::|[ \t\r]*$)", re.MULTILINE)
"""The last line of a Python traceback, whatever its class is called."""
VALIDATION = re.compile(rb"[\w.]{1,200}: [0-9]+ validation errors? for ")
FIELD = re.compile(rb"[\w.\[\]-]{1,200}[ \t\r]*$", re.MULTILINE)
"""pydantic names the fields of a :data:`VALIDATION` error on lines of their own."""
EXCEPTION = re.compile(
    rb"(?:[A-Za-z_][\w$]{0,100}[./]){0,30}[A-Za-z_][\w$]{0,100}"
    rb"(?:Error|Exception|Throwable|Failure|Exit|Interrupt|Warning|Group)(?:: | \[|:?[ \t\r]*$)"
    rb"|(?:[A-Za-z_][\w$]{0,100}\.){1,30}[A-Z][\w$]{0,100}(?:: |[ \t\r]*$)|Error: "
)
"""``ValueError: …``, ``java.io.IOException``, ``Error [ERR_X]: …``."""

GOROUTINE = re.compile(rb"goroutine [0-9]+ |\[signal |runtime stack:")
CALL = re.compile(rb"[\w./][^\n]*\)[ \t\r]*$", re.MULTILINE)
"""One call of a goroutine's stack."""

FRAME = re.compile(
    rb"[ \t]+(?!\+ Exception Group)"
    rb"(?:at |File \"|\.\.\. |Suppressed: |Caused by: |[0-9]+: |[\^~]|\||\+[- ]|-+>|--- End|\[Previous line"
    rb"|from )"
)
"""An indented line that only a trace has."""
TAIL = re.compile(
    rb"Caused by:|Suppressed: |\.\.\. [0-9]+ |Wrapped by: |(?i:stack ?(?:backtrace|trace):)|Location:"
    rb"|note: (?:run with|[Ss]ome details)|goroutine [0-9]+ |goroutine running|created by |exit status [0-9]|\[signal "
    rb"|runtime stack:|\.\.\.additional frames|r[0-9a-z]{1,5} {2,}0x[0-9a-f]+|--- End of |Node\.js v[0-9]|#[0-9]+ "
    rb"|\(Use `node |future: <|task: <|handle: <|transport: <|protocol: <|source_traceback:|Object created at \(most"
    rb"|DETAIL:|HINT:|\[SQL: |\[parameters: |\(Background on this error|Current thread 0x|Thread 0x|Extension modules: "
    rb"|[\])}]+[,;]?[ \t\r]*$"
)
"""A line without indentation that only continues what stands above it."""
LOUD = re.compile(rb"[ \t]+\[?(?:ERROR|SEVERE|FATAL|CRITICAL|CRIT|PANIC|EMERG|ALERT)(?:[ \]:|\t-]|$)", re.MULTILINE)
"""An indented line that claims to be an error by itself."""

HEAD = re.compile(
    rb"(?P<object>" + OBJECT.pattern + rb")|(?P<goroutine>" + GOROUTINE.pattern + rb")|(?P<place>" + PANIC_PLACE.pattern
    + rb")|(?P<introduction>Exception (?:in thread|ignored)|Unhandled exception in )|(?P<crash>" + CRASH.pattern
    + rb")|(?P<script>" + SCRIPT.pattern + rb")|(?P<exception>" + EXCEPTION.pattern + rb")",
    re.MULTILINE,
)  # fmt: skip
"""What the first line of an event says about the next ones."""
NEXT = re.compile(
    rb"(?P<link>" + LINK.pattern + rb")|(?P<goroutine>" + GOROUTINE.pattern + rb")|(?P<tail>" + TAIL.pattern
    + rb")|(?P<exception>" + EXCEPTION.pattern + rb")",
    re.MULTILINE,
)  # fmt: skip
"""Lines without indentation that may continue an event."""
