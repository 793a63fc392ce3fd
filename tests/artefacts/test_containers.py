"""Containers: the Dockerfile, Compose and Kubernetes, held against hadolint, Docker Compose and Kubernetes' schemas."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from held import FILES, ROOT, loaded, ran, tool

from logmedic.artefacts import compose, container, docker, kubernetes
from logmedic.errors import ConfigError

WEB = '[web]\nlisten = "0.0.0.0:8787"\n[[web.tokens]]\nname = "ops"\nsecret = { env = "OPS_TOKEN" }\n'
LOKI = '[[sources]]\nkind = "loki"\nurl = "http://loki:3100"\n'
GUARDED = '[[sources]]\nkind = "push"\ntokens = [{ env = "PUSH_TOKEN" }]\n'
STORE = '[store]\nurl = "postgresql://medic@postgres/incidents"\n'
DISCORD = '[[channels]]\nkind = "discord"\nwebhook = { file = "/run/secrets/discord" }\n'
ALL = LOKI + DISCORD + STORE + WEB
SECRET = "5up3r-s3cr3t"

# What runs inside: `serve` until the image's own health check passes; then it may write its state and nothing else.
INSIDE = """
import json, os, signal, subprocess, sys, time, urllib.request
check = json.loads(sys.argv[1])
served = subprocess.Popen([sys.executable, "-m", "logmedic.cli.main", "serve"])
until = time.monotonic() + 90
while subprocess.run([sys.executable, *check[1:]], capture_output=True).returncode:
    assert served.poll() is None, "serve has ended"
    assert time.monotonic() < until, "serve is not healthy"
    time.sleep(0.2)
line = b'{"level":"ERROR","service":"shop","message":"cannot reach the database"}\\n'
headers = {"authorization": "Bearer " + os.environ["PUSH_TOKEN"], "content-type": "application/x-ndjson"}
with urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:8787/ingest", line, headers)) as answer:
    assert answer.status // 100 == 2
for place in ("/x", "/etc/logmedic/x", "/srv/logmedic/x"):
    try:
        open(place, "w")
    except OSError:
        continue
    raise AssertionError(place)
served.send_signal(signal.SIGTERM)
assert served.wait(60) == 0
assert os.getuid() == 10001
"""


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Name and arguments of each instruction."""
    text = re.sub(r"\\\n", " ", "".join(line + "\n" for line in dockerfile.splitlines() if not line.startswith("#")))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in text.splitlines() if line.strip()]


# -- Docker ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [LOKI, LOKI + '[[channels]]\nkind = "github"\nrepo = "acme/shop"\n'])
def test_hadolint_finds_nothing_in_the_dockerfile(tmp_path, config):
    (tmp_path / "Dockerfile").write_text(docker.dockerfile(loaded(tmp_path, config)))
    assert ran(tool("hadolint"), "--no-color", str(tmp_path / "Dockerfile")) == ""


def test_the_image_runs_as_nobody_of_the_host_and_is_asked_whether_it_lives(tmp_path):
    made = instructions(docker.dockerfile(loaded(tmp_path, LOKI)))
    last = dict(made[max(i for i, (name, _) in enumerate(made) if name == "FROM") :])
    assert last["USER"] == "10001:10001"
    assert json.loads(last["VOLUME"]) == ["/var/lib/logmedic", "/tmp"]
    assert last["HEALTHCHECK"].endswith(json.dumps(container.health(8787)))
    assert (json.loads(last["ENTRYPOINT"]), json.loads(last["CMD"])) == (["logmedic"], ["serve"])


def test_packages_come_by_hash_and_nothing_else_is_fetched_by_pip(tmp_path):
    installs = [line for name, line in instructions(docker.dockerfile(loaded(tmp_path, LOKI))) if "pip install" in line]
    assert len(installs) == 2
    assert "--require-hashes --only-binary :all: -r runtime.txt" in installs[0]
    assert "--no-deps --no-build-isolation ." in installs[1]


