"""``/metrics`` in the text format of Prometheus (version 0.0.4). Few series: none is named after what a log says,
except the services, which are bounded."""

from __future__ import annotations

import time
from collections.abc import Iterator

from fastapi import APIRouter, Request
from starlette.responses import Response

from logmedic import __version__
from logmedic.model import NANOSECONDS
from logmedic.store import activity
from logmedic.store.ledger import DOLLAR, Ledger
from logmedic.web.site import Site

router = APIRouter()

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_STARTED = time.time()


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    site: Site = request.app.state.site
    return Response("".join(_lines(site)), media_type=CONTENT_TYPE)


def _lines(site: Site) -> Iterator[str]:
    database, now = site.store.database, site.clock.now()
    yield _head("logmedic_build_info", "gauge", "Always 1; the version is a label.")
    yield _sample("logmedic_build_info", 1, version=__version__)
    yield _head("process_start_time_seconds", "gauge", "When the process started, in seconds since the epoch.")
    yield _sample("process_start_time_seconds", round(_STARTED, 3))
    totals = site.store.totals()
    yield _head("logmedic_lines_read_total", "counter", "Log lines that were read and stored with their position.")
    for total in totals:
        yield _sample("logmedic_lines_read_total", total.lines, source=total.source)
    yield _head("logmedic_lines_rejected_total", "counter", "Lines that no record could be made of.")
    for total in totals:
        yield _sample("logmedic_lines_rejected_total", total.rejects, source=total.source)
    yield _head("logmedic_source_last_read_timestamp_seconds", "gauge", "When a source was last read from.")
    for source, at in activity.last_read(database).items():
        yield _sample("logmedic_source_last_read_timestamp_seconds", at / NANOSECONDS, source=source)
    backlogs = {source.name: site.backlog(source.name) for source in site.loaded.config.sources}
    yield _head("logmedic_source_unread_bytes", "gauge", "Bytes that are there and not read yet, where that is known.")
    for source, backlog in backlogs.items():
        if backlog.bytes is not None:
            yield _sample("logmedic_source_unread_bytes", backlog.bytes, source=source)
    yield _head("logmedic_source_behind_seconds", "gauge", "From what was read last to now, for stores of entries.")
    for source, backlog in backlogs.items():
        if backlog.seconds is not None:
            yield _sample("logmedic_source_behind_seconds", round(backlog.seconds, 3), source=source)
    yield _head("logmedic_rule_matches_total", "counter", "Records that a rule matched.")
    for rule, count in activity.matches(database).items():
        yield _sample("logmedic_rule_matches_total", count, rule=rule)
    yield _head("logmedic_incidents", "gauge", "Incidents by state and severity.")
    for facet in site.overview().facets:
        yield _sample("logmedic_incidents", facet.count, state=facet.state.value, severity=facet.severity.value)
    yield _head("logmedic_incidents_untold", "gauge", "Incidents with news that people have not been told yet.")
    yield _sample("logmedic_incidents_untold", len(site.store.unhandled()))
    yield _head("logmedic_deliveries", "gauge", "Alerts by channel and what came of them, as far as they are kept.")
    for (channel, result), count in activity.deliveries(database).items():
        yield _sample("logmedic_deliveries", count, channel=channel, result=result)
    spent = Ledger(database).spent(now)
    yield _head("logmedic_model_cost_dollars", "gauge", "Money for models in a sliding window, reserved or billed.")
    for window, amount in (("hour", spent.hour), ("day", spent.day), ("month", spent.month)):
        yield _sample("logmedic_model_cost_dollars", amount / DOLLAR, window=window)
    yield _head("logmedic_live_pages", "gauge", "Pages that are open and follow the news.")
    yield _sample("logmedic_live_pages", site.live.readers)


def _head(name: str, kind: str, words: str) -> str:
    return f"# HELP {name} {words}\n# TYPE {name} {kind}\n"


def _sample(name: str, value: float, **labels: str) -> str:
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{shown}}} {value}\n" if shown else f"{name} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
