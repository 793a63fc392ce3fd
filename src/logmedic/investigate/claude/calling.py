"""One question to one model, through pydantic-ai: typed answer, asked again when it is none, within a deadline."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

import msgspec
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai import exceptions as ai
from pydantic_ai.models import Model, infer_model
from pydantic_ai.settings import ModelSettings
from pydantic_core import PydanticSerializationError

from logmedic.errors import ConfigError, LogmedicError
from logmedic.investigate.claude.config import DiagnoseConfig
from logmedic.investigate.claude.metering import Limits, MeteredModel
from logmedic.investigate.claude.models import ModelName
from logmedic.investigate.claude.purse import OverBudgetError, Purse
from logmedic.investigate.plain import line
from logmedic.model import Text

T = TypeVar("T", bound=BaseModel)
SHORTEST_S = 0.5  # of what is left of the deadline, below which nobody is asked


class UnansweredError(LogmedicError):
    """No usable answer. ``str`` says why, in one line; ``said`` in both languages.

    ``another``: another model might do better. ``down``: the provider failed, so the next question will fare no better.
    """

    def __init__(self, said: Text, *, another: bool, down: bool = False) -> None:
        super().__init__(said.en)
        self.said = said
        self.another = another
        self.down = down


class Question(msgspec.Struct, frozen=True, kw_only=True):
    purpose: str  # "diagnose" or "doubt"
    instructions: str
    material: str


def ask(question: Question, shape: type[T], model: ModelName, *, key: str | None, purse: Purse, limits: Limits) -> T:
    """The model's answer, within the deadline, re-asking included.

    Raises:
        UnansweredError: the model is down, too slow, refuses, was cut off, or is not understood; or the budget is used.
        ConfigError: the setting of the model or its key cannot work.
    """
    if limits.left() < SHORTEST_S:
        raise UnansweredError(_no_time(limits.config), another=False)
    return asyncio.run(_ask(question, shape, model, key=key, purse=purse, limits=limits))


async def _ask(
    question: Question, shape: type[T], model: ModelName, *, key: str | None, purse: Purse, limits: Limits
) -> T:
    config, left = limits.config, limits.left()
    settings = ModelSettings(
        max_tokens=config.max_tokens,
        timeout=config.request_timeout_s,
        # Instructions and schema are the same for every incident; the evidence is not asked about twice.
        cache={"messages": False},
    )
    try:
        async with asyncio.timeout(left), _opened(model, key, config) as opened:
            agent: Agent[object, T] = Agent(
                MeteredModel(opened, model, question.purpose, purse, limits),
                output_type=shape,
                instructions=question.instructions,
                retries={"output": config.asks_again},
                model_settings=settings,
                name=question.purpose,
            )
            return (await agent.run(question.material)).output
    except OverBudgetError as over:
        said = Text(f"over budget: {over.said.en}", f"예산 초과: {over.said.ko}")
        raise UnansweredError(said, another=True) from None
    except TimeoutError:
        silent = _filled(_SILENT, model=model, seconds=config.deadline_s)
        raise UnansweredError(silent, another=False, down=True) from None
    except ai.AgentRunError as error:
        raise _unanswered(error, model, config) from error
    except PydanticSerializationError as error:  # half a surrogate pair: it cannot be asked about again either
        raise UnansweredError(_filled(_NO_TEXT, model=model), another=True) from error
    except ai.UserError as error:
        raise ConfigError(f"model {model}: {line(str(error), 300)}") from None


@contextlib.asynccontextmanager
async def _opened(name: ModelName, key: str | None, config: DiagnoseConfig) -> AsyncIterator[Model]:
    """The model with a connection of its own that lives as long as the question."""
    if name.provider != "anthropic":
        yield foreign(name)
        return
    import httpx2  # noqa: PLC0415  comes with the SDK; another provider's may do without
    from anthropic import AsyncAnthropic  # noqa: PLC0415
    from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

    if not key:
        raise ConfigError("no key for Anthropic; set the environment variable that `diagnose.api_key` names")
    # No redirects, and no proxy or header from the environment: the key goes where the configuration says.
    async with httpx2.AsyncClient(trust_env=False, follow_redirects=False) as http:
        client = AsyncAnthropic(api_key=key, base_url=config.base_url, http_client=http, max_retries=0)
        yield AnthropicModel(name.name, provider=AnthropicProvider(anthropic_client=client))


def foreign(name: ModelName) -> Model:
    """A model of another provider, set up by that provider's own environment variables.

    Raises:
        ConfigError: the provider is unknown, its package is missing, or its variables are not set.
    """
    try:
        return infer_model(f"{name.provider}:{name.name}")
    except ImportError as error:
        extra = {"ollama": "openai"}.get(name.provider, name.provider)
        raise ConfigError(
            f"model {name}: the package of that provider is missing; pip install 'pydantic-ai-slim[{extra}]' "
            f"({line(str(error), 120)})"
        ) from None
    except (ai.UserError, ValueError) as error:
        raise ConfigError(f"model {name}: {line(str(error), 250)}") from None


def _no_time(config: DiagnoseConfig) -> Text:
    seconds = f"{config.deadline_s:g}"
    return Text(f"no time left of the {seconds} s for all tries", f"전체 시도에 허용된 {seconds}초가 지남")


_CUT_OFF = Text(
    "the answer of {model} was cut off; raise [diagnose] max_tokens = {most}",
    "{model}의 답변이 잘림; [diagnose] max_tokens = {most} 값을 늘리세요",
)
_NO_TEXT = Text("the answer of {model} is no valid text", "{model}의 답변이 올바른 텍스트가 아님")
_SILENT = Text("{model} did not answer within {seconds:g} s", "{model}이(가) {seconds:g}초 안에 응답하지 않음")
#: The first row that fits: what happened, in words that a person can act on, and whether another model may do better.
_WORDS: Sequence[tuple[type[ai.AgentRunError], Text, bool]] = (
    (ai.ContentFilterError, Text("{model} refused to answer", "{model}이(가) 답변을 거부함"), True),
    (ai.OutputTokenLimitExceeded, _CUT_OFF, False),
    (ai.IncompleteToolCall, _CUT_OFF, False),
    (ai.ModelTimeoutError, _SILENT, True),
    (
        ai.ModelAuthenticationError,
        Text("the key for {model} was not accepted: {said}", "{model}의 키가 거부됨: {said}"),
        False,
    ),
    (
        ai.ModelQuotaExceededError,
        Text("the account of {model} is exhausted: {said}", "{model} 계정의 한도가 소진됨: {said}"),
        False,
    ),
    (ai.ModelNotFoundError, Text("there is no model {model}: {said}", "{model} 모델이 없음: {said}"), True),
    (ai.ModelAPIError, Text("{model} failed: {said}{wait}", "{model} 요청 실패: {said}{wait}"), True),
    (ai.AgentRunError, Text("{model} gave no report: {said}", "{model}의 답변이 보고서 형식이 아님: {said}"), True),
)


def _unanswered(error: ai.AgentRunError, model: ModelName, config: DiagnoseConfig) -> UnansweredError:
    words, another = next((words, another) for kind, words, another in _WORDS if isinstance(error, kind))
    asked = error.retry_after if isinstance(error, ai.ModelAPIError) else None
    wait = Text("", "")
    if asked is not None:
        wait = Text(f"; it asks to wait {asked:,.0f} s", f"; {asked:,.0f}초 대기를 요구함")
    said = _said(error) if isinstance(error, ai.ModelAPIError) else line(str(error), 200)
    values = {"model": model, "said": said, "seconds": config.request_timeout_s, "most": config.max_tokens}
    reason = Text(words.en.format(wait=wait.en, **values), words.ko.format(wait=wait.ko, **values))
    return UnansweredError(reason, another=another, down=isinstance(error, ai.ModelAPIError))


def _filled(words: Text, **values: object) -> Text:
    return Text(words.en.format(**values), words.ko.format(**values))


def _said(error: ai.ModelAPIError) -> str:
    """The provider's own words, one inert line."""
    body = error.body
    nested = body.get("error") if isinstance(body, dict) else None
    message = nested.get("message") if isinstance(nested, dict) else None
    status = f"{error.status_code} " if isinstance(error, ai.ModelHTTPError) else ""
    return status + line(str(message or error.message), 160)


def look_up(name: ModelName, key: str, base_url: str, *, timeout: float) -> str:
    """The provider's display name of one of Anthropic's models; costs nothing.

    Raises:
        UnansweredError: there is no such model, the key is not accepted, or nobody answered within ``timeout`` seconds.
    """
    import anthropic  # noqa: PLC0415  as above
    import httpx2  # noqa: PLC0415

    with httpx2.Client(trust_env=False, follow_redirects=False) as http:
        client = anthropic.Anthropic(api_key=key, base_url=base_url, http_client=http, max_retries=0, timeout=timeout)
        try:
            return f"there: {line(client.models.retrieve(name.name).display_name, 80)}"
        except anthropic.APIStatusError as error:
            words = f"{error.status_code} {line(error.message, 160)}"
            raise UnansweredError(Text(words, words), another=False) from None
        except anthropic.APIError as error:
            words = line(error.message, 160)
            raise UnansweredError(Text(words, words), another=False) from None
