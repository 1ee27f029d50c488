"""The store of runs and their metrics: what every adapter promises."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from core.runs.records import Attempt, MetricPoint, Run, RunSpec, TranslationSample


class RunStore(Protocol):
    """Runs, metrics keyed `(run, metric, step)`, attempts and samples.

    Safe for several processes at once. Readers see whole transactions and never block writers.
    """

    def create(self, run_id: str, spec: RunSpec) -> Run:
        """Store a new run; raises ConflictError when its name is taken."""
        ...

    def get(self, run: str) -> Run:
        """Return a run by id or name; raises NotFoundError that names close matches."""
        ...

    def list(self) -> Sequence[Run]:
        """Return all runs, newest first."""
        ...

    def plan(self, run_id: str, steps: int) -> None:
        """Set the planned number of updates."""
        ...

    def protect(self, run_id: str, snapshot: str) -> None:
        """Note the snapshot that holds the run's dataset."""
        ...

    def begin_attempt(self, run_id: str, job_id: str, from_step: int) -> Attempt:
        """Start an attempt from `from_step`: points and samples after that step are removed.

        What an earlier attempt logged beyond its last checkpoint is logged again by this one, so a
        resumed curve never holds a step twice.
        """
        ...

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """Return the attempts, oldest first."""
        ...

    def log(self, run_id: str, points: Sequence[MetricPoint]) -> None:
        """Store points in one transaction; a point that is there already is replaced."""
        ...

    def series(
        self, run_id: str, metric: str, *, max_points: int | None = None, after_step: int = -1
    ) -> Sequence[MetricPoint]:
        """Return the points of a metric beyond `after_step` by step.

        With `max_points`, steps are bucketed and of each bucket the smallest, the largest and the
        last point are kept, so that a spike of one step stays visible.
        """
        ...

    def latest(self, run_id: str) -> Mapping[str, MetricPoint]:
        """Return the newest point of every metric."""
        ...

    def metrics(self, run_id: str) -> Sequence[str]:
        """Return the names of the metrics that have points, sorted."""
        ...

    def log_samples(self, run_id: str, samples: Sequence[TranslationSample]) -> None:
        """Store samples; one that is there already is replaced."""
        ...

    def samples(self, run_id: str, split: str) -> Sequence[TranslationSample]:
        """Return the samples of the newest step of a split, by position."""
        ...

    def finish(self, run_id: str, scores: Mapping[str, Any], energy_joules: float | None) -> None:
        """Note the final scores and the energy used, where it was measured."""
        ...

    def delete(self, run_id: str) -> None:
        """Remove a run and all that hangs on it."""
        ...
