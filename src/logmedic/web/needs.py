"""Which role a route asks for. A test goes through all routes that change something and finds each marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

from logmedic.web.access import Role, User

F = TypeVar("F", bound=Callable[..., object])


def needs(role: Role) -> Callable[[F], F]:
    """Mark a handler; :func:`check` asks before it runs."""

    def mark(handler: F) -> F:
        handler.__dict__["needed_role"] = role
        return handler

    return mark


def check(request: Request) -> None:
    """For every route: whoever is not allowed to is told so, before anything is read. Raises ``HTTPException`` 403."""
    handler = request.scope.get("endpoint")
    needed: Role | None = getattr(handler, "needed_role", None)
    if needed is None:
        return
    user: User | None = request.scope.get("user")
    if user is None or not user.role.may(needed):
        raise HTTPException(403, f"this needs the role {needed.value}")
