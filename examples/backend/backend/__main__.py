"""``python -m backend --port 8080 --log-dir logs --claude-url https://api.anthropic.com``"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import uvicorn

from backend.app import build
from backend.config import load
from logmedic.tracing import setup


def main() -> None:
    options = _parser().parse_args()
    options.log_dir.mkdir(parents=True, exist_ok=True)
    setup(
        service="backend",
        levels={"backend": "DEBUG"},
        stdout=not options.quiet,
        file=options.log_dir / "backend.log",
        release=options.release,
        root=Path(__file__).resolve().parent.parent,
    )
    config = load(
        database=options.log_dir / "backend.sqlite" if options.database is None else options.database,
        claude_url=options.claude_url,
        claude_key=os.environ.get("ANTHROPIC_API_KEY", "not-a-key"),
        breakable=options.breakable,
        report_s=options.report_seconds,
    )
    # On SIGTERM and Ctrl-C uvicorn stops listening, lets open requests end and runs the shutdown of the lifespan.
    uvicorn.run(build(config), host=options.host, port=options.port, log_config=None, timeout_graceful_shutdown=10)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("backend", description="The support desk's server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--log-dir", type=Path, default=Path("logs"))
    parser.add_argument("--database", type=Path, help="SQLite file (default: in the log directory)")
    parser.add_argument("--claude-url", default="https://api.anthropic.com")
    parser.add_argument("--report-seconds", type=float, help="how long the monthly report takes")
    parser.add_argument("--release", help="commit or version, for the log")
    parser.add_argument("--breakable", action="store_true", help="serve POST /break/NAME, which breaks on purpose")
    parser.add_argument("--quiet", action="store_true", help="log to the file only")
    return parser


if __name__ == "__main__":
    main()
