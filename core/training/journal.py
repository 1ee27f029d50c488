"""What a run tells while it runs: metric points, samples, progress, lines in the log."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.clock import Clock
from core.errors import UnavailableError
from core.process.progress import Progress, ProgressReport, write_progress
from core.runs.records import MetricPoint, TranslationSample
from core.runs.store import RunStore

_FLUSH_S = 1.0
_RETRY_S = 30.0  # asking a locked database takes as long
_PROGRESS_S = 0.25
_LINE_S = 10.0
_LONG_AGO = math.inf


class Journal:
    """Buffers metric points and stores them at least once a second.

    A store that cannot write (disk full, database locked) is reported once and tried again later;
    nothing is dropped meanwhile.
    """

    def __init__(
        self,
        store: RunStore,
        run_id: str,
        clock: Clock,
        say: Callable[[str], None],
        job_folder: Path | None = None,
    ) -> None:
        """Prepare for telling about one run."""
        self.say = say
        self._store = store
        self._run_id = run_id
        self._clock = clock
        self._job_folder = job_folder
        self._points: list[MetricPoint] = []
        self._samples: list[TranslationSample] = []
        self._flushed_at = self._reported_at = self._said_at = -_LONG_AGO
        self._stretch = _Stretch("starting", "steps", 0, 0, clock.monotonic())
        self._is_failing = False

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Keep the values of a step; stored within a second as long as steps follow."""
        now = self._clock.now()
        self._points += [
            MetricPoint(metric=name, step=step, value=value, wall_time=now)
            for name, value in values.items()
        ]
        pause = _RETRY_S if self._is_failing else _FLUSH_S
        if self._clock.monotonic() - self._flushed_at >= pause:
            self.flush()

    def keep_samples(self, samples: Sequence[TranslationSample]) -> None:
        """Keep translations; stored with the next flush."""
        self._samples += samples

    def flush(self) -> bool:
        """Store everything that is buffered; return whether that worked."""
        try:
            self._store.log(self._run_id, self._points)
            if self._samples:
                self._store.log_samples(self._run_id, self._samples)
        except UnavailableError as error:
            if not self._is_failing:
                self.say(f"metrics cannot be stored now ({error.message}); they are kept in memory")
            self._is_failing = True
            return False
        finally:
            self._flushed_at = self._clock.monotonic()
        self._is_failing = False
        self._points.clear()
        self._samples.clear()
        return True

    def begin(self, message: str, unit: str, done: int, total: int) -> None:
        """Start a stretch of work, so that its rate and the time left are its own."""
        self._stretch = _Stretch(message, unit, done, total, self._clock.monotonic())
        self._reported_at = -_LONG_AGO
        self.advance(done)

    def advance(self, done: int) -> None:
        """Say how far the stretch is, a few times a second at most."""
        stretch, now = self._stretch, self._clock.monotonic()
        is_early = now - self._reported_at < _PROGRESS_S and done < stretch.total
        if self._job_folder is None or is_early:
            return
        self._reported_at = now
        rate = stretch.rate(done, now)
        progress = ProgressReport(
            done=done,
            total=stretch.total,
            unit=stretch.unit,
            message=stretch.message,
            rate=rate,
            eta_s=(stretch.total - done) / rate if rate else None,
            at=self._clock.now(),
        )
        write_progress(self._job_folder, progress)

    def progress(self) -> Progress:
        """Return what reports the progress of the work before the first step."""
        return Progress(self._job_folder, self._clock)

    def describe(self, step: int, values: Mapping[str, float]) -> None:
        """Write a line about a step into the log every few seconds, and for the last step."""
        now, total = self._clock.monotonic(), self._stretch.total
        if now - self._said_at < _LINE_S and step < total:
            return
        self._said_at = now
        rate = self._stretch.rate(step, now)
        left = f"  {(total - step) / rate:,.0f} s to go" if rate else ""
        self.say(
            f"step {step:,}/{total:,}  loss {values['train_loss']:.4f}  "
            f"{values['tokens_per_second']:,.0f} tokens/s{left}"
        )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Work of one kind that this process does: `done` of `total` were done when it began."""

    message: str
    unit: str
    done: int
    total: int
    begun_at: float

    def rate(self, done: int, now: float) -> float | None:
        """Return units per second so far, or None before the first."""
        if now <= self.begun_at or done <= self.done:
            return None
        return (done - self.done) / (now - self.begun_at)
