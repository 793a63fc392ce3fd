"""What the routes may use: put together by ``logmedic serve``, handed to every handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from logmedic.build import Loaded, Tail
from logmedic.doors import Clock, Git
from logmedic.pipeline.page import Explain
from logmedic.web.access import Access

if TYPE_CHECKING:
    from logmedic.collect.interface import Backlog
    from logmedic.investigate.interface import LogContext
    from logmedic.store.store import Store
    from logmedic.web.live import Broadcaster
    from logmedic.web.oidc.provider import Provider
    from logmedic.web.overview import Overviews
    from logmedic.web.push.endpoint import Endpoint
    from logmedic.web.rates import Rates


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One dashboard over one state."""

    loaded: Loaded
    store: Store
    clock: Clock
    access: Access
    explain: Explain  # why a record belongs to its incident
    git: Git | None  # the watched service's repository
    logs: LogContext
    tail: Tail
    overview: Overviews
    backlog: Callable[[str], Backlog]  # of the source of this name
    live: Broadcaster
    rates: Rates
    reload: Callable[[], None] | None  # take up a changed configuration; raises :class:`logmedic.errors.ConfigError`
    again: Callable[[int, str], None] | None = None  # store a fresh diagnosis (incident, who asked)
    oidc: Provider | None = None  # who vouches for people, if anybody does
    push: Endpoint | None = None  # where log shippers push, if any do
