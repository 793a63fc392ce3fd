"""What ``generate`` writes works: held against the programs where they can be had, else against their formats."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from held import FILES, PUSH, ROOT, loaded, ran, tool

from logmedic.artefacts import forwarders, grafana, host
from logmedic.cli.generate import generate
from logmedic.errors import ConfigError
from logmedic.pipeline.roles import Role

METRICS = ROOT / "src/logmedic/web/metrics.py"


# -- shippers ----------------------------------------------------------------------------------------------------------


def test_shippers_follow_the_files_of_the_config_and_push_to_its_address(tmp_path):
    config = loaded(tmp_path, FILES + PUSH)
    paths = forwarders.paths_of(config, ())
    assert paths == [str(tmp_path / "logs/*.log"), '/var/log/with "quote" 100%.log']
    vector = yaml.safe_load(forwarders.vector(config, paths))
    assert vector["sources"]["app"]["include"] == paths
    sink = vector["sinks"]["logmedic"]
    assert (sink["endpoint"], sink["path"], sink["type"]) == ("http://127.0.0.1:8787", "/loki/api/v1/push", "loki")
    assert sink["acknowledgements"] == {"enabled": True}
    assert "auth" not in sink
    bit = yaml.safe_load(forwarders.fluent_bit(config, paths))
    assert bit["pipeline"]["inputs"][0]["path"] == ",".join(paths)
    output = bit["pipeline"]["outputs"][0]
    assert (output["host"], output["port"], output["uri"]) == ("127.0.0.1", 8787, "/loki/api/v1/push")
    alloy = forwarders.alloy(config, paths)
    assert json.dumps(paths[1]) in alloy
    assert 'url = "http://127.0.0.1:8787/loki/api/v1/push"' in alloy


def test_shippers_get_the_name_of_a_variable_where_a_token_is_asked_for_never_the_token(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGMEDIC_PUSH_TOKEN", "s" * 32)
    guarded = PUSH.replace('"push"\n', '"push"\nname = "apps"\ntokens = [{ env = "LOGMEDIC_PUSH_TOKEN" }]\n')
    other = PUSH.replace('"push"\n', '"push"\nname = "hosts"\n')
    web = '[web]\npublic_url = "https://logs.example.com/medic"\n'
    config = loaded(tmp_path, guarded + other + web)
    path = "/push/apps/loki/api/v1/push"
    vector = yaml.safe_load(forwarders.vector(config, ["/a.log"]))["sinks"]["logmedic"]
    assert (vector["endpoint"], vector["path"]) == ("https://logs.example.com/medic", path)
    assert vector["auth"] == {"strategy": "bearer", "token": "${LOGMEDIC_PUSH_TOKEN}"}
    bit = yaml.safe_load(forwarders.fluent_bit(config, ["/a.log"]))["pipeline"]["outputs"][0]
    assert (bit["host"], bit["port"], bit["uri"]) == ("logs.example.com", 443, "/medic" + path)
    assert (bit["tls"], bit["bearer_token"]) == (True, "${LOGMEDIC_PUSH_TOKEN}")
    alloy = forwarders.alloy(config, ["/a.log"])
    assert 'bearer_token = sys.env("LOGMEDIC_PUSH_TOKEN")' in alloy
    assert "s" * 32 not in alloy


def test_syslog_ng_follows_files_and_folders_and_says_what_it_cannot_follow(tmp_path):
    config = loaded(tmp_path, PUSH)
    made = forwarders.syslog_ng(config, ["/var/log/app.log", "/var/log/a/*.log", "/srv/**/*.json"])
    assert 'file("/var/log/app.log" follow-freq(1) flags(no-parse));' in made
    assert 'base-dir("/var/log/a") filename-pattern("*.log") follow-freq(1)' in made
    assert 'base-dir("/srv") filename-pattern("*.json") recursive(yes)' in made
    assert 'url("http://127.0.0.1:8787/ingest")' in made
    for beyond in ("/var/*/app.log", "/var/log/[ab].log", "/var/log/`x`.log"):
        with pytest.raises(ConfigError, match="one by one"):
            forwarders.syslog_ng(config, [beyond])


def test_without_a_source_that_takes_them_no_shipper_is_configured(tmp_path):
    with pytest.raises(ConfigError, match='kind = "push"'):
        forwarders.vector(loaded(tmp_path, FILES), ["/a.log"])


@pytest.mark.parametrize("kind", ["vector", "fluent-bit", "alloy", "syslog-ng", "grafana", "alerts", "cron", "systemd"])
def test_every_kind_fills_in_all_its_blanks(tmp_path, monkeypatch, kind):
    loaded(tmp_path, FILES + PUSH)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(generate, [kind], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout.endswith("\n")
    assert not re.search(r"@[A-Z_]+@", done.stdout)


# -- Prometheus and Grafana --------------------------------------------------------------------------------------------


def named(text: str) -> set[str]:
    return set(re.findall(r"\blogmedic_[a-z_]+\b", text))


def test_only_metrics_that_there_are_are_asked_for():
    there = named(METRICS.read_text(encoding="utf-8"))
    assert named(grafana.dashboard()) <= there
    assert named(grafana.alerts()) <= there
    assert len(named(grafana.dashboard())) >= 7


def test_prometheus_accepts_the_alerts_and_every_query_of_the_dashboard(tmp_path):
    (tmp_path / "alerts.yaml").write_text(grafana.alerts(), encoding="utf-8")
    queries = [target["expr"] for panel in json.loads(grafana.dashboard())["panels"] for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    promtool = tool("promtool")
    assert "6 rules found" in ran(promtool, "check", "rules", str(tmp_path / "alerts.yaml"))
    assert f"{len(queries)} rules found" in ran(promtool, "check", "rules", str(tmp_path / "panels.yaml"))


def test_an_alert_fires_when_it_should_and_not_before(tmp_path):
    (tmp_path / "alerts.yaml").write_text(grafana.alerts(), encoding="utf-8")
    silent = 'logmedic_source_last_read_timestamp_seconds{source="shop"}'
    case = {
        "rule_files": ["alerts.yaml"],
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": 'logmedic_build_info{version="1"}', "values": "1x90"},
                    {"series": silent, "values": "0x90"},
                    {"series": "logmedic_incidents_untold", "values": "0x60 1x30"},
                ],
                "alert_rule_test": [
                    {"eval_time": "50m", "alertname": "LogmedicSourceSilent", "exp_alerts": []},
                    {"eval_time": "80m", "alertname": "LogmedicDown", "exp_alerts": []},
                    {"eval_time": "70m", "alertname": "LogmedicUntold", "exp_alerts": []},
                ],
                "promql_expr_test": [
                    {
                        "expr": 'count(ALERTS{alertname="LogmedicSourceSilent",alertstate="firing"})',
                        "eval_time": "75m",
                        "exp_samples": [{"labels": "{}", "value": 1}],
                    },
                    {
                        "expr": 'count(ALERTS{alertname="LogmedicUntold",alertstate="firing"})',
                        "eval_time": "85m",
                        "exp_samples": [{"labels": "{}", "value": 1}],
                    },
                ],
            }
        ],
    }
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(case))
    ran(tool("promtool"), "test", "rules", "case.yaml", cwd=tmp_path)


def test_panels_neither_overlap_nor_leave_the_page():
    panels = json.loads(grafana.dashboard())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        taken |= cells


# -- cron and systemd --------------------------------------------------------------------------------------------------


def test_the_line_of_cron_scans_in_a_folder_of_any_name_and_not_twice_at_a_time(tmp_path):
    folder = tmp_path / 'it\'s 100% "odd"'
    config = loaded(folder, '[[sources]]\nkind = "file"\nname = "app"\npaths = ["app.log"]\n')
    (folder / "app.log").write_text('{"level":"ERROR","message":"stock is negative"}\n')
    line = next(line for line in host.cron(config).splitlines() if not line.startswith("#"))
    assert re.match(r"\*/5 \* \* \* \* ", line)
    command = line.split(" ", 5)[5].replace("\\%", "%")
    assert "%" not in re.sub(r"\\%", "", line)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    ran(tool("flock"), str(folder / "other.lock"), "/bin/sh", "-c", command, env=environment)
    said = (folder / ".logmedic/cron.log").read_text()
    assert "stock is negative" in said
    held = subprocess.run(
        ["flock", str(folder / ".logmedic/cron.lock"), "/bin/sh", "-c", command],
        env=environment,
        check=False,
        timeout=60,
    )
    assert held.returncode == 1  # the lock is taken: nothing is done
    assert (folder / ".logmedic/cron.log").read_text() == said


def test_systemd_accepts_the_unit_and_finds_it_hardened(tmp_path):
    analyze = tool("systemd-analyze")
    config = loaded(tmp_path / "it's 100% odd", FILES)
    unit = tmp_path / "logmedic.service"
    unit.write_text(host.systemd(config), encoding="utf-8")
    assert ran(analyze, "verify", str(unit)).strip() == ""
    told = ran(analyze, "security", "--offline=yes", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert found is not None
    assert float(found[1]) <= 2.0


def test_a_unit_for_a_part_of_the_work_has_a_name_of_its_own_and_needs_postgresql(tmp_path):
    shared = loaded(tmp_path / "shared", FILES + '[store]\nurl = "postgresql://me@/db"\n')
    text = host.systemd(shared, Role.WORKER)
    assert re.search(r"^ExecStart=\S+ serve --role worker$", text, re.MULTILINE)
    assert "/etc/systemd/system/logmedic-worker.service" in text
    with pytest.raises(ConfigError, match="--role worker: one process does everything on SQLite"):
        host.systemd(loaded(tmp_path / "alone", FILES), Role.WORKER)


def test_the_command_is_the_one_that_generates(tmp_path):
    assert Path(host.command()).parent == Path(sys.executable).parent
