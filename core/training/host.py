"""Set this process up to compute: threads, repeatable kernels, memory that is kept."""

import ctypes
import os

import torch
from torch.utils import deterministic

# Of <malloc.h>: from which size memory is mapped anew, and how much may stay after a free.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 1 << 30


def num_threads(asked: int) -> int:
    """Return how many threads to compute with; 0 asks for every core that this process may use."""
    return asked or len(os.sched_getaffinity(0))


def prepare_host(threads: int, device: torch.device) -> None:
    """Compute with that many threads, the same bits every time.

    Sums depend on the number of threads, so a resumed run must use the number it began with. On a
    CPU all kernels that training uses are repeatable (a test kills it and compares bits); asking
    torch to watch over that would cost each start a second of imports. A GPU is asked, and warns
    where it has no repeatable kernel.
    """
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    if device.type == "cuda":
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        # That would also fill every fresh tensor with NaN; ours are always written before use.
        setattr(deterministic, "fill_uninitialized_memory", False)  # noqa: B010  (no stub)
    _keep_memory()


def _keep_memory() -> None:
    """Make glibc keep freed memory: mapping each large tensor anew costs 3 to 5 % of the time."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
