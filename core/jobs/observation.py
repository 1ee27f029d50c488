"""Observe the processes of a job, and terminate those that a killed shim left behind."""

import signal
from collections.abc import Sequence
from dataclasses import dataclass

from core.jobs.endings import Ending
from core.jobs.folder import JobFolder, JobProcesses
from core.jobs.launcher import Job
from core.jobs.processes import Identity, is_alive, send, with_variable
from core.process.variables import JOB_VARIABLE, SHIM_VARIABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The observed processes and files of a job that should be running.

    Attributes:
        is_locked: a process of the job, or a launcher that is starting it, holds the job's lock.
        is_missing: the job's folder was removed.
        processes: the shim and the job's own process, as recorded.
        orphans: running processes of the job whose shim has ended or can no longer be reached.
        ending: how the job ended.
    """

    is_locked: bool
    is_missing: bool
    processes: JobProcesses | None
    orphans: Sequence[Identity]
    ending: Ending | None


def observe(job: Job, folder: JobFolder, boot_id: str) -> Observation:
    """Observe the processes of a running or stopping job.

    The ending is read last: it was written before the lock was released.
    """
    is_missing = not folder.has_lock_file()
    is_locked = folder.is_locked()
    processes = folder.read_processes()
    orphans: Sequence[Identity] = ()
    if is_missing:
        orphans = with_variable(SHIM_VARIABLE, job.id)
    elif processes and processes.boot_id == boot_id and not is_alive(processes.shim):
        orphans = _find_orphans(job, processes)
    return Observation(
        is_locked=is_locked,
        is_missing=is_missing,
        processes=processes,
        orphans=orphans,
        ending=folder.read_ending(),
    )


def terminate_orphans(job: Job, folder: JobFolder, observed: Observation, now: float) -> None:
    """Send SIGTERM to orphans once, and SIGKILL after the grace period; `now` is monotonic."""
    if not observed.orphans or observed.ending is not None:
        return
    folder.create()
    since = folder.orphaned_since(now)
    if now - since >= job.spec.grace_s:
        number = signal.SIGKILL
    elif since == now:
        number = signal.SIGTERM
    else:
        return
    own = observed.processes.job if observed.processes else None
    for orphan in observed.orphans:
        # The kernel sent SIGTERM to the job's own process when the shim ended. A second one makes
        # many programs exit without saving.
        if number is signal.SIGKILL or orphan != own:
            send(orphan, number)


def _find_orphans(job: Job, processes: JobProcesses) -> Sequence[Identity]:
    """Return the running processes of a job whose shim has ended."""
    found = list(with_variable(JOB_VARIABLE, job.id))
    if processes.job is not None and processes.job not in found and is_alive(processes.job):
        found.append(processes.job)
    return found
