"""CloudWatch without a network, and a process that reads it and may be killed."""

from botocore.exceptions import ClientError

from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.collect.cloudwatch.source import CloudWatchSource
from logmedic.testing.cloudwatch import FakeCloudWatch, Refused

from .loki_scenes import Ledger, entries

GROUP = "/ecs/shop"
__all__ = ["GROUP", "Ledger", "Reader", "Wire", "kept"]


class Wire:
    """In place of boto3: asks the stand-in, and fails as boto3 does."""

    def __init__(self, logs: FakeCloudWatch) -> None:
        self.logs = logs

    def __getattr__(self, name):
        def ask(**asked):
            try:
                answer = getattr(self.logs, name)(**asked)
            except Refused as error:
                raise _as_boto3_does(error, name) from None
            if name == "start_live_tail":
                return {"responseStream": _heard(answer["responseStream"])}
            return answer

        return ask


def _heard(session):
    try:
        yield from session
    except Refused as error:
        raise _as_boto3_does(error, "StartLiveTail") from None


def _as_boto3_does(error, name):
    answer = {
        "Error": {"Code": error.code, "Message": error.message},
        "ResponseMetadata": {"HTTPStatusCode": error.status},
    }
    return ClientError(answer, name)


class Reader:
    """A process that reads: commits every few batches, and may be killed at any of them."""

    def __init__(self, logs: FakeCloudWatch, clock, ledger: Ledger, *, pattern="", query="", **config) -> None:
        made = CloudWatchSourceConfig(group=GROUP, **config)
        wire = Wire(logs)
        self.source = CloudWatchSource(
            "cloudwatch", made, clock, pattern=pattern, query=query, connected=lambda _: wire
        )
        self.ledger = ledger
        self.resume()

    def resume(self):
        self.expected = {(p.source, p.stream): p.offset for p in self.ledger.stored()}
        self.source.resume(self.ledger.stored())

    def read(self, *, commit_every: int = 1, stop_after: int | None = None):
        """``stop_after``: so many batches, then the process is killed."""
        pending, reach, count = [], {}, 0
        try:
            for count, batch in enumerate(self.source.read(), 1):
                if count == stop_after:
                    return
                pending += entries(batch)
                for position in (batch.position, batch.also):
                    if position is not None:
                        reach[position.source, position.stream] = position
                if count % commit_every == 0:
                    self._commit(pending, reach)
                    pending, reach = [], {}
        finally:
            if count != stop_after:
                self._commit(pending, reach)

    def _commit(self, pending, reach):
        if reach:
            self.ledger.commit(pending, reach, self.expected)
            self.expected.update({key: position.offset for key, position in reach.items()})


def kept(logs: FakeCloudWatch, selects=lambda message: True):
    """Time (ns) and text of every event, as often as it was put."""
    return sorted((e.time * 1_000_000, e.message) for e in logs.groups.get(GROUP, ()) if selects(e.message))
