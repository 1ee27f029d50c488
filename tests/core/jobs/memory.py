"""A launcher without processes for tests: jobs follow a script, and the test moves the clock.

It passes the same contract tests as the launcher of this machine and uses the same decisions
(`core.jobs.queue.decide`). Its queries advance the scripts to the current time.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.errors import DatahallError, NotFoundError
from core.jobs.devices import Slots
from core.jobs.endings import (
    Ending,
    StopRequest,
    cancelled_ending,
    describe_ending,
    failed_ending,
)
from core.jobs.launcher import Job, JobKind, JobSpec, JobState, check_spec
from core.jobs.queue import decide
from core.process.progress import ProgressReport
from tests.clock import FixedClock

_STEP_S = 0.1
_ONE_CPU = Slots(cpu=1, gpus=0)
_SIGTERM, _SIGKILL = -15, -9


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The behaviour of a simulated process: runs `seconds`, prints, ends with `returncode`.

    `returncode` is negative for a signal. A process that is not `is_obedient` ignores SIGTERM.
    """

    seconds: float = 0.0
    returncode: int = 0
    lines: tuple[str, ...] = ()
    is_obedient: bool = True
    progress: ProgressReport | None = None
    error: DatahallError | None = None


@dataclass(slots=True)
class MemoryLauncher:
    """A Launcher whose processes follow scripts, by argv; others follow `default_script`."""

    clock: FixedClock
    slots: Slots = _ONE_CPU
    scripts: dict[tuple[str, ...], Script] = field(default_factory=dict)
    default_script: Script = Script()
    rows: dict[str, Job] = field(default_factory=dict)
    stop_requested_at: dict[str, float] = field(default_factory=dict)

    def submit(self, spec: JobSpec) -> Job:
        """Queue a job, and start it unless it must wait; see Launcher."""
        return self.submit_chain([spec])[0]

    def submit_chain(self, specs: Sequence[JobSpec]) -> Sequence[Job]:
        """Queue jobs that wait for one another; see Launcher."""
        jobs: list[Job] = []
        for spec in specs:
            check_spec(spec, self.slots)
            job = Job(
                id=secrets.token_hex(6),
                spec=replace(spec, after=jobs[-1].id if jobs else spec.after),
                state=JobState.QUEUED,
                created_at=self.clock.now(),
            )
            jobs.append(job)
        if jobs[0].spec.after is not None:
            self._find(jobs[0].spec.after)
        self.rows |= {job.id: job for job in jobs}
        self.tick()
        return [self._find(job.id) for job in jobs]

    def job(self, job_id: str) -> Job:
        """Return a job; raises NotFoundError."""
        self.tick()
        return self._find(job_id)

    def jobs(
        self, *, subject: str | None = None, kind: JobKind | None = None, limit: int = 200
    ) -> Sequence[Job]:
        """Return jobs, newest first; see Launcher."""
        self.tick()
        found = [
            job
            for job in reversed(self.rows.values())
            if subject in (None, job.spec.subject) and kind in (None, job.spec.kind)
        ]
        return found[:limit]

    def newest_by_subject(self, kind: JobKind) -> Mapping[str, Job]:
        """Return the newest job of a kind for each subject; see Launcher."""
        self.tick()
        return {job.spec.subject: job for job in self.rows.values() if job.spec.kind is kind}

    def cancel(self, job_id: str) -> Job:
        """Request that a job stops; see Launcher."""
        job = self.job(job_id)
        if job.state is JobState.QUEUED:
            self._end(job, cancelled_ending(self.clock.now()))
        elif job.state is JobState.RUNNING:
            reason = "stop requested"
            self.rows[job_id] = replace(job, state=JobState.STOPPING, reason=reason)
            self.stop_requested_at[job_id] = self.clock.now()
        return self.job(job_id)

    def log(self, job_id: str, *, tail: int = 200) -> str:
        """Return the last lines that the job printed."""
        job = self._find(job_id)
        lines = self._script(job).lines if job.started_at is not None else ()
        return "".join(f"{line}\n" for line in lines[-tail:]) if tail > 0 else ""

    def progress(self, job_id: str) -> ProgressReport | None:
        """Return the progress report of the script."""
        job = self._find(job_id)
        return self._script(job).progress if job.started_at is not None else None

    def error(self, job_id: str) -> DatahallError | None:
        """Return the error of the script once it has ended."""
        job = self._find(job_id)
        return self._script(job).error if job.ended_at is not None else None

    def wait(self, job_id: str, *, timeout_s: float) -> Job:
        """Advance the clock until the job has ended or the time is up, and return the job."""
        until = self.clock.now() + timeout_s
        while not (job := self.job(job_id)).state.is_over and self.clock.now() < until:
            self.clock.advance(_STEP_S)
        return job

    def tick(self) -> None:
        """Advance the scripts to the current time, then the queue."""
        for job in tuple(self.rows.values()):
            if job.state in (JobState.RUNNING, JobState.STOPPING):
                self._follow_script(job)
        jobs = [job for job in self.rows.values() if not job.state.is_over]
        over: Mapping[str, Job] = {job.id: job for job in self.rows.values() if job.state.is_over}
        decisions = decide(jobs, over, self.slots)
        for decision in decisions:
            job = self.rows[decision.job_id]
            if decision.state is JobState.FAILED:
                self._end(job, failed_ending(decision.reason, self.clock.now()))
                continue
            started_at = self.clock.now() if decision.state is JobState.RUNNING else None
            self.rows[job.id] = replace(
                job,
                state=decision.state,
                reason=decision.reason,
                assigned=decision.assigned,
                started_at=started_at,
            )

    def _follow_script(self, job: Job) -> None:
        """End a job whose script has ended or was stopped."""
        script, now = self._script(job), self.clock.now()
        by_itself = (job.started_at or 0.0) + script.seconds
        stop_requested_at = self.stop_requested_at.get(job.id)
        if stop_requested_at is not None and stop_requested_at < by_itself and script.is_obedient:
            stop = StopRequest(is_requested=True, is_sent=True)
            self._end(job, describe_ending(_SIGTERM, stop, stop_requested_at))
        elif stop_requested_at is not None and stop_requested_at + job.spec.grace_s < min(
            by_itself, now
        ):
            stop = StopRequest(is_requested=True, is_sent=True, killed_after_s=job.spec.grace_s)
            self._end(job, describe_ending(_SIGKILL, stop, now))
        elif by_itself <= now:
            stop = StopRequest(
                is_requested=stop_requested_at is not None, is_sent=stop_requested_at is not None
            )
            self._end(job, describe_ending(script.returncode, stop, by_itself, error=script.error))

    def _end(self, job: Job, ending: Ending) -> None:
        """Record the ending of a job."""
        self.rows[job.id] = replace(
            job,
            state=JobState(ending.state),
            reason=ending.reason,
            ended_at=ending.ended_at,
            exit_code=ending.exit_code,
            signal=ending.signal,
        )

    def _script(self, job: Job) -> Script:
        """Return the script of a job."""
        return self.scripts.get(job.spec.argv, self.default_script)

    def _find(self, job_id: str) -> Job:
        """Return a stored job; raises NotFoundError."""
        if job_id not in self.rows:
            raise NotFoundError(f"there is no job {job_id!r}", remedy='See "datahall jobs list"')
        return self.rows[job_id]