def test_what_is_copied_into_the_image_builds_logmedic(tmp_path):
    """From the files of the COPY lines alone, as ``pip install`` does it in the image."""
    copied = [line.split() for name, line in instructions(docker.dockerfile(loaded(tmp_path / "config", LOKI)))
              if name == "COPY" and "--from" not in line]  # fmt: skip
    for *sources, target in copied[:-1]:
        assert target in {"./", *sources}
        for source in sources:
            there, here = ROOT / source, tmp_path / "build" / (source if target != "./" else Path(source).name)
            here.parent.mkdir(parents=True, exist_ok=True)
            if there.is_dir():
                shutil.copytree(there, here, ignore=shutil.ignore_patterns("__pycache__", ".git"))
            else:
                shutil.copy(there, here)
    ran(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index",
        "--disable-pip-version-check", "-w", str(tmp_path), str(tmp_path / "build"))  # fmt: skip
    (wheel,) = tmp_path.glob("logmedic-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as built:
        names = set(built.namelist())
    files = {f"logmedic/artefacts/files/{path.name}" for path in (ROOT / "src/logmedic/artefacts/files").iterdir()}
    assert files <= names
    assert any(name.startswith("logmedic/_examples/backend/") for name in names)
    assert copied[-1] == ["LICENSE", "logmedic.tom[l]", "/etc/logmedic/"]  # the second is one that may be missing


def test_serve_lives_on_a_root_that_it_cannot_write_as_the_user_of_the_image(tmp_path):
    """The image's layout made by bubblewrap: its folders, its links, its user, its volumes, and no more of /etc."""
    tool("bwrap")
    state, config = tmp_path / "state", tmp_path / "config"
    state.mkdir()
    health = dict(instructions(docker.dockerfile(loaded(config, GUARDED + WEB))))["HEALTHCHECK"].partition("CMD ")[2]
    here = [str(Path(sys.prefix)), str(Path(sys.base_prefix)), str(ROOT)]
    bound = [part for path in ["/usr", "/lib", "/lib64", "/bin", *here] for part in ("--ro-bind-try", path, path)]
    secrets = ["--setenv", "OPS_TOKEN", "s" * 32, "--setenv", "PUSH_TOKEN", "p" * 32]
    ran(
        "bwrap", "--unshare-all", "--die-with-parent", "--uid", "10001", "--gid", "10001",
        "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", *bound,
        "--ro-bind", str(config), "/etc/logmedic", "--bind", str(state), "/var/lib/logmedic",
        "--symlink", "/etc/logmedic/logmedic.toml", "/srv/logmedic/logmedic.toml",
        "--symlink", "/var/lib/logmedic", "/srv/logmedic/.logmedic", "--remount-ro", "/",
        "--chdir", "/srv/logmedic", "--clearenv", *secrets, "--setenv", "LANG", "C.UTF-8",
        sys.executable, "-c", INSIDE, health,
    )  # fmt: skip
    assert (state / "state.db").is_file()
    assert any((state / "spool").rglob("*"))


# -- Compose -----------------------------------------------------------------------------------------------------------


def composed(folder: Path, config: str, paths: tuple[str, ...] = ("/var/log/app/*.log",), workers: int = 0) -> dict:
    """As Docker Compose understands it, with every variable filled in."""
    (folder / "compose.yaml").write_text(compose.compose(loaded(folder, config), list(paths), workers))
    (folder / ".env").write_text(f"OPS_TOKEN={SECRET}\nPUSH_TOKEN={SECRET}\nPGPASSWORD={SECRET}\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = [tool("docker-compose"), "config", "--format", "json"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_compose_takes_it_with_loki_vector_and_postgresql(tmp_path):
    services = composed(tmp_path, ALL)["services"]
    assert set(services) == {"logmedic", "vector", "loki", "postgres"}
    ours = services["logmedic"]
    assert (ours["read_only"], ours["cap_drop"], ours["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert [port["host_ip"] for port in ours["ports"]] == ["127.0.0.1"]
    assert ours["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert [secret["source"] for secret in ours["secrets"]] == ["discord"]
    assert services["postgres"]["environment"]["POSTGRES_USER"] == "medic"
    assert services["postgres"]["environment"]["POSTGRES_DB"] == "incidents"
    assert [mount["source"] for mount in services["vector"]["volumes"] if mount["type"] == "bind"] == ["/var/log/app"]


def test_vector_pushes_to_loki_where_logmedic_reads_that_and_else_to_logmedic(tmp_path):
    def sink(made: dict) -> dict:
        return yaml.safe_load(made["configs"]["vector"]["content"].replace("$$", "$"))["sinks"]["logmedic"]

    to_loki = sink(composed(tmp_path / "loki", LOKI + GUARDED + WEB))
    assert (to_loki["endpoint"], to_loki["path"]) == ("http://loki:3100", "/loki/api/v1/push")
    assert "auth" not in to_loki
    made = composed(tmp_path / "push", GUARDED + WEB)
    assert set(made["services"]) == {"logmedic", "vector"}
    assert sink(made)["endpoint"] == "http://logmedic:8787"
    assert sink(made)["auth"] == {"strategy": "bearer", "token": "${PUSH_TOKEN}"}
    assert made["services"]["vector"]["environment"] == {"PUSH_TOKEN": SECRET}


def test_compose_does_not_start_without_a_secret_that_is_needed(tmp_path):
    (tmp_path / "compose.yaml").write_text(compose.compose(loaded(tmp_path, ALL), ["/var/log/app/*.log"]))
    done = subprocess.run(
        [tool("docker-compose"), "config", "--quiet"], cwd=tmp_path, env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode != 0
    assert "give it in .env" in done.stderr


def test_workers_of_compose_have_what_the_first_has_and_no_port_or_state(tmp_path):
    services = composed(tmp_path, ALL, workers=2)["services"]
    first, worker = services["logmedic"], services["worker"]
    assert worker["command"] == ["serve", "--role", "worker"]
    assert worker["deploy"]["replicas"] == 2
    for key in ("image", "read_only", "cap_drop", "security_opt", "environment", "configs", "secrets", "depends_on"):
        assert worker[key] == first[key]
    assert "ports" not in worker
    assert "volumes" not in worker


def test_workers_need_a_database_that_they_can_share(tmp_path):
    one = loaded(tmp_path, LOKI + WEB)
    with pytest.raises(ConfigError, match=r"store\.url: workers beside the first process need PostgreSQL"):
        compose.compose(one, [], 1)
    with pytest.raises(ConfigError, match="PostgreSQL"):
        kubernetes.kubernetes(one, "logmedic:1", 1)


def test_what_others_run_is_not_started_again(tmp_path):
    elsewhere = ALL.replace("//loki:", "//logs.example.com:").replace("@postgres/", "@db.example.com/")
    services = composed(tmp_path, elsewhere)["services"]
    assert set(services) == {"logmedic", "vector"}


# -- Kubernetes --------------------------------------------------------------------------------------------------------


def documents(folder: Path, config: str) -> dict[str, dict]:
    made = kubernetes.kubernetes(loaded(folder, config), "registry.example.com/logmedic:1")
    (folder / "logmedic.yaml").write_text(made)
    ran(tool("kubernetes-validate"), "--strict", str(folder / "logmedic.yaml"))
    return {document["kind"]: document for document in yaml.safe_load_all(made)}


def test_kubernetes_takes_the_manifests_and_the_config_arrives_as_it_was(tmp_path):
    config = ALL + '# a comment: "quoted" | $HOME\n\n[digest]\n'
    made = documents(tmp_path, config)
    assert set(made) == {
        "ConfigMap", "PersistentVolumeClaim", "Deployment", "Service", "NetworkPolicy"
    }  # fmt: skip
    assert made["ConfigMap"]["data"]["logmedic.toml"] == config
    assert made["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}
    labels = made["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    assert made["Service"]["spec"]["selector"].items() <= labels
    assert made["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].items() <= labels


def test_workers_are_beside_the_pod_behind_the_same_wall_and_out_of_its_service(tmp_path):
    text = kubernetes.kubernetes(loaded(tmp_path, ALL), "registry.example.com/logmedic:1", 3)
    (tmp_path / "logmedic.yaml").write_text(text)
    ran(tool("kubernetes-validate"), "--strict", str(tmp_path / "logmedic.yaml"))
    made = list(yaml.safe_load_all(text))
    first, workers = (document for document in made if document["kind"] == "Deployment")
    assert (first["spec"]["replicas"], workers["spec"]["replicas"]) == (1, 3)
    labels = workers["spec"]["template"]["metadata"]["labels"].items()
    service, wall = (next(d for d in made if d["kind"] == kind) for kind in ("Service", "NetworkPolicy"))
    assert not service["spec"]["selector"].items() <= labels
    assert wall["spec"]["podSelector"]["matchLabels"].items() <= labels
    ours, theirs = (each["spec"]["template"]["spec"] for each in (first, workers))
    assert ours["securityContext"].items() >= theirs["securityContext"].items()
    (one,), (other,) = ours["containers"], theirs["containers"]
    assert other["args"] == ["serve", "--role", "worker"]
    assert (one["securityContext"], one["env"]) == (other["securityContext"], other["env"])
    assert {mount["mountPath"] for mount in one["volumeMounts"]} == {
        mount["mountPath"] for mount in other["volumeMounts"]
    }
    assert all("persistentVolumeClaim" not in volume for volume in theirs["volumes"])


def test_the_pod_is_within_the_standard_restricted(tmp_path):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/, "Restricted"."""
    pod = documents(tmp_path, ALL)["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    allowed = {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
    assert all(set(volume) - {"name"} <= allowed for volume in pod["volumes"])
    for one in pod["containers"]:
        context = one["securityContext"]
        assert (context["allowPrivilegeEscalation"], context["capabilities"]) == (False, {"drop": ["ALL"]})
        assert context["readOnlyRootFilesystem"] is True
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(one)
    assert pod["automountServiceAccountToken"] is False


def test_secrets_are_references_and_only_what_can_be_missed_is_optional(tmp_path, monkeypatch):
    monkeypatch.setenv("OPS_TOKEN", SECRET)
    made = documents(tmp_path, ALL)
    pod = made["Deployment"]["spec"]["template"]["spec"]
    references = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in pod["containers"][0]["env"]}
    assert references["OPS_TOKEN"] == {"name": "logmedic", "key": "OPS_TOKEN"}
    assert references["PGPASSWORD"] == {"name": "logmedic", "key": "PGPASSWORD"}
    assert references["ANTHROPIC_API_KEY"]["optional"] is True
    mounts = {mount["name"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    assert (mounts["secrets"]["mountPath"], mounts["secrets"]["readOnly"]) == ("/run/secrets", True)
    assert SECRET not in (tmp_path / "logmedic.yaml").read_text()


def test_the_network_policy_lets_out_what_the_config_speaks_of(tmp_path):
    policy = documents(tmp_path, ALL)["NetworkPolicy"]["spec"]
    names, rest = policy["egress"]
    assert {(port["port"], port["protocol"]) for port in names["ports"]} == {(53, "UDP"), (53, "TCP")}
    assert [port["port"] for port in rest["ports"]] == [443, 3100, 5432]
    assert policy["policyTypes"] == ["Ingress", "Egress"]


# -- what cannot work --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        (LOKI, r'listen = "0\.0\.0\.0:8787" and \[\[web\.tokens\]\]'),
        (LOKI + WEB.replace("[web]\n", "[web]\nenabled = false\n"), "web.enabled"),
        (LOKI + WEB + STORE.replace("medic@", "medic:pw@"), "give it as PGPASSWORD"),
        (LOKI + WEB + '[store]\nurl = "sqlite:////data/state.db"\n', "below .logmedic only"),
        (LOKI + WEB + DISCORD.replace("/run/secrets/", "secrets/"), 'file = "/run/secrets/discord"'),
    ],
)
def test_a_config_that_cannot_work_in_a_container_is_refused_with_the_remedy(tmp_path, config, remedy):
    one = loaded(tmp_path, config)
    with pytest.raises(ConfigError, match=remedy):
        compose.compose(one, [])
    with pytest.raises(ConfigError, match=remedy):
        kubernetes.kubernetes(one, "logmedic:1")


def test_log_files_must_be_where_the_container_sees_them(tmp_path):
    with pytest.raises(ConfigError, match="absolute path of the logs"):
        compose.compose(loaded(tmp_path, FILES + WEB), [])
    with pytest.raises(ConfigError, match=r'kind = "push"'):
        kubernetes.kubernetes(loaded(tmp_path, FILES + WEB), "logmedic:1")
    mounted = composed(
        tmp_path, FILES.replace("logs/*", "/var/log/shop/*").replace('with \\"quote\\" 100%', "one") + WEB
    )
    binds = [mount for mount in mounted["services"]["logmedic"]["volumes"] if mount["type"] == "bind"]
    assert [(mount["source"], mount["read_only"]) for mount in binds] == [("/var/log", True), ("/var/log/shop", True)]


def test_every_secret_of_the_config_is_found_wherever_it_stands(tmp_path):
    there = {
        "LOKI": '[[sources]]\nkind = "loki"\nusername = "u"\npassword = { env = "LOKI" }\n',
        "PUSH": '[[sources]]\nkind = "push"\ntokens = [{ env = "PUSH" }]\n',
        "SIGN": '[[sources]]\nkind = "push"\nname = "signed"\nsigning = { env = "SIGN" }\n',
        "LOGMEDIC_DISCORD_WEBHOOK": '[[channels]]\nkind = "discord"\n',
        "OPS": '[[web.tokens]]\nname = "ops"\nsecret = { env = "OPS" }\n',
        "CLAUDE": '[diagnose]\nengine = "claude"\napi_key = { env = "CLAUDE" }\n',
    }
    named = container.variables(loaded(tmp_path, "".join(there.values())))
    assert {variable.name for variable in named} == set(there)
    assert not any(variable.optional for variable in named)
    offline = container.variables(loaded(tmp_path, '[diagnose]\nengine = "offline"\n'))
    assert offline == []
