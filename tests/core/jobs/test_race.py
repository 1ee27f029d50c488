"""Several processes submit jobs at the same time."""

from pathlib import Path

import pytest

from core.command import module_argv, start
from core.jobs.launcher import JobState
from tests.core.jobs.conftest import TIMEOUT_S, JobTester

pytestmark = pytest.mark.slow

NUM_PROCESSES, NUM_JOBS = 3, 8
SUBMITTER = """
import os, sys
from core.jobs.__main__ import open_launcher
from core.jobs.launcher import JobKind, JobSpec
from core.settings import load_settings
flags = {"home": sys.argv[1], "jobs.gpus": 2, "jobs.cpu_slots": 2}
launcher = open_launcher(load_settings(environment=os.environ, flags=flags))
for _ in range(int(sys.argv[3])):
    launcher.submit(JobSpec(kind=JobKind.TRAINING, title="Train", subject="x", device="cuda",
                            argv=("/bin/sh", "-c", sys.argv[2])))
"""


def test_concurrent_launchers_assign_no_slot_twice(tester: JobTester, scratch: Path) -> None:
    """Each job creates a folder named after its GPU, which must not exist yet."""
    program = (
        f"gpu={scratch}/gpu-$CUDA_VISIBLE_DEVICES; echo $DATAHALL_JOB >> {scratch}/ran; "
        f"mkdir $gpu || echo clash >> {scratch}/clashes; sleep 0.05; rmdir $gpu"
    )
    home = str(tester.paths.home)
    argv = (module_argv("x")[0], "-P", "-c", SUBMITTER, home, program, str(NUM_JOBS))
    submitters = [start(argv, environment=tester.environment) for _ in range(NUM_PROCESSES)]
    for submitter in submitters:
        assert submitter.wait(timeout=TIMEOUT_S * 2) == 0
    jobs = [tester.end(job) for job in tester.launcher.jobs()]
    assert [job.state for job in jobs] == [JobState.SUCCEEDED] * NUM_PROCESSES * NUM_JOBS
    ran = (scratch / "ran").read_text().split()
    assert sorted(ran) == sorted(job.id for job in jobs)
    assert not (scratch / "clashes").exists()
    starts = [job.started_at for job in reversed(jobs)]
    assert starts == sorted(starts, key=lambda start: start or 0.0), "first come, first served"
