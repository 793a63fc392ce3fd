"""HTTP in, HTTP out. Every handler asks a service and turns its answer, or its error, into JSON."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from backend.auth import Tokens
from backend.errors import ServiceError
from backend.services import Quotas, Summaries, Tickets
from logmedic.tracing import current_request, span

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handlers:
    tokens: Tokens
    summaries: Summaries
    tickets: Tickets
    quotas: Quotas
    report_s: float

    async def health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def summarise(self, request: Request) -> Response:
        body = await _json_object(request)
        return JSONResponse({"summary": await self.summaries.summarise(str(body.get("text", "")))})

    async def ticket(self, request: Request) -> Response:
        found = await run_in_threadpool(self.tickets.get, request.path_params["number"])
        return JSONResponse(found) if found else JSONResponse({"error": "NOT_FOUND"}, 404)

    async def export(self, _request: Request) -> Response:
        return JSONResponse({"tickets": await run_in_threadpool(self.tickets.export)})

    async def import_rows(self, request: Request) -> Response:
        rows = (await _json_object(request)).get("rows", [])
        return JSONResponse({"imported": await run_in_threadpool(self.tickets.import_rows, rows)})

    async def comment(self, request: Request) -> Response:
        body = await _json_object(request)
        self.tickets.comment(str(body.get("text", "")))
        return JSONResponse({"stored": True}, 201)

    async def quota(self, request: Request) -> Response:
        left = await run_in_threadpool(self.quotas.remaining, request.path_params["customer"])
        return JSONResponse({"remaining": left}) if left is not None else JSONResponse({"error": "NOT_FOUND"}, 404)

    async def account(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return JSONResponse({"customer": self.tokens.customer(token if scheme.lower() == "bearer" else "")})

    async def monthly_report(self, _request: Request) -> Response:
        with span("service.report"):
            LOG.debug("Processing report")
            await asyncio.sleep(self.report_s)
        return JSONResponse({"report": "built"})


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return body


async def service_error(_request: Request, error: Exception) -> Response:
    """The answer to what a service refused; the service has logged it already."""
    assert isinstance(error, ServiceError)
    here = current_request()
    body = {"error": error.error_code, "request_id": here.request_id if here else None}
    return JSONResponse(body, error.status)
