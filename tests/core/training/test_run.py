"""A run from its configuration to its test scores, and the ways in which it can end early."""

import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import torch
from safetensors.torch import load_file

from core import tables
from core.checkpoints.catalog import BEST, list_checkpoints, newest_good, read_pointer
from core.checkpoints.contents import CheckpointToSave, load_state
from core.command import module_argv, start
from core.data.datasets import DatasetStore
from core.locks import take_lock
from core.process.progress import read_progress
from core.training import loop
from core.training.loop import Position, position_of

pytestmark = pytest.mark.slow

Trial = Any  # tests/core/training/conftest.py
MakeTrial = Callable[..., Trial]
TIMEOUT_S = 120.0


def newest_position(trial: Trial) -> Position:
    """Return the position in the newest checkpoint."""
    found = newest_good(trial.checkpoints, pytest.fail)
    assert found is not None
    return position_of(load_state(found.folder))


def change_config(trial: Trial, **changes: object) -> None:
    """Change the stored training configuration of a run."""
    with trial.store() as store, trial.database() as database, database.write() as connection:
        config = {"train": {**store.get(trial.id).spec.config["train"], **changes}}
        connection.execute(sa.update(tables.run).values(config=config))


def test_a_run_is_trained_validated_saved_and_tested(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    trial = make_trial(steps=24)
    job = tmp_path / "job"
    job.mkdir()
    assert trial.train({"DATAHALL_JOB": "j1", "DATAHALL_JOB_FOLDER": str(job)}) == 0
    with trial.store() as store:
        run = store.get("first")
        assert run.steps == 24
        assert [(item.job_id, item.from_step) for item in store.attempts("first")] == [("j1", 0)]
        assert {
            "bleu",
            "chrf",
            "ter",
            "loss",
            "signatures",
            "step",
            "sentences",
        } <= run.scores.to_document().keys()
        assert "tok:13a" in run.scores.signatures["bleu"]
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
    assert sum(item.is_best for item in kept) == 1
    assert "first: " in (printed := capsys.readouterr().out)
    assert "parameters, " in printed
    assert json.loads((job / "result.json").read_text())["split"] == "test"
    progress = read_progress(job)
    assert progress is not None
    assert (progress.unit, progress.done) == ("sentences", progress.total)


def test_resuming_a_finished_run_only_repeats_the_test(make_trial: MakeTrial) -> None:
    trial = make_trial(steps=6)
    assert trial.train() == 0
    before = trial.curve()
    assert trial.train() == 0
    assert trial.curve() == before


def test_sigterm_saves_a_checkpoint_and_the_run_can_be_resumed(make_trial: MakeTrial) -> None:
    """The curve equals that of an uninterrupted run."""
    names = ("stopped", "uninterrupted")
    trial, other = (make_trial(name, steps=200, validate_every=100) for name in names)
    process = start(module_argv("core.training", *trial.argv), capture=True)
    deadline = time.monotonic() + TIMEOUT_S
    while not list(trial.checkpoints.glob("step_*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    printed, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0
    assert b"stopped on request" in printed
    position = newest_position(trial)
    assert 0 < position.step < 200
    assert max(trial.curve()) == position.step
    assert trial.train() == 0
    assert other.train() == 0
    assert trial.curve() == other.curve()


def test_a_diverged_run_fails_and_keeps_its_last_good_checkpoint(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = make_trial(steps=50, learning_rate=1e37, checkpoint_every=1)
    assert trial.train() == 1
    error = capsys.readouterr().err
    assert "training diverged at step" in error
    assert "a learning_rate below" in error
    found = newest_good(trial.checkpoints, pytest.fail)
    assert found is not None
    assert f"the last good checkpoint is of step {found.manifest.step}" in error
    assert all(
        value.isfinite().all() for value in load_file(found.folder / "raw.safetensors").values()
    )
    assert max(trial.curve()) == found.manifest.step


def test_the_number_of_steps_in_a_time_budget_is_measured_once(make_trial: MakeTrial) -> None:
    trial = make_trial(steps=0, minutes=1 / 600)
    with trial.store() as store:
        store.set_planned_steps("first", 7)
    assert trial.train() == 0
    assert len(trial.curve()) == 7
    fresh = make_trial("fresh", steps=0, minutes=1 / 600)
    assert fresh.train() == 0
    with fresh.store() as store:
        assert store.get("fresh").steps == newest_position(fresh).steps == len(fresh.curve()) >= 1


def test_measuring_the_speed_does_not_change_the_curve(make_trial: MakeTrial) -> None:
    by_budget = make_trial("budget", steps=0, minutes=1 / 6000)
    assert by_budget.train() == 0
    num_steps = len(by_budget.curve())
    by_number = make_trial("number", steps=num_steps)
    assert by_number.train() == 0
    assert by_number.curve() == by_budget.curve()


def test_a_resumed_run_uses_the_number_of_threads_it_began_with(make_trial: MakeTrial) -> None:
    """Sums depend on that number."""
    trial = make_trial(steps=4, threads=1)
    assert trial.train() == 0
    change_config(trial, threads=2)
    assert trial.train() == 0
    assert newest_position(trial).threads == torch.get_num_threads() == 1


def test_a_run_starts_from_the_best_weights_of_another(make_trial: MakeTrial) -> None:
    parent = make_trial("parent", steps=60)
    assert parent.train() == 0
    child = make_trial("child", steps=4, parent="parent", learning_rate=1e-5)
    assert child.train() == 0
    assert child.curve()[1] < parent.curve()[1] - 1
    other = make_trial("wider", steps=4, parent="parent", width=32)
    assert other.train() == 2


def test_a_run_that_another_process_trains_is_refused(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = make_trial()
    trial.folder.mkdir(parents=True)
    lock = take_lock(trial.folder / "training.lock")
    assert lock is not None
    assert trial.train() == 2
    assert "by another process" in capsys.readouterr().err
    os.close(lock)


def test_a_damaged_best_checkpoint_is_reported_and_replaced_in_the_final_test(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = make_trial(steps=4, learning_rate=1.0, schedule="inverse_sqrt", validate_every=1)
    assert trial.train() == 0
    best = read_pointer(trial.checkpoints, BEST)
    assert best not in {None, "step_00000004"}, "this learning rate must raise the loss again"
    (trial.checkpoints / best / "MANIFEST.json").write_bytes(b"")
    assert trial.train() == 0
    printed = capsys.readouterr().out
    assert f"the best checkpoint, {best}, is damaged; choosing a new one" in printed
    assert "the checkpoint of step 4 is used in its place" in printed
    with trial.store() as store:
        assert store.get("first").scores.step == 4


def test_a_run_that_ends_without_a_checkpoint_names_the_full_disk(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = make_trial(steps=8)
    trial.checkpoints.mkdir(parents=True)
    mount = ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(trial.checkpoints)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this account cannot mount a file system")
    try:
        assert trial.train() == 1
    finally:
        subprocess.run(["/usr/bin/umount", str(trial.checkpoints)], check=True)
    printed = capsys.readouterr()
    cause = f"the disk at {trial.checkpoints} has no space left"
    assert f"the run ends without a checkpoint: {cause}" in printed.err
    assert f"no checkpoint at step 8: {cause}" in printed.out
    assert list(trial.curve()) == list(range(1, 9))


def test_a_full_disk_does_not_stop_a_run(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = make_trial(steps=12, checkpoint_every=4, validate_every=100)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    save = loop.save_checkpoint

    def save_on_a_full_disk(root: Path, content: CheckpointToSave) -> Path:
        limit = 10_000 if content.step > 4 else soft
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            return save(root, content)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    monkeypatch.setattr(loop, "save_checkpoint", save_on_a_full_disk)
    assert trial.train() == 0
    printed = capsys.readouterr().out
    assert "no checkpoint at step 8" in printed
    assert "File too large" in printed
    assert "Training continues; the last checkpoint is of step 4" in printed
    assert list(trial.curve()) == list(range(1, 13))


def test_a_run_resumes_from_the_checkpoint_before_a_damaged_one(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = make_trial(steps=10, checkpoint_every=4)
    assert trial.train() == 0
    before = trial.curve()
    found = newest_good(trial.checkpoints, pytest.fail)
    assert found is not None
    (found.folder / "state.pt").write_bytes(b"\x00" * 100)
    assert trial.train() == 0
    assert "step_00000010 is damaged" in capsys.readouterr().out
    assert trial.curve() == before


def test_an_unknown_key_in_the_configuration_is_named(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = make_trial()
    change_config(trial, wdith=3)
    assert trial.train() == 2
    assert "wdith" in capsys.readouterr().err


def test_a_missing_dataset_is_named(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = make_trial()
    trial.paths.datasets.unlink()
    assert DatasetStore(trial.paths.datasets).list() == []
    assert trial.train() == 2
    assert "toy" in capsys.readouterr().err
