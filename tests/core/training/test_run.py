"""A run from its configuration to its test scores, and all the ways in which it may end early."""

import json
import os
import resource
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.checkpoints.catalog import list_checkpoints, newest_good
from core.checkpoints.contents import CheckpointToSave, load_state
from core.command import module_argv, start
from core.data.datasets import DatasetStore
from core.locks import take_lock
from core.process.progress import read_progress
from core.training import process as entry
from core.training import session
from core.training.config import load_config, save_config
from core.training.session import read_position

Trial = Any  # tests/core/training/conftest.py
MakeTrial = Callable[..., Trial]
PATIENCE_S = 120.0


def newest_position(trial: Trial) -> Any:  # noqa: ANN401  (a Position)
    """Return the position in the newest checkpoint."""
    found = newest_good(trial.checkpoints, pytest.fail)
    assert found is not None
    return read_position(load_state(found.folder))


def test_a_run_trains_validates_keeps_and_is_tested(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What the page and the command line show afterwards is all there."""
    trial = make_trial(steps=24)
    job = tmp_path / "job"
    job.mkdir()
    assert entry.main(trial.argv, {"DATAHALL_JOB": "j1", "DATAHALL_JOB_FOLDER": str(job)}) == 0
    with trial.store() as store:
        run = store.get("first")
        assert run.steps == 24
        assert [(it.job_id, it.from_step) for it in store.attempts("first")] == [("j1", 0)]
        assert {"bleu", "chrf", "ter", "loss", "signatures", "step", "sentences"} <= set(run.scores)
        assert "tok:13a" in run.scores["signatures"]["bleu"]
        assert store.samples("first", "valid")[0].step == 24
        assert store.samples("first", "test")[0].reference
        assert set(store.metrics("first")) == {
            "train_loss", "learning_rate", "gradient_norm", "tokens_per_second", "step_seconds",
            "valid_loss", "valid_bleu",
        }  # fmt: skip
    assert list(trial.curve()) == list(range(1, 25))
    assert list(trial.curve("valid_loss")) == [10, 20, 24]
    assert list(trial.curve().values())[-1] < trial.curve()[1]
    kept = list_checkpoints(trial.checkpoints)
    assert kept[0].step == 24
    assert sum(it.is_best for it in kept) == 1
    assert "parameters" in capsys.readouterr().out.splitlines()[0]
    assert json.loads((job / "result.json").read_text())["split"] == "test"
    progress = read_progress(job)
    assert progress is not None
    assert (progress.unit, progress.done) == ("sentences", progress.total)


def test_a_finished_run_is_only_tested_again(make_trial: MakeTrial) -> None:
    """Resuming what is done changes nothing."""
    trial = make_trial(steps=6)
    assert trial.train() == 0
    before = trial.curve()
    assert trial.train() == 0
    assert trial.curve() == before


def test_sigterm_ends_the_update_keeps_it_and_exits_zero(make_trial: MakeTrial) -> None:
    """The real process, stopped and resumed, draws the curve of one that was left alone."""
    trial, other = (make_trial(name, steps=200, validate_every=100) for name in ("stopped", "calm"))
    process = start(module_argv("core.training", *trial.argv), capture=True)
    deadline = time.monotonic() + PATIENCE_S
    while not list(trial.checkpoints.glob("step_*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert b"as asked" in printed
    position = newest_position(trial)
    assert 0 < position.step < 200
    assert max(trial.curve()) == position.step
    assert trial.train() == 0
    assert other.train() == 0
    assert trial.curve() == other.curve()


def test_a_loss_that_is_no_number_stops_the_run_with_its_last_checkpoint(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, one sentence, and weights from before."""
    trial = make_trial(steps=50, learning_rate=1e37, checkpoint_every=1)
    assert trial.train() == 1
    told = capsys.readouterr().err
    assert "the loss became" in told
    assert "lower learning_rate" in told
    found = newest_good(trial.checkpoints, pytest.fail)
    assert found is not None
    assert f"the last good checkpoint is of step {found.manifest.step}" in told
    assert all(it.isfinite().all() for it in load_file(found.folder / "raw.safetensors").values())
    assert max(trial.curve()) == found.manifest.step


def test_a_budget_of_minutes_is_measured_once_and_kept(make_trial: MakeTrial) -> None:
    """A resumed run keeps its number of steps, even if no checkpoint followed the plan."""
    trial = make_trial(steps=0, minutes=1 / 600)
    with trial.store() as store:
        store.set_planned_steps("first", 7)
    assert trial.train() == 0
    assert len(trial.curve()) == 7
    fresh = make_trial("fresh", steps=0, minutes=1 / 600)
    assert fresh.train() == 0
    with fresh.store() as store:
        assert store.get("fresh").steps == newest_position(fresh).steps == len(fresh.curve()) >= 1


def test_measuring_the_pace_does_not_change_the_curve(make_trial: MakeTrial) -> None:
    """Steps by budget or by number: the same curve for the same number."""
    by_budget = make_trial("budget", steps=0, minutes=1 / 6000)
    assert by_budget.train() == 0
    num_steps = len(by_budget.curve())
    by_number = make_trial("number", steps=num_steps)
    assert by_number.train() == 0
    assert by_number.curve() == by_budget.curve()


def test_threads_are_part_of_a_run(make_trial: MakeTrial) -> None:
    """Sums depend on their number: a resumed run uses what it began with."""
    trial = make_trial(steps=4, threads=1)
    assert trial.train() == 0
    path = trial.paths.run_config("first")
    config = load_config(path)
    save_config(path, replace(config, train=replace(config.train, threads=2)))
    assert trial.train() == 0
    assert newest_position(trial).threads == torch.get_num_threads() == 1


def test_a_run_starts_from_anothers_best_weights(make_trial: MakeTrial) -> None:
    """In the vocabulary of the parent; the first loss is near the parent's last."""
    parent = make_trial("parent", steps=60)
    assert parent.train() == 0
    child = make_trial("child", steps=4, parent="parent", learning_rate=1e-5)
    assert child.train() == 0
    assert child.curve()[1] < parent.curve()[1] - 1
    other = make_trial("wider", steps=4, parent="parent", width=32)
    assert other.train() == 2


def test_two_processes_never_train_one_run(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever holds the lock trains."""
    trial = make_trial()
    lock = take_lock(trial.folder / "training.lock")
    assert lock is not None
    assert trial.train() == 2
    assert "by another process" in capsys.readouterr().err
    os.close(lock)


def test_a_full_disk_does_not_stop_a_run(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoints fail from one moment on; the run goes on, says so, and keeps the last one."""
    trial = make_trial(steps=12, checkpoint_every=4, validate_every=100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    save = session.save_checkpoint

    def save_on_a_full_disk(root: Path, content: CheckpointToSave) -> Path:
        limit = 10_000 if content.step > 4 else soft
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            return save(root, content)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    monkeypatch.setattr(session, "save_checkpoint", save_on_a_full_disk)
    assert trial.train() == 0
    said = capsys.readouterr().out
    assert "no checkpoint at step 8" in said
    assert "The run goes on; the last one is of step 4" in said
    assert list(trial.curve()) == list(range(1, 13))


def test_a_damaged_newest_checkpoint_costs_steps_not_the_curve(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run goes on from the one before and arrives at the same values."""
    trial = make_trial(steps=10, checkpoint_every=4)
    assert trial.train() == 0
    before = trial.curve()
    found = newest_good(trial.checkpoints, pytest.fail)
    assert found is not None
    (found.folder / "state.pt").write_bytes(b"\x00" * 100)
    assert trial.train() == 0
    assert "step_00000010 is damaged" in capsys.readouterr().out
    assert trial.curve() == before


def test_an_unknown_key_in_the_config_is_named(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 and the known keys."""
    trial = make_trial()
    path = trial.paths.run_config("first")
    document = json.loads(path.read_text())
    document["train"]["wdith"] = 3
    path.write_text(json.dumps(document))
    assert trial.train() == 2
    assert "wdith" in capsys.readouterr().err


def test_a_missing_dataset_is_named(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, before anything is done."""
    trial = make_trial()
    trial.paths.datasets.unlink()
    assert DatasetStore(trial.paths.datasets).list() == []
    assert trial.train() == 2
    assert "toy" in capsys.readouterr().err
