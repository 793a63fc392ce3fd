"""The frozen types that flow through the pipeline.

Times are integers: nanoseconds since the Unix epoch, UTC. Texts are already valid Unicode (a lone surrogate or a
byte that is not UTF-8 has become U+FFFD by the time it is here); ``raw`` keeps the bytes as they were read.
"""

from __future__ import annotations

import enum
from typing import Any

import msgspec

NANOSECONDS = 1_000_000_000


class Level(enum.IntEnum):
    """Log levels on the OpenTelemetry severity scale (first number of each range of the OTel log data model)."""

    TRACE = 1
    DEBUG = 5
    INFO = 9
    WARN = 13
    ERROR = 17
    FATAL = 21


class Severity(enum.StrEnum):
    """How urgent an incident is. Compare with :attr:`rank`."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return ("info", "warning", "critical").index(self.value)

    @classmethod
    def highest(cls, *severities: Severity) -> Severity:
        return max(severities, key=lambda s: s.rank)


class State(enum.StrEnum):
    """What people decided about an incident."""

    OPEN = "open"
    ACKED = "acked"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    IGNORED = "ignored"


class Substate(enum.StrEnum):
    """What the incident did last, as observed."""

    NEW = "new"
    ONGOING = "ongoing"
    REGRESSED = "regressed"
    ESCALATING = "escalating"


class Ref(msgspec.Struct, frozen=True, order=True):
    """Where a record was read: ``stream`` is one append-only sequence of bytes (one generation of one file).

    ``(source, stream, offset)`` is unique for ever, so the same line read twice is recognised.
    """

    source: str
    stream: str
    offset: int  # bytes from the start of the stream to the first byte of the line
    length: int = 0  # bytes, without the line end

    def __str__(self) -> str:
        return f"{self.source}:{self.stream}@{self.offset}"


class Frame(msgspec.Struct, frozen=True):
    """One call of a stack, as text from the log. ``path`` is what the log says: never open it unless git tracks it."""

    function: str
    path: str = ""
    line: int = 0  # 1-based; 0 is unknown
    module: str = ""
    code: str = ""  # the source line, when the trace quotes it
    in_app: bool = False  # the team's own code rather than a library's or the runtime's
    column: int = 0  # 1-based; 0 is unknown. It outlives edits above the line, which the line does not


class ExceptionPart(msgspec.Struct, frozen=True):
    """One exception of a chain. ``frames`` run from the outermost call to where it was raised."""

    type: str
    message: str = ""
    frames: tuple[Frame, ...] = ()


class Stack(msgspec.Struct, frozen=True):
    """A parsed stack trace. ``parts[0]`` is the exception that surfaced; each next one caused the one before."""

    language: str  # "python", "rust", …
    parts: tuple[ExceptionPart, ...]

    @property
    def culprit(self) -> Frame | None:
        """The deepest in-app frame of the innermost cause that has one: where the team's code broke."""
        for part in reversed(self.parts):
            for frame in reversed(part.frames):
                if frame.in_app:
                    return frame
        return None


class LogRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One log line (or one joined multi-line record), in one layout whatever logger wrote it."""

    ref: Ref
    time: int  # ns; the time of reading when the line has none or an absurd one (then flagged "time-inferred")
    level: Level = Level.INFO
    message: str = ""
    service: str = ""
    error_code: str | None = None
    duration_ms: float | None = None
    request_id: str | None = None
    trace_id: str | None = None
    spans: tuple[str, ...] = ()  # names, outermost first
    target: str = ""  # logger, module or Rust target
    file: str | None = None
    line: int | None = None
    exception_type: str | None = None
    exception_message: str | None = None
    stack_text: str | None = None  # the trace as one text, several lines
    stack: Stack | None = None  # only when the writer logged structured frames
    release: str | None = None  # version or commit of the service, when logged
    fields: dict[str, Any] = {}  # everything else, JSON values
    flags: tuple[str, ...] = ()  # e.g. "time-inferred", "truncated", "not-json", "invalid-utf8", "level-inferred"
    raw: bytes = b""


class Reject(msgspec.Struct, frozen=True):
    """A line that no record could be made of. Counted and shown; its bytes can be read back at ``ref``."""

    ref: Ref
    reason: str
    sample: str = ""  # first 200 characters, printable


class Match(msgspec.Struct, frozen=True):
    """One rule that a record matched, and why (a sentence with figures)."""

    rule: str
    reason: str
    severity: Severity  # the floor this rule sets


class Finding(msgspec.Struct, frozen=True):
    """A record and every rule that it matched; at least one."""

    record: LogRecord
    matches: tuple[Match, ...]

    @property
    def severity(self) -> Severity:
        return Severity.highest(*(m.severity for m in self.matches))


class Component(msgspec.Struct, frozen=True):
    """One thing that went into a fingerprint, for ``--explain``: e.g. name "template", value "user <num> not found"."""

    name: str
    value: str
    masked: tuple[str, ...] = ()  # what was replaced, e.g. ("4711 → <num>",)


class Grouping(msgspec.Struct, frozen=True):
    """Which incident a record belongs to, and what that was decided from. A pure function of the record."""

    fingerprint: str  # "v1:<16 hex>"
    title: str  # safe to show anywhere: one line, ≤ 120 characters, no control characters, redacted
    culprit: str  # "module.function", "path:function", target or ""
    components: tuple[Component, ...] = ()
    stack: Stack | None = None


class Evidence(msgspec.Struct, frozen=True):
    """One quoted item that a claim can cite.

    ``id``: ``L…`` log line, ``S…`` source span, ``C…`` commit, ``B…`` blame line, ``H…`` earlier incident,
    ``M…`` measured figure. ``locator`` is what our code needs to re-read it: for L ``source``, ``stream``, ``offset``;
    for S and B ``commit``, ``path``, ``start``, ``end``; for C ``commit``; for H ``fingerprint``; for M ``figure`` and
    ``value``.
    """

    id: str
    kind: str  # "log", "source", "commit", "blame", "history", "figure"
    text: str  # redacted, at most 8,000 characters
    locator: dict[str, Any] = {}


class Text(msgspec.Struct, frozen=True):
    """A sentence for people in both languages of the product."""

    en: str
    ko: str

    def in_(self, language: str) -> str:
        return self.ko if language == "ko" else self.en


class Quotation(msgspec.Struct, frozen=True):
    """Words that stand in a piece of evidence, looked up there."""

    evidence: str  # id
    text: str


class Claim(msgspec.Struct, frozen=True):
    text: Text  # both languages must hold what the citations say
    citations: tuple[str, ...]  # ids of Evidence
    quotes: tuple[Quotation, ...] = ()


class Suspect(msgspec.Struct, frozen=True):
    commit: str  # full id
    score: float  # 0…1
    why: Text


class Fixable(msgspec.Struct, frozen=True):
    yes: bool
    reason: Text


class DiagnosisStatus(enum.StrEnum):
    VERIFIED = "verified"
    PARTLY_VERIFIED = "partly verified"
    INCONCLUSIVE = "inconclusive"


class CauseKind(enum.StrEnum):
    CODE = "code"
    CONFIG = "config"
    DEPENDENCY = "dependency"
    DATA = "data"
    CAPACITY = "capacity"
    UPSTREAM = "upstream"
    NETWORK = "network"
    CREDENTIALS = "credentials"
    PLATFORM = "platform"
    CLIENT = "client"
    UNKNOWN = "unknown"


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What broke, and how we know. ``logmedic diagnose --json`` prints this (see ``investigate.report``)."""

    severity: Severity
    cause_kind: CauseKind
    root_cause: Text
    impact: Text
    actions: tuple[Text, ...]
    suspects: tuple[Suspect, ...] = ()
    code_cause: bool  # False: no change in the code explains the fault
    fixable: Fixable
    confidence: float  # 0…1
    claims: tuple[Claim, ...] = ()
    dropped: tuple[Text, ...] = ()  # claims that verification threw out, with the reason
    evidence: tuple[Evidence, ...] = ()
    first_failing_service: str = ""  # where it began; "" when that is not known
    blast_radius: tuple[str, ...] = ()  # services that fail of it, first to last
    remediation: Text = Text("", "")  # what stops the harm soonest
    engine: str = "offline"
    model: str | None = None
    tokens: int = 0
    cost_usd: float | None = 0.0  # None: a price is not known
    status: DiagnosisStatus


class Bucket(msgspec.Struct, frozen=True):
    """One bar of an incident's histogram."""

    start: int  # ns, a multiple of the bucket width
    count: int


class Reason(msgspec.Struct, frozen=True):
    """Why something happened to an incident: a stable code with its figures; ``reasons.render`` makes the sentence."""

    code: str  # a key of ``reasons.SENTENCES``
    params: dict[str, int | float | str] = {}


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """All occurrences of one bug."""

    id: int
    fingerprint: str
    title: str
    culprit: str
    service: str
    error_code: str | None
    state: State = State.OPEN
    substate: Substate = Substate.NEW
    severity: Severity  # the diagnosis's, never below the floor
    floor: Severity  # set by the rules that matched
    first_seen: int
    last_seen: int
    count: int
    generation: int  # rises each time people should hear of it again; part of the workflow id
    reason: str  # why this generation was raised: "new", "regressed after resolve", "10× its usual rate"
    histogram: tuple[Bucket, ...] = ()
    rules: tuple[str, ...] = ()
    snoozed_until: int | None = None
    diagnosis: Diagnosis | None = None
    why: Reason | None = None  # ``reason`` as a code with figures
    held: Reason | None = None  # why the latest occurrences were counted without a word, where that is not obvious
    snooze_count: int | None = None  # snoozed until ``count`` reaches this
    resolved_in: str | None = None  # resolved in this release: older ones do not reopen it
    resolved_next: bool = False  # resolved in the release after ``resolved_in``: that one does not reopen it either
    aliases: tuple[str, ...] = ()  # further fingerprints that count as this incident
    merged_into: int | None = None  # the incident that its fingerprint counts as now


class Sample(msgspec.Struct, frozen=True):
    """A stored occurrence: enough to explain and to diagnose again."""

    record: LogRecord
    grouping: Grouping
    matches: tuple[Match, ...]
    # The fingerprint that the same code gave to the record as it is stored. Where redaction took something that
    # grouping looks at, it differs from the grouping's, and grouping it again tells nothing about the original.
    stored_fingerprint: str = ""


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """Another service's incident of the same time, and one of its records. Times are ns."""

    id: int
    service: str
    first_seen: int
    last_seen: int
    record: LogRecord


class Result(enum.StrEnum):
    SENT = "sent"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    FAILED = "failed"


class Outcome(msgspec.Struct, frozen=True):
    """What became of one attempt to act, always with the reason."""

    result: Result
    reason: str
    receipt: dict[str, Any] = {}  # e.g. Discord's message id, kept so that a later call edits in place
