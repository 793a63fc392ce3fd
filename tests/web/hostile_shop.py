"""A project in which every string that strangers write is hostile: records, commits, names, comments, releases."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from logmedic.store.silences import Silences
from logmedic.store.store import Store

TEXTS: dict[str, str] = json.loads(
    (Path(__file__).resolve().parents[1] / "data" / "hostile" / "texts.json").read_text(encoding="ascii")
)
LATER = 4_000_000_000_000_000_000  # ns


def records() -> list[dict[str, Any]]:
    """One for each text, with it in every field."""
    found = []
    for number, text in enumerate(TEXTS.values()):
        stack = (
            f'Traceback (most recent call last):\n  File "{text}", line 3, in {text}\n    {text}\n{text}Error: {text}\n'
        )
        found.append({
            "timestamp": f"2026-11-22T09:{number // 60:02}:{number % 60:02}Z", "level": "ERROR", "message": text,
            "service": text, "error_code": text, "logger": text, "target": text, "request_id": text, "trace_id": text,
            "version": text, "user": text, "span": {"name": text}, "spans": [{"name": text}], "exception": stack,
            text or "no name": text,
        })  # fmt: skip
    return found


def write_log(path: Path) -> None:
    """With lone surrogates as the escapes by which JSON carries them, and lines that are no JSON."""
    lines = [json.dumps(record) for record in records()]
    torn = ['{"level": ' + text.replace("\n", " ").replace("\r", " ") for text in encodable()]
    path.write_text("\n".join([*lines, *torn]) + "\n", encoding="utf-8")


def encodable() -> list[str]:
    """Those that can stand in a file or a database as UTF-8."""
    return [text for text in TEXTS.values() if text.isprintable() or not any("\ud800" <= c <= "\udfff" for c in text)]


def write_history(folder: Path) -> None:
    """A repository whose commits, authors and lines are hostile."""
    environment = {
        **os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "c", "GIT_COMMITTER_EMAIL": "c@example.com",
        "GIT_AUTHOR_DATE": "2026-11-22T08:00:00Z", "GIT_COMMITTER_DATE": "2026-11-22T08:00:00Z",
    }  # fmt: skip

    def git(*arguments: str, name: str = "a", given: bytes = b"") -> None:
        subprocess.run(
            ["git", "-C", str(folder), *arguments], check=True, capture_output=True, input=given,
            env={**environment, "GIT_AUTHOR_NAME": name},
        )  # fmt: skip

    git("init", "-q")
    (folder / "shop").mkdir()
    for text in encodable()[::6]:
        source = folder / "shop" / "service.py"
        source.write_text(f"def price(item):\n    # {text}\n    return prices[item]\n", encoding="utf-8")
        git("add", "shop")
        message = text.replace("\0", "").strip() or "x"
        author = "a" + "".join(c for c in text if c not in "\0\n\r<>")
        git("commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-", name=author, given=message.encode())


def let_people_speak(store: Store, now: int) -> None:
    """Hostile names and comments, where people leave them."""
    numbers = [incident.id for incident in store.list_incidents(limit=1_000)]
    silences = Silences(store.database)
    for number, text in zip(numbers, encodable() * 2, strict=False):
        kept = text.replace("\0", "")  # PostgreSQL holds none, and no command line has one
        silences.add({"services": [kept]}, until=LATER, now=now, actor=kept, comment=kept)
        with store.changing(now=now, actor=kept) as changes:
            changes.judge(number, right=False)
