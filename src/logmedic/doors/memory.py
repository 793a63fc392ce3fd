"""The C library's part of our memory."""

from __future__ import annotations

import os

ARENAS = 2
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # <malloc.h> of glibc; mallopt(3)
KEPT_BYTES = 64 << 20  # at the top of the heap, which stay with the process
BLOCK_BYTES = 32 << 20  # the most that glibc allows: larger blocks are pages of their own


def few_arenas() -> bool:
    """Let threads share two arenas of glibc's ``malloc``. Call it before there are threads; says whether it took.

    By itself it makes one for each thread, up to eight a core, and each keeps what its fullest moment took: 24 MB more
    after seven hours of ``benchmarks/scale/soak.py``. Python holds its lock around nearly everything, so threads hardly
    wait for another's arena. ``MALLOC_ARENA_MAX`` in the environment goes before; other C libraries have no such thing.
    """
    return "MALLOC_ARENA_MAX" not in os.environ and _mallopt(_M_ARENA_MAX, ARENAS)


def keep_freed_memory() -> bool:
    """Let glibc keep what is freed for the next who asks; says whether it took.

    By itself it gives a block of some 100 KiB back to the kernel and asks for it again for the next batch of lines,
    whose pages are then all touched for the first time: a fifth of what turning a batch of 1,000 pushed lines costs.
    ``MALLOC_TRIM_THRESHOLD_`` in the environment goes before; other C libraries have no such thing.
    """
    if "MALLOC_TRIM_THRESHOLD_" in os.environ:
        return False
    return _mallopt(_M_MMAP_THRESHOLD, BLOCK_BYTES) and _mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)


def _mallopt(option: int, value: int) -> bool:
    import ctypes  # noqa: PLC0415  for those who serve only

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(option, value) == 1
