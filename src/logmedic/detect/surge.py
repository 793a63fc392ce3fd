"""More than so many errors of one service in a window of event time. In memory, deterministic, restorable.

Semantics: an error matches when *some* window of ``within_s`` seconds that contains it holds more than ``more_than``
errors of its service, counting those seen so far. So the first ten of a burst do not match, the eleventh does; and an
error that is logged late matches when it completes a window in the past.

Memory: time is cut into cells as long as the window. What a window shares with a cell is a beginning, an end or all of
it; so the first and the last ``more_than`` + 1 errors of each cell answer every question, however large the storm.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

import msgspec

from logmedic.detect.rules import SurgeRule
from logmedic.errors import StoreError
from logmedic.model import NANOSECONDS, Match

MAX_SERVICES = 1_000
"""Services with windows of their own; those that come later share one, so that invented names cost no memory."""
OVERFLOW = "\x00overflow"
_SPARE_CELLS = 2  # for a clock that runs ahead: its errors must not push out everybody else's
_VERSION = 1

_Cells = dict[int, "_Cell"]


class _Cell(msgspec.Struct):
    times: list[int]  # ns, ascending; the first and the last of the cell
    dropped: int = 0  # more were between them


class _State(msgspec.Struct, frozen=True):
    version: int
    services: dict[str, _Cells]


class SurgeWindows:
    """The windows of one surge rule, for all services. Judge each error once, in any order."""

    def __init__(self, rule: SurgeRule, *, max_services: int = MAX_SERVICES) -> None:
        self.rule = rule
        self._max_services = max_services
        self._within = rule.within_s * NANOSECONDS
        self._keep = rule.more_than + 1
        self._max_cells = rule.late_s // rule.within_s + 2 + _SPARE_CELLS
        self._services: dict[str, _Cells] = {}
        self._swept = -1  # the cell whose time quiet services were last looked for; a look costs a walk over all

    def key(self, service: str) -> str:
        """Whose windows an error of ``service`` that was judged just now was counted in: its own, or ``OVERFLOW``."""
        return service if service in self._services else OVERFLOW

    def judge(self, service: str, time: int) -> Match | None:
        """:meth:`add` and, where it is part of a surge, :meth:`match`."""
        return self.match(service, time) if self.add(service, time) else None

    def add(self, service: str, time: int) -> bool:
        """Count an error of ``service`` at ``time`` (ns) and say whether it is part of a surge.

        An error later than ``late_s`` may find its window forgotten; it is not counted then.
        """
        cells = self._services.setdefault(self._key(service, time), {})
        if not self._count(cells, time):
            return False
        # A cell is as long as the window, so one that holds enough is a surge by itself; a storm asks no more.
        return len(cells[time // self._within].times) >= self._keep or self._densest(cells, time)[0] >= self._keep

    def match(self, service: str, time: int) -> Match:
        """Why an error that :meth:`add` found to be part of a surge just now is one, with figures."""
        key = self.key(service)
        count, more = self._densest(self._services[key], time)
        whose = "of services beyond the limit" if key == OVERFLOW else f"of {service}" if service else "of one service"
        figure = f"at least {count}" if more else str(count)
        reason = f"{figure} errors {whose} in {_span(self.rule.within_s)}, more than {self.rule.more_than}"
        return Match(self.rule.name, reason, self.rule.severity)

    def state(self) -> bytes:
        """Everything remembered, for :meth:`restore`. JSON."""
        return msgspec.json.encode(_State(version=_VERSION, services=self._services))

    def restore(self, state: bytes) -> None:
        """Take up what :meth:`state` gave; empty bytes begin anew.

        Raises:
            StoreError: it is not the state of such windows, or of another version; nothing has changed then.
        """
        self._swept = -1
        if not state:
            self._services = {}
            return
        try:
            restored = msgspec.json.decode(state, type=_State)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreError(f"the stored windows of rule `{self.rule.name}` cannot be read: {error}") from None
        if restored.version != _VERSION:
            raise StoreError(f"the stored windows of rule `{self.rule.name}` have the version {restored.version}")
        # The times decide the cells, so that a rule whose window was changed still reads what it knew.
        self._services = {}
        for service, cells in restored.services.items():
            mine = self._services.setdefault(service, {})
            for index in sorted(cells, reverse=True):
                for time in cells[index].times:
                    self._count(mine, time)

    def copy(self) -> SurgeWindows:
        """Windows with the same memory. Judge on the copy, and keep it once the store has committed."""
        twin = SurgeWindows(self.rule, max_services=self._max_services)
        twin._swept = self._swept
        twin._services = {
            service: {index: _Cell(list(cell.times), cell.dropped) for index, cell in cells.items()}
            for service, cells in self._services.items()
        }
        return twin

    def _key(self, service: str, time: int) -> str:
        if service in self._services or len(self._services) < self._max_services:
            return service
        now = time // self._within
        if now <= self._swept:
            return OVERFLOW
        self._swept = now
        oldest = now - self._max_cells
        for quiet in [name for name, cells in self._services.items() if max(cells, default=oldest) < oldest]:
            del self._services[quiet]
        return service if len(self._services) < self._max_services else OVERFLOW

    def _count(self, cells: _Cells, time: int) -> bool:
        """Enter the time; ``False`` when its cell is forgotten already."""
        index = time // self._within
        cell = cells.get(index)
        if cell is None:
            if len(cells) >= self._max_cells:
                oldest = min(cells)
                if index < oldest:
                    return False
                del cells[oldest]
            cell = cells[index] = _Cell([])
        insort(cell.times, time)
        if len(cell.times) > 2 * self._keep:
            del cell.times[self._keep]
            cell.dropped += 1
        return True

    def _densest(self, cells: _Cells, time: int) -> tuple[int, bool]:
        """The most remembered errors of a window that contains ``time``, and whether there were more of them."""
        index = time // self._within
        near = [cells[i] for i in (index - 1, index, index + 1) if i in cells]
        times = [t for cell in near for t in cell.times]
        best = 0
        # A window may as well begin at its first error.
        for begin in range(bisect_right(times, time - self._within), bisect_right(times, time)):
            best = max(best, bisect_left(times, times[begin] + self._within) - begin)
        return best, any(cell.dropped for cell in near)


def _span(seconds: int) -> str:
    return f"{seconds // 60} minutes" if seconds % 60 == 0 and seconds >= 120 else f"{seconds} s"
