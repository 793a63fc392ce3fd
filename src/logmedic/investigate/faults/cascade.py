"""Which service failed first, and which were dragged down with it. Pure.

Three things prove that one service's fault came from another's: its error names that service (as its callee), a
request that failed in both was refused by the other first, or both fail alike in code that they share and the other
did so first. That errors come at the same time, or that one service is louder, proves nothing; where words tell
nothing, who began shortly before is presumed, and the report says so. A callee that logs no error failed first when
it turned calls away or fell silent, not when it goes on serving as before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from logmedic.model import NANOSECONDS, Level, LogRecord, Neighbour

EPISODE = 2 * 60 * 60 * NANOSECONDS  # how long before a fault what brought it about may have begun to show
AFTERMATH = 30 * 60 * NANOSECONDS  # how long after a fault's last occurrence others may begin to fail of it
MOST_NAMED_IN = 4_000  # characters of one error that are searched for names of services
MOST_STEPS = 8  # services between the one that was noticed and the one that failed first
LONG_LINE = 60  # characters
MOST_KEPT = 1_000  # errors whose lines are kept for the next comparison
LEAST_SHARED = 2  # lines of two traces that are the same: what was raised and where
SHORTLY = 45 * 60 * NANOSECONDS  # from where a fault began to where others failed of it in words that do not say so
LULL = 15 * 60 * NANOSECONDS  # between two tries of a job that fails, at most
_NO_KINDS: Mapping[int, str] = {}
# Kinds whose cause lies in what services share; the first to show it tells where.
_SHARED_KINDS = frozenset({"clock", "pool-exhausted", "certificate", "dns", "deadlock", "schema", "credentials",
                           "too-large"})  # fmt: skip
# They only say that somebody else does not answer.
_ELSEWHERE = frozenset({"connection", "upstream-timeout", "upstream-down", "upstream-error"})
# They speak of what others do.
OBSERVERS = frozenset({"kubelet", "kernel", "systemd", "containerd", "dockerd", "docker", "kube-scheduler",
                       "node-agent", "host-agent", "autoscaler", "supervisor", "supervisord",
                       "ecs-agent", "nomad", "argocd"})  # fmt: skip
_CHANNELS = frozenset({"topic", "queue", "stream", "exchange", "subject", "channel", "routing_key", "bucket", "table"})
LEAST_SAID = 24  # characters of a message that two services do not both write by chance
_DIGITS = re.compile(r"\d+")
SLOWER = 3.0  # times the median duration before, from where a service is slow
_FRAME = re.compile(r"[\w/.-]{2,120}\.\w{1,6}:\d{1,6}|\.\w{1,4}\", line \d")
_ROLE = re.compile(r"[-_.](?:service|svc|api|server|app|backend|worker)\Z")
_CALLED = frozenset((
    "upstream", "call", "calling", "called", "to", "service", "host", "dependency", "downstream", "via",
    "contacting", "reach", "reaching", "rpc", "grpc", "against", "for", "invoke", "invoking",
))  # fmt: skip
# "from" behind one of these means a callee, else a caller
_ANSWERED = frozenset((
    "response", "error", "errors", "reply", "answer", "status", "result", "timeout", "received", "got", "fetching",
    "reading", "reset",
))  # fmt: skip


# what a callee does, behind its name
_BEHIND = (
    "service", "api", "client", "return", "answer", "respond", "repl", "timed", "timeo", "unavail", "unreach", "refus",
    "reject", "fail", "is down", "did not", "didn't", "does not", "doesn't", "never", "took",
    "stopped", "gave", "down", "not respond", "closed", "connection", "has no", "is not",
    "cannot", "could not", "went away", "error", "rpc", "call", "sent", "lookup", "request to", "http", "status",
    "exited", "호출", "응답", "오류", "에러", "연결", "실패", "장애", "서비스", "요청", "접속", "이 응답", "가 응답",
    "에 연결", "에 접속", "에서 응답", "에서 오류", "에서 에러", "이 오류", "가 오류",
)  # fmt: skip
_STATUS = re.compile(r"\s{0,2}[:=(]{0,2}\s{0,2}(?:http )?[45]\d\d\b")
_TURNED_AWAY = re.compile(
    r"refused|unavailable|tim(?:ed|e)[\s-]?out|etimedout|deadline|unreachable|reset|closed|hung up|hang up|no route|"
    r"(?<![\d:.])[45]\d\d(?![\d.])|bad gateway|no such host|not resolve|no answer|not answer|not respond|"
    r"no healthy|no live|overloaded|is down|eof\b|"
    r"거부|시간 ?초과|타임아웃|연결할 수 없|접속할 수 없|응답하지 않|응답이 없|끊[어겼]"
)
_CONTENT = re.compile(r"pars(?:e|ing)|decod|deserial|unmarshal|invalid type|unexpected token|malformed|schema|mismatch")
# Fields that name who asked, not who was asked.
_CALLER = frozenset((
    "caller", "client", "source", "origin", "useragent", "user", "referer", "referrer", "consumer", "from", "peer",
    "remoteaddr", "tenant", "host", "hostname", "pod", "node", "instance", "container", "app", "application",
))  # fmt: skip


class Cascade(msgspec.Struct, frozen=True):
    """``path``: services from the one looked at to the one that failed first; ``hit``: all that were, first to last."""

    path: tuple[str, ...] = ()
    hit: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()  # services that write to or read from the topic or queue of the fault
    others: tuple[LogRecord, ...] = ()  # faults on the path and what the platform says of them, without the root's
    alike: tuple[str, ...] = ()  # services that fail in the same way as the first one with an error, itself included
    root: Neighbour | None = None  # the logged fault nearest to where it began: of the first service, or of its caller
    presumed: bool = False  # a step of the path leads to who only began to fail shortly before, which proves nothing

    @property
    def first(self) -> str:
        return self.path[-1] if self.path else ""


def trace_back(
    subject: Neighbour,
    beside: Sequence[Neighbour],
    traced: Sequence[LogRecord],
    *,
    around: Sequence[LogRecord] = (),
    known: Sequence[str] = (),
    kinds: Mapping[int, str] = _NO_KINDS,
) -> Cascade:
    """From a fault to where it began.

    ``beside``: incidents that were seen from :data:`EPISODE` before the fault to :data:`AFTERMATH` behind it.
    ``traced``: records of the request that failed, from every service.
    ``around``: records of any service and level from before and after the onset; they tell how a callee fares that
    logs no error. ``known``: further services of ours. ``kinds``: id of an incident → its kind of fault, "" where
    its words do not tell.
    """
    if not subject.service:
        return Cascade()
    since, until = subject.first_seen - EPISODE, subject.last_seen + AFTERMATH
    episode = sorted(
        (n for n in beside if n.service and since <= n.first_seen <= until),
        key=lambda n: (n.first_seen, n.id),
    )
    ours = dict.fromkeys((*known, *(r.service for r in around), *(r.service for r in traced)))
    path = [_told_of(subject, ours)]
    nearest, faults = subject, [subject]
    current: Neighbour | None = subject
    presumed = False
    while current is not None and len(path) <= MOST_STEPS:
        nearest = current
        step = _callee(current, episode, traced, path)
        if step is None:
            step = _before(current, episode, path, kinds)
            presumed = presumed or step is not None
        if step is None:
            break
        path.append(step)
        current = next((n for n in episode if n.service == step), None)
        faults += [current] if current is not None else []
    if current is not None:
        silent = _silent(current, [name for name in ours if name and name not in path], around)
        path += [silent] if silent else []
        nearest = _observed(current, path[-1], episode, kinds)
    alike = dict.fromkeys((nearest.service, *(n.service for n in (*episode, subject) if _alike(n, nearest))))
    hit = _hit(path, {*path, *alike} - OBSERVERS, episode, traced)
    others = tuple(n.record for n in faults if n is not nearest)
    return Cascade(tuple(path), hit, _linked(nearest.record, around), others, tuple(alike), nearest, presumed)


def _told_of(subject: Neighbour, names: Iterable[str]) -> str:
    """Whose fault it is: the service's own or, where the platform speaks, that of the one it speaks of."""
    if subject.service.lower() in OBSERVERS:
        text = subject.record.message[:MOST_NAMED_IN].lower()
        return next((n for n in names if n and n != subject.service and _word_at(text, n.lower())), subject.service)
    return subject.service


