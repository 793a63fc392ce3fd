"""Puts the service together. The only place where the parts meet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from backend.auth import Tokens
from backend.breaks import Breaks
from backend.claude import ClaudeClient
from backend.config import Config
from backend.database import Database
from backend.errors import ServiceError
from backend.handlers import Handlers, service_error
from backend.services import Quotas, Summaries, Tickets
from logmedic.tracing import RequestTracing


def build(config: Config) -> RequestTracing:
    database = Database(config)
    claude = ClaudeClient(config)
    handlers = Handlers(Tokens(), Summaries(claude), Tickets(database), Quotas(database), config.report_s)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await claude.close()
        database.close()

    routes = [
        Route("/health", handlers.health),
        Route("/api/summaries", handlers.summarise, methods=["POST"]),
        Route("/api/tickets/{number:int}", handlers.ticket),
        Route("/api/export", handlers.export),
        Route("/api/import", handlers.import_rows, methods=["POST"]),
        Route("/api/comments", handlers.comment, methods=["POST"]),
        Route("/api/customers/{customer:int}/quota", handlers.quota),
        Route("/api/account", handlers.account),
        Route("/api/reports/monthly", handlers.monthly_report),
    ]
    if config.breakable:
        routes.append(Route("/break/{name}", Breaks(handlers).run, methods=["POST"]))
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={ServiceError: service_error})
    return RequestTracing(app, logger="backend.http", quiet={"/health"})
