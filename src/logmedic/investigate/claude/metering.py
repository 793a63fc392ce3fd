"""A model whose every request is paid for: set aside first, settled after, tried again only where that makes sense.

The SDK's own retries are off. A request that it repeats unseen would be billed twice and set aside once, and it would
sleep on a provider's word.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import msgspec
from pydantic_ai import exceptions as ai
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from logmedic.investigate.claude.config import DiagnoseConfig
from logmedic.investigate.claude.models import ModelName
from logmedic.investigate.claude.prices import Tokens
from logmedic.investigate.claude.purse import Purse
from logmedic.investigate.plain import line

OVERHEAD_TOKENS = 2_000  # that a provider adds around a request (Anthropic's tool prompt has a few hundred)
FIRST_DELAY_S = 1.0  # before the second try; doubles
MOST_TOKENS = 100_000_000  # of one request, far beyond any context window: an answer that says more is not believed
# What the libraries raise at an answer of a wrong shape: no object, no list of blocks, nested without end.
_UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
_MAY_HELP = (ai.ModelRateLimitError, ai.ModelUnavailableError, ai.ModelServerError)


class Limits(msgspec.Struct, frozen=True):
    """``left``: seconds until the deadline of the whole investigation."""

    config: DiagnoseConfig
    left: Callable[[], float]


class Failure(msgspec.Struct, frozen=True):
    """What a failed request tells about the next one."""

    may_help: bool  # to try the same request again
    billed: bool  # or at least not surely unbilled
    asked: float | None  # seconds that the provider wants us to wait


def judge(error: ai.ModelAPIError) -> Failure:
    answered = isinstance(error, ai.ModelHTTPError) and not error.in_stream
    unsent = isinstance(error, ai.ModelConnectionError) and error.phase in {"pool", "connect"}
    return Failure(isinstance(error, _MAY_HELP) or unsent, not (answered or unsent), error.retry_after)


def next_wait(failure: Failure, *, tried: int, left: float, roll: float, config: DiagnoseConfig) -> float | None:
    """Seconds until the next try, ``None`` for none. ``left``: seconds until the deadline; ``roll`` in [0, 1). Pure."""
    if not failure.may_help or tried >= config.tries or (failure.asked or 0.0) > config.max_retry_after_s:
        return None
    delay = FIRST_DELAY_S * 2 ** (tried - 1) * (0.5 + roll / 2)
    wait = max(min(delay, config.max_retry_after_s), failure.asked or 0.0)
    return wait if wait < left else None


class MeteredModel(WrapperModel):
    """Wraps a model for one investigation.

    Its ``request`` raises :class:`OverBudgetError` besides what the wrapped model raises.
    """

    def __init__(self, wrapped: Model, name: ModelName, purpose: str, purse: Purse, limits: Limits) -> None:
        super().__init__(wrapped)
        self._name = name
        self._purpose = purpose
        self._purse = purse
        self._limits = limits

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        config = self._limits.config
        sent = _most_tokens(messages, model_request_parameters)
        tried = 0
        while True:
            tried += 1
            ticket = self._purse.reserve(self._name, self._purpose, sent, config.max_tokens)
            try:
                response = await self._once(messages, model_settings, model_request_parameters)
            except ai.ModelAPIError as error:
                failure, reason = judge(error), line(str(error), 300)
                (self._purse.unclear if failure.billed else self._purse.failed)(ticket, reason)
                roll = random.random()  # noqa: S311  spreads waits
                wait = next_wait(failure, tried=tried, left=self._limits.left(), roll=roll, config=config)
                if wait is None:
                    raise
                await asyncio.sleep(wait)
            except BaseException as error:
                # Cancelled at the deadline, or an answer that could not be read: it may have been billed.
                self._purse.unclear(ticket, type(error).__name__)
                raise
            else:
                self._purse.paid(ticket, _tokens(response))
                if response.state == "suspended":  # waits for a tool of the provider's; we lend it none
                    raise ai.UnexpectedModelBehavior("its answer broke off to be continued")
                return response

    async def _once(
        self, messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> ModelResponse:
        """One request, for as long as one may take: the client's own time-out starts anew with every byte."""
        seconds = self._limits.config.request_timeout_s
        try:
            async with asyncio.timeout(seconds):
                return await self.wrapped.request(messages, settings, parameters)
        except TimeoutError:
            raise ai.ModelTimeoutError(str(self._name), f"no answer within {seconds:g} s") from None
        except _UNREADABLE as error:
            raise ai.UnexpectedModelBehavior(f"its answer could not be read: {type(error).__name__}") from error


def _most_tokens(messages: list[ModelMessage], parameters: ModelRequestParameters) -> int:
    """More tokens than the request has: a token is at least one byte of what is sent."""
    size = len(ModelMessagesTypeAdapter.dump_json(messages))
    described = parameters.output_object
    size += len(str(described.json_schema)) if described is not None else 0
    size += sum(len(str(tool.parameters_json_schema)) for tool in parameters.output_tools)
    instructions = parameters.instruction_parts or ()
    return size + sum(len(part.content.encode()) for part in instructions) + OVERHEAD_TOKENS


def _tokens(response: ModelResponse) -> Tokens:
    """None at all where the answer says what cannot be."""
    usage = response.usage
    told = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
    if not all(0 <= tokens <= MOST_TOKENS for tokens in told):
        return Tokens()
    return Tokens(input=usage.input_tokens, output=usage.output_tokens, cache_read=usage.cache_read_tokens,
                  cache_write=usage.cache_write_tokens)  # fmt: skip
