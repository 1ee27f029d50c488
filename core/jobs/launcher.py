"""Jobs and launchers: the records, and what a launcher promises.

A job is a row in the database and a process in a session of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.errors import DatahallError, InputError
from core.jobs.devices import Slots, check_room, parse_device
from core.process.progress import ProgressReport
from core.text import check_storable


class JobState(StrEnum):
    """State of a job.

    `crashed`: ended by a signal without a stop request, or its processes disappeared.
    """

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CRASHED = "crashed"

    @property
    def is_over(self) -> bool:
        """Whether the job has ended."""
        return self not in (JobState.QUEUED, JobState.RUNNING, JobState.STOPPING)

    @property
    def can_cancel(self) -> bool:
        """Whether cancelling has an effect: it has none on a job that is already stopping."""
        return self in (JobState.QUEUED, JobState.RUNNING)


class JobKind(StrEnum):
    """Kind of work that a job does."""

    TRAINING = "training"
    EVALUATION = "evaluation"
    PREPARE = "prepare"
    BACKUP = "backup"
    VERIFY = "verify"
    RESTORE = "restore"
    PROMOTE = "promote"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """Specification of a new job.

    Attributes:
        subject: what the job works on: a run id, `dataset:DIGEST`, a snapshot id.
        environment: stored with the job, so it must hold no secrets; those come from files or from
            the launcher's own environment.
        log: file for the output; by default `log.txt` in the job's folder.
        device: `none` (needs no slot), `cpu` (one of the host's CPU slots), `cuda` (`num_devices`
            GPUs) or `cuda:N` (that GPU).
        after: id of a job that must succeed first; if it does not, this one fails.
        grace_s: seconds between SIGTERM and SIGKILL when the job is stopped.
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
    """A job.

    Attributes:
        assigned: indexes of its CPU slots or GPUs.
        reason: why it waits, or how it ended, in words for the user.
        host: name of the machine that it belongs to.
        home: home folder that it belongs to; None for a job of an earlier version.
    """

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
    home: Path | None = None
    pid: int | None = None


class Launcher(Protocol):
    """Queues jobs, starts them, and finds out how they ended, whichever process is killed.

    Several processes may use one launcher at the same time; no job is ever started twice. Queries
    (`job`, `jobs`, `newest_by_subject`, `log`, `progress`, `error`) report the current state and
    change nothing. The queue advances in `submit`, `cancel`, `wait` and `tick`; a supervisor calls
    `tick` each second, and without one each job does when it ends.
    """

    def submit(self, spec: JobSpec) -> Job:
        """Queue a job, and start it unless it must wait."""
        ...

    def submit_chain(self, specs: Sequence[JobSpec]) -> Sequence[Job]:
        """Queue jobs of which each waits for the one before it to succeed, atomically.

        `after` of the first is kept. Advances the queue once, after all are queued.
        """
        ...

    def job(self, job_id: str) -> Job:
        """Return a job; raises NotFoundError."""
        ...

    def jobs(
        self, *, subject: str | None = None, kind: JobKind | None = None, limit: int = 200
    ) -> Sequence[Job]:
        """Return jobs, newest first."""
        ...

    def newest_by_subject(self, kind: JobKind) -> Mapping[str, Job]:
        """Return the newest job of a kind for each subject that has one, in one query."""
        ...

    def cancel(self, job_id: str) -> Job:
        """Request that a job stops: SIGTERM, after its grace period SIGKILL to all its processes.

        A queued job stops at once; one that has ended stays as it is.
        """
        ...

    def log(self, job_id: str, *, tail: int = 200) -> str:
        """Return the last `tail` lines that the job printed."""
        ...

    def progress(self, job_id: str) -> ProgressReport | None:
        """Return the newest progress report of the job; None before the first."""
        ...

    def error(self, job_id: str) -> DatahallError | None:
        """Return the error that ended the job; None when it reported none."""
        ...

    def wait(self, job_id: str, *, timeout_s: float) -> Job:
        """Advance the queue until the job has ended or the time is up, and return the job."""
        ...

    def tick(self) -> None:
        """Advance the queue: record the jobs that ended, start the jobs that can start."""
        ...


def check_spec(spec: JobSpec, slots: Slots) -> None:
    """Raise InputError when no launcher with these slots could ever start the job."""
    if not spec.argv or not spec.argv[0]:
        raise InputError("a job needs a program to run")
    if not 0 <= spec.grace_s < float("inf"):
        raise InputError(f"a grace period cannot be {spec.grace_s} s")
    for name in spec.environment:
        if not name or "=" in name:
            raise InputError(f"{name!r} is not a valid name of an environment variable")
    texts = (spec.title, spec.subject, *spec.argv, *spec.environment, *spec.environment.values())
    for text in texts:
        check_storable(text)
    check_room(parse_device(spec.device, spec.num_devices), slots)
