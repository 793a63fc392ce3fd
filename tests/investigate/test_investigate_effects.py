"""What a change takes away, against what an error needs: one pair of a culprit and an innocent change per principle."""

# ruff: noqa: E501  a diff reads best on one line

from __future__ import annotations

import json

import msgspec
import pytest
from investigate_scenes import REDACTOR, case, record

from logmedic.group.stacks import PythonStacks
from logmedic.investigate.changes import changelist
from logmedic.investigate.offline import OfflineInvestigator
from logmedic.model import LogRecord, Stack

TIME = 1_795_165_200  # 2026-11-20T09:00:00Z


def blamed(message: str, *changes: tuple[str, str], **more: object) -> list[str]:
    """The paths of the suspects' changes, where each change is (path, lines of a hunk)."""
    given = [
        {"sha": f"{n:07x}", "author": "Kim", "timestamp": TIME - 60 * n, "message": f"Change {n}",
         "files_changed": [path], "diff": hunk(path, lines)}
        for n, (path, lines) in enumerate(changes, 1)
    ]  # fmt: skip
    found = changelist.read(json.dumps(given).encode(), None, ("changes.json", "deploys.json"))
    subject = record(message, time=TIME + 600, **more)
    asked = msgspec.structs.replace(case(subject, stack=parsed(subject)), changes=found)
    diagnosis = OfflineInvestigator(REDACTOR).investigate(asked)
    assert not diagnosis.dropped
    paths = {change["sha"]: change["files_changed"][0] for change in given}
    return [paths[suspect.commit] for suspect in diagnosis.suspects]


