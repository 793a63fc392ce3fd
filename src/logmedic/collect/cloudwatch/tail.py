"""A live tail of CloudWatch Logs as a wake-up: it tells that there is something new, never what.

Its events are not used: above 500 a second it shows a sample (``sessionMetadata.sampled``), and a session ends after
three hours.

Source: Amazon CloudWatch Logs API Reference, "StartLiveTail".
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from logmedic.collect.cloudwatch.client import Logs
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.cloudwatch.errors import AwsError, Trouble, failed, refused
from logmedic.errors import ConfigError

log = logging.getLogger("logmedic")

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # s between attempts to begin a session
STOP_SECONDS = 3.0  # a session tells every second that it lives, and is left then
_PAGES = 10  # of groups whose names begin alike, looked through for the ARN


class Tail:
    """A thread that listens from ``start`` until ``close``; silent while AWS refuses."""

    def __init__(
        self, config: CloudWatchSourceConfig, pattern: str, connected: Callable[[CloudWatchSourceConfig], Logs]
    ) -> None:
        self._config = config
        self._pattern = pattern
        self._connect = connected
        self._place = f"source {config.name}: live tail of {config.named}"
        self._news = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.listening = False
        self.problem = ""  # why nothing is heard; empty when all is well

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"tail-{self._config.name}", daemon=True)
            self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Until something new is heard of, at most so many seconds."""
        return self._news.wait(timeout)

    def heed(self) -> bool:
        """Whether something was heard of. Whoever asks now sees all of that."""
        heard = self._news.is_set()
        self._news.clear()
        return heard

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
            self._thread = None

    def _run(self) -> None:
        wait = FIRST_WAIT
        while not self._stop.is_set():
            try:
                with _told(self._place), contextlib.closing(self._connect(self._config)) as logs:
                    heard = self._listen(logs)
                wait = FIRST_WAIT if heard else min(2 * wait, LONGEST_WAIT)
            except AwsError as error:
                self._note(str(error))
                wait = FIRST_WAIT if self.listening else min(2 * wait, LONGEST_WAIT)
            except ConfigError as error:  # boto3 is missing; the source says so as well
                self._note(str(error))
                return
            finally:
                self.listening = False
            self._stop.wait(wait)

    def _listen(self, logs: Logs) -> bool:
        """One session, until it ends. Whether there was one."""
        asked: dict[str, Any] = {"logGroupIdentifiers": [self._arn(logs)]}
        if self._config.stream_prefix:
            asked["logStreamNamePrefixes"] = [self._config.stream_prefix]
        if self._pattern:
            asked["logEventFilterPattern"] = self._pattern
        stream = logs.start_live_tail(**asked)["responseStream"]
        with contextlib.closing(stream):
            for event in stream:
                if self._stop.is_set():
                    break
                if "sessionStart" in event:
                    self.listening = True
                    self.problem = ""
                    self._news.set()  # what came before was not heard of
                elif event.get("sessionUpdate", {}).get("sessionResults"):
                    self._news.set()
        return self.listening

    def _arn(self, logs: Logs) -> str:
        """The group's, which is what a live tail asks for. Raises :class:`.errors.AwsError`: there is no such group."""
        if self._config.group.startswith("arn:"):
            return self._config.group.removesuffix(":*")
        asked: dict[str, Any] = {"logGroupNamePrefix": self._config.group}
        for _ in range(_PAGES):
            answer = logs.describe_log_groups(**asked)
            for group in answer.get("logGroups", ()):
                if group["logGroupName"] == self._config.group:
                    return _bare(group)
            if not answer.get("nextToken"):
                break
            asked["nextToken"] = answer["nextToken"]
        raise AwsError(f"{self._place}: no such group; give its ARN as `group`", Trouble.REFUSED)

    def _note(self, problem: str) -> None:
        if problem != self.problem and not self._stop.is_set():
            log.info("%s", problem)
        self.problem = problem


def _bare(group: Mapping[str, Any]) -> str:
    return str(group.get("logGroupArn") or group["arn"]).removesuffix(":*")


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Failures of boto3, and of the connection below it, as :class:`.errors.AwsError`."""
    try:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  an extra, and 0.1 s
        from urllib3.exceptions import HTTPError  # noqa: PLC0415  comes with botocore
    except ImportError:
        raise ConfigError(f"{place}: needs the package boto3: pip install 'logmedic[aws]'") from None
    try:
        yield
    except ClientError as error:
        raise refused(error, place, "logs:StartLiveTail (and logs:DescribeLogGroups)") from None
    except BotoCoreError as error:
        raise failed(error, place) from None
    except (HTTPError, OSError) as error:
        raise AwsError(f"{place}: the session has ended: {error}", Trouble.BUSY) from None
