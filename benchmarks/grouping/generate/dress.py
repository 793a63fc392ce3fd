"""One trace as the loggers of its language write it: as an escaped field, structured frames, or lines of plain text.

Every dress gets the same facts; what a logger adds of its own (host, pid, thread, request) varies from line to line.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from toolchains import Trace

_ROOTS = ("/srv/shop", "/app", "/home/ann/releases/{n}/shop", "/opt/shop-1.{n}.0", "/var/www/shop/current")
_HOSTS = ("web-{n}", "ip-10-0-3-{n}", "shop-7d9f8b6c5d-x{n}zq", "DESKTOP-{n}")
_MESSAGES = (
    "order {n} could not be handled",
    "order {n} of user-{m} could not be handled",
    "주문 {n} 처리에 실패했습니다",
    "注文 {n} を処理できませんでした",
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What one occurrence has besides its trace."""

    trace: Trace
    text: str  # of the trace, with the paths of one machine
    time: datetime
    host: str
    request: str
    message: str
    thread: int

    @property
    def stamp(self) -> str:
        return self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def plain_stamp(self) -> str:
        return self.time.strftime("%Y-%m-%d %H:%M:%S,") + f"{self.time.microsecond // 1000:03}"


Dress = Callable[[Facts], str | None]  # None: this logger cannot have written this trace


def facts(trace: Trace, chance: random.Random) -> Facts:
    def fill(text: str) -> str:
        return text.format(n=chance.randrange(2, 250), m=chance.randrange(2, 9000))

    text = trace.text.replace("ROOT", fill(chance.choice(_ROOTS)))
    time = datetime(2026, 11, 20, 9, tzinfo=UTC) + timedelta(milliseconds=chance.randrange(864_000_000))
    return Facts(
        trace,
        text,
        time,
        fill(chance.choice(_HOSTS)),
        f"{chance.getrandbits(64):016x}",
        fill(chance.choice(_MESSAGES)),
        chance.randrange(1, 40),
    )


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- any language --------------------------------------------------------------------------------------------------


def bare(f: Facts) -> str:
    """Standard error of the process."""
    return f.text


def in_message(f: Facts) -> str:
    """A logger without a field for exceptions."""
    return _json(
        {"timestamp": f.stamp, "level": "ERROR", "message": f"{f.message}\n{f.text}", "host": f.host, "service": "shop"}
    )


def ecs(f: Facts) -> str:
    return _json({
        "@timestamp": f.stamp, "log.level": "error", "message": f.message, "ecs.version": "8.11.0",
        "service.name": "shop", "host.name": f.host, "error": {"stack_trace": f.text},
    })  # fmt: skip


# --- Python --------------------------------------------------------------------------------------------------------


def python_text(f: Facts) -> str:
    return f"{f.plain_stamp} ERROR [worker-{f.thread}] shop.web: {f.message}\n{f.text}"


def python_json(f: Facts) -> str:
    return _json({
        "asctime": f.plain_stamp, "levelname": "ERROR", "name": "shop.web", "message": f.message, "service": "shop",
        "request_id": f.request, "threadName": f"ThreadPoolExecutor-0_{f.thread}", "exc_info": f.text.rstrip("\n"),
    })  # fmt: skip


def structlog_text(f: Facts) -> str:
    return _json(
        {
            "event": f.message,
            "level": "error",
            "timestamp": f.stamp,
            "logger": "shop.web",
            "service": "shop",
            "exception": f.text,
        }
    )


def _chain(f: Facts) -> list[dict[str, Any]]:
    root = re.search(r'File "(/.*?)/(?:main\.py|shop/\w+\.py)"', f.text)
    place = root[1] if root else "/app"
    chain: list[dict[str, Any]] = json.loads(json.dumps(f.trace.more.get("chain") or []).replace("ROOT", place))
    return chain


