"""Money for models: set aside before a request, settled after it, so that no number of workers can overspend.

A request whose outcome is not known (the process died, the line went dead) keeps what was set aside: it may have been
billed. All sums are whole billionths of a US dollar. Windows slide: "day" is the last 24 hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import sqlalchemy as sa

from logmedic.errors import StoreError
from logmedic.model import NANOSECONDS, Diagnosis, Text
from logmedic.store import tables as t
from logmedic.store.refusal import said
from logmedic.store.rows import insert_for

HOUR = 3_600 * NANOSECONDS
DAY = 24 * HOUR
MONTH = 30 * DAY
DOLLAR = 1_000_000_000

_DIAGNOSIS = msgspec.json.Decoder(Diagnosis)  # made before there are threads; see ``store.store``


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """Most that may be spent, in billionths of a dollar; ``unpriced_day`` in requests."""

    incident: int
    fingerprint: int
    hour: int
    day: int
    month: int
    unpriced_day: int


class Purchase(msgspec.Struct, frozen=True, kw_only=True):
    """One request that somebody wants to make. ``worst``: the most it can cost, ``None`` when that is not known."""

    fingerprint: str
    generation: int
    model: str
    purpose: str
    worst: int | None


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What has been spent or set aside within each window."""

    incident: int = 0
    fingerprint: int = 0
    hour: int = 0
    day: int = 0
    month: int = 0
    unpriced_day: int = 0  # requests


class Refused(msgspec.Struct, frozen=True):
    """Why a request may not be made, in one sentence with the figures."""

    reason: Text


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it was recorded."""

    at: int
    fingerprint: str
    generation: int
    model: str
    purpose: str
    state: str
    reserved: int | None
    cost: int | None
    input_tokens: int
    output_tokens: int
    reason: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A model's latest report on a fingerprint. ``basis``: what the code was; ``rate``: occurrences in an hour."""

    at: int
    basis: str
    rate: int
    diagnosis: Diagnosis


_WINDOWS = (
    ("incident", Text("for this incident", "이 인시던트 한도")),
    ("fingerprint", Text("for this fingerprint in 30 days", "이 핑거프린트의 30일 한도")),
    ("hour", Text("an hour", "1시간 한도")),
    ("day", Text("a day", "하루 한도")),
    ("month", Text("a month", "한 달 한도")),
)


def refusal(want: Purchase, spent: Spent, caps: Caps) -> Refused | None:
    """Whether a request fits under every cap. Pure."""
    model = want.model
    if want.worst is None:
        most = caps.unpriced_day
        if spent.unpriced_day < most:
            return None
        return Refused(
            Text(
                f"the price of {model} is not known, and {most} such requests a day are allowed",
                f"{model}의 가격을 알 수 없어 하루 {most}회까지만 요청할 수 있음",
            )
        )
    for name, words in _WINDOWS:
        limit, used = getattr(caps, name), getattr(spent, name)
        if used + want.worst > limit:
            worst, cap, gone = dollars(want.worst), dollars(limit), dollars(used)
            return Refused(
                Text(
                    f"{model} may cost {worst}; of {cap} {words.en} {gone} are used",
                    f"{model}에 최대 {worst}가 들 수 있음; {words.ko} {cap} 중 {gone} 사용",
                )
            )
    return None


def dollars(nano: int) -> str:
    return f"${nano / DOLLAR:.4f}".rstrip("0").rstrip(".") if nano % DOLLAR else f"${nano // DOLLAR}"


FIX = "fix"  # the purpose whose money is counted apart: what a fix costs keeps no diagnosis from being made


