"""Real senders against the real server."""

from __future__ import annotations

import logging
import time

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from push_scenes import World

from logmedic.model import Level
from logmedic.model import LogRecord as Record


def logger(handler: logging.Handler) -> logging.Logger:
    made = logging.Logger("shop.orders")
    made.addHandler(handler)
    return made


def sent(world: World, count: int) -> list[Record]:
    """What has come, once so many have."""
    until = time.monotonic() + 60
    while len(found := world.records()) < count and time.monotonic() < until:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("compression", ["none", "gzip", "deflate"])
def test_the_exporter_of_opentelemetry(world: World, compression: str) -> None:
    exporter = OTLPLogExporter(f"http://127.0.0.1:{world.port}/v1/logs", compression=Compression(compression))
    provider = LoggerProvider(Resource({"service.name": "shop", "service.version": "1.4"}))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    own = provider.get_logger("shop.orders")
    for number in range(30):
        own.emit(LogRecord(
            body=f"order {number} failed", severity_number=SeverityNumber.ERROR, severity_text="ERROR",
            attributes={"error_code": "DB_1", "exception.type": "PoolError"},
        ))  # fmt: skip
    provider.shutdown()
    found = world.records()
    assert [record.message for record in found] == [f"order {number} failed" for number in range(30)]
    first = found[0]
    assert (first.level, first.service, first.release, first.target) == (Level.ERROR, "shop", "1.4", "shop.orders")
    assert (first.error_code, first.exception_type) == ("DB_1", "PoolError")


def test_the_handler_python_logging_loki(world: World) -> None:
    logging_loki = pytest.importorskip("logging_loki")
    handler = logging_loki.LokiHandler(
        url=f"http://127.0.0.1:{world.port}/loki/api/v1/push", tags={"application": "shop"}, version="1"
    )
    logger(handler).error("cannot charge order %d", 7, extra={"tags": {"region": "eu"}})
    handler.emitter.close()
    (record,) = world.records()
    assert (record.level, record.message, record.service) == (Level.ERROR, "cannot charge order 7", "shop")
    assert record.fields["region"] == "eu"


def test_the_handler_loki_logger_handler(world: World) -> None:
    found = pytest.importorskip("loki_logger_handler.loki_logger_handler")
    handler = found.LokiLoggerHandler(
        url=f"http://127.0.0.1:{world.port}/loki/api/v1/push", labels={"application": "shop"}, timeout=1
    )
    own = logger(handler)
    own.warning("slow")
    own.error("cannot price")
    handler.flush()  # only wakes its thread
    first, second = sorted(sent(world, 2), key=lambda record: record.level)
    assert (first.level, first.message, first.service) == (Level.WARN, "slow", "shop")
    assert (second.level, second.message) == (Level.ERROR, "cannot price")
