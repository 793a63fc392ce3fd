"""From the configuration to a running dashboard."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import msgspec

from logmedic import build
from logmedic import config as configuration
from logmedic.build import pushing
from logmedic.collect.push.config import PushSourceConfig
from logmedic.doors import Clock, SystemHttp
from logmedic.errors import ConfigError, PortTakenError
from logmedic.model import NANOSECONDS, Text
from logmedic.web.access import Access, Proxy, Role, Token, User

if TYPE_CHECKING:
    from logmedic.build.serving import OidcConfig
    from logmedic.store.store import Store
    from logmedic.web.oidc.provider import Provider
    from logmedic.web.push.endpoint import Endpoint
    from logmedic.web.server import Server
    from logmedic.web.site import Site

log = logging.getLogger("logmedic")

MOST_ISSUER_BYTES = 1 << 20  # of one answer; descriptions and keys have a few kB

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
    return Access(host, tokens, proxy, web.public_url, _oidc_seed(loaded))


def _oidc_secret(loaded: build.Loaded, oidc: OidcConfig) -> str:
    return configuration.read_secret(oidc.client_secret, "web.oidc.client_secret", base=loaded.base)


def _oidc_seed(loaded: build.Loaded) -> str:
    """What sessions depend on: whoever may no longer come in is out at once. Raises :class:`ConfigError`."""
    oidc = loaded.config.web.oidc
    return "" if oidc is None else f"{msgspec.json.encode(oidc).decode()}\0{_oidc_secret(loaded, oidc)}"


def _provider(loaded: build.Loaded, clock: Clock) -> Provider | None:
    """The issuer that vouches for people. Raises :class:`ConfigError`."""
    web = loaded.config.web
    if web.oidc is None:
        return None
    from logmedic.web.oidc.provider import Provider, is_private  # noqa: PLC0415  only where there is one

    if importlib.util.find_spec("joserfc") is None:
        raise ConfigError("web.oidc: needs the extra `oidc`: pip install 'logmedic[oidc]'")
    if not web.public_url:
        raise ConfigError(
            "web.oidc: the issuer sends people back to web.public_url; set it to the address that they use"
        )
    if not is_private(web.oidc.issuer):
        raise ConfigError(f"web.oidc.issuer: {web.oidc.issuer!r} is no https address")
    if not web.oidc.allow:
        raise ConfigError("web.oidc: nobody may come in; add [[web.oidc.allow]] with groups, domains or people")
    return Provider(
        web.oidc, _oidc_secret(loaded, web.oidc), f"{web.public_url.rstrip('/')}/login/oidc/callback",
        SystemHttp(most=MOST_ISSUER_BYTES), lambda: clock.now() // NANOSECONDS,
    )  # fmt: skip


@contextmanager
def dashboard(
    loaded: build.Loaded,
    store: Store,
    *,
    any_port: bool = False,
    reload: Callable[[], None] | None = None,
    again: Callable[[int, str], None] | None = None,
    takes_in: bool = True,
) -> Iterator[Server | None]:
    """Serve it while the context lasts.

    ``None`` where it is switched off, not installed, or its port is taken: alerts go on without it. ``any_port``: take
    another port then. ``reload``: takes up a changed configuration, or raises :class:`ConfigError`. ``again``: stores
    a fresh diagnosis of an incident (its number, who asked). ``takes_in``: also what is pushed, where sources are.

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
        from logmedic.web.overview import Overviews  # noqa: PLC0415
        from logmedic.web.rates import Rates  # noqa: PLC0415
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
        overview=Overviews(store.database),
        tail=build.Tail(loaded, clock),
        backlog=logs.backlog,
        live=Broadcaster(News(store.database, clock)),
        rates=Rates(lambda: {total.source: total.lines for total in store.totals()}, clock),
        reload=reload,
        again=again,
        oidc=_provider(loaded, clock),
        push=_endpoint(loaded, pushed, store) if pushed and takes_in else None,
    )
    with ExitStack() as stack:
        stack.callback(logs.close)
        stack.callback(site.tail.close)
        server = _server(site, any_port=any_port)
        if server is None:
            yield None
            return
        if site.push is not None:
            site.push.open()
            stack.callback(site.push.close)
        yield stack.enter_context(server)


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
