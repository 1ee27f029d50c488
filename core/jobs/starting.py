"""Starting shims for jobs whose lock this process holds."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from core.command import Process, module_argv, start
from core.errors import DatahallError
from core.jobs.devices import parse_device, visible_gpus
from core.jobs.folder import JobFolder, Order
from core.jobs.launcher import Job
from core.jobs.logs import open_log
from core.paths import StatePaths
from core.process.variables import JOB_FOLDER_VARIABLE, JOB_VARIABLE, RUN_VARIABLE, SHIM_VARIABLE

_OF_ANOTHER_JOB = (JOB_VARIABLE, JOB_FOLDER_VARIABLE, RUN_VARIABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A job that is to be started now, with its slots and the descriptor that holds its lock."""

    job: Job
    assigned: tuple[int, ...]
    lock: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A job that could not be started, and why."""

    job_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """What every shim of a home has in common."""

    paths: StatePaths
    database_url: str
    log_bytes: int

    def start_all(self, claims: Sequence[Claim]) -> Sequence[Failure]:
        """Start a shim per claim and return those that could not be; the others own their lock."""
        failures, started = [], []
        for claim in claims:
            try:
                started.append((claim.job.id, self._start(claim)))
            except (OSError, DatahallError) as error:
                reason = f"could not be started: {error}"
                failures.append(Failure(job_id=claim.job.id, reason=reason))
        for job_id, process in started:
            code = process.wait()  # it forks the shim and ends
            if code > 0:  # killed before it could fork is no failure: nothing was started yet
                reason = f"its supervisor shim could not start (exit code {code}, see the log)"
                failures.append(Failure(job_id=job_id, reason=reason))
        return failures

    def _start(self, claim: Claim) -> Process:
        """Write the job's order and start the process that forks its shim."""
        job, folder = claim.job, JobFolder(self.paths.job(claim.job.id))
        log = job.spec.log or folder.log
        folder.write_order(
            Order(
                argv=job.spec.argv,
                environment={
                    **job.spec.environment,
                    "CUDA_VISIBLE_DEVICES": visible_gpus(
                        parse_device(job.spec.device, job.spec.num_devices), claim.assigned
                    ),
                    JOB_VARIABLE: job.id,
                    JOB_FOLDER_VARIABLE: str(folder.path),
                },
                log=str(log),
                log_bytes=self.log_bytes,
                grace_s=job.spec.grace_s,
            )
        )
        home = str(self.paths.home)
        arguments = ("--home", home, "--job", job.id, "--lock", str(claim.lock))
        output = open_log(log)
        try:
            return start(
                module_argv("core.jobs.shim", *arguments),
                environment={
                    SHIM_VARIABLE: job.id,
                    "DATAHALL_HOME": home,
                    "DATAHALL_DATABASE_URL": self.database_url,
                },
                without=_OF_ANOTHER_JOB,
                log=output,
                folder=folder.path,
                keep_open=(claim.lock,),
            )
        finally:
            os.close(output)