class Ledger:
    """Over the state database; safe to share between threads and processes."""

    def __init__(self, database: sa.Engine, *, fixes: bool = False) -> None:
        """``fixes``: count what was spent on fixes, instead of everything else."""
        self._database = database
        self._counted = t.spending.c.purpose == FIX if fixes else t.spending.c.purpose != FIX

    def reserve(self, want: Purchase, caps: Caps, now: int) -> int | Refused:
        """Set the worst case aside, when every cap allows it. Returns what :meth:`settle` wants back."""
        turn, s = t.spending_turn.c, t.spending
        with self._using(writing=True) as connection:
            # An update first: it takes SQLite's write lock, and PostgreSQL's on this row, so that what is read next
            # holds every earlier reservation.
            connection.execute(sa.update(t.spending_turn).where(turn.id == 1).values(turn=turn.turn + 1))
            refused = refusal(want, self._spent(connection, want.fingerprint, want.generation, now), caps)
            if refused is not None:
                return refused
            values = {"fingerprint": want.fingerprint, "generation": want.generation, "model": want.model,
                      "purpose": want.purpose, "reserved": want.worst}  # fmt: skip
            made = connection.execute(
                sa.insert(s).values(at=now, state="reserved", input_tokens=0, output_tokens=0, reason="", **values)
            )
            key = made.inserted_primary_key
            assert key is not None
            return int(key[0])

    def settle(
        self, ticket: int, *, state: str, cost: int | None, input_tokens: int, output_tokens: int, reason: str
    ) -> None:
        """Put down what a request came to. ``state``: "settled", "failed" (not billed) or "unclear"."""
        with self._using(writing=True) as connection:
            connection.execute(
                sa.update(t.spending).where(t.spending.c.id == ticket).values(
                    state=state, cost=cost, input_tokens=input_tokens, output_tokens=output_tokens, reason=reason[:500]
                )
            )  # fmt: skip

    def spent(self, now: int, fingerprint: str = "", generation: int = 0) -> Spent:
        with self._using() as connection:
            return self._spent(connection, fingerprint, generation, now)

    def entries(self, since: int) -> list[Entry]:
        """Requests from ``since`` (ns) on, oldest first."""
        c = t.spending.c
        columns = [getattr(c, name) for name in Entry.__struct_fields__]
        with self._using() as connection:
            rows = connection.execute(sa.select(*columns).where(c.at >= since).order_by(c.id)).all()
            return [Entry(**dict(row._mapping)) for row in rows]

    def report(self, fingerprint: str) -> Report | None:
        """The latest report of a model on this fingerprint."""
        c = t.model_reports.c
        with self._using() as connection:
            row = connection.execute(sa.select(t.model_reports).where(c.fingerprint == fingerprint)).one_or_none()
            if row is None:
                return None
            return Report(at=row.at, basis=row.basis, rate=row.rate, diagnosis=_DIAGNOSIS.decode(row.diagnosis))

    def save_report(self, fingerprint: str, report: Report) -> None:
        values = {"at": report.at, "basis": report.basis, "rate": report.rate,
                  "diagnosis": msgspec.json.encode(report.diagnosis).decode()}  # fmt: skip
        with self._using(writing=True) as connection:
            connection.execute(
                insert_for(connection, t.model_reports)
                .values(fingerprint=fingerprint, **values)
                .on_conflict_do_update(index_elements=["fingerprint"], set_=values)
            )

    @contextmanager
    def _using(self, *, writing: bool = False) -> Iterator[sa.Connection]:
        try:
            with self._database.begin() if writing else self._database.connect() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise StoreError(f"state database: {said(error.orig)}; no model is asked without a ledger") from error
        except msgspec.DecodeError as error:
            raise StoreError(f"state database: a stored report is damaged: {error}") from error

    def _spent(self, connection: sa.Connection, fingerprint: str, generation: int, now: int) -> Spent:
        """One pass over the last 30 days. A request that was not priced after all counts as what was set aside."""
        c = t.spending.c
        amount = sa.case((c.state == "settled", sa.func.coalesce(c.cost, c.reserved, 0)),
                         (c.state == "failed", 0), else_=sa.func.coalesce(c.reserved, 0))  # fmt: skip
        same = c.fingerprint == fingerprint
        conditions: Sequence[tuple[str, sa.ColumnElement[bool]]] = (
            ("incident", sa.and_(same, c.generation == generation)),
            ("fingerprint", same),
            ("hour", c.at > now - HOUR),
            ("day", c.at > now - DAY),
            ("month", sa.true()),
        )
        sums = [sa.func.coalesce(sa.func.sum(sa.case((condition, amount), else_=0)), 0).label(name)
                for name, condition in conditions]  # fmt: skip
        unpriced = sa.and_(c.reserved.is_(None), c.at > now - DAY, c.state != "failed")
        count = sa.func.coalesce(sa.func.sum(sa.case((unpriced, 1), else_=0)), 0).label("unpriced_day")
        row = connection.execute(sa.select(*sums, count).where(c.at > now - MONTH, self._counted)).one()
        return Spent(**{name: int(value) for name, value in row._mapping.items()})
