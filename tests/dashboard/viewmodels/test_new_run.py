"""The drawer says what will happen before anything is started."""

from dataclasses import replace

import pytest

from core.actions.records import BackupCheck, DatasetView, RunView
from core.backup.engine import Snapshot
from core.jobs.launcher import JobState
from core.training.config import PRESETS, choose
from dashboard.viewmodels.new_run import (
    budget_of,
    dataset_choices,
    estimate,
    parameters,
    preset_label,
    promise,
)


def test_the_demo_comes_first_in_the_list(dataset_view: DatasetView) -> None:
    """Whatever was imported since."""
    other = replace(dataset_view, dataset=replace(dataset_view.dataset, name="tatoeba"))
    choices = dataset_choices([other, dataset_view])
    assert [choice.name for choice in choices] == ["demo", "tatoeba"]
    assert choices[0].label == "demo dddddddd · 30,412 pairs en→es · not backed up"


def test_every_preset_has_words_and_one_budget() -> None:
    """A new preset is not shown bare."""
    for preset in PRESETS:
        assert ": " in preset_label(preset)
        minutes, steps = budget_of(preset)
        assert (minutes > 0) != (steps > 0)


def test_the_demo_model_has_about_a_million_weights() -> None:
    """Counted by hand: 2 x 131k encoder, 2 x 197k decoder, 256k embedding."""
    assert parameters(PRESETS["demo"]) == 2 * 131_072 + 2 * 196_608 + 256_000


def test_without_earlier_runs_the_estimate_is_called_a_guess() -> None:
    """Minutes, not hours, for the demo."""
    guess = estimate(PRESETS["demo"], [], "demo", "cpu")
    assert not guess.is_measured
    assert "rough guess" in guess.sentence
    assert 30 < guess.seconds < 600


def test_an_earlier_run_of_the_preset_is_the_measure(run_view: RunView, now: float) -> None:
    """Half the steps took 60 s, so all of them take 120 s."""
    assert run_view.job is not None
    job = replace(run_view.job, state=JobState.SUCCEEDED, ended_at=now)
    done = replace(run_view, job=job, state=JobState.SUCCEEDED, step=PRESETS["demo"].steps // 2)
    told = estimate(PRESETS["demo"], [done], "demo", "auto")
    assert told.is_measured
    assert told.seconds == pytest.approx(120)
    assert "about 2 min" in told.sentence
    assert not estimate(PRESETS["demo"], [done], "demo", "cuda").is_measured
    assert not estimate(PRESETS["tiny"], [done], "tiny", "cpu").is_measured


def test_a_budget_in_minutes_is_its_own_estimate() -> None:
    """The run measures itself and stops in time."""
    told = estimate(choose("demo", {"minutes": 5}), [], "demo", "cpu")
    assert told.seconds == 300
    assert "the budget" in told.sentence


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


def test_without_a_snapshot_the_backup_comes_first(unprotected: BackupCheck) -> None:
    told = promise(unprotected, "demo-1", "auto", skip_backup=False)
    assert told.is_gated
    assert told.button == "Back up, then start"
    assert "Back up" in told.steps[0]
    assert "demo-1" in told.steps[1]


def test_skipping_the_backup_is_named_on_the_button(unprotected: BackupCheck) -> None:
    told = promise(unprotected, "demo-1", "cpu", skip_backup=True)
    assert told.button == "Start without backup"
    assert "audit" in told.steps[0]


def test_with_a_snapshot_the_run_starts_at_once(protected: BackupCheck) -> None:
    told = promise(protected, "demo-1", "cuda:1", skip_backup=True)
    assert told.button == "Start"
    assert "on cuda:1" in told.steps[0]
