"""Jobs: what a launcher promises. A job is a row plus an OS process of its own session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.errors import DatahallError
from core.process.progress import ProgressReport


class JobState(StrEnum):
    """Where a job is. `crashed`: ended by a signal that nobody asked for, or lost."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CRASHED = "crashed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (JobState.QUEUED, JobState.RUNNING, JobState.STOPPING)

    @property
    def can_cancel(self) -> bool:
        """Whether cancelling has an effect: it has none on a job that is already stopping."""
        return self in (JobState.QUEUED, JobState.RUNNING)


class JobKind(StrEnum):
    """What jobs do."""

    TRAINING = "training"
    EVALUATION = "evaluation"
    PREPARE = "prepare"
    BACKUP = "backup"
    VERIFY = "verify"
    RESTORE = "restore"
    PROMOTE = "promote"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What is asked of a new job.

    `subject` is what it works on (run id, `dataset:DIGEST`, snapshot id). `device` is `none` (needs
    no slot), `cpu` (one of the host's CPU slots) or `cuda` (`num_devices` GPUs; `cuda:1` asks for
    that one). `after` is a job that must succeed first; when it does not, this one fails and says
    so. `log` defaults to `log.txt` in the job's folder. `environment` is stored with the job, so it
    holds no secrets: those come from files, or from the launcher's own environment.
    """

    kind: JobKind
    title: str
    subject: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    log: Path | None = None
    device: str = "none"
    num_devices: int = 1
    after: str | None = None
    grace_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands. `reason` says in words why it waits or how it ended."""

    id: str
    spec: JobSpec
    state: JobState
    created_at: float
    started_at: float | None = None
    ended_at: float | None = None
    assigned: tuple[int, ...] = ()
    exit_code: int | None = None
    signal: int | None = None
    reason: str = ""
    host: str = ""
    pid: int | None = None


class Launcher(Protocol):
    """Starts jobs and knows what became of them, whoever died in between.

    Several processes may use one launcher at once; nothing is ever started twice. No daemon is
    needed: every question about a job's state first reconciles the rows with the processes and
    starts what may start.
    """

    def submit(self, spec: JobSpec) -> Job:
        """Queue a job and start it if its turn has come."""
        ...

    def submit_chain(self, specs: Sequence[JobSpec]) -> Sequence[Job]:
        """Queue jobs of which each waits for the one before it to succeed, atomically.

        `after` of the first is kept. Reconciles once, after all are queued.
        """
        ...

    def job(self, job_id: str) -> Job:
        """Return a job as it stands now; raises NotFoundError."""
        ...

    def jobs(
        self,
        *,
        subject: str | None = None,
        kind: JobKind | None = None,
        limit: int = 200,
        reconcile: bool = True,
    ) -> Sequence[Job]:
        """Return jobs, newest first; without `reconcile` in the state last stored."""
        ...

    def cancel(self, job_id: str) -> Job:
        """Ask a job to stop: SIGTERM, then SIGKILL of its whole tree after its grace period.

        A queued job stops at once; one that is over stays as it is.
        """
        ...

    def log(self, job_id: str, *, tail: int = 200) -> str:
        """Return the last lines that the job printed."""
        ...

    def progress(self, job_id: str) -> ProgressReport | None:
        """Return how far the job is, or None when it has not said."""
        ...

    def error(self, job_id: str) -> DatahallError | None:
        """Return the error that the job says it ended by, or None when it has not said."""
        ...

    def wait(self, job_id: str, *, timeout_s: float) -> Job:
        """Return the job once it is over, or as it stands when the time is up."""
        ...

    def tick(self) -> None:
        """Reconcile rows with processes and start what may start."""
        ...
