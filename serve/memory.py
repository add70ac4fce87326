"""Gives the memory of a picture back to the system once it has been read."""

import ctypes
import gc
import sys

LARGE = 1024**2  # bytes from which a block is the system's own, and goes back to it at once
PHOTO = 100_000  # bytes of a file from which its picture may be large
HEAPS = 2  # that threads share
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # names of glibc's malloc.h


def keep_small() -> None:
    """Have the C library keep no freed pictures, where it is glibc; other libraries do not hoard as much.

    glibc raises its idea of a large block with each that is freed, up to 32 MB, and gives each thread a heap of its
    own, in which the small blocks of later requests then keep the pages of earlier pictures: mallopt(3).
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        for name, value in ((_MMAP_THRESHOLD, LARGE), (_TRIM_THRESHOLD, LARGE), (_ARENA_MAX, HEAPS)):
            library.mallopt(name, value)


def give_back() -> None:
    """Free what a large picture has left behind: objects that refer to each other, and pages at the heap's end."""
    gc.collect()
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
