"""Running ``gh``, and understanding what it says.

It gets an environment of its own: no settings, credentials or prompts of whoever runs logmedic. ``GH_DEBUG=api`` makes
it print the headers of each answer; only the limits are read of them, because nothing else tells how long to wait.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path

from logmedic.doors import Clock, Ran, Shell, inherited
from logmedic.errors import DeliveryError, ShellError
from logmedic.model import NANOSECONDS
from logmedic.respond.github.config import GithubConfig
from logmedic.respond.text import one_line

SOON = 1.0  # s; where the far side names no time
SETTLED = 10.0  # s; for so long GitHub may still work on a request ("Troubleshooting the REST API", "Timeouts")
SECONDARY = 60.0  # s; what GitHub asks of those whom it does not tell how long ("Rate limits for the REST API")
LONGEST = 3600.0  # s; a primary limit ends within the hour
_KEPT = ("PATH", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
         "SSL_CERT_FILE", "SSL_CERT_DIR")  # fmt: skip
_DEBUG_END = re.compile(r"^\* Request took .*$", re.MULTILINE)
_HEADER = re.compile(r"^< (retry-after|x-ratelimit-remaining|x-ratelimit-reset): *([0-9]{1,12})\s*$", re.I | re.M)
_LIMITED = re.compile(r"rate limit|HTTP 429|abuse detection|submitted too quickly", re.IGNORECASE)
_STATUS = re.compile(r"\bHTTP (\d{3})\b|non-200 OK status code: (\d{3})")
_NEVER_SENT = re.compile(r"dial |connect: |connection refused|no such host|lookup ", re.IGNORECASE)
_NO_ANSWER = re.compile(
    r"EOF|timeout|timed out|connection reset|TLS|error connecting|something went wrong|broken pipe", re.IGNORECASE
)
#: What a person can do about a refusal. The first that fits.
_REMEDIES = (
    (r"gh auth login|HTTP 401|Bad credentials", "the token is missing or refused; make a new one"),
    (r"Could not resolve to a Repository", "no such repository, or the token may not see it; check `repo`"),
    (r"has disabled issues", "the repository has no issues; turn them on in its settings, or name another one"),
    (r"not accessible|HTTP 403|correct permissions|Must have", "the token needs the right to write issues"),
    (r"HTTP 404", "no such repository, or the token may not see it; check `repo`"),
    (r"unknown (flag|command)", "gh is too old; 2.23 or newer is needed"),
)  # fmt: skip


class RefusedError(DeliveryError):
    """``gh`` could not do it, and no retry will help. ``said``: its own words."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


