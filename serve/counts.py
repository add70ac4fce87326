"""Counts the requests of each client in this process: `process://`, a storage for Flask-Limiter.

Flask-Limiter's own memory:// starts a thread a hundred times a second to forget old counts: under load, that takes a
twentieth of the server's time.
"""

import threading
import time

from limits.storage import Storage

ADDRESS = "process://"
TIDIED = 10  # s after which expired counts are forgotten


class Counts(Storage):
    """Counts that start from 0 again when they expire."""

    STORAGE_SCHEME = [ADDRESS.removesuffix("://")]  # noqa: RUF012 - not a ClassVar in its base class
    base_exceptions = ()  # it raises none

    def __init__(self, uri=None, wrap_exceptions=False, **options):
        super().__init__(uri, wrap_exceptions, **options)
        self._lock = threading.Lock()
        self._counted = {}  # by key: the count, and when it expires
        self._tidy_at = time.time() + TIDIED

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count for a key, from 0 again `expiry` seconds after the first time. Returns the count."""
        now = time.time()
        with self._lock:
            if now >= self._tidy_at:
                self._counted = {name: (count, end) for name, (count, end) in self._counted.items() if end > now}
                self._tidy_at = now + TIDIED
            count, end = self._counted.get(key, (0, 0))
            if end <= now:
                count, end = 0, now + expiry
            self._counted[key] = count + amount, end
        return count + amount

    def get(self, key: str) -> int:
        """The count of a key."""
        count, end = self._counted.get(key, (0, 0))
        return count if end > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When a count expires, in seconds since 1970; now, where there is none."""
        now = time.time()
        return max(now, self._counted.get(key, (0, now))[1])

    def check(self) -> bool:
        """Whether the storage works."""
        return True

    def reset(self) -> int:
        """Forget all counts. Returns how many there were."""
        with self._lock:
            many = len(self._counted)
            self._counted = {}
        return many

    def clear(self, key: str) -> None:
        """Forget the count of a key."""
        with self._lock:
            self._counted.pop(key, None)
