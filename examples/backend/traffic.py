"""Traffic for the sample service: what users do, and every way to break it.

``python traffic.py --url http://127.0.0.1:8080 --rounds 2`` prints how each request was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter

import httpx2

NORMAL: tuple[tuple[str, str, dict[str, object] | None], ...] = (
    ("GET", "/api/tickets/3", None),
    ("GET", "/api/tickets/17", None),
    ("GET", "/api/customers/1/quota", None),
    ("GET", "/api/customers/2/quota", None),
    ("POST", "/api/summaries", {"text": "The parcel came without the second shoe."}),
    ("POST", "/api/comments", {"text": "Thank you!"}),
    ("POST", "/api/import", {"rows": [{"customer": 1}, {"customer": 2}]}),
)
BREAKS = (
    "ai_timeout",
    "ai_rate_limited",
    "ai_overloaded",
    "auth_expired",
    "db_pool",
    "slow",
    "bug",
    "surge",
    "hostile",
)

Answers = Counter[tuple[str, int]]  # (path, status) → how often; status 0 means no answer


async def drive(
    base_url: str, rounds: int = 1, *, breaks: tuple[str, ...] = BREAKS, timeout_s: float = 15.0
) -> Answers:
    """Send ``rounds`` times the normal traffic and, with the first round, every break; concurrently.

    Takes as long as the slowest break. The break that empties the connection pool goes last and alone, because the
    normal traffic would suffer with it. An unanswered request counts with status 0; nothing is raised for it.
    """
    alone = [name for name in breaks if name == "db_pool"]
    async with httpx2.AsyncClient(base_url=base_url, timeout=timeout_s, trust_env=False) as client:
        together = [_send(client, "POST", f"/break/{name}") for name in breaks if name not in alone]
        parts = await asyncio.gather(_normal(client, rounds), *together)
        parts += [await _send(client, "POST", f"/break/{name}") for name in alone]
    return sum(parts, Answers())


async def _normal(client: httpx2.AsyncClient, rounds: int) -> Answers:
    """One round after the other: the pool is small, and users do not come all at once."""
    answers = Answers()
    for _ in range(rounds):
        for method, path, body in NORMAL:
            answers += await _send(client, method, path, body)
    return answers


async def _send(client: httpx2.AsyncClient, method: str, path: str, body: dict[str, object] | None = None) -> Answers:
    try:
        answer = await client.request(method, path, json=body)
    except httpx2.TransportError:
        return Answers({(path, 0): 1})
    return Answers({(path, answer.status_code): 1})


def main() -> None:
    parser = argparse.ArgumentParser("traffic", description="Use the sample service, and break it.")
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    for (path, status), count in sorted(asyncio.run(drive(options.url, options.rounds)).items()):
        json.dump({"path": path, "status": status, "count": count}, sys.stdout)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
