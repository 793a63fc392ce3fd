"""One request: may it, is there room, read it, turn it into lines, have them kept, and only then say so. Plain ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import msgspec
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from logmedic.collect.push import intents
from logmedic.collect.push.config import PushSourceConfig
from logmedic.collect.push.refusal import RefusalError
from logmedic.collect.push.spool import Spool
from logmedic.doors.memory import keep_freed_memory
from logmedic.web.push.admission import Admission
from logmedic.web.push.protocols import PROTOCOLS, Answer, Protocol
from logmedic.web.push.reading import GoneError, Incoming
from logmedic.web.push.who import Claim, Gatekeeper, claim

PREFIX = "/push/"
DECODERS = 2  # threads that turn bodies into lines: one waits for the interpreter while the other unpacks or hashes
_LONGEST_KEY = 255  # characters of an Idempotency-Key


class Receiver(msgspec.Struct, frozen=True):
    """One source, as the endpoint needs it."""

    config: PushSourceConfig
    gatekeeper: Gatekeeper
    spool: Spool
    admission: Admission


class Endpoint:
    """All push sources of one server."""

    def __init__(self, receivers: Sequence[Receiver], now: Callable[[], float]) -> None:
        """``now``: seconds since the epoch."""
        self._receivers = receivers
        self._now = now
        self._gatekeepers = [receiver.gatekeeper for receiver in receivers]
        self._decoders = ThreadPoolExecutor(DECODERS, thread_name_prefix="push")

    def open(self) -> None:
        """Raises :class:`logmedic.errors.ConfigError`: a spool cannot be used."""
        keep_freed_memory()
        opened: list[Receiver] = []
        try:
            for receiver in self._receivers:
                receiver.spool.open()
                opened.append(receiver)
        finally:
            if len(opened) < len(self._receivers):
                for receiver in opened:
                    receiver.spool.close()

    def close(self) -> None:
        self._decoders.shutdown()
        for receiver in self._receivers:
            receiver.spool.close()

    def serves(self, path: str) -> bool:
        """Whether a path is one of ours."""
        return _split(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _split(scope["path"])
        assert found is not None, "ask `serves` first"
        name, protocol = found
        headers = dict(Headers(scope=scope).items())
        incoming = Incoming(receive, headers)
        try:
            answer = await self._taken(scope["method"], name, protocol, incoming)
        except GoneError:
            return
        except RefusalError as refusal:
            await incoming.drain(self._receivers[0].config.max_body_bytes)
            answer = _with_retry(protocol.refuse(headers, refusal), refusal)
        await _send(send, answer)

    async def _taken(self, method: str, name: str, protocol: Protocol, incoming: Incoming) -> Answer:
        """Raises :class:`RefusalError` and :class:`.reading.GoneError`."""
        headers = incoming.headers
        if method != "POST":
            raise RefusalError(405, "only POST is understood here")
        claimed = claim(self._gatekeepers, name, headers)
        first = self._receivers[claimed.sources[0]]
        with first.admission.slot() as slot:
            body = await incoming.read(slot, first.config)
            receiver = self._signer(claimed, headers, body) if claimed.signed else first
            slot.grow(len(body))  # for what becomes of it
            size = len(body)
            loop = asyncio.get_running_loop()
            kept = await loop.run_in_executor(self._decoders, _decoded, receiver, protocol, headers, body)
            del body
            slot.grow(max(0, len(kept.data) - size))
            if kept.data:
                await asyncio.wrap_future(receiver.spool.submit(kept.digest, kept.data))
            return kept.answer

    def _signer(self, claimed: Claim, headers: Mapping[str, str], body: bytes) -> Receiver:
        """The source whose key has signed the body. Raises :class:`RefusalError` 401."""
        for number in claimed.sources:
            if self._gatekeepers[number].signed(headers, body, self._now()):
                return self._receivers[number]
        raise RefusalError(401, "the signature is not of our keys, or its time is too far from ours")


class _Kept(msgspec.Struct, frozen=True):
    data: bytes
    digest: str
    answer: Answer


def _decoded(receiver: Receiver, protocol: Protocol, headers: Mapping[str, str], body: bytes) -> _Kept:
    """In a thread of its own, for it may take long. Raises :class:`RefusalError`."""
    lines = protocol.read(receiver.config, headers, body)
    # A signed message has an id of its own, which its sender keeps when it tries again.
    key = headers.get("idempotency-key") or headers.get("webhook-id", "")
    known_by = (b"key", key[:_LONGEST_KEY].encode()) if key else (b"body", lines.body)
    return _Kept(lines.data, intents.digest(*known_by), lines.answer)


async def _send(send: Send, answer: Answer) -> None:
    headers = [(b"content-type", answer.type.encode()), (b"content-length", str(len(answer.body)).encode())]
    if answer.status == 204:
        headers = []
    headers += [(name.encode(), value.encode()) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _with_retry(answer: Answer, refusal: RefusalError) -> Answer:
    headers = answer.headers
    if refusal.retry_after is not None:
        headers = (*headers, ("retry-after", str(refusal.retry_after)))
    if refusal.status == 401:
        headers = (*headers, ("www-authenticate", "Bearer"))
    if refusal.status == 405:
        headers = (*headers, ("allow", "POST"))
    if refusal.status in {408, 413}:
        headers = (*headers, ("connection", "close"))  # the rest of the body is not waited for
    return msgspec.structs.replace(answer, headers=headers)


def _split(path: str) -> tuple[str, Protocol] | None:
    """The name of the source in a path, or nothing; and the protocol."""
    name = ""
    if path.startswith(PREFIX):
        name, slash, rest = path.removeprefix(PREFIX).partition("/")
        name, path = unquote(name), slash + rest
        if not name:
            return None
    protocol = PROTOCOLS.get(path)
    return None if protocol is None else (name, protocol)