class Gh:
    """One repository through ``gh``. Thread-safe."""

    def __init__(self, config: GithubConfig, *, token: str, shell: Shell, clock: Clock) -> None:
        self._config = config
        self._token = token
        self._shell = shell
        self._clock = clock
        self._folder: str | None = None
        self._lock = threading.Lock()
        self._held = threading.local()  # ``lock``: a file that what this thread runs is to keep locked

    @contextlib.contextmanager
    def under(self, lock: int | None) -> Iterator[None]:
        """Commands of this thread share the locked file, so that the lock lasts until each has ended."""
        self._held.lock = lock
        try:
            yield
        finally:
            self._held.lock = None

    def run(self, *argv: str, input: str = "", changes: bool = False) -> str:
        """Standard output of ``gh <argv>``. ``changes``: it may have acted though no answer came.

        Raises:
            DeliveryError: it failed; one line that says what to do. :class:`RefusedError` when no retry will help.
        """
        ran = self.ran(*argv, input=input, changes=changes)
        if ran.code:
            raise self.failure(ran, changes=changes)
        return ran.out.decode("utf-8", "replace")

    def ran(self, *argv: str, input: str = "", changes: bool = False) -> Ran:
        """As :meth:`run`, for a caller who looks into what failed. Raises when it cannot run or does not end."""
        config = self._config
        lock: int | None = getattr(self._held, "lock", None)
        try:
            return self._shell.run(
                [config.program, *argv],
                timeout=config.timeout_s,
                env=self._environment(),
                input=input.encode("utf-8", "replace"),
                shared=() if lock is None else (lock,),
            )
        except ShellError as error:
            if "did not end" in str(error):
                said = f"{config.name}: gh did not end within {config.timeout_s:g} s"
                raise DeliveryError(said, retry_after=_pause(changes), unclear=changes) from None
            raise DeliveryError(f"{config.name}: {self._safe(str(error))}; install gh 2.23 or newer") from None
        except OSError as error:  # not executable, no room for the folder of its settings
            raise DeliveryError(f"{config.name}: cannot run gh: {error.strerror}; see docs/en/github.md") from None

    def failure(self, ran: Ran, *, changes: bool) -> DeliveryError:
        """What a run that ended with an error means."""
        name, text = self._config.name, ran.err.decode("utf-8", "replace")
        said = _DEBUG_END.split(text)[-1].strip() or text.strip()
        shown = self._safe(said) or f"exit {ran.code}"
        if _LIMITED.search(said):
            wait = self._asked(text)
            return DeliveryError(f"{name}: GitHub's rate limit, {wait:.0f} s to wait", retry_after=wait, throttled=True)
        found = _STATUS.search(said)
        status = int(found[1] or found[2]) if found else 0
        if status >= 500 or status == 408:
            return DeliveryError(f"{name}: GitHub answered {status}", retry_after=_pause(changes), unclear=changes)
        remedy = next((remedy for pattern, remedy in _REMEDIES if re.search(pattern, said, re.IGNORECASE)), None)
        if remedy is None and (_NO_ANSWER.search(said) or _NEVER_SENT.search(said)):
            unclear = changes and not _NEVER_SENT.search(said)
            said = f"{name}: no answer from GitHub: {shown}"
            return DeliveryError(said, retry_after=_pause(unclear), unclear=unclear)
        return RefusedError(f"{name}: gh: {shown}" + (f"; {remedy}" if remedy else ""), said)

    def _asked(self, text: str) -> float:
        """Seconds to wait, by the headers of the last answer; they stand in a debug line each."""
        last = text[text.rfind("\n< HTTP/") + 1 :]
        headers = {name.lower(): int(value) for name, value in _HEADER.findall(last)}
        if "retry-after" in headers:
            wait = float(headers["retry-after"])
        elif headers.get("x-ratelimit-remaining") == 0 and "x-ratelimit-reset" in headers:
            wait = headers["x-ratelimit-reset"] - self._clock.now() / NANOSECONDS
        else:
            wait = SECONDARY
        return min(max(wait, SOON), LONGEST)

    def _environment(self) -> Mapping[str, str]:
        config = self._config
        folder = self._own_folder()
        enterprise = config.host != "github.com" and not config.host.endswith(".ghe.com")
        return {
            **inherited(_KEPT),
            "GH_ENTERPRISE_TOKEN" if enterprise else "GH_TOKEN": self._token,
            "GH_HOST": config.host,
            "GH_CONFIG_DIR": config.config_dir or folder,
            "HOME": folder,
            "XDG_STATE_HOME": folder,
            "XDG_DATA_HOME": folder,
            "XDG_CACHE_HOME": folder,
            "GH_PROMPT_DISABLED": "1",
            "GH_NO_UPDATE_NOTIFIER": "1",
            "GH_NO_EXTENSION_UPDATE_NOTIFIER": "1",
            "GH_TELEMETRY": "false",
            "GH_DEBUG": "api",
            "NO_COLOR": "1",
            "LC_ALL": "C.UTF-8",
        }

    def _own_folder(self) -> str:
        """Made with the first command, removed with this object."""
        with self._lock:
            if self._folder is None or not Path(self._folder).is_dir():
                folder = tempfile.TemporaryDirectory(prefix="logmedic-gh-", ignore_cleanup_errors=True)
                weakref.finalize(self, folder.cleanup)
                self._folder = folder.name
            return self._folder

    def _safe(self, text: str) -> str:
        """Foreign words for our own message: one line, short, without the token should it be echoed."""
        return one_line(text.replace(self._token, "***") if self._token else text, 200)


def _pause(unclear: bool) -> float:
    """Seconds before what may have been done is looked for, so that it is not done a second time."""
    return SETTLED if unclear else SOON
