"""Histograms as SVG text: drawn on the server, so that they need no script and cost a few hundred bytes each."""

from __future__ import annotations

from collections.abc import Sequence

from logmedic.model import NANOSECONDS, Bucket

MINUTE = 60 * NANOSECONDS
DAY = 24 * 60 * MINUTE
HEIGHT = 24


def bars(histogram: Sequence[Bucket], until: int, count: int, span: int = DAY) -> list[int]:
    """Occurrences in ``count`` equal parts of the ``span`` (ns) that ends just after ``until`` (ns)."""
    width = span // count
    first = until - until % MINUTE + MINUTE - span
    parts = [0] * count
    for bucket in histogram:
        at = (bucket.start - first) // width
        if 0 <= at < count:
            parts[at] += bucket.count
    return parts


def place(at: int, until: int, span: int = DAY) -> float | None:
    """Where a time (ns) stands in what :func:`bars` shows, from 0 to 1; ``None``: not in it."""
    first = until - until % MINUTE + MINUTE - span
    return (at - first) / span if first <= at < first + span else None


def svg(
    parts: Sequence[int], *, height: int = HEIGHT, gap: int = 1, step: int = 3, marks: Sequence[tuple[float, bool]] = ()
) -> str:
    """The drawing, without a text of its own: what it says must stand beside it or in its label. Numbers only.

    ``marks``: upright lines, each (place from 0 to 1, whether it is dashed).
    """
    top = max(parts, default=0)
    rects = []
    for at, part in enumerate(parts):
        if part:
            tall = max(2, round(part * height / top))
            rects.append(f'<rect x="{at * step}" y="{height - tall}" width="{step - gap}" height="{tall}"/>')
    width = max(1, len(parts) * step)
    line = f'<path d="M0 {height - 0.5}H{width}"/>'
    upright = [
        f'<path class="{"dashed" if dashed else "mark"}" d="M{min(round(at * width, 1), width - 1)} 0V{height}"/>'
        for at, dashed in marks
    ]
    inside = line + "".join([*rects, *upright])
    return f'<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">{inside}</svg>'
