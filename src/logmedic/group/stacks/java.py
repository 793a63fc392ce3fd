"""Stack traces of the JVM (Java, Kotlin, Scala, Groovy): causes in either order, proxies, lambdas, shortened names.

Suppressed exceptions are left out: whether closing a resource also failed does not make another bug.
"""

from __future__ import annotations

import re
from functools import lru_cache

from logmedic.group.interface import CACHED, StackParser
from logmedic.model import ExceptionPart, Frame, Stack

MOST_LINES = 5_000
MOST_FRAMES = 1_100  # of one exception; the JVM itself keeps 1,024
MOST_PARTS = 16
_SIGNS = (
    ".java:",
    ".kt:",
    ".scala:",
    ".groovy:",
    "(Native Method)",
    "(Unknown Source)",
    "(<generated>)",
    "(SourceFile",
)
_FRAME = re.compile(r"\s{0,40}at ([^\s()]{1,500})\(([^()]{0,300})\)")
_MORE = re.compile(r"\s{0,40}\.\.\. (\d{1,5}) (?:more|common frames omitted)")
_HEAD = re.compile(r'(?:Exception in thread "[^"]{0,200}" )?([^\W\d][\w$.]{0,400})(?:: ?(.*)|\s*)$')
_INSIDE = re.compile(r"(?<![\w.$])[a-z][\w.$]{1,400}(?:Exception|Error|Throwable)\b")
_LINK = re.compile(r"(\s{0,40})(Caused by|Wrapped by|Suppressed): (.*)$")
_AT = re.compile(r"^[ \t]{0,40}at [^\s()]{1,500}\([^()\n]{0,300}\)", re.MULTILINE)
_ONE_WORD = re.compile(r"[A-Z][a-z]*|[A-Z]+")
_SYNTHETIC = re.compile(r"access\$\d{1,5}$|bridge\$")
_LAMBDA = re.compile(r"lambda\$([^$]{0,200})\$|([^$]{1,200})\$lambda(?:[$-].*)?$|\$anonfun\$([^$]{1,200})\$")
_INVOKED = frozenset({"invoke", "invokeSuspend", "emit", "collect", "apply", "call", "run", "doCall", "accept", "get"})
_NOT_OURS = (
    "akka.", "android.", "androidx.", "app.cash.", "brave.", "ch.qos.logback.", "co.elastic.", "com.amazonaws.",
    "com.android.", "com.fasterxml.", "com.github.benmanes.", "com.google.", "com.hazelcast.", "com.ibm.",
    "com.microsoft.", "com.mongodb.", "com.mysql.", "com.netflix.", "com.oracle.", "com.sun.", "com.zaxxer.",
    "dalvik.", "feign.", "graphql.", "groovy.", "io.grpc.", "io.ktor.", "io.lettuce.", "io.micrometer.",
    "io.micronaut.", "io.netty.", "io.opentelemetry.", "io.quarkus.", "io.r2dbc.", "io.reactivex.", "io.smallrye.",
    "io.undertow.", "io.vertx.", "jakarta.", "java.", "javassist.", "javax.", "jdk.", "jersey.", "junit.",
    "kafka.", "kotlin.", "kotlinx.", "liquibase.", "lombok.", "net.bytebuddy.", "net.sf.", "okhttp3.", "okio.",
    "oracle.", "org.apache.", "org.aspectj.", "org.codehaus.", "org.eclipse.", "org.flywaydb.", "org.glassfish.",
    "org.gradle.", "org.h2.", "org.hibernate.", "org.jboss.", "org.jetbrains.", "org.jooq.", "org.junit.",
    "org.mockito.", "org.mongodb.", "org.mybatis.", "org.postgresql.", "org.quartz.", "org.slf4j.",
    "org.springframework.", "org.thymeleaf.", "org.xnio.", "play.", "reactor.", "redis.clients.", "retrofit2.",
    "rx.", "scala.", "sun.", "zio.",
)  # fmt: skip
# Beginnings of the same packages as loggers shorten them. Those that a team's own com.… or io.… may share are not here.
_NOT_OURS_SHORT = (
    "j.b.",
    "j.l.",
    "j.n.",
    "j.u.",
    "k.c.",
    "o.a.",
    "o.h.",
    "o.s.",
    "r.c.p.",
    "s.r.",
    "s.n.",
    "c.z.h.",
    "i.n.c.",
)


class JavaStacks(StackParser):
    language = "java"

    def looks_like(self, text: str) -> bool:
        return "at " in text and any(sign in text for sign in _SIGNS) and _AT.search(text) is not None

    def start(self, text: str) -> int:
        first = _AT.search(text)
        return _head(text, first.start())[0] if first else 0

    def parse(self, text: str) -> Stack | None:
        first = _AT.search(text)
        if first is None:
            return None
        _, kind, message = _head(text, first.start())
        reader = _Reader(kind, message)
        for line in text[first.start() : first.start() + 2_000_000].split("\n", MOST_LINES)[:MOST_LINES]:
            reader.line(line.rstrip("\r"))
        return Stack(self.language, reader.parts())

    def in_app(self, frame: Frame) -> bool:
        return bool(frame.function) and _ours(frame.module, frame.function)

    def name(self, frame: Frame) -> str:
        names = _plain(frame.module, frame.function)
        return ".".join(n for n in names if n)

    def key(self, frame: Frame) -> str:
        """Packages by their first letters, as loggers with short names print them: ``c.s.o.OrderService.total``."""
        package, owner, function = _plain(frame.module, frame.function)
        outer, _, last = package.rpartition(".")
        if _ONE_WORD.fullmatch(owner):  # ``Service`` or ``Api`` says nothing without its package
            return ".".join(n for n in (_initials(outer), last, owner, function) if n)
        return ".".join(n for n in (_initials(package), owner, function) if n)


