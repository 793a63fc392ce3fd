"""What a change takes away, against what an error needs: one pair of a culprit and an innocent change per principle."""

from __future__ import annotations

import json

import msgspec
import pytest
from investigate_scenes import REDACTOR, case, record

from logmedic.investigate import changelist
from logmedic.investigate.offline import OfflineInvestigator

TIME = 1_795_165_200  # 2026-11-20T09:00:00Z


def blamed(message: str, *changes: tuple[str, str], **more: object) -> list[str]:
    """The paths of the suspects' changes, where each change is (path, lines of a hunk)."""
    given = [
        {"sha": f"{n:07x}", "author": "Kim", "timestamp": TIME - 60 * n, "message": f"Change {n}",
         "files_changed": [path], "diff": hunk(path, lines)}
        for n, (path, lines) in enumerate(changes, 1)
    ]  # fmt: skip
    found = changelist.read(json.dumps(given).encode(), None, ("changes.json", "deploys.json"))
    asked = msgspec.structs.replace(case(record(message, time=TIME + 600, **more)), changes=found)
    diagnosis = OfflineInvestigator(REDACTOR).investigate(asked)
    assert not diagnosis.dropped
    paths = {change["sha"]: change["files_changed"][0] for change in given}
    return [paths[suspect.commit] for suspect in diagnosis.suspects]


def hunk(path: str, lines: str) -> str:
    text = lines.split("\n")
    old, new = (sum(line[:1] in {" ", sign} for line in text) for sign in "-+")
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    return f"{head}@@ -3,{old} +3,{new} @@\n{lines}\n"


