"""A run in one line: state, progress, loss, speed, time left."""

from dataclasses import replace

import pytest

from core.actions.records import RunView
from core.jobs.launcher import JobState
from core.process.progress import ProgressReport
from dashboard.viewmodels.runs import first_rows, run_counts, run_row, run_rows


def test_a_running_run_tells_all_numbers(run_view: RunView, now: float) -> None:
    """The ETA is the run's own."""
    progress = ProgressReport(done=320, total=800, unit="steps", message="training", eta_s=75)
    row = run_row(replace(run_view, progress=progress), now)
    assert row.steps == "320 / 800"
    assert row.ratio == pytest.approx(0.4)
    assert (row.loss, row.valid_loss) == ("2.91", "3.10")
    assert row.speed == "3.2 k tokens/s"
    assert row.left == "1 min 15 s"
    assert row.sentence == ("step 320 / 800 · loss 2.91 · 3.2 k tokens/s · 1 min 15 s left")
    assert row.can_stop
    assert not row.can_resume


def test_a_queued_run_shows_what_it_waits_for_and_no_number(run_view: RunView, now: float) -> None:
    """Absent is a dash, not 0."""
    queued = replace(
        run_view,
        state=JobState.QUEUED,
        step=0,
        steps=None,
        latest={},
        exit_reason="waits for a backup",
    )
    row = run_row(queued, now)
    assert (row.loss, row.speed, row.left, row.bleu) == ("—", "—", "—", "—")
    assert row.ratio is None
    assert row.reason == "waits for a backup"
    assert row.sentence == ""
    assert row.message == ""


def test_before_its_first_step_a_run_tells_what_it_prepares(run_view: RunView, now: float) -> None:
    """Loading, cleaning, translating the test split."""
    early = replace(run_view, step=0, steps=None, latest={})
    cleaning = ProgressReport(done=40, total=100, unit="percent", message="cleaning", eta_s=3)
    assert run_row(early, now).message == "starting: loading PyTorch and the data"
    row = run_row(replace(early, progress=cleaning), now)
    assert row.message == "cleaning · 3 s left"
    assert row.ratio == pytest.approx(0.4)
    late = ProgressReport(done=9, total=90, unit="sentences", message="translating the test split")
    assert "9 of 90 sentences" in run_row(replace(run_view, progress=late), now).message


@pytest.mark.parametrize("state", [JobState.STOPPED, JobState.FAILED, JobState.CRASHED])
def test_what_ended_early_can_be_resumed(run_view: RunView, now: float, state: JobState) -> None:
    """It goes on from its last good checkpoint."""
    row = run_row(replace(run_view, state=state), now)
    assert row.can_resume
    assert not row.can_stop
    assert row.left == "—"


def test_a_finished_run_is_full_and_shows_its_test_score(run_view: RunView, now: float) -> None:
    """Test BLEU takes the place of validation BLEU; both shapes of scores are read."""
    run = replace(run_view.run, scores={"bleu": {"score": 83.44}})
    row = run_row(replace(run_view, run=run, state=JobState.SUCCEEDED), now)
    assert row.ratio == 1.0
    assert row.bleu == "83.4 test"
    assert not row.can_resume


def test_a_waiver_is_shown(run_view: RunView, now: float) -> None:
    """Whoever looks at the run sees that its data was not backed up."""
    spec = replace(run_view.run.spec, waiver="only a trial")
    row = run_row(replace(run_view, run=replace(run_view.run, spec=spec)), now)
    assert row.waiver == "only a trial"


def test_steps_beyond_the_plan_do_not_leave_the_bar(run_view: RunView, now: float) -> None:
    """A run bounded by minutes may do a step more."""
    assert run_row(replace(run_view, step=900), now).ratio == 1.0


def test_runs_at_work_come_first_and_are_counted(run_view: RunView, now: float) -> None:
    """The Overview shows what matters now."""
    views = [
        replace(run_view, state=JobState.FAILED),
        replace(run_view, state=JobState.SUCCEEDED),
        run_view,
    ]
    rows = run_rows(views, now)
    assert [row.look.word for row in first_rows(rows, 2)] == ["running", "failed"]
    assert run_counts(rows) == "1 running · 1 failed · 1 succeeded"
    assert run_counts([]) == ""
