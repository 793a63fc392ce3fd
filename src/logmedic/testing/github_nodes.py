"""Pieces of answers that issues and pull requests share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logmedic.testing.github_store import RefusedError, Repository

Node = dict[str, Any]


def user(login: str) -> Node:
    return {"__typename": "User", "id": f"U_{login}", "login": login, "name": login, "databaseId": 1}


def label(name: str, repository: Repository) -> Node:
    return {"__typename": "Label", "id": f"L_{name}", "name": name, "color": repository.labels[name], "description": ""}


def page(nodes: list[Node], asked: Mapping[str, Any]) -> Node:
    """A connection. Cursors are positions; more than 100 nodes may not be asked for."""
    size = asked.get("first") or asked.get("last") or 100
    if size > 100:
        raise RefusedError(
            f"Requesting {size} records exceeds the `first` limit of 100 records.", "EXCESSIVE_PAGINATION"
        )
    start = int(asked.get("after") or 0)
    shown = nodes[start : start + size]
    more = start + len(shown) < len(nodes)
    return {
        "nodes": shown,
        "totalCount": len(nodes),
        "pageInfo": {"hasNextPage": more, "hasPreviousPage": start > 0, "endCursor": str(start + len(shown))},
    }
