"""What refusals of AWS mean, in one line with the remedy.

Source: Amazon CloudWatch Logs API Reference, "FilterLogEvents" and "Common Errors"; botocore's exceptions.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING

from logmedic.bounds import clip
from logmedic.errors import SourceError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

LONGEST = 300  # characters of the service's own words that are shown


class Trouble(enum.Enum):
    """What can be done about it."""

    BUSY = "ask again later"
    TOKEN = "begin again without the token"  # noqa: S105  no password
    REFUSED = "people must change something"


class AwsError(SourceError):
    def __init__(self, message: str, trouble: Trouble) -> None:
        super().__init__(message)
        self.trouble = trouble


_BUSY = frozenset(
    {
        "Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "LimitExceededException",
        "RequestLimitExceeded", "ServiceUnavailableException", "ServiceUnavailable", "InternalFailure",
        "InternalServerError", "RequestTimeout", "RequestTimeoutException", "OperationAbortedException",
    }
)  # fmt: skip
_REMEDIES = {
    "ResourceNotFoundException": "is `group` spelt right, and is it in this region and account?",
    "AccessDeniedException": "give this user or role the right to {right} on the group",
    "InvalidOperationException": "the group is of a class that has no live tail; set `live_tail = false`",
    "UnrecognizedClientException": "these credentials are not known to AWS; look at `profile`, or renew them",
    "InvalidClientTokenId": "these credentials are not known to AWS; look at `profile`, or renew them",
    "InvalidSignatureException": "the secret key is wrong, or this machine's clock",
    "ExpiredTokenException": "log in again, or let a role provide the credentials",
    "ExpiredToken": "log in again, or let a role provide the credentials",
}


def refused(error: ClientError, place: str, right: str = "logs:FilterLogEvents") -> AwsError:
    """What an error answer means. ``place``: the source and its group, for the message. ``right``: what it needs."""
    said: Mapping[str, object] = error.response.get("Error", {})
    code = str(said.get("Code", "?"))
    message = clip(" ".join(str(said.get("Message", "")).split()), LONGEST)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    text = f"{place}: {code}{': ' + message if message else ''}"
    if code in _BUSY or (isinstance(status, int) and status >= 500):
        return AwsError(text, Trouble.BUSY)
    if code == "InvalidParameterException" and "token" in message.lower():
        return AwsError(text, Trouble.TOKEN)
    remedy = _REMEDIES.get(code, "").format(right=right)
    if code == "InvalidParameterException" and "pattern" in message.lower():
        remedy = "correct `filter_pattern`, or set `pushdown = false`"
    return AwsError(f"{text}{'; ' + remedy if remedy else ''}", Trouble.REFUSED)


def failed(error: BotoCoreError, place: str) -> AwsError:
    """What it means that there is no answer, or not even a question."""
    from botocore import exceptions as known  # noqa: PLC0415  an extra, and 0.1 s

    text = f"{place}: {clip(' '.join(str(error).split()), LONGEST)}"
    remedies: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
        ((known.NoCredentialsError, known.PartialCredentialsError, known.CredentialRetrievalError),
         "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or `profile`, or run where a role provides them"),
        (known.NoRegionError, "set `region`, or AWS_REGION"),
        (known.ProfileNotFound, "`profile` names one of ~/.aws/config"),
        (known.TokenRetrievalError, "log in again: aws sso login"),
        (known.InvalidRegionError, "`region` is a name such as eu-central-1"),
    )  # fmt: skip
    for kinds, remedy in remedies:
        if isinstance(error, kinds):
            return AwsError(f"{text}; {remedy}", Trouble.REFUSED)
    if isinstance(error, known.HTTPClientError | known.ConnectionError | known.IncompleteReadError):
        return AwsError(f"{text}; are `region` and `endpoint_url` right, and may this machine reach it?", Trouble.BUSY)
    return AwsError(text, Trouble.REFUSED)
