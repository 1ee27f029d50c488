"""Metrics of a run: buffered, stored at least once a second, summarised in the log."""

import math
from collections.abc import Callable, Mapping, Sequence

from core.clock import Clock
from core.errors import UnavailableError
from core.runs.records import MetricPoint, TranslationSample
from core.runs.store import RunStore
from core.scores import Metric

_FLUSH_S = 1.0
_RETRY_S = 30.0  # a locked database delays each attempt by as long
_LINE_S = 10.0


class MetricLog:
    """Buffers metric points and samples of one run, and writes lines to the log.

    If the database cannot be written (disk full, locked), this is reported once and tried again
    later; no point is lost.
    """

    def __init__(
        self, store: RunStore, run_id: str, clock: Clock, write_line: Callable[[str], None]
    ) -> None:
        """Log into `store`; `write_line` receives the lines."""
        self.write_line = write_line
        self._store = store
        self._run_id = run_id
        self._clock = clock
        self._points: list[MetricPoint] = []
        self._samples: list[TranslationSample] = []
        self._flushed_at = self._described_at = -math.inf
        self._is_failing = False

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Buffer the values of a step; stores the buffer if a second has passed."""
        now = self._clock.now()
        self._points += [
            MetricPoint(metric=name, step=step, value=value, wall_time=now)
            for name, value in values.items()
        ]
        interval_s = _RETRY_S if self._is_failing else _FLUSH_S
        if self._clock.monotonic() - self._flushed_at >= interval_s:
            self.flush()

    def record_samples(self, samples: Sequence[TranslationSample]) -> None:
        """Buffer translations until the next flush."""
        self._samples += samples

    def flush(self) -> bool:
        """Store everything in the buffer; return whether that succeeded."""
        try:
            self._store.log(self._run_id, self._points)
            if self._samples:
                self._store.log_samples(self._run_id, self._samples)
        except UnavailableError as error:
            if not self._is_failing:
                self.write_line(f"metrics cannot be stored, they stay in memory: {error.message}")
            self._is_failing = True
            return False
        finally:
            self._flushed_at = self._clock.monotonic()
        self._is_failing = False
        self._points.clear()
        self._samples.clear()
        return True

    def describe(
        self, step: int, steps: int, values: Mapping[str, float], rate: float | None
    ) -> None:
        """Write a line about a step every ten seconds, and for the last step.

        `rate` is in steps per second; None if unknown.
        """
        now = self._clock.monotonic()
        if now - self._described_at < _LINE_S and step < steps:
            return
        self._described_at = now
        left = f"  {(steps - step) / rate:,.0f} s left" if rate else ""
        self.write_line(
            f"step {step:,}/{steps:,}  loss {values[Metric.TRAIN_LOSS]:.4f}  "
            f"{values[Metric.TOKENS_PER_SECOND]:,.0f} tokens/s{left}"
        )
