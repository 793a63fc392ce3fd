"""Real git repositories and real tracebacks for the tests of investigate."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import msgspec

from logmedic.doors import Git, SystemShell
from logmedic.group.stacks import PythonStacks
from logmedic.investigate.interface import Case
from logmedic.model import (
    NANOSECONDS,
    Component,
    Grouping,
    Incident,
    Level,
    LogRecord,
    Match,
    Neighbour,
    Ref,
    Sample,
    Severity,
    Stack,
)
from logmedic.redact import Redactor

DAY = 86_400
EPOCH = 1_780_000_000  # seconds; the first commit of every repository
REDACTOR = Redactor()


class Repo:
    """A repository whose commits are an hour apart unless ``gap`` says otherwise."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.time = EPOCH
        self.ids: dict[str, str] = {}
        self.git("init", "-q", "-b", "main")

    def git(self, *argv: str) -> str:
        date = f"{self.time} +0000"
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root), "GIT_CONFIG_NOSYSTEM": "1"}
        for who in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{who}_NAME": "Kim", f"GIT_{who}_EMAIL": "kim@example.com", f"GIT_{who}_DATE": date}
        done = subprocess.run(["git", *argv], cwd=self.root, env=env, capture_output=True, check=True)
        return done.stdout.decode()

    def commit(self, subject: str, files: dict[str, str | None], *, gap: int = 3600) -> str:
        """Write (or, for ``None``, delete) files and commit them under a subject. Returns the id."""
        self.time += gap
        for name, text in files.items():
            path = self.root / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        self.ids[subject] = self.git("rev-parse", "HEAD").strip()
        return self.ids[subject]

    def edit(self, subject: str, name: str, old: str, new: str, *, gap: int = 3600) -> str:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        return self.commit(subject, {name: text.replace(old, new)}, gap=gap)

    def crash(self, call: str) -> tuple[str, Stack]:
        """Run Python code that must fail. The trace as text and parsed, its paths as if under ``/srv/app``."""
        env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(self.root)}
        argv = [sys.executable, "-c", call]
        done = subprocess.run(argv, cwd=self.root, capture_output=True, check=False, env=env)
        assert done.returncode, "the code was to fail"
        text = done.stderr.decode().replace(str(self.root), "/srv/app")
        stack = PythonStacks().parse(text)
        assert stack is not None
        parser = PythonStacks()
        parts = tuple(
            msgspec.structs.replace(
                part, frames=tuple(msgspec.structs.replace(f, in_app=parser.in_app(f)) for f in part.frames)
            )
            for part in stack.parts
        )
        return text, Stack("python", parts)


class Logs:
    """A log that can be read again; ``lines`` in order."""

    def __init__(self, lines: Sequence[LogRecord] = ()) -> None:
        self.lines = list(lines)

    def around(self, record: LogRecord, before: int, after: int) -> list[LogRecord]:
        at = next((n for n, line in enumerate(self.lines) if line.ref == record.ref), None)
        return [] if at is None else self.lines[max(0, at - before) : at + after + 1]

    def by_request(self, request_id: str, since: int, until: int) -> list[LogRecord]:
        return [line for line in self.lines if line.request_id == request_id and since <= line.time <= until]


class History:
    def __init__(self, similar: Sequence[Incident] = (), before: int = 2, after: int = 40) -> None:
        self.incidents, self.before, self.after = list(similar), before, after
        self.onset = 0
        self.neighbours: list[Neighbour] = []

    def similar(self, incident: Incident, limit: int) -> list[Incident]:
        return self.incidents[:limit]

    def beside(self, incident: Incident, since: int, until: int) -> list[Neighbour]:
        return [n for n in self.neighbours if n.id != incident.id]

    def error_counts(self, service: str, since: int, until: int) -> int:
        return self.before if until < self.onset else self.after


def record(message: str, *, time: int, offset: int = 1_000, **more: object) -> LogRecord:
    return LogRecord(ref=Ref("app", "app.log", offset), time=time * NANOSECONDS, message=message, service="shop",
                     **{"level": Level.ERROR, **more})  # fmt: skip


def incident(subject: LogRecord, **more: object) -> Incident:
    values: dict[str, object] = {
        "id": 1, "fingerprint": "v1:00112233aabbccdd", "title": subject.message[:100], "culprit": "", "service": "shop",
        "error_code": subject.error_code, "severity": Severity.WARNING, "floor": Severity.WARNING,
        "first_seen": subject.time, "last_seen": subject.time, "count": 7, "generation": 1, "reason": "new",
    }  # fmt: skip
    return Incident(**{**values, **more})


def case(
    subject: LogRecord,
    *,
    repo: Repo | None = None,
    stack: Stack | None = None,
    rules: Sequence[str] = ("error-level",),
    components: Sequence[Component] = (),
    logs: Sequence[LogRecord] = (),
    history: History | None = None,
    **more: object,
) -> Case:
    grouping = Grouping("v1:00112233aabbccdd", subject.message[:100], "", tuple(components), stack)
    matches = tuple(Match(rule, "because", Severity.WARNING) for rule in rules)
    past = history or History()
    whole = incident(subject, **more)
    past.onset = whole.first_seen
    return Case(
        incident=whole,
        samples=(Sample(subject, grouping, matches),),
        logs=Logs([*logs, subject] if subject not in logs else logs),
        history=past,
        git=None if repo is None else Git(repo.root, SystemShell()),
        now=subject.time + 60 * NANOSECONDS,
    )


ORDERS = """
    from app.pricing import price


    def load(row):
        return {"sku": row["sku"], "amount": int(row["amount"]), "customer": row.get("customer")}


    def charge(order):
        total = price(order)
        return {"total": total, "customer": order["customer"]}
"""
PRICING = """
    RATES = {"KRW": 1, "USD": 1300}


    def price(order):
        rate = RATES["KRW"]
        return order["amount"] * rate
"""
DATABASE = """
    from sqlalchemy import create_engine

    engine = create_engine("postgresql://db.internal/shop", pool_size=20, max_overflow=10)


    def rows(query):
        with engine.connect() as connection:
            return connection.execute(query).fetchall()
"""
CLIENT = """
    import httpx

    TIMEOUT = 30.0


    def ask(prompt):
        return httpx.post("https://api.example.com/v1/messages", json={"prompt": prompt}, timeout=TIMEOUT)
"""


def shop(root: Path) -> Repo:
    """A small service with a history of harmless commits."""
    repo = Repo(root)
    repo.commit(
        "first", {"app/__init__.py": "", "app/orders.py": ORDERS, "app/pricing.py": PRICING, "README.md": "# Shop\n"}
    )
    repo.commit("database", {"app/database.py": DATABASE})
    repo.commit("client", {"app/client.py": CLIENT})
    repo.commit("words", {"README.md": "# Shop\n\nSells amount and customer and timeout.\n"})
    return repo


def decoys(repo: Repo) -> None:
    """Commits after the one to blame: near, recent, and innocent."""
    repo.commit("style", {"app/pricing.py": (repo.root / "app/pricing.py").read_text().replace('"', "'")})
    repo.commit("docs on customer", {"docs/orders.md": "customer, amount, pool_size and timeout\n"})
    repo.commit("test for customer", {"tests/test_orders.py": "from app.orders import charge  # customer amount\n"})
    repo.commit("health", {"app/health.py": "def health():\n    return 'ok'\n"})
