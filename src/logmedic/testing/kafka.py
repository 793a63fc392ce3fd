"""Topics in memory, as a consumer sees them: for schedules that no broker can be made to follow.

It is as strict as a broker where that matters: offsets are never used again, compaction and markers of transactions
leave gaps, what retention has deleted is out of range, and ends are told once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logmedic.collect.kafka.client import END, Key, Message
from logmedic.collect.kafka.errors import KafkaSourceError


@dataclass(frozen=True)
class Said:
    """An error code, as librdkafka has them."""

    code: str

    def name(self) -> str:
        return self.code

    def str(self) -> str:
        return self.code.lower()


@dataclass
class Log:
    """One partition."""

    messages: list[Message] = field(default_factory=list)
    low: int = 0
    high: int = 0


@dataclass
class FakeBroker:
    """What outlives its consumers. ``faults``: asked at each question and poll; ``None`` answers well."""

    logs: dict[Key, Log] = field(default_factory=dict)
    faults: deque[str | None] = field(default_factory=deque)
    groups: dict[Key, int] = field(default_factory=dict)
    repeat: int = 0  # of messages that were delivered, how many come again with the next poll
    down: bool = False

    def put(
        self, key: Key, value: bytes | None, time: int, headers: Sequence[tuple[str, bytes | None]] = ()
    ) -> Message:
        log = self.logs.setdefault(key, Log())
        message = Message(*key, log.high, value, headers=headers, time=time)
        log.messages.append(message)
        log.high += 1
        return message

    def gap(self, key: Key, count: int) -> None:
        """Offsets that hold nothing, as markers of transactions do."""
        self.logs.setdefault(key, Log()).high += count

    def delete(self, key: Key, before: int) -> None:
        """Retention: what is older than this offset goes."""
        log = self.logs.setdefault(key, Log())
        log.low = min(max(log.low, before), log.high)
        log.messages = [message for message in log.messages if message.offset >= log.low]


class FakeKafka:
    """A consumer of it."""

    def __init__(self, broker: FakeBroker) -> None:
        self.broker = broker
        self._at: dict[Key, int] = {}
        self._ends: set[Key] = set()  # told of
        self._again: list[Message] = []
        self.closed = False

    def partitions(self, topic: str) -> Sequence[int]:
        self._ask()
        found = sorted(number for name, number in self.broker.logs if name == topic)
        if not found:
            raise KafkaSourceError(f"{topic}: unknown topic")
        return found

    def bounds(self, partition: Key) -> tuple[int, int]:
        self._ask()
        log = self.broker.logs[partition]
        return log.low, log.high

    def since(self, partitions: Sequence[Key], time: int) -> Mapping[Key, int]:
        self._ask()
        logs = {key: self.broker.logs[key] for key in partitions}
        return {k: next((m.offset for m in log.messages if m.time >= time), log.high) for k, log in logs.items()}

    def assign(self, offsets: Mapping[Key, int]) -> None:
        self._ask()
        self._at = dict(offsets)
        self._ends.clear()
        self._again.clear()

    def poll(self, most: int, timeout: float) -> Sequence[Message]:
        """Never waits. Partitions take turns, message by message, as the answers of several brokers do."""
        self._ask()
        repeated = self._again[:most]
        found = [*repeated]
        progress = True
        while progress and len(found) < most:
            progress = False
            for key in sorted(self._at):
                message = self._next(key) if len(found) < most else None
                if message is not None:
                    found.append(message)
                    progress = True
        self._again = [message for message in found[len(repeated) :] if message.problem is None][: self.broker.repeat]
        return found

    def _next(self, key: Key) -> Message | None:
        log, at = self.broker.logs[key], self._at[key]
        if not log.low <= at <= log.high:
            del self._at[key]
            return Message(*key, at, problem=Said("_AUTO_OFFSET_RESET"))
        message = next((m for m in log.messages if m.offset >= at), None)
        if message is not None:
            self._at[key] = message.offset + 1
            self._ends.discard(key)
            return message
        self._at[key] = log.high
        if key in self._ends:
            return None
        self._ends.add(key)
        return Message(*key, log.high, problem=Said(END))

    def tell(self, offsets: Mapping[Key, int]) -> None:
        self.broker.groups.update(offsets)

    def close(self) -> None:
        self.closed = True

    def _ask(self) -> None:
        assert not self.closed, "a closed consumer answers nothing"
        fault = self.broker.faults.popleft() if self.broker.faults else None
        if self.broker.down or fault is not None:
            raise KafkaSourceError(f"kafka: {fault or 'no broker answers'}")
