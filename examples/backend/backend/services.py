"""What the service does, apart from HTTP."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import text

from backend.claude import ClaudeClient
from backend.database import Database
from backend.errors import CommentRejectedError, PoolExhaustedError, RowInvalidError, ServiceError
from backend.plans import monthly_limit
from logmedic.tracing import span

LOG = logging.getLogger(__name__)

EXPORT_READERS = 4
MAX_COMMENT = 40  # characters


class Summaries:
    def __init__(self, claude: ClaudeClient) -> None:
        self._claude = claude

    @span("service.summarise")
    async def summarise(self, text: str, *, headers: dict[str, str] | None = None) -> str:
        LOG.debug("Processing summary", extra={"characters": len(text)})
        try:
            return await self._claude.ask(f"Summarise this support ticket in one sentence:\n\n{text}", headers=headers)
        except ServiceError as error:
            LOG.exception("Summary failed", extra={"error_code": error.error_code})
            raise


class Tickets:
    def __init__(self, database: Database) -> None:
        self._database = database

    @span("service.ticket")
    def get(self, number: int) -> dict[str, Any] | None:
        LOG.debug("Processing ticket", extra={"ticket": number})
        try:
            return self._database.one("SELECT * FROM tickets WHERE id = :id", id=number)
        except PoolExhaustedError as error:
            LOG.exception("Ticket could not be read", extra={"error_code": error.error_code, "ticket": number})
            raise

    @span("service.export")
    def export(self) -> int:
        """Count all tickets, a share of them on each of several connections."""
        LOG.debug("Processing export", extra={"readers": EXPORT_READERS})
        share = "SELECT count(*) FROM tickets WHERE id % :readers = :reader"
        try:
            with self._database.connections(EXPORT_READERS) as readers:
                return sum(
                    reader.execute(text(share), {"readers": EXPORT_READERS, "reader": number}).scalar_one()
                    for number, reader in enumerate(readers)
                )
        except PoolExhaustedError as error:
            LOG.exception("Export failed", extra={"error_code": error.error_code, "readers": EXPORT_READERS})
            raise

    @span("service.import")
    def import_rows(self, rows: list[dict[str, Any]]) -> int:
        """How many rows are usable; each one that is not is logged."""
        LOG.debug("Processing import", extra={"rows": len(rows)})
        good = 0
        for number, row in enumerate(rows):
            try:
                _check_row(row)
                good += 1
            except RowInvalidError as error:
                LOG.exception("Import row refused", extra={"error_code": error.error_code, "row": number})
        return good

    @span("service.comment")
    def comment(self, comment: str) -> None:
        LOG.debug("Processing comment", extra={"characters": len(comment)})
        try:
            _check_comment(comment)
        except CommentRejectedError as error:
            LOG.exception("Comment rejected: %s", comment, extra={"error_code": error.error_code})
            raise


def _check_comment(comment: str) -> None:
    if len(comment) > MAX_COMMENT:
        raise CommentRejectedError(f"a comment has at most {MAX_COMMENT} characters, not {len(comment)}")


def _check_row(row: dict[str, Any]) -> None:
    if not isinstance(row.get("customer"), int):
        raise RowInvalidError(f"customer must be a number, not {row.get('customer')!r}")


class Quotas:
    def __init__(self, database: Database) -> None:
        self._database = database

    @span("service.quota")
    def remaining(self, customer_id: int) -> int | None:
        LOG.debug("Processing quota", extra={"customer": customer_id})
        customer = self._database.one("SELECT * FROM customers WHERE id = :id", id=customer_id)
        return None if customer is None else monthly_limit(customer)
