"""``logmedic redact``: lines in, the same lines without secrets and personal data out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from io import BufferedReader
from pathlib import Path
from typing import cast

import click

from logmedic import build
from logmedic import config as configuration
from logmedic.cli import options
from logmedic.errors import UsageError
from logmedic.redact import NUMBERS, PERSONAL, SECRETS, Lines, Redactor, fill

CHUNK_BYTES = 1 << 16
_NUMBERS_SAMPLE = {"resident-number": "900101-1234568", "card": "4111 1111 1111 1111", "phone": "010-1234-5678"}


@click.command()
@click.argument("file", default="-")
@click.option("--report", is_flag=True, help="Afterwards, on stderr: how many finds there were of each kind.")
@click.option("--check", is_flag=True, help="End with 1 when anything was found.")
@click.option("--rules", is_flag=True, help="List what is looked for: family, kind, an example.")
@options.config
def redact(file: str, report: bool, check: bool, rules: bool, config: str | None) -> None:
    """Write the lines of FILE, or of standard input, without secrets and personal data.

    A line of JSON stays JSON, with the values redacted and the keys kept; any other line is text. With a config, what
    it says in [redact] holds, and its own secrets are taken out as well. Each line is written once it is complete.
    """
    if rules:
        for row in _rules():
            click.echo("\t".join(row))
        return
    lines = Lines(_redactor(config))
    found: Counter[str] = Counter()
    out = sys.stdout.buffer
    with _opened(file) as stream:
        for batch in _batches(stream):
            ends = batch.endswith(b"\n")
            written = []
            for raw in batch.removesuffix(b"\n").split(b"\n"):
                line = lines(raw)
                found.update(line.found)
                written.append(line.raw)
            out.write(b"\n".join((*written, b"")) if ends else b"\n".join(written))
            out.flush()
    if report:
        click.echo(
            "\n".join(f"{count:>9,}  {kind}" for kind, count in found.most_common()) or "nothing found", err=True
        )
    if check and found:
        raise click.exceptions.Exit(1)


def _redactor(config: str | None) -> Redactor:
    path = configuration.find(config, configuration.Settings.from_environment(), Path.cwd())
    return Redactor() if path is None else build.redactor(build.load_config(config, Path.cwd()))


def _opened(file: str) -> nullcontext[BufferedReader] | BufferedReader:
    if file == "-":
        if sys.stdin is None:
            raise UsageError("standard input must be open, or a file named")
        return nullcontext(cast(BufferedReader, sys.stdin.buffer))
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}; name a file that can be read, or - for standard input") from None


def _batches(stream: BufferedReader) -> Iterator[bytes]:
    """Whole lines, as many as are there without waiting for more; what follows the last line end comes at the end."""
    parts: list[bytes] = []
    while chunk := stream.read1(CHUNK_BYTES):
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            parts.append(tail)
            continue
        yield b"".join((*parts, head, newline))
        parts = [tail]
    if last := b"".join(parts):
        yield last


def _rules() -> Iterator[tuple[str, str, str]]:
    for family, rules in (*SECRETS.items(), ("personal", PERSONAL)):
        for rule in rules:
            yield family, rule.kind, fill(rule.sample)[0].replace("\n", "\\n")
    yield "personal", "email", "ann@example.com"
    for kind in dict.fromkeys(rule.kind for rule in NUMBERS):
        yield "personal", kind, _NUMBERS_SAMPLE[kind]
