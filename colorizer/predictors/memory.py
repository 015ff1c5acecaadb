"""How does a process avoid asking the system for the same memory again and again?

glibc hands freed memory back at once where a block was large, and the next strip of a picture pays for fresh
pages: a third of the time of a rendering. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache

KEPT = 64 << 20  # bytes of freed memory that stay with the process
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt(3)


@lru_cache(maxsize=1)
def keep_freed_memory() -> bool:
    """Let the process keep up to KEPT bytes that it has freed; whether the C library can do that."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    # 32 MiB is the largest threshold that glibc takes; above it, blocks go back at once, as ever.
    return bool(mallopt(MMAP_THRESHOLD, KEPT // 2) and mallopt(TRIM_THRESHOLD, KEPT))
