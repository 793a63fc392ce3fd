"""What an exception says beside its type and its calls, as far as it tells one fault from another: codes and names.

One function often fails in several ways under one type, where the type stands for whatever another system answered:
``HTTPError``, ``OperationalError``, ``ClientError``. The rest of what exceptions say varies too much to count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from logmedic.bounds import clip
from logmedic.model import ExceptionPart

LONGEST_LINE = 400  # characters of what an exception says that are read for codes
MOST_DIGITS = 6  # of a number in a field that is a code
# Fields of a record whose integers are the status or the code of what failed.
CODE_FIELDS = frozenset({
    "code", "errno", "err.code", "error.code", "error.status", "error.statusCode", "error.status_code", "exit_code",
    "exitCode", "grpc.code", "grpc.status_code", "http.response.status_code", "http.status", "http.status_code",
    "http_status", "httpStatus", "response.status", "resultCode", "result_code", "rpc.grpc.status_code", "status",
    "statusCode", "status_code",
})  # fmt: skip
# Types for whatever a system outside answered: of the DB-API (PEP 249) and others, of HTTP and RPC clients. Those of
# operating systems are none: what they say is in the language of the machine.
ANSWERS = frozenset({
    "DataError", "DatabaseError", "IntegrityError", "InterfaceError", "InternalError", "OperationalError",
    "ProgrammingError", "DbException", "MySqlException", "NpgsqlException", "OracleException", "PSQLException",
    "PostgresException", "SQLException", "SqlException", "APIError", "ApiError", "ApiException", "APIException",
    "AxiosError", "ClientError", "ClientResponseError", "FeignException", "FetchError", "HTTPError", "HTTPException",
    "HTTPStatusError", "HttpClientErrorException", "HttpError", "HttpException", "HttpRequestException",
    "HttpServerErrorException", "RequestException", "ResponseStatusException", "WebClientResponseException",
    "AioRpcError", "RpcError", "RpcException", "StatusException", "StatusRuntimeException", "_InactiveRpcError",
    "_MultiThreadedRendezvous",
})  # fmt: skip
_FIRST = re.compile(r"[(\[]?((?=[A-Z]{0,4}\d)(?:\d{3,5}|[0-9A-Z]{5}))(?=[:,)\] ])")  # 404 Not Found; (1045, "…")
_STATUS = re.compile(r"\b(?:status|code|Code) ?[=:] ?(?:StatusCode\.)?([A-Z][A-Za-z_]{2,40})\b")
_CONSTRAINT = re.compile(r"(?:constraint|for key) [\"'`\[]([^\W\d][\w.$]{0,100})[\"'`\]]")
# Codes in a template: digits are left there only where they mean something.
_CODE = re.compile(
    r"(?<![\w</.-])-?(?:\d{1,6}|0x[0-9A-Fa-f]{1,8}|[A-Z]{1,12}[-_]?\d{1,6}[A-Z]?|[0-9][0-9A-Z]{4})(?![\w>/-]|\.\d)"
)


def details(parts: Sequence[ExceptionPart], named: Callable[[str], str], template: Callable[[str], str]) -> str:
    """Codes, names of constraints, and what answers say that have none; of the whole chain, each once.

    ``named``: a type without its module; ``template``: a text with what varies masked.
    """
    found: dict[str, None] = {}
    for part in parts:
        if part.message:
            found |= dict.fromkeys(_details(part.message, named(part.type) in ANSWERS, template))
    return " ".join(found)


def _details(message: str, is_answer: bool, template: Callable[[str], str]) -> list[str]:
    line = clip(message.lstrip().partition("\n")[0], LONGEST_LINE)
    constraint = _CONSTRAINT.search(line) if "constraint" in line or "for key" in line else None
    names = [constraint[1]] if constraint is not None else []
    if is_answer:
        names += _STATUS.findall(clip(message, 2 * LONGEST_LINE))
        first = _FIRST.match(line)
        if first is not None:
            return [first[1], *names]
    elif _CODE.search(line) is None:
        return names
    masked = template(line)
    codes = _CODE.findall(masked) + names
    return codes if codes or not is_answer else [masked]


def code_in_fields(fields: Mapping[str, Any]) -> str:
    """What integers among the fields say of the failure, as ``status=502``; ``""`` where there are none."""
    if not fields or CODE_FIELDS.isdisjoint(fields):
        return ""
    codes = ((key.rpartition(".")[2], fields[key]) for key in sorted(CODE_FIELDS.intersection(fields)))
    return " ".join(dict.fromkeys(f"{key}={value}" for key, value in codes if _is_code(value)))


def _is_code(value: object) -> bool:
    if type(value) is str:
        return value.isascii() and value.isdecimal() and len(value) <= MOST_DIGITS
    return type(value) is int and abs(value) < 10**MOST_DIGITS
