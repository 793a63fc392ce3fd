"""The body of one request: within its limits and its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from starlette.types import Receive

from logmedic.collect.push.config import PushSourceConfig
from logmedic.collect.push.refusal import RefusalError, too_large
from logmedic.web.push.admission import Slot

DRAIN_SECONDS = 2.0  # in which what is refused is read away, so that the sender sees why


class GoneError(Exception):
    """The sender hung up."""


class Incoming:
    """One request's headers, by lower-case name, and its body, which is read once."""

    def __init__(self, receive: Receive, headers: Mapping[str, str]) -> None:
        self.headers = headers
        self._receive = receive
        self._complete = False

    async def read(self, slot: Slot, config: PushSourceConfig) -> bytes:
        """The body. ``slot`` grows before the memory does.

        Raises:
            RefusalError: 408, 413 or 429.
            GoneError: the sender hung up.
        """
        most = config.max_body_bytes
        told = self.headers.get("content-length", "")
        if told.isdigit() and len(told) <= 15:
            if int(told) > most:
                raise too_large(
                    f"the request has {told} bytes, {most} are allowed (max_body_bytes); send less at a time"
                )
            slot.grow(int(told))
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(config.body_timeout_s):
                async for part in self._parts():
                    size += len(part)
                    if size > most:
                        raise too_large(
                            f"the request is longer than {most} bytes (max_body_bytes); send less at a time"
                        )
                    if size > slot.held:
                        slot.grow(size - slot.held)
                    parts.append(part)
        except TimeoutError:
            raise RefusalError(408, f"the body did not arrive within {config.body_timeout_s:g} s") from None
        return b"".join(parts)

    async def drain(self, most: int) -> None:
        """Read the rest of the body away, at most so many bytes, and not for long."""
        size = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async for part in self._parts():
                    size += len(part)
                    if size > most:
                        return
        except (TimeoutError, GoneError):
            return

    async def _parts(self) -> AsyncIterator[bytes]:
        while not self._complete:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise GoneError
            self._complete = not message.get("more_body", False)
            yield message.get("body", b"")