def _observed(fault: Neighbour, name: str, episode: Sequence[Neighbour], kinds: Mapping[int, str]) -> Neighbour:
    """What the platform says of a service whose own words do not tell what happened, else the fault itself."""
    if kinds.get(fault.id, "told"):
        return fault
    seen = (n for n in episode if n.service.lower() in OBSERVERS and kinds.get(n.id))
    return next((n for n in seen if _word_at(n.record.message[:MOST_NAMED_IN].lower(), name.lower())), fault)


def _before(
    current: Neighbour, episode: Sequence[Neighbour], path: Sequence[str], kinds: Mapping[int, str]
) -> str | None:
    """Where the words of a fault tell nothing: who began to fail shortly before and went on, in words that do.

    Of a kind that comes from what services share, whoever showed it first.
    """
    kind = kinds.get(current.id, "told")
    for other in episode:
        if other.service in path or other.service.lower() in OBSERVERS or other.first_seen >= current.first_seen:
            continue
        recent = current.first_seen - other.first_seen <= SHORTLY and other.last_seen >= current.first_seen - LULL
        telling = kinds.get(other.id, "")
        untold = not kind or (kind in _ELSEWHERE and telling not in _ELSEWHERE)
        if recent and telling and (untold or (kind == telling and kind in _SHARED_KINDS)):
            return other.service
    return None


