"""Runs in memory: the RunStore of tests and demos. It forgets when the process ends."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.clock import Clock
from core.errors import ConflictError
from core.runs.curves import bucket_width
from core.runs.records import Attempt, MetricPoint, Run, RunSpec, TranslationSample
from core.runs.words import check_spec, missing_run


@dataclass(slots=True)
class _Book:
    """Everything kept of one run."""

    run: Run
    attempts: list[Attempt] = field(default_factory=list)
    points: dict[str, dict[int, MetricPoint]] = field(default_factory=dict)
    samples: dict[tuple[str, int, int], TranslationSample] = field(default_factory=dict)


@dataclass(slots=True)
class MemoryRunStore:
    """A RunStore of this process alone."""

    clock: Clock
    books: dict[str, _Book] = field(default_factory=dict)

    def create(self, run_id: str, spec: RunSpec) -> Run:
        """Store a new run; see RunStore."""
        check_spec(run_id, spec)
        if run_id in self.books or any(
            book.run.spec.name == spec.name for book in self.books.values()
        ):
            raise ConflictError(
                f"there is a run named {spec.name!r} already", remedy="Choose another name"
            )
        created = Run(id=run_id, spec=spec, created_at=self.clock.now())
        self.books[run_id] = _Book(created)
        return created

    def get(self, run: str) -> Run:
        """Return a run by id or name; see RunStore."""
        if run in self.books:
            return self.books[run].run
        for book in self.books.values():
            if book.run.spec.name == run:
                return book.run
        raise missing_run(run, [book.run.spec.name for book in self.books.values()])

    def list(self) -> Sequence[Run]:
        """Return all runs, newest first."""
        return [book.run for book in reversed(self.books.values())]

    def plan(self, run_id: str, steps: int) -> None:
        """Set the planned number of updates."""
        book = self._book(run_id)
        book.run = replace(book.run, steps=steps)

    def protect(self, run_id: str, snapshot: str) -> None:
        """Note the snapshot that holds the run's dataset."""
        book = self._book(run_id)
        book.run = replace(book.run, spec=replace(book.run.spec, snapshot=snapshot))

    def begin_attempt(self, run_id: str, job_id: str, from_step: int) -> Attempt:
        """Start an attempt and remove what lies beyond its step; see RunStore."""
        book = self._book(run_id)
        for points in book.points.values():
            for step in [step for step in points if step > from_step]:
                del points[step]
        for key in [key for key in book.samples if key[1] > from_step]:
            del book.samples[key]
        begun = Attempt(
            number=len(book.attempts) + 1,
            job_id=job_id,
            started_at=self.clock.now(),
            from_step=from_step,
        )
        book.attempts.append(begun)
        return begun

    def attempts(self, run_id: str) -> Sequence[Attempt]:
        """Return the attempts, oldest first."""
        return tuple(self.books[run_id].attempts) if run_id in self.books else ()

    def log(self, run_id: str, points: Sequence[MetricPoint]) -> None:
        """Store points; one that is there already is replaced."""
        if not points:
            return
        book = self._book(run_id)
        for entry in points:
            book.points.setdefault(entry.metric, {})[entry.step] = entry

    def series(
        self, run_id: str, metric: str, *, max_points: int | None = None, after_step: int = -1
    ) -> Sequence[MetricPoint]:
        """Return the points of a metric beyond a step, bucketed when too many; see RunStore."""
        points = [entry for entry in self._sorted(run_id, metric) if entry.step > after_step]
        if max_points is None or len(points) <= max_points:
            return points
        width = bucket_width(points[0].step, points[-1].step, max_points)
        buckets: dict[int, list[MetricPoint]] = {}
        for entry in points:
            buckets.setdefault(entry.step // width, []).append(entry)
        return [entry for bucket in buckets.values() for entry in _worth_showing(bucket)]

    def latest(self, run_id: str) -> Mapping[str, MetricPoint]:
        """Return the newest point of every metric."""
        return {name: self._sorted(run_id, name)[-1] for name in self.metrics(run_id)}

    def metrics(self, run_id: str) -> Sequence[str]:
        """Return the names of the metrics that have points, sorted."""
        book = self.books.get(run_id)
        return sorted(name for name, points in book.points.items() if points) if book else []

    def log_samples(self, run_id: str, samples: Sequence[TranslationSample]) -> None:
        """Store samples; one that is there already is replaced."""
        book = self._book(run_id)
        for entry in samples:
            book.samples[entry.split, entry.step, entry.position] = entry

    def samples(self, run_id: str, split: str) -> Sequence[TranslationSample]:
        """Return the samples of the newest step of a split, by position."""
        book = self.books.get(run_id)
        of_split = (
            [entry for entry in book.samples.values() if entry.split == split] if book else []
        )
        newest = max((entry.step for entry in of_split), default=0)
        return sorted(
            (entry for entry in of_split if entry.step == newest),
            key=lambda entry: entry.position,
        )

    def finish(self, run_id: str, scores: Mapping[str, Any], energy_joules: float | None) -> None:
        """Note the final scores and the energy used."""
        book = self._book(run_id)
        book.run = replace(book.run, scores=dict(scores), energy_joules=energy_joules)

    def delete(self, run_id: str) -> None:
        """Remove a run and all that hangs on it."""
        self._book(run_id)
        del self.books[run_id]

    def _book(self, run_id: str) -> _Book:
        """Return what is kept of a run; raises NotFoundError."""
        if run_id not in self.books:
            raise missing_run(run_id, [])
        return self.books[run_id]

    def _sorted(self, run_id: str, metric: str) -> Sequence[MetricPoint]:
        """Return the points of a metric by step."""
        points = self.books[run_id].points.get(metric, {}) if run_id in self.books else {}
        return [points[step] for step in sorted(points)]


def _worth_showing(bucket: Sequence[MetricPoint]) -> Iterable[MetricPoint]:
    """Return a bucket's smallest, largest and last point, by step."""
    numbers = [entry for entry in bucket if not math.isnan(entry.value)]
    kept = {bucket[-1].step: bucket[-1]}
    if numbers:
        for entry in (
            min(numbers, key=lambda entry: entry.value),
            max(numbers, key=lambda entry: entry.value),
        ):
            kept[entry.step] = entry
    return [kept[step] for step in sorted(kept)]
