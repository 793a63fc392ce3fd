"""Real senders against the real server."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from push_scenes import CONFIG, World

from logmedic import build
from logmedic.artefacts import forwarders
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


def test_syslog_ng_as_it_is_generated(tmp_path: Path) -> None:
    """Lines of JSON and of text, byte by byte, also of a file that comes later."""
    syslog_ng = shutil.which("syslog-ng", path=f"{os.environ['PATH']}:/usr/sbin")
    if syslog_ng is None:
        assert not os.environ.get("LOGMEDIC_CI"), "syslog-ng is not installed"
        pytest.skip("syslog-ng is not installed")
    token = "t" * 32
    guarded = CONFIG + 'tokens = [{ env = "LOGMEDIC_PUSH_TOKEN" }]\n'
    logs = tmp_path / "logs"
    logs.mkdir()
    lines = [
        '{"level":"ERROR","message":"no \\"café\\" for 100% of ${users}"}',
        "plain ERROR text, `cut` $(here) \\n",
        "주문 실패",
    ]
    (logs / "app.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOGMEDIC_PUSH_TOKEN", token)
        with World(tmp_path, guarded).served() as world:
            config = (tmp_path / "logmedic.toml").read_text("utf-8").replace(":0", f":{world.port}")
            (tmp_path / "there.toml").write_text(config, encoding="utf-8")
            loaded = build.load_config(str(tmp_path / "there.toml"), tmp_path)
            made = forwarders.syslog_ng(loaded, [str(logs / "*.log")])
            assert token not in made
            (tmp_path / "syslog-ng.conf").write_text(made, encoding="utf-8")
            own = ["-f", "syslog-ng.conf", "-R", "persist", "-p", "pid", "-c", "ctl", "--no-caps"]
            checked = subprocess.run([syslog_ng, "-s", *own], cwd=tmp_path, capture_output=True, text=True, check=False)
            assert checked.returncode == 0, checked.stderr
            process = subprocess.Popen([syslog_ng, "-F", *own], cwd=tmp_path)
            try:
                sent(world, 3)
                with (logs / "other.log").open("a", encoding="utf-8") as other:
                    other.writelines(f'{{"level":"ERROR","message":"order {n}"}}\n' for n in range(2_500))
                found = sent(world, 2_503)
            finally:
                process.terminate()
                process.wait(30)
            assert {line.decode() for line in world.lines()} >= set(lines)
            assert len(found) == len({record.message for record in found}) == 2_503
