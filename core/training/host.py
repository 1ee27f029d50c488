"""Set up the device and threads of this process, and measure the time of an update."""

import ctypes
import os

import torch
from torch.utils import deterministic

from core.clock import Clock
from core.errors import UnavailableError
from core.model.batch import collate
from core.model.config import ModelConfig
from core.training.config import TrainConfig
from core.training.corpus import BatchOrder, Corpus
from core.training.update import Learner

# <malloc.h>: the size from which memory is mapped separately, and how much may stay after free().
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 1 << 30
_WARM_UP_STEPS, _MEASURED_STEPS = 3, 20
_ANY_STEPS = 1_000_000  # the number of planned updates does not change the time of one
# The share of a time budget that is left for updates after validation, samples and checkpoints.
_UPDATE_RATIO = 0.9


def num_threads(configured: int) -> int:
    """Return the number of CPU threads; 0 means every core that this process may use."""
    return configured or len(os.sched_getaffinity(0))


def choose_device(name: str) -> torch.device:
    """Return the device to compute on; raises UnavailableError if it does not exist here.

    A job can use only the GPUs assigned to it, numbered from 0: `cuda:3` may be its `cuda:0`.
    """
    if not name.startswith("cuda"):
        return torch.device(name)
    if not torch.cuda.is_available():
        raise UnavailableError(f"{name} is not available on this host", remedy="Use --device cpu")
    index = int(name.partition(":")[2] or 0)
    return torch.device("cuda", index if index < torch.cuda.device_count() else 0)


def prepare_host(threads: int, device: torch.device) -> None:
    """Compute with `threads` threads, deterministically.

    On a CPU every kernel that training uses is deterministic (test_resume.py compares bits), and
    torch's own check would delay each start by a second of imports. On a GPU that check is on and
    warns about operations without a deterministic kernel.
    """
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    if device.type == "cuda":
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        # This would also fill every new tensor with NaN; ours are always written before use.
        setattr(deterministic, "fill_uninitialized_memory", False)  # noqa: B010  (no stub)
    _keep_freed_memory()


def measure_step_seconds(
    corpus: Corpus, shape: ModelConfig, config: TrainConfig, device: torch.device, clock: Clock
) -> float:
    """Return the mean seconds of an update, measured on a learner that is then discarded.

    The run itself starts from its seed, so its curve depends on the number of steps, not on how
    that number was found.
    """
    learner = Learner(shape, config, device)
    batches = BatchOrder(corpus, config).batches(0)
    started = clock.monotonic()
    for step in range(1, _WARM_UP_STEPS + _MEASURED_STEPS + 1):
        if step == _WARM_UP_STEPS + 1:
            started = clock.monotonic()
        batch = collate(corpus.train, batches[step % len(batches)], device)
        learner.update(batch, step, _ANY_STEPS)
    return (clock.monotonic() - started) / _MEASURED_STEPS


def steps_within(minutes: float, step_seconds: float) -> int:
    """Return the number of updates of `step_seconds` in a budget of wall time, at least one."""
    return max(1, int(minutes * 60 * _UPDATE_RATIO / step_seconds))


def _keep_freed_memory() -> None:
    """Make glibc keep freed memory: mapping each large tensor again costs 3 to 5 % of the time."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
