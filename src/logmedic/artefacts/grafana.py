"""A dashboard for Grafana and alert rules for Prometheus, over the metrics of ``/metrics``."""

from __future__ import annotations

import json
from typing import Any

from logmedic.artefacts.filling import fill

SCHEMA_VERSION = 39  # Grafana 11; newer ones migrate it themselves
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_SEVERITIES = {"critical": "red", "warning": "orange", "info": "blue"}


def alerts() -> str:
    """Rules in Prometheus' YAML: about logmedic itself, not about what it finds, which it tells people by itself."""
    return fill("alerts.yaml")


def dashboard() -> str:
    """JSON to import, or to provision from a file."""
    made = {
        "uid": "logmedic",
        "title": "logmedic",
        "tags": ["logmedic"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_data_source()]},
        "panels": _placed(_panels()),
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _panels() -> list[tuple[int, dict[str, Any]]]:
    """With their widths, of 24."""
    open_ = 'logmedic_incidents{state="open"}'
    return [
        (6, _stat("Open, critical", 'sum(logmedic_incidents{state="open",severity="critical"}) or vector(0)', "red")),
        (6, _stat("Open, warning", 'sum(logmedic_incidents{state="open",severity="warning"}) or vector(0)', "orange")),
        (6, _stat("News that people have not been told", "max(logmedic_incidents_untold)", "red")),
        (6, _stat("Models, last 24 hours", 'max(logmedic_model_cost_dollars{window="day"})', "", unit="currencyUSD")),
        (12, _series("Open incidents", f"sum by (severity) ({open_})", "{{severity}}", colours=_SEVERITIES)),
        (12, _series("Rules", "sum by (rule) (rate(logmedic_rule_matches_total[5m]))", "{{rule}}", unit="cps")),
        (12, _series("Lines read", "sum by (source) (rate(logmedic_lines_read_total[5m]))", "{{source}}", unit="cps")),
        (12, _series("Lines not readable", "sum by (source) (rate(logmedic_lines_rejected_total[5m]))", "{{source}}",
                     unit="cps")),
        (12, _series("Waiting to be read", "max by (source) (logmedic_source_unread_bytes)", "{{source}}",
                     unit="bytes")),
        (12, _series("Behind", "max by (source) (logmedic_source_behind_seconds)", "{{source}}", unit="s")),
        (12, _series("Time since a source was last read from",
                     "time() - max by (source) (logmedic_source_last_read_timestamp_seconds)", "{{source}}", unit="s")),
        (12, _series("Alerts", "sum by (channel, result) (logmedic_deliveries)", "{{channel}}: {{result}}")),
    ]  # fmt: skip


def _placed(panels: list[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    """In rows from left to right."""
    found: list[dict[str, Any]] = []
    x = y = row = 0
    for number, (width, panel) in enumerate(panels, 1):
        height = 4 if panel["type"] == "stat" else 8
        if x + width > 24:
            x, y, row = 0, y + row, 0
        found.append({**panel, "id": number, "gridPos": {"x": x, "y": y, "w": width, "h": height}})
        x, row = x + width, max(row, height)
    return found


def _stat(title: str, query: str, colour: str, unit: str = "short") -> dict[str, Any]:
    """``colour``: of everything above 0; none for what is neither good nor bad."""
    steps: list[dict[str, Any]] = [{"color": "green" if colour else "text", "value": None}]
    if colour:
        steps.append({"color": colour, "value": 1})
    defaults = {"unit": unit, "thresholds": {"mode": "absolute", "steps": steps}, "color": {"mode": "thresholds"}}
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "colorMode": "value"}
    return {"type": "stat", "options": options, **_panel(title, query, "", defaults)}


def _series(
    title: str, query: str, legend: str, unit: str = "short", colours: dict[str, str] | None = None
) -> dict[str, Any]:
    defaults = {"unit": unit, "min": 0, "custom": {"lineWidth": 1, "fillOpacity": 10, "showPoints": "never"}}
    options = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
    panel = {"type": "timeseries", "options": options, **_panel(title, query, legend, defaults)}
    panel["fieldConfig"]["overrides"] = [
        {
            "matcher": {"id": "byName", "options": name},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }
        for name, colour in (colours or {}).items()
    ]
    return panel


def _panel(title: str, query: str, legend: str, defaults: dict[str, Any]) -> dict[str, Any]:
    target = {"refId": "A", "datasource": _SOURCE, "expr": query, "legendFormat": legend or "__auto"}
    return {
        "title": title,
        "datasource": _SOURCE,
        "targets": [target],
        "fieldConfig": {"defaults": defaults, "overrides": []},
    }


def _data_source() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
