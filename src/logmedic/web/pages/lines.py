"""The latest lines of a source, as they come."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from logmedic.model import Level
from logmedic.web.render import fragment, language_of, page
from logmedic.web.site import Site

router = APIRouter()

MOST_LINES = 200
LONGEST_FILTER = 200  # characters


@router.get("/sources/lines")
def lines(
    request: Request,
    source: Annotated[str, Query(max_length=500)],
    q: Annotated[str, Query(max_length=LONGEST_FILTER)] = "",
    part: bool = False,
) -> Response:
    """A page; with ``part`` only its rows, for the script that renews them, or 304 while nothing is written."""
    site: Site = request.app.state.site
    mark = site.tail.mark(source)
    if mark is None:
        raise HTTPException(404)
    wanted = q.strip()
    tag = f'W/"{mark}"'
    if part and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag})
    found = site.tail.lines(source, MOST_LINES, wanted)
    problem = site.tail.problem(source)
    if part:
        language = language_of(request, site.loaded.language)
        rows = fragment(
            "_lines.html", language, site.clock.now(), lines=found, wanted=wanted, problem=problem, Level=Level
        )
        return HTMLResponse(rows, headers={"etag": tag})
    address = "/sources/lines?" + urlencode({"source": source, "q": wanted, "part": "1"})
    return page(
        request, "lines.html", name=source, wanted=wanted, lines=found, most=MOST_LINES, part=address, mark=tag,
        problem=problem, Level=Level,
    )  # fmt: skip