def structlog_frames(f: Facts) -> str | None:
    """Its ``dict_tracebacks``: the surfacing exception first."""
    chain = [
        {
            "exc_type": part["type"].rsplit(".", 1)[-1],
            "exc_value": part["message"],
            "exc_notes": [],
            "syntax_error": None,
            "is_cause": i > 0,
            "frames": [{"filename": x["file"], "lineno": x["line"], "name": x["name"]} for x in part["frames"]],
            "is_group": False,
            "exceptions": [],
        }
        for i, part in enumerate(_chain(f))
    ]
    if not chain or "Exception Group" in f.text:
        return None
    record = {"event": f.message, "level": "error", "timestamp": f.stamp, "logger": "shop.web", "service": "shop"}
    return _json({**record, "exception": chain})


def tracing_frames(f: Facts) -> str | None:
    """As this project's tracing layer nests a chain; it needs Python 3.11."""
    chain = _chain(f)
    old = f.trace.runtime.startswith(("python3.8", "python3.9", "python3.10"))
    if not chain or old or "Exception Group" in f.text:
        return None
    nested: dict[str, Any] | None = None
    for part in reversed(chain):
        frames = [
            {"file": x["file"], "line": x["line"], "function": x["qualname"], "module": x["module"], "code": x["code"]}
            for x in part["frames"]
        ]
        one: dict[str, Any] = {"type": part["type"], "message": part["message"], "frames": frames}
        nested = one if nested is None else {**one, "cause": nested}
    fields = {"message": f.message, "service": "shop", "request_id": f.request, "exception": nested}
    return _json({"timestamp": f.stamp, "level": "ERROR", "fields": fields, "target": "shop.web"})


# --- Rust ----------------------------------------------------------------------------------------------------------

_PANIC = re.compile(r"thread '[^']*'(?: \(\d+\))? panicked at ")


def _panic(text: str) -> tuple[str, str, str] | None:
    """Location, message and backtrace of a panic in either layout."""
    start = _PANIC.search(text)
    if start is None:
        return None
    body, _, trace = text[start.end() :].partition("\nstack backtrace:\n")
    body = re.sub(r"\nnote: run with.*", "", body)
    trace = re.sub(r"\nnote: .*", "", trace)
    if body.startswith("'"):
        message, _, place = body.rpartition("', ")
        return place, message[1:], trace
    place, _, message = body.partition(":\n")
    return place, message, trace


def rust_hook(f: Facts) -> str | None:
    """A panic hook that logs through tracing, with the field names of the crate tracing-panic."""
    panic = _panic(f.text)
    if panic is None:
        return None
    place, message, trace = panic
    fields = {"message": "A panic occurred", "panic.payload": message, "panic.location": place, "service": "shop"}
    if trace:
        fields["panic.backtrace"] = trace
    return _json({"timestamp": f.stamp, "level": "ERROR", "fields": fields, "target": "shop"})


def rust_hook_flat(f: Facts) -> str | None:
    """A panic hook that logs the panic's own display and the backtrace beside it."""
    panic = _panic(f.text)
    if panic is None:
        return None
    place, message, trace = panic
    record = {
        "timestamp": f.stamp, "level": "ERROR", "message": f"panicked at {place}:\n{message}", "service": "shop",
        "target": "shop", "threadName": "tokio-runtime-worker", "backtrace": trace or "disabled backtrace",
    }  # fmt: skip
    return _json(record)


def rust_error(f: Facts) -> str | None:
    """``error!(error = ?error, …)``."""
    if _panic(f.text) is not None:
        return None
    fields = {"message": "order could not be handled", "error": f.text, "service": "shop"}
    spans = [{"name": "request", "request_id": f.request}, {"name": "books"}]
    record = {
        "timestamp": f.stamp,
        "level": "ERROR",
        "fields": fields,
        "target": "shop::web",
        "span": spans[-1],
        "spans": spans,
    }
    return _json(record)


def rust_bare(f: Facts) -> str | None:
    return f.text if _panic(f.text) is not None else None


def docker(f: Facts) -> str | None:
    """Standard error as a container's log driver ships it, its lines joined."""
    if _panic(f.text) is None:
        return None
    return _json({"log": f.text + "\n", "stream": "stderr", "time": f.stamp, "service": "shop", "pod": f.host})


