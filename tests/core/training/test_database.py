"""A run uses the database in the settings, and continues while it cannot be written."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core import database as database_module
from core.checkpoints.contents import CheckpointToSave
from core.clock import SystemClock
from core.database import open_database, sqlite_url
from core.runs.store import RunStore
from core.training import loop
from core.training import run as run_module

Trial = Any  # tests/core/training/conftest.py
MakeTrial = Callable[..., Trial]


@pytest.mark.parametrize("place", ["environment", "file"])
def test_the_database_in_the_settings_is_used(
    make_trial: MakeTrial, tmp_path: Path, place: str
) -> None:
    trial = make_trial(steps=2)
    path = tmp_path / "elsewhere.db"
    shutil.move(trial.paths.database, path)
    environment = {"DATAHALL_DATABASE_URL": sqlite_url(path)} if place == "environment" else {}
    if place == "file":
        text = f'database_url = "{sqlite_url(path)}"\n'
        (trial.paths.home / "datahall.toml").write_text(text, encoding="utf-8")
    assert trial.train(environment) == 0
    with closing(open_database(sqlite_url(path))) as database:
        assert RunStore(database, SystemClock()).get("first").scores.bleu is not None
    assert not trial.paths.database.exists()


def test_a_locked_database_does_not_stop_a_run(
    make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_BUSY_TIMEOUT_S", 0)
    trial = make_trial(steps=12, checkpoint_every=4, validate_every=100)
    save, printed = loop.save_checkpoint, []
    with closing(sqlite3.connect(trial.paths.database, isolation_level=None)) as other:

        def save_then_lock(root: Path, content: CheckpointToSave) -> Path:
            folder = save(root, content)
            if content.step == 4:
                other.execute("begin immediate")
            return folder

        def record(line: str) -> None:
            printed.append(line)
            if "no checkpoint at step 8" in line:
                other.execute("rollback")

        monkeypatch.setattr(loop, "save_checkpoint", save_then_lock)
        monkeypatch.setattr(run_module, "print_line", record)
        assert trial.train() == 0
    assert [line for line in printed if "metrics cannot be stored" in line and "is locked" in line]
    assert "no checkpoint at step 8: its metrics are not stored yet" in printed
    assert list(trial.curve()) == list(range(1, 13))
