"""The external API: Claude's Messages endpoint over plain HTTP."""

from __future__ import annotations

from typing import Any

import httpx2

from backend.config import Config
from backend.errors import AiFailedError, AiOverloadedError, AiRateLimitedError, AiTimeoutError
from logmedic.tracing import async_request_hook, span

API_VERSION = "2023-06-01"
TIMEOUT_S = 1.0

_REFUSALS = {429: AiRateLimitedError, 529: AiOverloadedError}


class ClaudeClient:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._http = httpx2.AsyncClient(
            base_url=config.claude_url,
            headers={"x-api-key": config.claude_key, "anthropic-version": API_VERSION},
            timeout=httpx2.Timeout(TIMEOUT_S),
            event_hooks={"request": [async_request_hook()]},
            trust_env=False,
        )

    async def ask(self, prompt: str, *, headers: dict[str, str] | None = None) -> str:
        """Claude's answer as text; raises one of the ``Ai…Error``\\ s when there is none."""
        with span("external.claude", model=self._config.model) as call:
            answer = await self._post(prompt, headers or {})
            call.record(status=answer.status_code)
            if answer.status_code != 200:
                refusal = _REFUSALS.get(answer.status_code, AiFailedError)
                raise refusal(f"the model answered {answer.status_code}: {_reason(answer)}")
            blocks: list[dict[str, Any]] = answer.json()["content"]
            return "".join(block["text"] for block in blocks if block["type"] == "text")

    async def _post(self, prompt: str, headers: dict[str, str]) -> httpx2.Response:
        body = {
            "model": self._config.model,
            "max_tokens": self._config.max_tokens,
            "messages": [{"role": "user", "content": prompt}],
        }
        try:
            return await self._http.post("/v1/messages", json=body, headers=headers)
        except httpx2.TimeoutException as error:
            raise AiTimeoutError(f"the model did not answer within {TIMEOUT_S:g} s") from error
        except httpx2.TransportError as error:
            raise AiFailedError("the model could not be reached") from error

    async def close(self) -> None:
        await self._http.aclose()


def _reason(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["error"]["type"])
    except (ValueError, LookupError, TypeError):
        return "no reason given"
