"""What does a process keep? The networks that it has read, and memory that it has freed.

glibc hands freed memory back at once where a block was large, and the next strip of a picture pays for fresh
pages: a third of the time of a rendering. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

KEPT = 64 << 20  # bytes of freed memory that stay with the process
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of mallopt(3)


@cache
def keep_freed_memory() -> None:
    """Let the process keep up to KEPT bytes that it has freed, where the C library can do that."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt:
        # 32 MiB is the largest threshold that glibc takes; above it, blocks go back at once, as ever.
        mallopt(MMAP_THRESHOLD, KEPT // 2)
        mallopt(TRIM_THRESHOLD, KEPT)


class Cache(Generic[K, V]):
    """The last few things that were made. Who wants one that is in the making waits for it."""

    def __init__(self, size: int = 4) -> None:
        self._size, self._lock = size, threading.Lock()
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What is kept for the key, or else is made now."""
        with self._lock:
            if key not in self._values:
                self._values[key] = make()
            self._values.move_to_end(key)
            if len(self._values) > self._size:
                self._values.popitem(last=False)
            return self._values[key]
