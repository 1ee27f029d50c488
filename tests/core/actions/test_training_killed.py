"""A killed training process: real launcher, database outside the home folder."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.actions.jobs import job_result
from core.actions.models import request_evaluation
from core.actions.records import RunView, TrainRequest
from core.actions.runs import find_run
from core.actions.training import request_run, resume_run
from core.actions.workspace import Workspace, open_workspace
from core.audit import Actor
from core.checkpoints.catalog import list_checkpoints
from core.data.demo.corpus import TOPICS, topic_pairs
from core.database import sqlite_url
from core.jobs.folder import JobFolder
from core.jobs.launcher import Job, JobState
from core.jobs.processes import send, with_variable
from core.locks import take_lock
from core.process.variables import SHIM_VARIABLE
from core.settings import Settings

TIMEOUT_S = 120.0
STEPS = 600
SMALL = {
    "width": 16, "heads": 2, "hidden": 24, "encoder_layers": 1, "decoder_layers": 1,
    "vocabulary": 400, "batch_tokens": 256, "steps": STEPS, "checkpoint_every": 40,
    "validate_every": STEPS, "validation_sentences": 6, "max_tokens": 40, "beam": 1, "threads": 1,
}  # fmt: skip


@pytest.fixture
def workspace(settings: Settings, tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose jobs receive the database URL only from the launcher."""
    supervisor = take_lock(settings.paths.supervisor_lock)  # otherwise the shims start one
    assert supervisor is not None
    elsewhere = replace(settings, database_url=sqlite_url(tmp_path / "elsewhere.db"))
    with closing(open_workspace(elsewhere)) as opened:
        pairs = topic_pairs(TOPICS[0])[:500]
        opened.datasets.add("toy", "en", "es", pairs, origin="test", clock=opened.clock)
        yield opened
        for job in opened.launcher.jobs():
            for process in with_variable(SHIM_VARIABLE, job.id):
                send(process, signal.SIGKILL)
    os.close(supervisor)


def job_of(view: RunView) -> Job:
    """Return the run's newest job."""
    assert view.job is not None
    return view.job


def kill_after_a_checkpoint(workspace: Workspace, view: RunView) -> None:
    """Send SIGKILL to the training process when it has written a checkpoint."""
    folder, end = workspace.paths.checkpoints(view.run.id), time.monotonic() + TIMEOUT_S
    while not list_checkpoints(folder):
        assert time.monotonic() < end, workspace.launcher.log(job_of(view).id)
        time.sleep(0.01)
    processes = JobFolder(workspace.paths.job(job_of(view).id)).read_processes()
    assert processes is not None
    assert processes.job is not None
    assert send(processes.job, signal.SIGKILL)


def wait_for_end(workspace: Workspace, job: Job) -> JobState:
    """Wait until the job has ended, and return its state."""
    return workspace.launcher.wait(job.id, timeout_s=TIMEOUT_S).state


@pytest.mark.slow
def test_a_killed_run_reports_its_step_and_can_be_resumed(
    workspace: Workspace, admin: Actor
) -> None:
    """The resumed run has every step once."""
    view = request_run(
        workspace, admin,
        TrainRequest(
            dataset="toy", name="torn", device="cpu", changes=SMALL, skip_backup=True, reason="test"
        ),
    )  # fmt: skip
    kill_after_a_checkpoint(workspace, view)
    assert wait_for_end(workspace, job_of(view)) == JobState.CRASHED
    reason = find_run(workspace, "torn").exit_reason
    match = re.fullmatch(
        r"killed by SIGKILL .*; at step (\d+), newest checkpoint at step (\d+)", reason
    )
    assert match, reason
    step, checkpoint = map(int, match.groups())
    assert STEPS > step >= checkpoint > 0

    resumed = resume_run(workspace, admin, "torn")
    assert wait_for_end(workspace, job_of(resumed)) == JobState.SUCCEEDED, workspace.launcher.log(
        job_of(resumed).id
    )
    assert find_run(workspace, "torn").state == "succeeded"
    assert [attempt.from_step for attempt in workspace.runs.attempts(view.run.id)] == [
        0,
        checkpoint,
    ]
    for metric in ("train_loss", "learning_rate", "gradient_norm"):
        steps = [point.step for point in workspace.runs.curve(view.run.id, metric).points]
        assert steps == list(range(1, STEPS + 1))

    scored = request_evaluation(workspace, admin, "torn", split="valid", beam=1)
    assert wait_for_end(workspace, scored) == JobState.SUCCEEDED, workspace.launcher.log(scored.id)
    assert job_result(workspace, scored.id)["step"] == STEPS
