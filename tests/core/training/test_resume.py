"""A run killed with SIGKILL at any moment resumes to the same bits."""

import multiprocessing
import random
import signal
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

import pytest

from core.checkpoints.catalog import checkpoint_folders, newest_good
from core.process.job import OnStop, run_job
from core.training.run import train_run

pytestmark = pytest.mark.slow

Trial = Any  # tests/core/training/conftest.py
MakeTrial = Callable[..., Trial]
METRICS = ("train_loss", "gradient_norm", "learning_rate", "valid_loss", "valid_bleu")
NUM_KILLS = 10
STEPS = 150


@pytest.fixture(scope="session")
def server() -> ForkServerContext:
    """A server that imported torch once and forks a process per attempt, before any thread."""
    context = multiprocessing.get_context("forkserver")
    # torch's optimisers import _dynamo when first made: more than a second for each attempt.
    context.set_forkserver_preload(["core.training.run", "torch._dynamo"])
    return context


def start(server: ForkServerContext, trial: Trial) -> ForkServerProcess:
    """Start a training process."""
    process = server.Process(
        target=run_job, args=(train_run, trial.argv, {}), kwargs={"on_stop": OnStop.REQUEST}
    )
    process.start()
    return process


def run_to_end(server: ForkServerContext, trial: Trial) -> None:
    """Run a training process to its end."""
    process = start(server, trial)
    process.join()
    assert process.exitcode == 0
    process.close()


def kill_in_the_middle(server: ForkServerContext, trial: Trial, chance: random.Random) -> int:
    """Start a process, SIGKILL it some time after it began a checkpoint, return its exit code.

    Half of the moments fall into the writing of a checkpoint, the others between two.
    """
    seen = names(trial)
    process = start(server, trial)
    wanted = chance.randint(1, 3)
    while process.is_alive() and wanted > len(names(trial) - seen):
        time.sleep(0.0005)
    time.sleep(chance.choice((0.0, 0.002, 0.01, 0.05)))
    process.kill()
    process.join()
    exit_code = process.exitcode
    process.close()
    return exit_code


def names(trial: Trial) -> set[str]:
    """Return the names of all checkpoints, unfinished ones included."""
    return {path.name.removeprefix(".tmp-") for path in trial.checkpoints.glob("*step_*")}


def test_a_killed_run_resumes_bit_by_bit(server: ForkServerContext, make_trial: MakeTrial) -> None:
    """Ten kills at random moments; every value of every step is equal."""
    settings = {"steps": STEPS, "checkpoint_every": 5, "validate_every": 30}
    whole, torn = make_trial("whole", **settings), make_trial("torn", **settings)
    run_to_end(server, whole)
    chance = random.Random(11)  # noqa: S311  (moments to kill at)
    exits = [kill_in_the_middle(server, torn, chance) for _ in range(NUM_KILLS)]
    run_to_end(server, torn)
    assert exits == [-signal.SIGKILL] * NUM_KILLS
    with torn.store() as store:
        starts = [attempt.from_step for attempt in store.attempts("torn")]
    assert len(set(starts)) > 4, "the kills must have come at different steps"
    for metric in METRICS:
        assert torn.curve(metric) == whole.curve(metric)
    assert sorted(whole.curve()) == list(range(1, STEPS + 1))
    ends = [newest_good(trial.checkpoints, pytest.fail) for trial in (whole, torn)]
    for name in ("raw.safetensors", "ema.safetensors"):
        assert ends[0].manifest.files[name] == ends[1].manifest.files[name]
    assert not list(torn.checkpoints.glob(".tmp-*"))
    assert len(checkpoint_folders(torn.checkpoints)) <= 3
