"""What can go wrong on purpose: each error has the code that its log line and its answer carry."""

from __future__ import annotations


class ServiceError(Exception):
    """Caught by the handlers and answered with ``status``; whoever raises it has logged it."""

    error_code = "INTERNAL"
    status = 500


class AiTimeoutError(ServiceError):
    error_code = "AI_TIMEOUT"
    status = 504


class AiRateLimitedError(ServiceError):
    error_code = "AI_RATE_LIMITED"
    status = 503


class AiOverloadedError(ServiceError):
    error_code = "AI_OVERLOADED"
    status = 503


class AiFailedError(ServiceError):
    error_code = "AI_FAILED"
    status = 502


class TokenExpiredError(ServiceError):
    error_code = "AUTH_TOKEN_EXPIRED"
    status = 401


class TokenInvalidError(ServiceError):
    error_code = "AUTH_TOKEN_INVALID"
    status = 401


class PoolExhaustedError(ServiceError):
    error_code = "DB_POOL_EXHAUSTED"
    status = 503


class CommentRejectedError(ServiceError):
    error_code = "COMMENT_REJECTED"
    status = 422


class RowInvalidError(ServiceError):
    error_code = "IMPORT_ROW_INVALID"
    status = 422