def _linked(record: LogRecord, around: Sequence[LogRecord]) -> tuple[str, ...]:
    """Services whose records name the same topic, queue or stream as this one."""
    named = {
        (key, value) for key, value in record.fields.items() if key.lower() in _CHANNELS and isinstance(value, str)
    }
    if not named:
        return ()
    own = (r.service for r in around if r.service != record.service and any(r.fields.get(k) == v for k, v in named))
    return tuple(dict.fromkeys(own))


def _callee(
    current: Neighbour, episode: Sequence[Neighbour], traced: Sequence[LogRecord], path: Sequence[str]
) -> str | None:
    """The service that a fault came from: one that the errors name, else where the same request failed before.

    A callee that logged no error did not fail, as far as can be seen.
    """
    failing = [name for name in dict.fromkeys(n.service for n in episode) if name not in path]
    texts = [current.record, *(n.record for n in episode if n.service == current.service)]
    named = next((name for record in texts for name in failing if speaks_of_service(record, name)), None)
    if named is not None:
        return named
    failed = [
        r
        for r in traced
        if r.level >= Level.ERROR
        and r.service
        and r.service not in path
        and r.time <= current.record.time
        and not speaks_of_service(r, current.service)  # then it is the caller
    ]
    if failed:
        return min(failed, key=lambda r: r.time).service
    alike = [n for n in episode if n.service not in path and n.first_seen < current.first_seen and _alike(n, current)]
    return alike[0].service if alike else None


def _alike(a: Neighbour, b: Neighbour) -> bool:
    """Whether two faults are one: the same line of the same code (what was raised, and a frame), or the same words."""
    said, told = ("".join(_DIGITS.split(n.record.message[:MOST_NAMED_IN])) for n in (a, b))
    if said == told and len(said) >= LEAST_SAID and a.record.stack_text is b.record.stack_text is None:
        return True
    if not _long_lines(a.record).isdisjoint(_long_lines(b.record)):
        return True
    one, other = ((n.record.stack_text or "")[:MOST_NAMED_IN].split("\n") for n in (a, b))
    shared = {line.strip() for line in one if line.strip()} & {line.strip() for line in other}
    return len(shared) >= LEAST_SHARED and any(_FRAME.search(line) for line in shared)


def _long_lines(record: LogRecord) -> frozenset[str]:
    """Lines of what was raised that are too long to be the same by chance, without their digits."""
    texts = [record.exception_message or "", record.stack_text or ""]
    texts += [value for value in record.fields.values() if isinstance(value, str)]
    return _long_lines_of(tuple(text[-MOST_NAMED_IN:] for text in texts if len(text) >= LONG_LINE))


@lru_cache(maxsize=MOST_KEPT)
def _long_lines_of(texts: tuple[str, ...]) -> frozenset[str]:
    """In a storm each error is compared with each other one."""
    lines = (line.strip() for text in texts for line in text.split("\n"))
    found = (line for line in lines if len(line) >= LONG_LINE and not _FRAME.search(line))
    return frozenset("".join(_DIGITS.split(line)) for line in found)


def _silent(current: Neighbour, names: Sequence[str], around: Sequence[LogRecord]) -> str:
    """A callee of ours that logs no error and yet is where a fault comes from; "" when there is none."""
    text = "\n".join(_texts(current.record))
    if _CONTENT.search(text) or not _TURNED_AWAY.search(text):
        return ""  # it answered, and the caller could not use what it said
    for name in names:
        if speaks_of_service(current.record, name) and not _serves(name, current, around):
            return name
    return ""


