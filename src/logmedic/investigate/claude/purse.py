"""The money of one investigation: what each request sets aside, what it came to, and the sum of it all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from logmedic.doors import Clock
from logmedic.errors import LogmedicError
from logmedic.investigate.claude.config import BudgetConfig, PriceConfig
from logmedic.investigate.claude.models import ModelName
from logmedic.investigate.claude.prices import NANO, Tokens, cost, worst
from logmedic.model import Text
from logmedic.store.ledger import Caps, Purchase, Refused


class Books(Protocol):
    """What :class:`logmedic.store.ledger.Ledger` offers."""

    def reserve(self, want: Purchase, caps: Caps, now: int) -> int | Refused: ...

    def settle(
        self, ticket: int, *, state: str, cost: int | None, input_tokens: int, output_tokens: int, reason: str
    ) -> None: ...


class OverBudgetError(LogmedicError):
    """A cap does not allow the next request. ``said``: why, in both languages."""

    def __init__(self, said: Text) -> None:
        super().__init__(said.en)
        self.said = said


def caps(budget: BudgetConfig) -> Caps:
    return Caps(
        incident=int(budget.per_incident * NANO),
        fingerprint=int(budget.per_fingerprint * NANO),
        hour=int(budget.per_hour * NANO),
        day=int(budget.per_day * NANO),
        month=int(budget.per_month * NANO),
        unpriced_day=budget.unpriced_calls_per_day,
    )


class Ticket(msgspec.Struct, frozen=True):
    number: int
    model: ModelName
    reserved: int | None


class Purse:
    """Of one investigation; used by one thread."""

    def __init__(
        self,
        books: Books,
        clock: Clock,
        budget: BudgetConfig,
        prices: Mapping[str, PriceConfig],
        *,
        fingerprint: str,
        generation: int,
    ) -> None:
        self._books = books
        self._clock = clock
        self._caps = caps(budget)
        self._prices = prices
        self._fingerprint = fingerprint
        self._generation = generation
        self.tokens = Tokens()
        self.requests = 0
        self._nano: int | None = 0

    @property
    def cost_usd(self) -> float | None:
        """What has been spent, what is unclear at its worst case; ``None`` once a price was not known."""
        return None if self._nano is None else self._nano / NANO

    def reserve(self, model: ModelName, purpose: str, sent: int, answer: int) -> Ticket:
        """Set aside what ``sent`` and ``answer`` tokens cost at worst. Raises :class:`OverBudgetError`."""
        most = worst(model, sent, answer, self._prices)
        want = Purchase(fingerprint=self._fingerprint, generation=self._generation, model=str(model),
                        purpose=purpose, worst=most)  # fmt: skip
        ticket = self._books.reserve(want, self._caps, self._clock.now())
        if isinstance(ticket, Refused):
            raise OverBudgetError(ticket.reason)
        self.requests += 1
        return Ticket(ticket, model, most)

    def paid(self, ticket: Ticket, tokens: Tokens) -> None:
        """An answer came, whatever it was worth. An answer that names no tokens keeps what was set aside."""
        if not tokens.input + tokens.output:
            self.unclear(ticket, "the answer did not say how many tokens it took")
            return
        paid = cost(ticket.model, tokens, self._prices)
        self._put_down(ticket, "settled", paid, tokens, "")
        self.tokens += tokens
        self._add(paid)

    def failed(self, ticket: Ticket, reason: str) -> None:
        """Refused or never sent: not billed."""
        self._put_down(ticket, "failed", 0, Tokens(), reason)

    def unclear(self, ticket: Ticket, reason: str) -> None:
        """It may have been answered and billed: it counts as what was set aside."""
        self._put_down(ticket, "unclear", None, Tokens(), reason)
        self._add(ticket.reserved)

    def _put_down(self, ticket: Ticket, state: str, paid: int | None, tokens: Tokens, reason: str) -> None:
        self._books.settle(ticket.number, state=state, cost=paid, input_tokens=tokens.input,
                           output_tokens=tokens.output, reason=reason)  # fmt: skip

    def _add(self, nano: int | None) -> None:
        self._nano = None if nano is None or self._nano is None else self._nano + nano
