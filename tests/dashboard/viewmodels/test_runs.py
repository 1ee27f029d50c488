"""Training runs as rows."""

from dataclasses import replace

import pytest

from core.actions.records import RunView
from core.jobs.launcher import JobState
from core.process.progress import ProgressReport
from core.scores import Scores
from dashboard.viewmodels.runs import run_counts, run_row, run_rows, select_for_overview


def test_a_running_run_shows_all_numbers(run_view: RunView, now: float) -> None:
    progress = ProgressReport(done=320, total=800, unit="steps", message="training", eta_s=75)
    row = run_row(replace(run_view, progress=progress), now)
    assert row.steps == "320 / 800"
    assert row.ratio == pytest.approx(0.4)
    assert (row.loss, row.valid_loss) == ("2.91", "3.10")
    assert row.speed == "3.2 k tokens/s"
    assert row.left == "1 min 15 s"
    assert row.summary == "step 320 / 800 · loss 2.91 · 3.2 k tokens/s · 1 min 15 s left"
    assert row.can_stop
    assert not row.can_resume


def test_a_queued_run_shows_its_reason_and_no_numbers(run_view: RunView, now: float) -> None:
    queued = replace(
        run_view,
        state=JobState.QUEUED,
        step=0,
        steps=None,
        latest={},
        exit_reason="waiting for a backup",
    )
    row = run_row(queued, now)
    assert (row.loss, row.speed, row.left, row.bleu) == ("—", "—", "—", "—")
    assert row.ratio is None
    assert row.reason == "Waiting for a backup"
    assert row.summary == ""
    assert row.activity == ""


def test_a_run_shows_what_it_does_besides_training(run_view: RunView, now: float) -> None:
    early = replace(run_view, step=0, steps=None, latest={})
    cleaning = ProgressReport(done=40, total=100, unit="pairs", message="cleaning", eta_s=3)
    assert run_row(early, now).activity == "Starting: loading PyTorch and the data"
    row = run_row(replace(early, progress=cleaning), now)
    assert row.activity == "Cleaning · 40 of 100 pairs · 3 s left"
    late = ProgressReport(done=9, total=90, unit="sentences", message="translating the test split")
    assert "9 of 90 sentences" in run_row(replace(run_view, progress=late), now).activity


def test_the_progress_of_a_stage_is_not_that_of_the_run(run_view: RunView, now: float) -> None:
    stage = ProgressReport(done=40, total=50, unit="pairs", message="cleaning", eta_s=3)
    early = replace(run_view, step=0, steps=None, latest={}, progress=stage)
    assert run_row(early, now).ratio is None
    late = run_row(replace(run_view, progress=stage), now)
    assert late.summary == "step 320 / 800 · loss 2.91"
    assert late.overview == late.activity


@pytest.mark.parametrize("state", [JobState.STOPPED, JobState.FAILED, JobState.CRASHED])
def test_a_run_that_ended_early_can_resume(run_view: RunView, now: float, state: JobState) -> None:
    row = run_row(replace(run_view, state=state), now)
    assert row.can_resume
    assert not row.can_stop
    assert row.left == "—"


def test_a_completed_run_shows_its_test_score(run_view: RunView, now: float) -> None:
    run = replace(run_view.run, scores=Scores(bleu=83.44))
    row = run_row(replace(run_view, run=run, state=JobState.SUCCEEDED), now)
    assert row.ratio == 1.0
    assert row.bleu == "83.4 test"
    assert not row.can_resume


def test_a_waiver_is_a_badge_with_its_reason(run_view: RunView, now: float) -> None:
    spec = replace(run_view.run.spec, waiver="only a trial")
    row = run_row(replace(run_view, run=replace(run_view.run, spec=spec)), now)
    assert row.waiver is not None
    assert row.waiver.word == "no backup"
    assert "only a trial" in row.waiver.help


def test_the_progress_ratio_is_at_most_one(run_view: RunView, now: float) -> None:
    assert run_row(replace(run_view, step=900), now).ratio == 1.0


def test_active_runs_come_first_and_states_are_counted(run_view: RunView, now: float) -> None:
    views = [
        replace(run_view, state=JobState.FAILED),
        replace(run_view, state=JobState.SUCCEEDED),
        run_view,
    ]
    rows = run_rows(views, now)
    assert [row.badge.word for row in select_for_overview(rows, 2)] == ["running", "failed"]
    assert run_counts(rows) == "1 running · 1 failed · 1 succeeded"
    assert run_counts([]) == ""


def test_the_overview_shows_the_progress_of_a_running_run_and_the_reason_of_an_ended_one(
    run_view: RunView, now: float
) -> None:
    training = ProgressReport(done=320, total=800, unit="steps", message="training")
    running = replace(run_view, progress=training)
    assert run_row(running, now).overview.startswith("step 320 / 800")
    crashed = replace(run_view, state=JobState.CRASHED, exit_reason="killed")
    assert (
        run_row(crashed, now).overview
        == "Killed · step 320 / 800 · loss 2.91 · requested 1 min ago"
    )
