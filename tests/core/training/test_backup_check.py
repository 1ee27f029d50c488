"""The training job checks the backup of its dataset again, just before it reads the data."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from core.backup.records import Snapshot
from core.backup.vault import open_vault
from core.clock import SystemClock
from core.data.datasets import DatasetStore
from core.settings import Settings
from tests.snapshots import record_snapshot

Trial = Any  # tests/core/training/conftest.py
MakeTrial = Callable[..., Trial]
SNAPSHOT = "5" * 64


def protect(trial: Trial, repository: str | None = None) -> None:
    """Record a verified snapshot of the dataset in the home's repository, or in another."""
    with trial.database() as database:
        vault = open_vault(Settings(home=trial.paths.home), database, SystemClock())
        taken = Snapshot(
            id=SNAPSHOT, created_at=1.0, repository=repository or vault.repository.name,
            paths=(), tags=(), files=1, bytes=1, verified_at=2.0,
        )  # fmt: skip
        if repository is None:
            record_snapshot(vault, taken)
        else:
            vault.store.record(taken)
        vault.store.protect(taken.id, [DatasetStore(trial.paths.datasets).get("toy").digest])


def is_refused(trial: Trial, capsys: pytest.CaptureFixture[str]) -> bool:
    """Whether the job is refused before it does anything."""
    return (
        trial.train() == 2
        and "no verified snapshot contains" in capsys.readouterr().err
        and trial.curve() == {}
    )


def test_a_dataset_without_a_snapshot_is_refused(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    assert is_refused(make_trial(waiver=None), capsys)


def test_a_snapshot_permits_training_and_is_stored_with_the_run(make_trial: MakeTrial) -> None:
    trial = make_trial(waiver=None, steps=2)
    protect(trial)
    assert trial.train() == 0
    with trial.store() as store:
        assert store.get("first").spec.snapshot == SNAPSHOT


def test_a_snapshot_in_a_removed_repository_does_not_count(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = make_trial(waiver=None)
    protect(trial)
    shutil.rmtree(trial.paths.repository)
    assert is_refused(trial, capsys)


def test_a_snapshot_in_another_repository_does_not_count(
    make_trial: MakeTrial, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = make_trial(waiver=None)
    protect(trial, "/mnt/former")
    assert is_refused(trial, capsys)
