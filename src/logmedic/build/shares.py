"""Which part of the work is this process's, where several share one PostgreSQL."""

from __future__ import annotations

import os
import secrets
import socket
from typing import TYPE_CHECKING

from logmedic.doors import Clock
from logmedic.pipeline.roles import Role

if TYPE_CHECKING:
    import sqlalchemy as sa

    from logmedic.engine import DurableEngine
    from logmedic.pipeline.sharing import Sharing


def engine(database: sa.Engine, clock: Clock, poll_seconds: float, role: Role) -> tuple[DurableEngine, Sharing | None]:
    """The engine of this process, and its leases where it may not be the only one: on PostgreSQL."""
    from logmedic.engine import DurableEngine  # noqa: PLC0415  imports SQLAlchemy, 0.35 s
    from logmedic.pipeline.sharing import Sharing  # noqa: PLC0415
    from logmedic.store.leases import Leases  # noqa: PLC0415

    if database.dialect.name == "sqlite":
        return DurableEngine(database, poll_seconds=poll_seconds), None
    # An id that no process before it had: what a dead one left must not look like its own.
    executor = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    made = DurableEngine(database, poll_seconds=poll_seconds, executor=executor)
    return made, Sharing(Leases(database, executor), clock, recover=made.recover, duties=role.duties)