def rust_text(f: Facts) -> str | None:
    if _panic(f.text) is not None or "tack backtrace:" not in f.text:
        return None
    return f"{f.stamp} ERROR request{{id={f.request}}}: shop::web: order could not be handled\n{f.text}"


# --- Java ----------------------------------------------------------------------------------------------------------


def logback(f: Facts) -> str:
    return _json({
        "@timestamp": f.stamp, "@version": "1", "message": f.message, "logger_name": "com.acme.shop.Web",
        "thread_name": f"http-nio-8080-exec-{f.thread}", "level": "ERROR", "level_value": 40000, "service": "shop",
        "stack_trace": f.text + "\n",
    })  # fmt: skip


def java_text(f: Facts) -> str:
    stamp = f.plain_stamp.replace(",", ".")
    return f"{stamp} ERROR {f.thread} --- [io-8080-exec-{f.thread}] com.acme.shop.Web : {f.message}\n{f.text}"


def java_uncaught(f: Facts) -> str:
    return f'Exception in thread "http-nio-8080-exec-{f.thread}" {f.text}'


def java_packaging(f: Facts) -> str:
    """Logback's packaging data behind each frame."""
    text = re.sub(r"(?m)^(\s*at com\.acme.*)$", rf"\1 ~[shop-1.{f.thread}.0.jar!/:1.{f.thread}.0]", f.text)
    text = re.sub(r"(?m)^(\s*at java\.base.*)$", r"\1 ~[na:na]", text)
    return logback(Facts(f.trace, text, f.time, f.host, f.request, f.message, f.thread))


def java_8(f: Facts) -> str:
    """Runtimes before 9 print no module names; no such runtime could be had, so this is done by hand."""
    text = re.sub(r"(?m)^(\s*at )java\.base/", r"\1", f.text)
    return logback(Facts(f.trace, text, f.time, f.host, f.request, f.message, f.thread))


# --- Node ----------------------------------------------------------------------------------------------------------


def _node_error(f: Facts) -> dict[str, Any]:
    return {"type": f.trace.more["type"], "message": f.trace.more["message"], "stack": f.text}


def pino(f: Facts) -> str:
    time = int(f.time.timestamp() * 1000)
    return _json(
        {
            "level": 50,
            "time": time,
            "pid": f.thread,
            "hostname": f.host,
            "name": "shop",
            "err": _node_error(f),
            "msg": f.message,
        }
    )


def bunyan(f: Facts) -> str | None:
    if "caused by:" in f.text:
        return None  # as winston
    error = {"name": f.trace.more["type"], "message": f.trace.more["message"], "stack": f.text}
    return _json({
        "name": "shop", "hostname": f.host, "pid": f.thread, "level": 50, "err": error, "msg": f.message,
        "time": f.stamp, "v": 0,
    })  # fmt: skip


def winston(f: Facts) -> str | None:
    if "caused by:" in f.text:
        return None  # it writes the stack of the surfacing error alone
    return _json({"level": "error", "message": f.message, "service": "shop", "stack": f.text, "timestamp": f.stamp})


def _inspected(f: Facts) -> str:
    root = re.search(r"\(?(/[^\s()]*?)/[\w-]+\.js:", f.text)
    text: str = f.trace.more["inspected"]
    return text.replace("ROOT", root[1] if root else "/app")


def node_console(f: Facts) -> str:
    return f"{f.stamp} [ERROR] {f.message} {_inspected(f)}"


def node_uncaught(f: Facts) -> str:
    place = re.search(r"(/[^\s()]*\.js:\d+):\d+", f.text)
    head = f"{place[1]}\n    return await work();\n    ^\n\n" if place else ""
    return f"{head}{_inspected(f)}\n\nNode.js {f.trace.runtime}"


# --- Go ------------------------------------------------------------------------------------------------------------


def _go_parts(f: Facts) -> tuple[str, str] | None:
    """What was panicked with, and the goroutine's stack."""
    message, separator, stack = f.text.partition("goroutine ")
    if not separator:
        return None
    message = re.sub(r"^(panic: |http: panic serving \S+: )", "", message).strip().split("\n[signal")[0]
    return message, separator + stack