def _serves(name: str, fault: Neighbour, around: Sequence[LogRecord]) -> bool:
    """Whether a service goes on as before while others cannot use it: no warning, and not slower than it was."""
    own = [record for record in around if record.service == name]
    since = [record for record in own if record.time >= fault.first_seen]
    if not since or any(record.level >= Level.WARN for record in since):
        return False
    before = sorted(r.duration_ms for r in own if r.time < fault.first_seen and r.duration_ms is not None)
    now = sorted(r.duration_ms for r in since if r.duration_ms is not None)
    return not (before and now and now[len(now) // 2] > SLOWER * max(before[len(before) // 2], 1.0))


def _hit(
    path: Sequence[str], hit: set[str], episode: Sequence[Neighbour], traced: Sequence[LogRecord]
) -> tuple[str, ...]:
    """The services known to be hit, and whoever's errors name one of those or belong to the request."""
    hit = hit | {r.service for r in traced if r.level >= Level.ERROR and r.service}
    grown = True
    while grown:
        more = {n.service for n in episode if any(speaks_of_service(n.record, name) for name in hit)} - hit
        hit |= more
        grown = bool(more)
    first = {name: at for at, name in enumerate(reversed(path))}  # the root failed first, whatever it logged when
    seen = {n.service: n.first_seen for n in reversed(episode)}
    return tuple(sorted(hit, key=lambda name: (first.get(name, len(path)), seen.get(name, 0), name)))


def core_name(name: str) -> str:
    """A service's name without what it plays: ``inventory`` for ``Inventory-Service``."""
    return _ROLE.sub("", name.lower())


def speaks_of_service(record: LogRecord, name: str) -> bool:
    """Whether an error names another service, in full or, where it is spoken of as a callee, without its role.

    ``inventory-service`` is named by ``http://inventory:8080/``, ``upstream inventory timed out`` and itself.
    """
    if record.service == name:
        return False
    whole, core = name.lower(), core_name(name)
    if core == core_name(record.service):
        core = whole  # the short name may be its own
    return any(_names(text, whole, core) for text in _texts(record))


def _names(text: str, whole: str, core: str) -> bool:
    if _word_at(text, whole) and len(whole) >= 3 and (whole != core or _spoken_of(text, core)):
        return True
    return len(core) >= 2 and _spoken_of(text, core)


def _places(text: str, word: str) -> Iterator[tuple[int, int]]:
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        before, after = text[at - 1 : at] if at else "", text[end : end + 1]
        ended = not after.isalnum() or "가" <= after <= "힣"  # a particle stands right behind a Korean noun
        if not (before.isalnum() or (before in {"_", "-"} and before)) and ended and after != "_":
            yield at, end
        at = text.find(word, end)


def _word_at(text: str, word: str) -> bool:
    return next(_places(text, word), None) is not None


def _spoken_of(text: str, core: str) -> bool:
    """Whether the word stands where a callee does: as a host, as a value, or behind or before a word of calling."""
    for at, end in _places(text, core):
        before, after = text[max(0, at - 24) : at], text[end : end + 14]
        if _STATUS.match(after) or before.rstrip().endswith(("->", "=>", "→")):
            return True
        if before.endswith("//") or (after[:1] in {":", "."} and after[1:2].isalnum()) or after[:1] == "-":
            return True
        if (not before.strip() and (not after.strip() or after.startswith(": "))) or before.endswith("="):
            return True
        behind = [word.strip("(:`,") for word in before.replace("'", " ").replace('"', " ").split()]
        if behind and (behind[-1] in _CALLED or (behind[-1] == "from" and (behind[-2:-1] or [""])[0] in _ANSWERED)):
            return True
        if after.strip().startswith(_BEHIND) and behind[-1:] != ["from"]:
            return True
    return False


def _texts(record: LogRecord) -> Iterator[str]:
    yield record.message[:MOST_NAMED_IN].lower()
    if record.exception_message:
        yield record.exception_message[:MOST_NAMED_IN].lower()
    if record.stack is not None:
        yield from (part.message[:MOST_NAMED_IN].lower() for part in record.stack.parts)
    elif record.stack_text:
        yield record.stack_text[:MOST_NAMED_IN].partition("\n")[0].lower()
    for key, value in record.fields.items():
        if isinstance(value, str) and "".join(c for c in key.lower() if c.isalpha()) not in _CALLER | _CHANNELS:
            yield value[:300].lower()
