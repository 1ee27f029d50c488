"""Records of the actions: runs and datasets joined with their jobs, and requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.backup.records import Snapshot
from core.checkpoints.catalog import Checkpoint
from core.data.records import Dataset
from core.jobs.launcher import Job, JobState
from core.process.progress import ProgressReport
from core.runs.records import Attempt, MetricPoint, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run joined with its newest training job.

    Attributes:
        run: the stored run.
        job: its newest training job; None when it was never queued.
        state: the state of the run, derived from the job.
        step: number of updates done.
        steps: number of updates planned; None until it is known.
        exit_reason: the reason of the end, or the reason for waiting.
        progress: the progress report of the job while it runs.
        latest: the newest point of each metric.
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
    """A run with its attempts, checkpoints and names of metrics."""

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
    """A dataset version, the verified snapshot that contains it, and the job that works on it."""

    dataset: Dataset
    snapshot: Snapshot | None
    job: Job | None = None

    @property
    def is_protected(self) -> bool:
        """Whether a verified snapshot contains the version."""
        return self.snapshot is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRequest:
    """The parameters of a new run.

    Attributes:
        dataset: name of the dataset.
        digest: digest of the version, or the start of one; None for the newest.
        preset: name of the preset.
        name: name of the run; None: an unused name is chosen.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        changes: training settings that differ from the preset (`steps`, `learning_rate` ...).
        parent: name or id of the run whose best weights the new run starts from.
        skip_backup: train although no snapshot contains the dataset; needs `reason`.
        reason: the reason for skipping the backup.
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
class BackupCheck:
    """A dataset version and the verified snapshot that contains it, if there is one."""

    dataset: Dataset
    snapshot: Snapshot | None

    @property
    def is_protected(self) -> bool:
        """Whether a verified snapshot contains the version."""
        return self.snapshot is not None

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        snapshot = self.snapshot.id if self.snapshot else None
        return backup_sentence(self.dataset.name, self.dataset.digest, snapshot)


def backup_sentence(dataset: str, digest: str, snapshot: str | None) -> str:
    """Return one sentence: whether a verified snapshot contains the version, and the next step."""
    version = f"{dataset} {digest[:12]}"
    if snapshot is None:
        next_step = "it is backed up first, then the training starts"
        return f"{version} is not in a verified snapshot: {next_step}"
    return f"{version} is in the verified snapshot {snapshot[:8]}"