PAIRS = {
    "a file that the image no longer holds": (
        "FileNotFoundError: [Errno 2] No such file or directory: '/app/models/churn.bin'",
        ("Dockerfile", "-COPY . .\n+COPY src ./src"),
        ("Dockerfile", "-COPY src models ./\n+COPY --chown=app src models ./"),
    ),
    "a file that the build ignores": (
        "java.nio.file.NoSuchFileException: /app/fonts/NotoSans.ttf",
        (".dockerignore", "+fonts"),
        (".dockerignore", "+screenshots"),
    ),
    "a volume that is mounted no more": (
        "open /etc/tls/payments/tls.key: no such file or directory",
        ("deploy/payments.yaml", "-            - name: payments-tls\n-              mountPath: /etc/tls/payments"),
        ("deploy/payments.yaml", "-            - name: scratch\n-              mountPath: /tmp/scratch"),
    ),
    "a right that the policy grants no more": (
        "AccessDenied: User: arn:aws:sts::1:assumed-role/reports is not authorized to perform: s3:GetObject on resource: x",
        ("infra/reports.tf", '-    actions = ["s3:*"]\n+    actions = ["s3:PutObject"]'),
        ("infra/reports.tf", '-    actions = ["s3:GetObject", "sqs:*"]\n+    actions = ["s3:GetObject", "sqs:SendMessage"]'),
    ),
    "a verb that the role of a cluster lacks": (
        'configmaps "leader" is forbidden: User "system:serviceaccount:ops:runner" cannot update resource "configmaps"',
        ("deploy/role.yaml", '   resources: ["configmaps"]\n-  verbs: ["get", "update"]\n+  verbs: ["get"]'),
        ("deploy/role.yaml", '   resources: ["pods"]\n-  verbs: ["get"]\n+  verbs: ["get", "list"]'),
    ),
    "a limit of size below what is refused": (
        "413 Request Entity Too Large: body of 7340032 bytes",
        ("deploy/nginx.conf", "-    client_max_body_size 20m;\n+    client_max_body_size 5m;"),
        ("deploy/nginx.conf", "-    client_max_body_size 5m;\n+    client_max_body_size 20m;"),
    ),
    "a limit that was put in another place": (
        "grpc: received message larger than max (9437184 vs. 4194304)",
        ("deploy/values.yaml", "-  max_recv_msg_size: 16777216\n   tls: true\n+  max_recv_msg_size: 4194304"),
        ("deploy/values.yaml", "-  max_recv_msg_size: 4194304\n   tls: true\n+  max_recv_msg_size: 4194304"),
    ),
    "a value that nobody agreed on": (
        "ValueError: 'dispatched' is not a valid Status",
        ("courier/events.py", '-    publish(status="sent")\n+    publish(status="dispatched")'),
        ("courier/events.py", '-    publish(status=state)\n+    publish(status=state, at=now())'),
    ),
    "an unknown value of an enum": (
        "unknown currency code: 'EUR_CENT'",
        ("billing/export.go", '-\trow.Currency = "EUR"\n+\trow.Currency = "EUR_CENT"'),
        ("billing/export.go", '-\trow.Total = sum\n+\trow.Total = round(sum)'),
    ),
    "a stream that nobody closes": (
        "too many open files",
        ("src/Export.java", "-    var lines = Files.readAllLines(path);\n+    var lines = Files.lines(path);"),
        ("src/Export.java", "-    var lines = Files.lines(path);\n+    try (var lines = Files.lines(path)) {"),
    ),
    "a migration that locks the table": (
        "INSERT INTO orders: canceling statement due to statement timeout",
        ("migrations/7_index.sql", "+CREATE INDEX orders_at ON orders (at);"),
        ("migrations/7_index.sql", "+CREATE INDEX CONCURRENTLY orders_at ON orders (at);"),
    ),
    "a unit of time": (
        "call to feed timed out after 5 attempts",
        ("libs/http/client.go", "-\ttimeout := cfg.Timeout * time.Second\n+\ttimeout := cfg.Timeout * time.Millisecond"),
        ("libs/http/client.go", "-\ttimeout := cfg.Timeout * time.Second\n+\ttimeout := time.Second * cfg.Timeout"),
    ),
    "a time limit of the proxy": (
        "upstream timed out (110: Connection timed out) while reading response header from upstream",
        ("deploy/ingress.yaml", '-    nginx.ingress.kubernetes.io/proxy-read-timeout: "120"\n+    nginx.ingress.kubernetes.io/proxy-read-timeout: "10"'),
        ("deploy/ingress.yaml", '-    nginx.ingress.kubernetes.io/proxy-read-timeout: "10"\n+    nginx.ingress.kubernetes.io/proxy-read-timeout: "120"'),
    ),
    "a key that was renamed by who writes it": (
        "json: cannot unmarshal: missing field `customer_id`",
        ("orders/events.py", '-    return {"customer_id": order.customer}\n+    return {"client_id": order.customer}'),
        ("orders/events.py", '-    return {"customer_id": order.customer}\n+    return {"customer_id": order.customer, "v": 2}'),
    ),
    "a network policy": (
        "dial tcp 10.0.3.4:5432: i/o timeout: connection refused",
        ("deploy/netpol.yaml", " kind: NetworkPolicy\n   egress:\n-    - ports: [{port: 5432}]\n+    - ports: [{port: 443}]"),
        ("deploy/labels.yaml", "-    team: data\n+    team: core"),
    ),
    "memory that was taken": (
        "OOMKilled: container exceeded its memory limit",
        ("deploy/api.yaml", "-      memory: 2Gi\n+      memory: 512Mi"),
        ("deploy/api.yaml", "-      memory: 512Mi\n+      memory: 2Gi"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("principle", PAIRS)
def test_what_took_it_away_is_the_suspect(principle):
    message, culprit, _ = PAIRS[principle]
    assert blamed(message, culprit, ("src/banner.py", "-TEXT = 'Hello'\n+TEXT = 'Hi'")) == [culprit[0]]


@pytest.mark.parametrize("principle", PAIRS)
def test_what_only_looks_like_it_is_no_suspect(principle):
    message, _, innocent = PAIRS[principle]
    assert blamed(message, innocent) == []
