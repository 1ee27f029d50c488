"""What the page and the command line are told: runs and datasets joined with their jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.backup.engine import Snapshot
from core.checkpoints.catalog import Checkpoint
from core.data.records import Dataset
from core.jobs.launcher import Job, JobState
from core.process.progress import ProgressReport
from core.runs.records import Attempt, MetricPoint, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run as it stands.

    `state` is its newest training job's; `exit_reason` says in words how it ended, or what it
    waits for. `progress` is the job's own (rate, ETA) while it runs; `step` counts updates done.
    """

    run: Run
    job: Job | None
    state: JobState
    step: int
    steps: int | None
    exit_reason: str
    progress: ProgressReport | None = None
    latest: Mapping[str, MetricPoint] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether the run has ended and no job for it is queued."""
        return self.state.is_over

    @property
    def can_stop(self) -> bool:
        """Whether a stop request has an effect."""
        return self.state.can_cancel

    @property
    def can_resume(self) -> bool:
        """Whether another attempt can continue from the last checkpoint."""
        return self.is_over and self.state is not JobState.SUCCEEDED

    @property
    def can_delete(self) -> bool:
        """Whether the run can be deleted: no process may still write to its folder."""
        return self.is_over


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """Everything about one run."""

    view: RunView
    attempts: Sequence[Attempt]
    checkpoints: Sequence[Checkpoint]
    metrics: Sequence[str]

    @property
    def can_promote(self) -> bool:
        """Whether there is a checkpoint to export as a model version."""
        return bool(self.checkpoints)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetView:
    """A dataset version and the snapshot that protects it, if one does.

    `job` is a backup or prepare job now working on it.
    """

    dataset: Dataset
    snapshot: Snapshot | None
    job: Job | None = None

    @property
    def is_protected(self) -> bool:
        """Whether a verified snapshot holds it."""
        return self.snapshot is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRequest:
    """What an engineer asks for when starting a run.

    `changes` are training settings by name (`steps`, `minutes`, `learning_rate` ...). `skip_backup`
    needs a `reason`. `parent` is a run whose best weights this one starts from.
    """

    dataset: str
    digest: str | None = None
    preset: str = "demo"
    name: str | None = None
    device: str = "auto"
    changes: Mapping[str, str | float | int] = field(default_factory=dict)
    parent: str | None = None
    skip_backup: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """May a run on this dataset start now? What the page says before the button is pressed.

    `state` is `open` (a verified snapshot holds the digest) or `closed` (a backup comes first).
    """

    state: str
    sentence: str
    snapshot: Snapshot | None = None
