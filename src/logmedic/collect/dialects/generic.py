"""The aliases that every dialect understands behind its own keys."""

from __future__ import annotations

from logmedic.collect.dialects.dialect import Dialect, Role, Scale, Unit

RELEASE_FIELDS = (
    "release", "service.version", "service_version", "app_version", "git_sha", "git.commit", "commit", "version",
)  # fmt: skip
"""Where a record's release is looked for, first found first; docs/en/incidents.md lists them."""

KEYS: dict[Role, tuple[str, ...]] = {
    Role.TIME: (
        "timestamp", "time", "@timestamp", "ts", "datetime", "asctime", "timeUnixNano", "time_unix_nano", "Timestamp",
        "observedTimeUnixNano", "date", "created", "t",
    ),
    Role.LEVEL: (
        "level", "severity", "log.level", "levelname", "lvl", "severityText", "severity_text", "SeverityText",
        "loglevel", "log_level", "logLevel", "Level", "LEVEL", "@level", "@l", "severityNumber", "severity_number",
        "SeverityNumber", "levelno", "level_value", "syslog_severity", "PRIORITY", "priority",
    ),
    Role.MESSAGE: (
        "message", "msg", "event", "short_message", "body", "Body", "MESSAGE", "Message", "log.message", "@m", "text",
        "log",
    ),
    Role.SERVICE: (
        "service", "service.name", "service_name", "serviceName", "app", "application", "app_name", "appname",
        "resource.service.name",
    ),
    Role.ERROR_CODE: (
        "error_code", "errorCode", "error.code", "err.code", "exception.code", "errcode", "err_code", "code",
    ),
    Role.REQUEST_ID: (
        "request_id", "requestId", "req_id", "reqId", "request.id", "http.request.id", "req.id", "requestID",
        "x_request_id", "x-request-id", "request-id", "RequestId", "correlation_id", "correlationId",
    ),
    Role.TRACE_ID: (
        "trace_id", "traceId", "trace.id", "traceID", "TraceId", "otelTraceID", "dd.trace_id", "traceid",
    ),
    Role.TARGET: (
        "target", "logger", "logger_name", "log.logger", "loggerName", "logger.name", "module", "component", "name",
    ),
    Role.FILE: (
        "file", "filename", "pathname", "log.origin.file.name", "code.file.path", "code.filepath", "source.file",
        "src.file", "caller_file_name", "caller",
    ),
    Role.LINE: (
        "line", "line_number", "lineno", "log.origin.file.line", "code.line.number", "code.lineno", "source.line",
        "src.line", "caller_line_number",
    ),
    Role.ERROR: ("exception", "error", "err", "exc_info", "exc", "cause", "Exception", "@x", "thrown"),
    Role.EXCEPTION_TYPE: (
        "exception.type", "error.type", "error.kind", "err.type", "exception_type", "error_type", "errorType",
        "exception_class", "exc_type",
    ),
    Role.EXCEPTION_MESSAGE: (
        "exception.message", "error.message", "err.message", "exception_message", "error_message", "errorMessage",
        "exc_message",
    ),
    Role.STACK: (
        "exception.stacktrace", "error.stack_trace", "error.stack", "stack_trace", "stacktrace", "stack", "traceback",
        "backtrace", "err.stack", "stackTrace", "errorVerbose", "exc_text", "full_message", "stack_info",
    ),
    Role.RELEASE: RELEASE_FIELDS,
    Role.SPAN: ("span",),
    Role.SPANS: ("spans",),
}  # fmt: skip

# Numbers without a unit in the key are milliseconds: JavaScript, Java and most hand-written keys count so. The other
# reading of the same number (seconds) would raise an alarm at each 5 ms request.
DURATIONS: dict[str, Unit] = {
    "duration_ms": Unit.MILLISECONDS,
    "durationMs": Unit.MILLISECONDS,
    "duration": Unit.MILLISECONDS,
    "elapsed_ms": Unit.MILLISECONDS,
    "elapsedMs": Unit.MILLISECONDS,
    "elapsed": Unit.MILLISECONDS,
    "latency_ms": Unit.MILLISECONDS,
    "latencyMs": Unit.MILLISECONDS,
    "latency": Unit.MILLISECONDS,
    "took_ms": Unit.MILLISECONDS,
    "took": Unit.MILLISECONDS,
    "responseTime": Unit.MILLISECONDS,
    "response_time_ms": Unit.MILLISECONDS,
    "response_time": Unit.MILLISECONDS,
    "duration_us": Unit.MICROSECONDS,
    "elapsed_us": Unit.MICROSECONDS,
    "latency_us": Unit.MICROSECONDS,
    "duration_ns": Unit.NANOSECONDS,
    "elapsed_ns": Unit.NANOSECONDS,
    "latency_ns": Unit.NANOSECONDS,
    "event.duration": Unit.NANOSECONDS,  # ECS field reference, "event.duration"
    "duration_s": Unit.SECONDS,
    "duration_seconds": Unit.SECONDS,
    "elapsed_s": Unit.SECONDS,
    "elapsed_seconds": Unit.SECONDS,
    "latency_s": Unit.SECONDS,
    "latency_seconds": Unit.SECONDS,
}

LEVEL_SCALES: dict[str, Scale] = {
    "levelno": Scale.PYTHON,
    "level_value": Scale.PYTHON,  # logback: 5000–40000; large numbers are read by their thousands
    "severityNumber": Scale.OTEL,
    "severity_number": Scale.OTEL,
    "SeverityNumber": Scale.OTEL,
    "severity": Scale.SYSLOG,
    "syslog_severity": Scale.SYSLOG,
    "PRIORITY": Scale.SYSLOG,
    "priority": Scale.SYSLOG,
}  # any other level key: Scale.MIXED

# Objects whose members are read as if they stood under this prefix. "" lifts them to the top.
CONTAINERS: dict[str, str] = {
    "fields": "",
    "extra": "",
    "attributes": "",
    "Attributes": "",
    "context": "",
    "labels": "",
    "mdc": "",
    "log": "log.",
    "log.origin": "log.origin.",
    "log.origin.file": "log.origin.file.",
    "service": "service.",
    "event": "event.",
    "http": "http.",
    "http.request": "http.request.",
    "trace": "trace.",
    "request": "request.",
    "req": "req.",
    "source": "source.",
    "src": "src.",
    "resource": "resource.",
    "git": "git.",
}

GENERIC = Dialect(name="generic", signature=())
