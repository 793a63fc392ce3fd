"""Manifests for Kubernetes: one pod with its config, state, service and network policy."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import msgspec

from logmedic.artefacts import container
from logmedic.artefacts.filling import fill, quoted
from logmedic.build import Loaded

HTTPS = 443
_MOUNT = """\
            - name: secrets
              mountPath: {path}
              readOnly: true
"""
_VOLUME = """\
        - name: secrets
          secret:
            secretName: logmedic-files
            defaultMode: 0440
"""


def kubernetes(loaded: Loaded, image: str, workers: int = 0) -> str:
    """YAML of several documents. ``workers``: pods beside the first that only investigate and tell people.

    Raises:
        ConfigError: the config cannot work in a pod; names the key and the remedy.
    """
    container.no_files(loaded, "a pod")
    container.check_workers(loaded, workers)
    text = container.config_text(loaded)
    number = container.port(loaded)
    names = container.variables(loaded)
    files = container.files(loaded)
    also = f"; files: secret logmedic-files with {', '.join(files)}" if files else ""
    pod = {
        "IMAGE": quoted(image), "UID": str(container.UID), "CONFIG": container.CONFIG, "STATE": container.STATE,
        "HASH": hashlib.sha256(text.encode()).hexdigest()[:16], "ENVIRONMENT": _environment(names),
        "SECRET_MOUNT": _MOUNT.format(path=container.SECRETS) if files else "",
        "SECRET_VOLUME": _VOLUME if files else "",
    }  # fmt: skip
    return fill(
        "kubernetes.yaml", PORT=str(number), NAMES=(f": {', '.join(v.name for v in names)}" if names else "") + also,
        TOML="".join(f"    {line}\n" if line else "\n" for line in text.splitlines()),
        OUT="".join(f"        - port: {one}\n" for one in _out(loaded)),
        WORKERS=fill("kubernetes-workers.yaml", WORKERS=str(workers), **pod) if workers else "", **pod,
    ).rstrip("\n") + "\n"  # fmt: skip


def _out(loaded: Loaded) -> list[int]:
    """TCP ports of what is spoken to: those of the database and of every address in the config, and HTTPS."""
    database = container.database(loaded)
    found = {HTTPS, *(host.port for host in container.lokis(loaded)), *([] if database is None else [database.port])}
    return sorted(found | set(_ports(msgspec.to_builtins(loaded.config.diagnose))))


def _ports(value: object) -> list[int]:
    if isinstance(value, dict):
        return [port for item in value.values() for port in _ports(item)]
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        return []
    parts = urlsplit(value)
    return [parts.port or (HTTPS if parts.scheme == "https" else 80)]


def _environment(names: list[container.Variable]) -> str:
    if not names:
        return ""
    lines = ["          env:\n"]
    for variable in names:
        lines.append(f"            - name: {variable.name}\n              valueFrom:\n                secretKeyRef:\n")
        lines.append(f"                  name: logmedic\n                  key: {variable.name}\n")
        if variable.optional:
            lines.append("                  optional: true\n")
    return "".join(lines)
