"""Everything logmedic raises on purpose.

::

    LogmedicError                   exit 1    one line: what happened, where, and what to do about it
    ├── UsageError                  exit 2    the command line does not make sense
    ├── ConfigError                 exit 78   a setting is wrong (names the file, the key and the remedy)
    │   └── PortTakenError                another process listens on the dashboard's address
    ├── AlreadyRunningError         exit 75   another instance holds the lock on this state
    ├── SourceError                           a log source cannot be read
    ├── StoreError                            the state database is unusable
    │   └── StalePositionError                somebody else has moved a source position on
    │       └── LeaseLostError                    somebody else has taken over what this process did
    ├── UnfinishedError                       time ran out; what was done is stored, the next call goes on
    ├── ShellError                            a child process failed, hung or is not installed
    │   └── StoppedError                          it was ended because logmedic stops
    └── DeliveryError                         a responder could not deliver (says whether a retry makes sense)

Exit codes 75 and 78 are ``EX_TEMPFAIL`` and ``EX_CONFIG`` of BSD ``sysexits.h``.
Declining to act is not an error: it is a value with a reason (:class:`logmedic.model.Outcome`).
"""

from __future__ import annotations


class LogmedicError(Exception):
    """Base class. ``str(error)`` is one line for a human; ``exit_code`` is what the command ends with."""

    exit_code = 1


class UsageError(LogmedicError):
    exit_code = 2


class ConfigError(LogmedicError):
    exit_code = 78


class PortTakenError(ConfigError):
    pass


class AlreadyRunningError(LogmedicError):
    exit_code = 75


class SourceError(LogmedicError):
    pass


class StoreError(LogmedicError):
    pass


class StalePositionError(StoreError):
    pass


class LeaseLostError(StalePositionError):
    pass


class UnfinishedError(LogmedicError):
    pass


class ShellError(LogmedicError):
    pass


class StoppedError(ShellError):
    pass


class DeliveryError(LogmedicError):
    """``retry_after``: seconds until another try makes sense, ``None`` when no retry will help.

    ``throttled``: the far side is well and only asks for less.

    ``unclear``: the far side may have accepted the message (its answer was lost), so read back before retrying.
    """

    def __init__(
        self, message: str, *, retry_after: float | None = None, unclear: bool = False, throttled: bool = False
    ) -> None:
        super().__init__(message)
        self.throttled = throttled
        self.retry_after = retry_after
        self.unclear = unclear
