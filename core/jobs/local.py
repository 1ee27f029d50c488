"""The launcher of this machine: jobs are rows in the database, each run by a detached shim.

A tick observes the processes of the active jobs (`observation.py`), decides what follows
(`queue.py`), and here writes the rows and starts shims. No daemon is needed.

A job never runs twice. The launcher takes the lock of the job before it sets the row to `running`,
and passes the lock to the shim, which passes it to the job. A job with `process.json` in its folder
has run. A job belongs to one home on one host: launchers of other homes that share the database,
and of copies of the home, ignore it.
"""

import os
import platform
import secrets
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import sqlalchemy as sa

from core.clock import Clock
from core.command import Process, module_argv, start
from core.database import Database
from core.errors import DatahallError, NotFoundError
from core.jobs import rows
from core.jobs.devices import Slots, count_gpus, parse_device, visible_gpus
from core.jobs.endings import cancelled_ending, failed_ending
from core.jobs.folder import JobFolder, ShimOrder
from core.jobs.launcher import Job, JobKind, JobSpec, JobState, check_spec
from core.jobs.logs import open_log, read_tail
from core.jobs.observation import observe, terminate_orphans
from core.jobs.processes import boot_id, send
from core.jobs.queue import Plan, QueueState, make_plan, reconcile, with_columns
from core.paths import StatePaths
from core.process.failure import read_error
from core.process.progress import ProgressReport, read_progress
from core.process.variables import JOB_FOLDER_VARIABLE, JOB_VARIABLE, RUN_VARIABLE, SHIM_VARIABLE
from core.settings import JobSettings

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.01, 0.25
# Variables that a job must not inherit from the job that queued it.
_NOT_INHERITED = (JOB_VARIABLE, JOB_FOLDER_VARIABLE, RUN_VARIABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """A job to start now, and the descriptor that holds its lock."""

    job: Job
    lock: int


@dataclass(frozen=True, slots=True)
class LocalLauncher:
    """A Launcher of this machine; may be shared between threads and used by several processes."""

    database: Database
    paths: StatePaths
    settings: JobSettings
    clock: Clock

    def submit(self, spec: JobSpec) -> Job:
        """Queue a job, and start it unless it must wait; see Launcher."""
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
                host=platform.node(),
                home=self.paths.home,
            )
            self._folder(job.id).create()
            jobs.append(job)
        with self.database.write(durable=True) as connection:
            if jobs[0].spec.after is not None:
                _stored_job(connection, jobs[0].spec.after)
            for job in jobs:
                rows.insert_job(connection, job, job.spec.log or self._folder(job.id).log)
        self.tick()
        with self.database.read() as connection:
            return [_stored_job(connection, job.id) for job in jobs]

    def job(self, job_id: str) -> Job:
        """Return a job; raises NotFoundError."""
        with self.database.read() as connection:
            return self._with_current_state(_stored_job(connection, job_id))

    def jobs(
        self, *, subject: str | None = None, kind: JobKind | None = None, limit: int = 200
    ) -> Sequence[Job]:
        """Return jobs, newest first."""
        with self.database.read() as connection:
            found = rows.newest_jobs(connection, subject=subject, kind=kind, limit=limit)
        return [self._with_current_state(job) for job in found]

    def newest_by_subject(self, kind: JobKind) -> Mapping[str, Job]:
        """Return the newest job of a kind for each subject; see Launcher."""
        with self.database.read() as connection:
            found = rows.newest_by_subject(connection, kind)
        return {job.spec.subject: self._with_current_state(job) for job in found}

    def cancel(self, job_id: str) -> Job:
        """Request that a job stops; see Launcher."""
        self.tick()
        with self.database.write(durable=True) as connection:
            job = _stored_job(connection, job_id)
            if job.state is JobState.QUEUED:
                ending = rows.ending_columns(cancelled_ending(self.clock.now()))
                rows.update_job(connection, job_id, ending)
            elif job.state is JobState.RUNNING:
                reason = f"stop requested; killed after {job.spec.grace_s:g} s if still running"
                columns = {"state": JobState.STOPPING, "reason": reason}
                rows.update_job(connection, job_id, columns)
        if job.state in (JobState.RUNNING, JobState.STOPPING):
            self._request_stop(job)
        self.tick()
        return self.job(job_id)

    def log(self, job_id: str, *, tail: int = 200) -> str:
        """Return the last `tail` lines that the job printed."""
        with self.database.read() as connection:
            job = _stored_job(connection, job_id)
        return read_tail(job.spec.log or self._folder(job_id).log, tail)

    def progress(self, job_id: str) -> ProgressReport | None:
        """Return the newest progress report of the job; None before the first."""
        with self.database.read() as connection:
            _stored_job(connection, job_id)
        return read_progress(self._folder(job_id).path)

    def error(self, job_id: str) -> DatahallError | None:
        """Return the error that ended the job; None when it reported none."""
        with self.database.read() as connection:
            _stored_job(connection, job_id)
        return read_error(self._folder(job_id).path)

    def wait(self, job_id: str, *, timeout_s: float) -> Job:
        """Advance the queue until the job has ended or `timeout_s` has passed; return the job."""
        waited, pause = 0.0, _FIRST_PAUSE_S
        while True:
            self.tick()
            with self.database.read() as connection:
                job = _stored_job(connection, job_id)
            if job.state.is_over or waited >= timeout_s:
                return job
            time.sleep(pause)
            waited += pause
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)

    def tick(self) -> None:
        """Advance the queue; see Launcher. Writes only when something has changed."""
        with self.database.read() as connection:
            queue = self._observe_queue(connection)
        if queue.jobs and not make_plan(queue, self._slots()).is_empty:
            self._advance()

    def _advance(self) -> None:
        """Observe again while no other process writes, store what changed, start jobs."""
        with ExitStack() as locks:
            with self.database.write(durable=True) as connection:
                queue = self._observe_queue(connection)
                plan = make_plan(queue, self._slots())
                for job_id, columns in plan.changes.items():
                    rows.update_job(connection, job_id, columns)
                starts = self._store_decisions(connection, queue, plan, locks)
            failures = self._start_all(starts)
            for job_id, reason in failures.items():
                with self.database.write(durable=True) as connection:
                    ending = failed_ending(reason, self.clock.now())
                    rows.update_job(connection, job_id, rows.ending_columns(ending))

    def _observe_queue(self, connection: sa.Connection) -> QueueState:
        """Return the state of the queue; terminates the processes of killed shims."""
        boot, now = boot_id(), self.clock.now()
        jobs = [job for job in rows.active_jobs(connection) if self._is_of_this_home(job)]
        awaited = [job.spec.after for job in jobs if job.spec.after is not None]
        observations = {}
        for job in jobs:
            if job.state is JobState.QUEUED:
                continue
            folder = self._folder(job.id)
            observations[job.id] = observe(job, folder, boot)
            terminate_orphans(job, folder, observations[job.id], self.clock.monotonic())
            if job.state is JobState.STOPPING:  # the process that cancelled may have been killed
                folder.request_stop()
        return QueueState(
            jobs=jobs,
            others=rows.jobs_by_id(connection, awaited),
            observations=observations,
            boot_id=boot,
            now=now,
        )

    def _store_decisions(
        self, connection: sa.Connection, queue: QueueState, plan: Plan, locks: ExitStack
    ) -> Sequence[_Start]:
        """Store the decisions; return the jobs to start, locked until `locks` is closed."""
        jobs = {job.id: job for job in queue.jobs}
        starts = []
        for decision in plan.decisions:
            columns: dict[str, object] = {"reason": decision.reason}
            if decision.state is JobState.FAILED:
                columns = dict(rows.ending_columns(failed_ending(decision.reason, queue.now)))
            elif decision.state is JobState.RUNNING:
                folder = self._folder(decision.job_id)
                folder.create()
                lock = folder.take_lock()
                if lock is None:
                    continue  # another process holds the lock briefly; the next tick starts the job
                locks.callback(os.close, lock)
                columns |= {
                    "state": decision.state,
                    "assigned": list(decision.assigned),
                    "started_at": queue.now,
                    "boot_id": queue.boot_id,
                }
                # The job has run, but a power failure lost its new state: do not start it again.
                if folder.read_processes() is None:
                    job = replace(jobs[decision.job_id], assigned=decision.assigned)
                    starts.append(_Start(job=job, lock=lock))
            rows.update_job(connection, decision.job_id, columns)
        return starts

    def _start_all(self, starts: Sequence[_Start]) -> dict[str, str]:
        """Start a shim per job; return the reasons of those that could not be started, by id."""
        failures, started = {}, []
        for item in starts:
            try:
                started.append((item.job.id, self._start_shim(item)))
            except (OSError, DatahallError) as error:
                failures[item.job.id] = f"could not be started: {error}"
        for job_id, process in started:
            code = process.wait()  # the process forks the shim and exits
            if code > 0:  # a negative code (a signal) came before the fork: the next tick retries
                failures[job_id] = (
                    f"its supervising process failed with exit code {code}; see the log"
                )
        return failures

    def _start_shim(self, item: _Start) -> Process:
        """Write `order.json` for the shim, and start the process that forks the shim."""
        job, folder = item.job, self._folder(item.job.id)
        log = job.spec.log or folder.log
        device = parse_device(job.spec.device, job.spec.num_devices)
        folder.write_order(
            ShimOrder(
                argv=job.spec.argv,
                environment={
                    **job.spec.environment,
                    "CUDA_VISIBLE_DEVICES": visible_gpus(device, job.assigned),
                    JOB_VARIABLE: job.id,
                    JOB_FOLDER_VARIABLE: str(folder.path),
                },
                log=str(log),
                log_bytes=self.settings.log_bytes,
                grace_s=job.spec.grace_s,
            )
        )
        home = str(self.paths.home)
        arguments = ("--home", home, "--job", job.id, "--lock", str(item.lock))
        output = open_log(log)
        try:
            return start(
                module_argv("core.jobs.shim", *arguments),
                environment={
                    SHIM_VARIABLE: job.id,
                    "DATAHALL_HOME": home,
                    "DATAHALL_DATABASE_URL": self.database.url,
                },
                without=_NOT_INHERITED,
                log=output,
                folder=folder.path,
                keep_open=(item.lock,),
            )
        finally:
            os.close(output)

    def _request_stop(self, job: Job) -> None:
        """Record the stop request in the job's folder and wake its shim."""
        folder = self._folder(job.id)
        folder.request_stop()
        processes = folder.read_processes()
        if processes is not None and processes.boot_id == boot_id():
            send(processes.shim, signal.SIGTERM)

    def _with_current_state(self, job: Job) -> Job:
        """Return the job in the state of its processes, which the row may not have yet."""
        if job.state not in (JobState.RUNNING, JobState.STOPPING) or not self._is_of_this_home(job):
            return job
        boot = boot_id()
        observed = observe(job, self._folder(job.id), boot)
        return with_columns(job, reconcile(job, observed, boot, self.clock.now()))

    def _is_of_this_home(self, job: Job) -> bool:
        """Whether the job belongs to this home on this host."""
        if job.home is not None and job.home.resolve() != self.paths.home.resolve():
            return False  # a job of the home that this one was copied from, or of another home
        # The host name of a container can change, and several hosts may share PostgreSQL.
        is_here = self.database.is_sqlite or job.host == platform.node()
        return is_here or self._folder(job.id).path.is_dir()

    def _folder(self, job_id: str) -> JobFolder:
        """Return a job's folder."""
        return JobFolder(self.paths.job(job_id))

    def _slots(self) -> Slots:
        """Return the slots of this host."""
        return Slots(cpu=self.settings.cpu_slots, gpus=count_gpus(self.settings.gpus))


def _stored_job(connection: sa.Connection, job_id: str) -> Job:
    """Return a job as stored; raises NotFoundError."""
    found = rows.jobs_by_id(connection, [job_id])
    if not found:
        raise NotFoundError(f"there is no job {job_id!r}", remedy='See "datahall jobs list"')
    return found[job_id]