def slog(f: Facts) -> str | None:
    parts = _go_parts(f)
    if parts is None:
        return None
    return _json({
        "time": f.stamp, "level": "ERROR", "msg": f.message, "service": "shop", "request_id": f.request,
        "error": parts[0], "stack": parts[1],
    })  # fmt: skip


def zap(f: Facts) -> str | None:
    """zap drops goroutine, arguments and offsets."""
    parts = _go_parts(f)
    if parts is None or "created by" in f.text:
        return None
    stack = parts[1].partition("\n")[2]
    stack = re.sub(r"(?m)^(\S.*)\([^()]*\)$", r"\1", re.sub(r"(?m) \+0x[0-9a-f]+$", "", stack))
    stack = re.sub(r"(?m)^panic$", "runtime.gopanic", re.sub(r"(?m)^runtime/debug\.Stack\n.*\n", "", stack))
    return _json({
        "level": "error", "ts": f.time.timestamp(), "logger": "shop", "caller": "shop/web.go:41", "msg": f.message,
        "service": "shop", "error": parts[0], "stacktrace": stack,
    })  # fmt: skip


def go_verbose(f: Facts) -> str | None:
    """How zap logs an error of github.com/pkg/errors."""
    if not f.trace.bug.startswith("traced-"):
        return None
    n = f.trace.number
    path = f"/var/lib/shop/ledger-{n}.csv"
    short = {
        "traced-open": f"opening the books: reading ledger {n}: open {path}: no such file or directory",
        "traced-parse": f'opening the books: strconv.Atoi: parsing "{n} coins": invalid syntax',
    }
    return _json({
        "level": "error", "ts": f.time.timestamp(), "caller": "shop/web.go:41", "msg": f.message, "service": "shop",
        "error": short[f.trace.bug], "errorVerbose": f.text,
    })  # fmt: skip


def go_error(f: Facts) -> str | None:
    """A wrapped error without a stack."""
    if f.trace.bug != "wrapped":
        return None
    return _json(
        {
            "time": f.stamp,
            "level": "ERROR",
            "msg": "order could not be handled",
            "service": "shop",
            "host": f.host,
            "err": f.text,
        }
    )


def go_bare(f: Facts) -> str | None:
    return f.text if _go_parts(f) else None


def go_message(f: Facts) -> str | None:
    return in_message(f) if _go_parts(f) else None


def go_text(f: Facts) -> str | None:
    if f.trace.bug == "wrapped":
        return None
    return f"{f.time:%Y/%m/%d %H:%M:%S} {f.message}\n{f.text}"


# --- .NET ----------------------------------------------------------------------------------------------------------


def serilog(f: Facts) -> str:
    return _json({
        "@t": f.stamp, "@mt": "order {Id} could not be handled", "@m": f.message, "@l": "Error", "@x": f.text,
        "service": "shop", "SourceContext": "Acme.Shop.Web", "ThreadId": f.thread,
    })  # fmt: skip


def dotnet_console(f: Facts) -> str:
    """Microsoft.Extensions.Logging's JSON console."""
    return _json({
        "Timestamp": f.stamp, "EventId": 0, "LogLevel": "Error", "Category": "Acme.Shop.Web", "Message": f.message,
        "Exception": f.text, "service": "shop",
    })  # fmt: skip


def dotnet_uncaught(f: Facts) -> str:
    return f"Unhandled exception. {f.text}"


def dotnet_text(f: Facts) -> str:
    return f"{f.plain_stamp} [ERR] {f.message}\n{f.text}"


DRESSES: dict[str, tuple[Dress, ...]] = {
    "python": (python_json, structlog_text, structlog_frames, python_text, bare, tracing_frames, in_message, ecs),
    "rust": (rust_bare, rust_hook, rust_hook_flat, docker, rust_text, rust_error),
    "java": (logback, java_text, java_uncaught, ecs, java_packaging, java_8, in_message),
    "node": (pino, winston, node_console, bunyan, node_uncaught, in_message),
    "go": (go_bare, slog, zap, go_text, go_message, go_verbose, go_error),
    "dotnet": (serilog, dotnet_console, dotnet_uncaught, dotnet_text, ecs, in_message),
}
