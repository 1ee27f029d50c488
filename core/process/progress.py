"""Progress of a job: reported by its process in `progress.json` in the job's folder."""

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from core.clock import Clock, SystemClock
from core.files import read_json

_NAME = "progress.json"
_MIN_INTERVAL_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressReport:
    """Progress of a job.

    Attributes:
        done: units done.
        total: units in all; None when unknown.
        unit: what is counted, a plural noun: `bytes`, `steps`, `sentences`.
        message: the current activity.
        rate: units per second.
        eta_s: estimated seconds left.
        at: wall time of the report.
    """

    done: float
    total: float | None
    unit: str
    message: str
    rate: float | None = None
    eta_s: float | None = None
    at: float = 0.0


def write_progress(folder: Path, progress: ProgressReport) -> None:
    """Replace `progress.json` atomically.

    There is no fsync: a report has no use after a power failure, and fsync could block on a busy
    disk. A report that cannot be written is dropped, because progress must never end a job.
    """
    draft = folder / f".{_NAME}.{os.getpid()}"
    with contextlib.suppress(OSError):
        draft.write_text(json.dumps(asdict(progress)), encoding="utf-8")
        draft.replace(folder / _NAME)


def read_progress(folder: Path) -> ProgressReport | None:
    """Return the newest report of a job; None when there is none that can be read."""
    try:
        return ProgressReport(**read_json(folder / _NAME))
    except (OSError, ValueError, TypeError):
        return None


class Progress:
    """Reports the progress of a job, at most four times a second.

    Without a folder (process started manually) nothing is written.
    """

    def __init__(
        self,
        folder: Path | None = None,
        clock: Clock | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        """Report into `folder`; `log` receives the message of each new stage."""
        self._folder = folder
        self._clock = clock or SystemClock()
        self._log = log
        self._message = ""
        self._unit = ""
        self._total: float | None = None
        self._first = 0.0
        self._has_rate = True
        self._began_at = self._clock.monotonic()
        self._written_at: float | None = None

    def begin(
        self,
        message: str,
        *,
        total: float | None = None,
        unit: str = "",
        done: float = 0,
        has_rate: bool = True,
    ) -> None:
        """Begin a stage of the work; rate and remaining time are those of the stage.

        Without `has_rate` neither is reported: the units take different times.
        """
        self._message, self._unit, self._total, self._first = message, unit, total, done
        self._has_rate = has_rate
        self._began_at = self._clock.monotonic()
        self._written_at = None
        if self._log is not None:
            self._log(message)
        self.update(done)

    def update(
        self, done: float, *, total: float | None = None, eta_s: float | None = None
    ) -> None:
        """Report the units done in this stage; a known `total` or `eta_s` replaces the estimate."""
        if total is not None:
            self._total = total
        now = self._clock.monotonic()
        is_last = self._total is not None and done >= self._total
        is_early = self._written_at is not None and now - self._written_at < _MIN_INTERVAL_S
        if self._folder is None or (is_early and not is_last):
            return
        self._written_at = now
        rate = self.rate(done)
        if eta_s is None and rate and self._total is not None:
            eta_s = max(0.0, self._total - done) / rate
        report = ProgressReport(
            done=done,
            total=self._total,
            unit=self._unit,
            message=self._message,
            rate=rate,
            eta_s=eta_s,
            at=self._clock.now(),
        )
        write_progress(self._folder, report)

    def rate(self, done: float) -> float | None:
        """Return units per second since the stage began; None before the first, or by choice."""
        if not self._has_rate:
            return None
        spent = self._clock.monotonic() - self._began_at
        return (done - self._first) / spent if spent > 0 and done > self._first else None
