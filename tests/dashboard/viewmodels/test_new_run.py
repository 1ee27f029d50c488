"""The dialog for a new run: choices, estimate, start plan."""

from dataclasses import replace

import pytest

from core.actions.records import BackupCheck, DatasetView, RunView
from core.backup.records import Snapshot
from core.jobs.launcher import JobState
from core.training.config import PRESETS, choose_config
from dashboard.viewmodels.new_run import (
    budget_of,
    dataset_choices,
    estimate,
    num_parameters,
    preset_label,
    start_plan,
)


@pytest.fixture
def unprotected(dataset_view: DatasetView) -> BackupCheck:
    """A dataset version that is in no verified snapshot."""
    return BackupCheck(dataset=dataset_view.dataset, snapshot=None)


@pytest.fixture
def protected(dataset_view: DatasetView) -> BackupCheck:
    """A dataset version that is in a verified snapshot."""
    snapshot = Snapshot(
        id="5" * 64, created_at=1.0, repository="r", paths=(), tags=(), files=1, bytes=1,
        verified_at=2.0,
    )  # fmt: skip
    return BackupCheck(dataset=dataset_view.dataset, snapshot=snapshot)


def test_the_demo_comes_first_in_the_list(dataset_view: DatasetView) -> None:
    other = replace(dataset_view, dataset=replace(dataset_view.dataset, name="tatoeba"))
    choices = dataset_choices([other, dataset_view])
    assert [choice.name for choice in choices] == ["demo", "tatoeba"]
    assert choices[0].label == "demo dddddddd · 30,412 pairs en→es · not backed up"


def test_every_preset_has_a_description_and_one_limit() -> None:
    for preset in PRESETS:
        assert ": " in preset_label(preset)
        minutes, steps = budget_of(preset)
        assert (minutes > 0) != (steps > 0)


def test_the_demo_model_has_about_a_million_weights() -> None:
    assert num_parameters(PRESETS["demo"]) == 2 * 131_072 + 2 * 196_608 + 256_000


def test_an_estimate_without_earlier_runs_is_marked() -> None:
    guess = estimate(PRESETS["demo"], [], "demo", "cpu")
    assert not guess.is_measured
    assert "no earlier run" in guess.sentence
    assert 30 < guess.seconds < 600


def test_an_earlier_run_of_the_preset_sets_the_estimate(run_view: RunView, now: float) -> None:
    assert run_view.job is not None
    job = replace(run_view.job, state=JobState.SUCCEEDED, ended_at=now)
    done = replace(run_view, job=job, state=JobState.SUCCEEDED, step=PRESETS["demo"].steps // 2)
    shown = estimate(PRESETS["demo"], [done], "demo", "auto")
    assert shown.is_measured
    assert shown.seconds == pytest.approx(120)
    assert "about 2 min" in shown.sentence
    assert not estimate(PRESETS["demo"], [done], "demo", "cuda").is_measured
    assert not estimate(PRESETS["tiny"], [done], "tiny", "cpu").is_measured


def test_a_limit_in_minutes_is_the_estimate() -> None:
    shown = estimate(choose_config("demo", {"minutes": 5}), [], "demo", "cpu")
    assert shown.seconds == 300
    assert "time limit" in shown.sentence


def test_without_a_snapshot_the_plan_starts_with_a_backup(unprotected: BackupCheck) -> None:
    shown = start_plan(unprotected, "demo-1", "auto", skip_backup=False)
    assert shown.button == "Back up and start"
    assert "Back up" in shown.steps[0]
    assert any("demo-1" in step for step in shown.steps)


def test_skipping_the_backup_is_named_on_the_button(unprotected: BackupCheck) -> None:
    shown = start_plan(unprotected, "demo-1", "cpu", skip_backup=True)
    assert shown.button == "Start without backup"
    assert "audit" in shown.steps[0]


def test_with_a_snapshot_the_plan_has_no_backup(protected: BackupCheck) -> None:
    shown = start_plan(protected, "demo-1", "cuda:1", skip_backup=True)
    assert shown.button == "Start"
    assert any("on cuda:1" in step for step in shown.steps)
