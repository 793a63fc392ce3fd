"""The list of incidents, and what people do to those that they select."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from logmedic.errors import UsageError
from logmedic.model import Severity, State
from logmedic.store import browse
from logmedic.web import acting
from logmedic.web.access import Role
from logmedic.web.needs import needs
from logmedic.web.render import language_of, name_of, page, user_of
from logmedic.web.site import Site
from logmedic.web.sources import watched
from logmedic.web.words import WORDS

router = APIRouter()

CURRENT = (State.OPEN, State.ACKED, State.SNOOZED)
_CURSOR = msgspec.json.Decoder(tuple[int, int])
_EXAMPLE = (
    'echo \'{"timestamp":"2026-11-23T09:00:00Z","level":"ERROR","service":"shop",'
    '"message":"cannot reach the database"}\' >> {path}'
)


class View(msgspec.Struct, frozen=True):
    """What the reader asked for, as the address says it."""

    search: str = ""
    state: str = ""  # "": those that are not settled; "all"
    severity: str = ""
    service: str = ""
    order: str = browse.Order.LAST_SEEN.value
    after: str = ""

    def query(self) -> browse.Query:
        """Raises :class:`UsageError`."""
        try:
            states = {"": CURRENT, "all": ()}.get(self.state)
            return browse.Query(
                states=(State(self.state),) if states is None else states,
                severities=(Severity(self.severity),) if self.severity else (),
                service=self.service,
                search=self.search,
                order=browse.Order(self.order),
                after=_CURSOR.decode(base64.urlsafe_b64decode(self.after.encode())) if self.after else None,
            )
        except (ValueError, binascii.Error, msgspec.DecodeError) as error:
            raise UsageError(f"the address does not name a list of incidents: {error}") from None

    def address(self, after: tuple[int, int] | None, path: str = "/") -> str:
        names = {"q": self.search, "state": self.state, "severity": self.severity, "service": self.service}
        names["order"] = "" if self.order == browse.Order.LAST_SEEN.value else self.order
        names["after"] = "" if after is None else base64.urlsafe_b64encode(msgspec.json.encode(after)).decode()
        found = urlencode({name: value for name, value in names.items() if value})
        return f"{path}?{found}" if found else path

    @property
    def filtered(self) -> bool:
        return bool(self.search or self.state or self.severity or self.service)


@router.get("/")
def stream(
    request: Request,
    q: Annotated[str, Query(max_length=200)] = "",
    state: str = "",
    severity: str = "",
    service: Annotated[str, Query(max_length=500)] = "",
    order: str = browse.Order.LAST_SEEN.value,
    after: Annotated[str, Query(max_length=100)] = "",
    done: Annotated[int | None, Query(ge=0, le=10_000)] = None,
) -> Response:
    site: Site = request.app.state.site
    view = View(q.strip(), state, severity, service, order or browse.Order.LAST_SEEN.value, after)
    found = browse.page(site.store.database, view.query())
    overview = site.overview()
    user = user_of(request)
    total = sum(facet.count for facet in overview.facets)
    return page(
        request,
        "stream.html",
        view=view,
        rows=found.rows,
        counts=_counts(overview.facets),
        total=total,
        services=overview.services,
        severities=tuple(reversed(Severity)),
        orders=tuple(browse.Order),
        filtered=view.filtered,
        paged=bool(after),
        first=view.address(None),
        more=view.address(found.after) if found.after else None,
        here=view.address(None),
        csv=view.address(None, "/incidents.csv"),
        live=not after,
        prepend=not view.filtered and not after and view.order == browse.Order.LAST_SEEN.value,
        may_change=user is not None and user.role.may(Role.OPERATOR),
        note=_note(done, language_of(request, site.loaded.language)),
        **_first_steps(site, empty=total == 0),
    )


def _first_steps(site: Site, *, empty: bool) -> dict[str, Any]:
    sources = watched(site) if empty else ()
    where = next((path for source in sources for path in source.paths), "/var/log/shop/app.log")
    return {"sources": sources, "example": _EXAMPLE.replace("{path}", where)}


def _counts(facets: tuple[browse.Facet, ...]) -> dict[str, Any]:
    by_state = {state: sum(f.count for f in facets if f.state is state) for state in State}
    return {"states": list(by_state.items()), "current": sum(by_state[state] for state in CURRENT)}


def _note(done: int | None, language: str) -> str:
    if done is None:
        return ""
    return WORDS["act.done" if done else "act.nothing"].in_(language).format(count=done)


@router.post("/incidents")
@needs(Role.OPERATOR)
def change(
    request: Request,
    do: Annotated[str, Form(max_length=20)],
    id: Annotated[list[int] | None, Form()] = None,
    back: Annotated[str, Form(max_length=2_000)] = "/",
    release: Annotated[str, Form(max_length=500)] = "",
    seconds: Annotated[int, Form(ge=60, le=366 * 86_400)] = 8 * 3_600,
    more: Annotated[str, Form(max_length=9)] = "",
    into: Annotated[str, Form(max_length=15)] = "",
) -> Response:
    """Do to the incidents what a form says, and go back to where it stands."""
    site: Site = request.app.state.site
    action = acting.Action(
        do=do, ids=tuple(dict.fromkeys(id or ()))[:1_000], release=release.strip(), seconds=seconds,
        more=acting.whole(more, "more"), into=acting.whole(into, "into"),
    )  # fmt: skip
    changed = acting.act(site.store, action, now=site.clock.now(), actor=name_of(request))
    site.live.poke()
    path = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}done={changed}", 303)