def parsed(subject: LogRecord) -> Stack | None:
    parser = PythonStacks()
    stack = parser.parse(subject.stack_text) if subject.stack_text else None
    if stack is None:
        return None
    parts = (
        msgspec.structs.replace(p, frames=tuple(msgspec.structs.replace(f, in_app=parser.in_app(f)) for f in p.frames))
        for p in stack.parts
    )
    return Stack("python", tuple(parts))


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
    "a bound of what is kept": (
        "OutOfMemoryError: Java heap space",
        ("src/Rates.java", "-        .maximumSize(10_000)\n         .build()"),
        ("src/Rates.java", "-        .maximumSize(10_000)\n+        .maximumSize(1_000)\n         .build()"),
    ),
    "another order of locks": (
        "deadlock detected on relation stock",
        ("src/order.py", "-    lock(items)\n-    lock(stock)\n+    lock(stock)\n+    lock(items)"),
        ("src/order.py", "-    lock(items)\n-    lock(stock)\n+    lock(items)  # first\n+    lock(stock)"),
    ),
    "a pattern of resources": (
        "AccessDeniedException: not authorized to perform: dynamodb:Query on resource: arn:aws:dynamodb:eu:1:table/orders/index/day",
        ("infra/iam.tf", '-      resources = ["arn:aws:dynamodb:*:*:table/orders*"]\n+      resources = ["arn:aws:dynamodb:*:*:table/orders"]'),
        ("infra/iam.tf", '-      resources = ["arn:aws:dynamodb:*:*:table/carts*"]\n+      resources = ["arn:aws:dynamodb:*:*:table/carts"]'),
    ),
    "an origin that is allowed no more": (
        "request from origin https://app.shop.example rejected: not allowed",
        ("gateway/cors.yaml", '-allowed_origins: ["https://app.shop.example", "https://shop.example"]\n+allowed_origins: ["https://shop.example"]'),
        ("gateway/cors.yaml", '-allowed_origins: ["https://app.shop.example"]\n+allowed_origins: ["https://app.shop.example", "https://shop.example"]'),
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


OUTSIDE = {
    "a provider revoked the key": (
        "stripe answered 401: API key has been revoked",
        ("src/pay.py", "-key = os.environ['STRIPE_KEY']\n+KEY = os.environ['STRIPE_KEY']"),
    ),
    "a certificate expired": (
        "x509: certificate has expired or is not yet valid",
        ("src/client.go", "-\ttls.Config{}\n+\ttls.Config{MinVersion: tls.VersionTLS12}"),
        ("Dockerfile", "-FROM alpine:3.19\n+FROM alpine:3.20"),
    ),
    "the disk of a database is full": (
        'could not write to file "pg_wal/xlogtemp.871": No space left on device',
        ("orders/app.yaml", "-  level: info\n+  level: debug"),
        ("orders/settings.py", "-MAX = 5 * 1024 * 1024\n+MAX = 10 * 1024 * 1024"),
    ),
    "more people came": (
        "Connection is not available, request timed out after 30000ms (total=40, active=40)",
        ("app.yml", "-  maximum-pool-size: 20\n+  maximum-pool-size: 40"),
        ("src/Repo.java", '-    q = "SELECT id FROM x"\n+    q = "SELECT id, name FROM x"'),
    ),
    "a name resolves no more": (
        "lookup files.partner.example on 10.0.0.2:53: no such host",
        ("feeds/suppliers.yaml", "-  every: 1h\n+  every: 30m"),
        ("feeds/client.go", "-const dialTimeout = 15 * time.Second\n+const dialTimeout = 10 * time.Second"),
    ),
    "a partner sends another form": (
        "could not parse amount '12,5' of row 7",
        ("imports/rows.py", "-    log.info('row')\n+    log.info('row %s', n)"),
        ("imports/save.py", "-    batch = 100\n+    batch = 200"),
    ),
    "settings in another order": (
        "Connection is not available, request timed out after 30000ms",
        ("app.yml", "-  maximum-pool-size: 12\n   connection-timeout: 30000\n+  maximum-pool-size: 12"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("cause", OUTSIDE)
def test_a_change_that_speaks_of_the_same_things_is_not_accused_of_what_came_from_outside(cause):
    message, *changes = OUTSIDE[cause]
    assert blamed(message, *changes) == []


def crashed(error: str, *frames: tuple[str, int, str, str]) -> dict[str, object]:
    """A record's fields for a Python trace; each frame is (path, line, function, code), the culprit last."""
    told = "".join(f'  File "/srv/{path}", line {n}, in {name}\n    {code}\n' for path, n, name, code in frames)
    kind, _, message = error.partition(": ")
    text = f"Traceback (most recent call last):\n{told}{error}"
    return {"stack_text": text, "exception_type": kind, "exception_message": message}


def test_what_the_failing_line_calls_is_suspected_before_what_stands_behind_it():
    trace = crashed(
        "decimal.InvalidOperation: [<class 'decimal.ConversionSyntax'>]",
        ("imports/rows.py", 3, "parse", 'price = Decimal(clean.number(cells["price"]))'),
    )
    normaliser = (
        "imports/clean.py",
        ' def number(cell):\n-    return cell.replace(",", ".")\n+    return cell.strip()',
    )
    behind = ("imports/rows.py", " \n \n-    return Row(sku, price)\n+    return Row(sku=sku, price=price)")
    assert blamed("row rejected", behind, normaliser, **trace) == ["imports/clean.py"]


def test_another_argument_of_the_failing_line_explains_no_missing_key():
    trace = crashed("KeyError: 'email'", ("mail/sender.py", 3, "notify", 'send(to=profile["email"], locale=locale)'))
    other = ("mail/sender.py", '-send(to=profile["email"], locale="en")\n+send(to=profile["email"], locale=locale)')
    itself = ("mail/sender.py", '-send(to=profile["mail"], locale=locale)\n+send(to=profile["email"], locale=locale)')
    assert blamed("event failed", other, **trace) == []
    assert blamed("event failed", itself, **trace) == ["mail/sender.py"]


def test_a_small_step_of_a_limit_is_not_enough_and_half_of_it_is():
    message = "call to feed timed out"
    assert blamed(message, ("feeds/client.yaml", "-  timeout: 15s\n+  timeout: 10s")) == []
    assert blamed(message, ("feeds/client.yaml", "-  timeout: 15s\n+  timeout: 5s")) == ["feeds/client.yaml"]


def test_an_import_near_the_failing_line_is_no_suspect():
    trace = crashed(
        "ValueError: no rate for 'XX'", ("tax/rates.py", 6, "rate", "raise ValueError(f'no rate for {region!r}')")
    )
    assert blamed("quote failed", ("tax/rates.py", " \n-import decimal\n+from decimal import Decimal"), **trace) == []
