"""From the configuration to a running dashboard."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from logmedic import build
from logmedic import config as configuration
from logmedic.build import pushing
from logmedic.collect.push.config import PushSourceConfig
from logmedic.errors import PortTakenError
from logmedic.model import NANOSECONDS, Text
from logmedic.web.access import Access, Proxy, Role, Token, User

if TYPE_CHECKING:
    from logmedic.store.store import Store
    from logmedic.web.push.endpoint import Endpoint
    from logmedic.web.server import Server
    from logmedic.web.site import Site

log = logging.getLogger("logmedic")

_ABSENT = Text(
    "no dashboard: it needs the extra `web` (pip install 'logmedic[web]'); `[web] enabled = false` ends this message",
    "대시보드 없음: `web` 추가 패키지가 필요합니다 (pip install 'logmedic[web]'). "
    "`[web] enabled = false`로 이 메시지를 끕니다",
)


def access(loaded: build.Loaded) -> Access:
    """Who may come in. Raises :class:`logmedic.errors.ConfigError`."""
    web = loaded.config.web
    host, _ = web.address
    tokens = [
        Token(
            User(token.name, Role(token.role)),
            configuration.read_secret(token.secret, f"web.tokens: {token.name}", base=loaded.base),
        )
        for token in web.tokens
    ]
    proxy = None if web.proxy is None else Proxy(web.proxy.header, web.proxy.addresses, Role(web.proxy.role))
    return Access(host, tokens, proxy, web.public_url)


@contextmanager
def dashboard(
    loaded: build.Loaded,
    store: Store,
    *,
    any_port: bool = False,
    reload: Callable[[], None] | None = None,
    again: Callable[[int, str], None] | None = None,
) -> Iterator[Server | None]:
    """Serve it while the context lasts.

    ``None`` where it is switched off, not installed, or its port is taken: alerts go on without it. ``any_port``: take
    another port then. ``reload``: takes up a changed configuration, or raises :class:`ConfigError`. ``again``: stores
    a fresh diagnosis of an incident (its number, who asked).

    Raises:
        ConfigError: there is no such address, or anybody could reach it.
    """
    web = loaded.config.web
    pushed = pushing.sources(loaded)
    pushing.possible(loaded, pushed)
    if not web.enabled:
        yield None
        return
    allowed = access(loaded)
    try:
        from logmedic.web.live import Broadcaster  # noqa: PLC0415  an extra, 0.3 s
        from logmedic.web.news import News  # noqa: PLC0415
        from logmedic.web.site import Site  # noqa: PLC0415  shadows nothing at run time
    except ImportError:
        log.warning(_ABSENT.in_(loaded.language))
        yield None
        return
    clock = build.system_clock()
    logs = build.Lookup(loaded, clock, store)
    site = Site(
        loaded=loaded,
        store=store,
        clock=clock,
        access=allowed,
        explain=build.grouper(loaded.config),
        git=build.repository(loaded),
        logs=build.Redacted(logs, build.redactor(loaded)),
        backlog=logs.backlog,
        live=Broadcaster(News(store.database, clock)),
        reload=reload,
        again=again,
        push=_endpoint(loaded, pushed, store) if pushed else None,
    )
    server = _server(site, any_port=any_port)
    if server is None:
        yield None
        return
    if site.push is not None:
        site.push.open()
    try:
        with server:
            yield server
    finally:
        if site.push is not None:
            site.push.close()


def _endpoint(loaded: build.Loaded, pushed: Sequence[PushSourceConfig], store: Store) -> Endpoint:
    from logmedic.web.push.admission import Admission  # noqa: PLC0415  as in ``dashboard``
    from logmedic.web.push.endpoint import Endpoint, Receiver  # noqa: PLC0415
    from logmedic.web.push.who import Gatekeeper  # noqa: PLC0415

    clock = build.system_clock()
    receivers = []
    for source in pushed:
        shown = pushing.credentials(source, loaded.base)
        spool = pushing.spool(source, loaded.base, store, clock)
        admission = Admission(
            requests=source.max_waiting,
            bytes=source.max_waiting_bytes,
            unread_bytes=source.max_unread_bytes,
            unread=lambda spool=spool: spool.unread,  # type: ignore[misc]
        )
        gatekeeper = Gatekeeper(source.name, shown.tokens, shown.keys, source.signing_window_s)
        receivers.append(Receiver(source, gatekeeper, spool, admission))
    return Endpoint(receivers, lambda: clock.now() / NANOSECONDS)


def _server(site: Site, *, any_port: bool) -> Server | None:
    from logmedic.web.server import Server  # noqa: PLC0415  as above

    host, port = site.loaded.config.web.address
    try:
        return Server(site, host, port)
    except PortTakenError as error:
        if any_port:
            return Server(site, host, 0)
        if site.push is not None:
            raise  # nothing would come in
        log.error("%s; going on without the dashboard", error)  # noqa: TRY400  one line, no traceback
        return None
