"""The dialects. To add one, add an entry and an example line under ``tests/data/dialects``."""

from __future__ import annotations

from logmedic.collect.dialects.dialect import Dialect, Role, Scale, Unit
from logmedic.collect.dialects.generic import GENERIC

TEXT = Dialect(name="text", signature=())

_SECONDS = dict.fromkeys(("duration", "elapsed", "latency", "took", "response_time"), Unit.SECONDS)
_NANOSECONDS = dict.fromkeys(("duration", "elapsed", "latency", "took", "response_time"), Unit.NANOSECONDS)

# Order matters to the sniffer alone: of two that fit equally well, the first is taken.
DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        name="rust-tracing",
        signature=("timestamp", "level", "fields"),
        hints=("target", "span", "spans", "filename", "line_number", "threadId"),
    ),
    Dialect(
        # tracing-subscriber's `flatten_event(true)`
        name="rust-tracing-flat",
        signature=("timestamp", "level", "target", "message"),
        hints=("span", "spans", "filename", "line_number", "threadId"),
    ),
    Dialect(
        # https://www.elastic.co/guide/en/ecs-logging/overview/current/intro.html
        name="ecs",
        signature=("@timestamp", "ecs.version|ecs|log.level"),
        hints=("message", "log.logger", "service.name"),
        keys={Role.TARGET: ("log.logger",), Role.SERVICE: ("service.name",)},
        duration_units={"event.duration": Unit.NANOSECONDS},
    ),
    Dialect(
        # logstash-logback-encoder
        name="logback",
        signature=("@timestamp", "level", "logger_name"),
        hints=("@version", "thread_name", "level_value", "stack_trace"),
        keys={Role.TARGET: ("logger_name",)},
        ignore=("version",),
    ),
    Dialect(
        name="bunyan",
        signature=("v", "level:number", "hostname", "pid", "name", "time"),
        hints=("msg",),
        keys={Role.SERVICE: ("name",)},
        level_scales={"level": Scale.PINO},
    ),
    Dialect(
        name="pino",
        signature=("level:number", "time", "pid|hostname|msg"),
        hints=("hostname", "pid", "msg", "responseTime", "reqId", "err"),
        keys={Role.SERVICE: ("name",)},
        level_scales={"level": Scale.PINO},
    ),
    Dialect(
        # zap's production encoder: "ts" in seconds, durations in seconds as floats
        name="zap",
        signature=("level:text", "ts", "msg"),
        hints=("caller", "logger", "stacktrace"),
        duration_units=_SECONDS,
    ),
    Dialect(
        # log/slog JSONHandler: RFC 3339 time, durations in nanoseconds as integers
        name="slog",
        signature=("time", "level:text", "msg"),
        hints=("source",),
        duration_units=_NANOSECONDS,
    ),
    Dialect(
        name="otlp",
        signature=("timeUnixNano|time_unix_nano|observedTimeUnixNano", "body|severityText|severityNumber"),
        hints=("attributes", "severityNumber", "traceId"),
        keys={Role.MESSAGE: ("body",), Role.LEVEL: ("severityNumber", "severity_number")},
    ),
    Dialect(
        # https://go2docs.graylog.org/current/getting_in_log_data/gelf.html
        name="gelf",
        signature=("version", "host", "short_message"),
        hints=("level", "full_message", "timestamp"),
        keys={Role.MESSAGE: ("short_message",)},
        ignore=("version",),
    ),
    Dialect(
        # journalctl -o json; systemd.journal-fields(7)
        name="journald",
        signature=("__REALTIME_TIMESTAMP", "MESSAGE|PRIORITY"),
        hints=("_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "_PID", "_HOSTNAME", "__CURSOR"),
        keys={
            Role.TIME: ("__REALTIME_TIMESTAMP",),
            Role.MESSAGE: ("MESSAGE",),
            Role.SERVICE: ("SYSLOG_IDENTIFIER",),
            Role.TARGET: ("_SYSTEMD_UNIT",),
        },
    ),
    Dialect(
        name="python-json-logger",
        signature=("message", "levelname|levelno"),
        hints=("asctime", "name", "exc_info", "taskName"),
        keys={Role.LEVEL: ("levelname", "levelno")},
        level_scales={"level": Scale.PYTHON},
    ),
    Dialect(
        name="structlog",
        signature=("event", "level"),
        hints=("timestamp", "logger", "exception"),
        keys={Role.MESSAGE: ("event",)},
        level_scales={"level": Scale.PYTHON},
    ),
    GENERIC,
    TEXT,
)
