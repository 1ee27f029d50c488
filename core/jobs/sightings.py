"""What is seen of a job's processes, and what follows for its row."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.jobs.endings import lost, never_started
from core.jobs.folder import Crew, Ending, JobFolder
from core.jobs.launcher import Job, JobState
from core.jobs.processes import Identity, is_alive, send, with_variable
from core.process.variables import JOB_VARIABLE, SHIM_VARIABLE

_ORPHANED = "its supervisor shim was killed; it was asked to end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One look at a job that should be running.

    `is_held`: somebody holds its lock. `is_missing`: somebody removed its folder. `orphans`: what
    still runs although its shim was killed, or cannot be asked any more.
    """

    is_held: bool
    is_missing: bool
    crew: Crew | None
    orphans: Sequence[Identity]
    ending: Ending | None


def look(job: Job, folder: JobFolder, boot_id: str) -> Sighting:
    """Look at a job's processes.

    The ending is read last: whoever let go of the lock had written it before.
    """
    is_missing = not folder.was_claimed()
    is_held = folder.is_held()
    crew = folder.read_crew()
    orphans: Sequence[Identity] = ()
    if is_missing:
        orphans = with_variable(SHIM_VARIABLE, job.id)
    elif crew is not None and crew.boot_id == boot_id and not is_alive(crew.shim):
        orphans = _orphans(job, crew)
    return Sighting(
        is_held=is_held,
        is_missing=is_missing,
        crew=crew,
        orphans=orphans,
        ending=folder.read_ending(),
    )


def settle(job: Job, sighting: Sighting, boot_id: str, now: float) -> Mapping[str, Any]:
    """Return the columns that change for a running or stopping job."""
    crew = sighting.crew
    if sighting.ending is not None:
        return {**_process(crew), **over(sighting.ending)}
    if sighting.orphans:
        changes = {"state": JobState.STOPPING, "reason": _ORPHANED}
        return changes if job.reason != _ORPHANED else {}
    if crew is None:
        return {} if sighting.is_held else _without_trace(job, sighting, now)
    if sighting.is_held:
        return _process(crew) if job.pid is None else {}
    is_of_this_boot = crew.boot_id == boot_id
    why = "the supervisor shim was killed" if is_of_this_boot else "the machine was restarted"
    return over(lost(why, now))


def press(job: Job, folder: JobFolder, sighting: Sighting, now: float) -> None:
    """End what a killed shim left behind: SIGTERM once, SIGKILL after the grace period.

    `now` is monotonic.
    """
    if not sighting.orphans or sighting.ending is not None:
        return
    folder.create()
    since = folder.orphaned_since(now)
    if now - since >= job.spec.grace_s:
        number = signal.SIGKILL
    elif since == now:
        number = signal.SIGTERM
    else:
        return
    for orphan in sighting.orphans:
        # The kernel sent the job its SIGTERM when the shim died; a second one may mean "at once".
        if number is signal.SIGKILL or sighting.crew is None or orphan != sighting.crew.job:
            send(orphan, number)


def _orphans(job: Job, crew: Crew) -> Sequence[Identity]:
    """Return every living process of a job whose shim is dead."""
    found = list(with_variable(JOB_VARIABLE, job.id))
    if crew.job is not None and crew.job not in found and is_alive(crew.job):
        found.append(crew.job)
    return found


def _process(crew: Crew | None) -> Mapping[str, Any]:
    """Return the columns that name the job's process, once it is known."""
    if crew is None or crew.job is None:
        return {}
    return {"pid": crew.job.pid, "create_time": crew.job.create_time}


def _without_trace(job: Job, sighting: Sighting, now: float) -> Mapping[str, Any]:
    """Return the columns of a job that nobody holds and of which no process was ever noted."""
    if sighting.is_missing:  # it may have run: it is not started again
        return over(lost("its folder was removed", now))
    if job.state is JobState.STOPPING:
        return over(never_started(now))
    # Its launcher died before it had started anything.
    return {"state": JobState.QUEUED, "started_at": None, "assigned": [], "host": "", "boot_id": ""}


def over(ending: Ending) -> Mapping[str, Any]:
    """Return the columns of a job that ended so."""
    return {
        "state": JobState(ending.state),
        "reason": ending.reason,
        "ended_at": ending.ended_at,
        "exit_code": ending.exit_code,
        "signal": ending.signal,
    }