class _Reader:
    """Reads the lines from the first frame on."""

    def __init__(self, kind: str, message: str) -> None:
        self.read: list[tuple[str, list[str], list[Frame]]] = [(kind, [message], [])]  # innermost frame first
        self.root_first = False
        self.skip: int | None = None  # indentation of the suppressed exception being skipped
        self.framed = True

    def line(self, line: str) -> None:
        link = _LINK.match(line)
        if link is not None:
            self._link(len(link[1]), link[2], link[3])
        elif self.skip is None:
            self._body(line)

    def _link(self, indent: int, word: str, rest: str) -> None:
        if self.skip is not None and indent >= self.skip:
            return
        self.skip = indent if word == "Suppressed" else None
        if word == "Suppressed" or len(self.read) >= MOST_PARTS:
            return
        self.root_first = word == "Wrapped by"
        head = _HEAD.match(rest[:4_000])
        kind, message = (head[1], head[2] or "") if head is not None else ("", rest)
        self.read.append((kind, [message], []))
        self.framed = False

    def _body(self, line: str) -> None:
        _, message, frames = self.read[-1]
        found = _FRAME.match(line)
        if found is not None:
            self.framed = True
            if len(frames) < MOST_FRAMES:
                frames.append(_frame(found[1], found[2]))
            return
        more = _MORE.match(line)
        if more is not None:
            self.framed = True
            if len(self.read) > 1:  # the calls it shares with the exception printed before it
                frames.extend(self.read[-2][2][-int(more[1]) :] if int(more[1]) else ())
        elif not self.framed and line.strip() and len(message) < MOST_PARTS:
            message.append(line)

    def parts(self) -> tuple[ExceptionPart, ...]:
        read = reversed(self.read) if self.root_first else self.read
        return tuple(
            ExceptionPart(kind, "\n".join(message)[:4_000].strip(), tuple(reversed(frames[:MOST_FRAMES])))
            for kind, message, frames in read
        )


def _head(text: str, at: int) -> tuple[int, str, str]:
    """Where the exception's own line begins, its type and message; the message may run over several lines."""
    begin = at
    for _ in range(MOST_PARTS):
        if begin <= 0:
            break
        end = begin - 1
        begin = text.rfind("\n", 0, end) + 1
        line = text[begin:end][:4_000].rstrip("\r")
        head = _HEAD.match(line)
        if head is not None and ("." in head[1] or head[1].endswith(("Exception", "Error", "Throwable"))):
            return begin, head[1], "\n".join(filter(None, (head[2], text[end + 1 : at].strip())))[:4_000]
        inside = _INSIDE.search(line)
        if inside is not None:
            rest = line[inside.end() :].removeprefix(":").strip()
            return begin + inside.start(), inside[0], rest
    return at, "", ""


def _frame(where: str, source: str) -> Frame:
    """``java.base/java.lang.Thread.run`` and ``Thread.java:840``."""
    owner, _, function = where.rpartition("/")[2].rpartition(".") if "$$Lambda" not in where else ("", "", "")
    file, _, line = source.partition(":")
    package = owner.rpartition(".")[0]
    path = f"{package.replace('.', '/')}/{file}" if package and "." in file and "." in package else file
    number = int(line) if line[:9].isascii() and line[:9].isdecimal() and len(line) < 10 else 0
    return Frame(function, path if "." in file else "", number, owner, in_app=bool(function) and _ours(owner, function))


@lru_cache(maxsize=CACHED)
def _ours(owner: str, function: str) -> bool:
    if not owner or "$$" in owner.replace("$$inlined", "") or "$Proxy" in owner or _SYNTHETIC.match(function):
        return False
    dotted = owner + "."
    if owner[1:2] == ".":
        return not dotted.startswith(_NOT_OURS_SHORT)
    return not dotted.startswith(_NOT_OURS)


@lru_cache(maxsize=CACHED)
def _plain(owner: str, function: str) -> tuple[str, str, str]:
    """Package, class and method without what the compiler adds; nested classes with ``$``, numbered ones left out."""
    package, _, name = owner.rpartition(".")
    classes = [c for c in name.replace("$$inlined", "$").split("$") if c and not c[0].isdigit()]
    classes = [c for c in classes if not c.startswith("_closure")] or [name]
    made = _LAMBDA.match(function)
    if made is not None:
        function = next((group for group in made.groups() if group), "")
        function = "" if function in {"null", "new", "static"} else function
    else:
        function = function.removeprefix("access$").removesuffix("$default").partition("-")[0]
    if function in _INVOKED and len(classes) > 1 and classes[-1][0].islower():
        function = classes.pop()  # a Kotlin lambda or coroutine is a class named by its function
    while len(classes) > 1 and classes[-1][0].islower():
        classes.pop()
    return package, "$".join(classes), function


def _initials(package: str) -> str:
    return ".".join(part[0] for part in package.split(".") if part)
