"""Why a request is not taken, as a value that every protocol's answer is made of."""

from __future__ import annotations

from logmedic.errors import LogmedicError


class RefusalError(LogmedicError):
    """``status``: of HTTP. ``retry_after``: seconds until it may be sent again; ``None`` when that will not help."""

    def __init__(self, status: int, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


def malformed(what: str) -> RefusalError:
    return RefusalError(400, what)


def too_large(what: str) -> RefusalError:
    return RefusalError(413, what)


def overloaded(what: str, seconds: int) -> RefusalError:
    return RefusalError(429, what, retry_after=seconds)
