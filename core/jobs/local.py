"""The launcher of this machine: rows in the database, one detached shim per job.

No daemon: whoever calls looks after the queue. What keeps a job from running twice is its lock,
taken before the row says that it runs and handed from launcher to shim to job; and `process.json`,
without which nothing was ever started. A job belongs to the home that holds its folder.
"""

import os
import platform
import secrets
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from core.clock import Clock
from core.database import Database
from core.errors import DatahallError, NotFoundError
from core.jobs import rows
from core.jobs.devices import Slots, count_gpus
from core.jobs.endings import failed, never_started
from core.jobs.folder import JobFolder
from core.jobs.launcher import Job, JobKind, JobSpec, JobState
from core.jobs.logs import tail as read_tail
from core.jobs.plan import Look, Plan, make_plan
from core.jobs.processes import boot_id, send
from core.jobs.queue import Verdict
from core.jobs.sightings import look, over, press
from core.jobs.specs import check_spec
from core.jobs.starting import Claim, Failure, Starter
from core.paths import StatePaths
from core.process.failure import read_error
from core.process.progress import ProgressReport, read_progress
from core.settings import JobSettings

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.25


@dataclass(frozen=True, slots=True)
class LocalLauncher:
    """A Launcher of this machine; safe for several threads and processes."""

    database: Database
    paths: StatePaths
    settings: JobSettings
    clock: Clock

    def submit(self, spec: JobSpec) -> Job:
        """Queue a job and start it if its turn has come; see Launcher."""
        return self.submit_chain([spec])[0]

    def submit_chain(self, specs: Sequence[JobSpec]) -> Sequence[Job]:
        """Queue jobs that wait for one another; see Launcher."""
        for spec in specs:
            check_spec(spec, self._slots())
        jobs: list[Job] = []
        for spec in specs:
            after = jobs[-1].id if jobs else spec.after
            job = Job(
                id=secrets.token_hex(6),
                spec=replace(spec, after=after),
                state=JobState.QUEUED,
                created_at=self.clock.now(),
            )
            self._folder(job.id).create()
            jobs.append(job)
        with self.database.write(durable=True) as connection:
            if jobs[0].spec.after is not None:
                _find(connection, jobs[0].spec.after)
            for job in jobs:
                rows.insert_job(connection, job, job.spec.log or self._folder(job.id).log)
        self.tick()
        with self.database.read() as connection:
            return [_find(connection, job.id) for job in jobs]

    def job(self, job_id: str) -> Job:
        """Return a job as it stands now; raises NotFoundError."""
        self.tick()
        with self.database.read() as connection:
            return _find(connection, job_id)

    def jobs(
        self,
        *,
        subject: str | None = None,
        kind: JobKind | None = None,
        limit: int = 200,
        reconcile: bool = True,
    ) -> Sequence[Job]:
        """Return jobs, newest first; see Launcher."""
        if reconcile:
            self.tick()
        with self.database.read() as connection:
            return rows.newest_jobs(connection, subject=subject, kind=kind, limit=limit)

    def cancel(self, job_id: str) -> Job:
        """Ask a job to stop; see Launcher."""
        self.tick()
        with self.database.write(durable=True) as connection:
            job = _find(connection, job_id)
            if job.state is JobState.QUEUED:
                ending = over(never_started(self.clock.now()))
                rows.update_job(connection, job_id, {"desired": "stop", **ending})
            elif job.state is JobState.RUNNING:
                reason = f"asked to stop, within {job.spec.grace_s:g} s"
                wish = {"desired": "stop", "state": JobState.STOPPING, "reason": reason}
                rows.update_job(connection, job_id, wish)
        if job.state in (JobState.RUNNING, JobState.STOPPING):
            self._ask_to_stop(job)
        return self.job(job_id)

    def log(self, job_id: str, *, tail: int = 200) -> str:
        """Return the last lines that the job printed."""
        with self.database.read() as connection:
            job = _find(connection, job_id)
        return read_tail(job.spec.log or self._folder(job_id).log, tail)

    def progress(self, job_id: str) -> ProgressReport | None:
        """Return how far the job is, or None when it has not said."""
        with self.database.read() as connection:
            _find(connection, job_id)
        return read_progress(self._folder(job_id).path)

    def error(self, job_id: str) -> DatahallError | None:
        """Return the error that the job says it ended by, or None when it has not said."""
        with self.database.read() as connection:
            _find(connection, job_id)
        return read_error(self._folder(job_id).path)

    def wait(self, job_id: str, *, timeout_s: float) -> Job:
        """Return the job once it is over, or as it stands when the time is up."""
        waited, pause = 0.0, _FIRST_PAUSE_S
        while not (job := self.job(job_id)).state.is_over and waited < timeout_s:
            time.sleep(pause)
            waited += pause
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)
        return job

    def tick(self) -> None:
        """Reconcile rows with processes and start what may start.

        Writes only where something changed, so that it may be called as often as one likes.
        """
        with self.database.read() as connection:
            seen = self._look(connection)
        if seen.jobs and not make_plan(seen, self._slots()).is_empty:
            self._advance()

    def _advance(self) -> None:
        """Look again, alone, and write what changed; then start what was given its slots."""
        with ExitStack() as locks:
            with self.database.write(durable=True) as connection:
                seen = self._look(connection)
                plan = make_plan(seen, self._slots())
                for job_id, values in plan.changes.items():
                    rows.update_job(connection, job_id, values)
                claims = self._claim_all(connection, seen, plan, locks)
            self._give_up(self._starter().start_all(claims))

    def _starter(self) -> Starter:
        """Return what starts this home's shims."""
        return Starter(
            paths=self.paths,
            database_url=self.database.engine.url.render_as_string(hide_password=False),
            log_bytes=self.settings.log_bytes,
        )

    def _look(self, connection: sa.Connection) -> Look:
        """Return what is known now; what killed shims left behind is pressed to end."""
        boot, now = boot_id(), self.clock.now()
        jobs = [job for job in rows.active_jobs(connection) if self._is_ours(job)]
        awaited = [job.spec.after for job in jobs if job.spec.after is not None]
        sightings = {}
        for job in jobs:
            if job.state is JobState.QUEUED:
                continue
            folder = self._folder(job.id)
            sightings[job.id] = look(job, folder, boot)
            press(job, folder, sightings[job.id], self.clock.monotonic())
            if job.state is JobState.STOPPING:  # whoever wished it may have died half-way
                folder.ask_to_stop()
        return Look(
            jobs=jobs,
            others=rows.jobs_by_id(connection, awaited),
            sightings=sightings,
            boot_id=boot,
            now=now,
        )

    def _claim_all(
        self, connection: sa.Connection, seen: Look, plan: Plan, locks: ExitStack
    ) -> Sequence[Claim]:
        """Write the verdicts; return the jobs to start, their locks held until `locks` closes."""
        jobs = {job.id: job for job in seen.jobs}
        claims = []
        for verdict in plan.verdicts:
            values: Mapping[str, Any] = {"reason": verdict.reason}
            if verdict.state is JobState.FAILED:
                values = over(failed(verdict.reason, seen.now))
            elif verdict.state is JobState.RUNNING:
                folder = self._folder(verdict.job_id)
                folder.create()
                lock = folder.take_lock()
                if lock is None:
                    continue  # another process looks at it this instant; the next tick starts it
                locks.callback(os.close, lock)
                values = _running(verdict, seen)
                if folder.read_crew() is None:
                    job = jobs[verdict.job_id]
                    claims.append(Claim(job=job, assigned=verdict.assigned, lock=lock))
                # else it ran before a power cut that cost its row: the next tick settles it
            rows.update_job(connection, verdict.job_id, values)
        return claims

    def _give_up(self, failures: Sequence[Failure]) -> None:
        """Note the jobs that could not be started."""
        for failure in failures:
            with self.database.write(durable=True) as connection:
                ending = failed(failure.reason, self.clock.now())
                rows.update_job(connection, failure.job_id, over(ending))

    def _ask_to_stop(self, job: Job) -> None:
        """Leave word in the job's folder and wake its shim, if that very process is there."""
        folder = self._folder(job.id)
        folder.ask_to_stop()
        crew = folder.read_crew()
        if crew is not None and crew.boot_id == boot_id():
            send(crew.shim, signal.SIGTERM)

    def _is_ours(self, job: Job) -> bool:
        """Whether the job belongs to this home: hosts with homes of their own share PostgreSQL."""
        return self.database.is_sqlite or self._folder(job.id).path.is_dir()

    def _folder(self, job_id: str) -> JobFolder:
        """Return a job's folder."""
        return JobFolder(self.paths.job(job_id))

    def _slots(self) -> Slots:
        """Return what this host has now."""
        return Slots(cpu=self.settings.cpu_slots, gpus=count_gpus(self.settings.gpus))


def _find(connection: sa.Connection, job_id: str) -> Job:
    """Return a job as its row says; raises NotFoundError."""
    found = rows.jobs_by_id(connection, [job_id])
    if not found:
        raise NotFoundError(f"there is no job {job_id!r}", remedy='See "datahall jobs list"')
    return found[job_id]


def _running(verdict: Verdict, seen: Look) -> Mapping[str, Any]:
    """Return the columns of a job that is given its slots."""
    return {
        "state": verdict.state,
        "reason": verdict.reason,
        "assigned": list(verdict.assigned),
        "started_at": seen.now,
        "host": platform.node(),
        "boot_id": seen.boot_id,
    }
