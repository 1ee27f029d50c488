"""The page of one run."""

from dataclasses import replace
from datetime import UTC

from core.actions.records import RunDetail, RunView
from core.checkpoints.catalog import Checkpoint
from core.jobs.launcher import JobState
from core.runs.records import Attempt, TranslationSample
from core.scores import Scores
from dashboard.viewmodels.run_detail import (
    comparison_table,
    run_page,
    sample_rows,
    samples_sentence,
    search_log,
)


def detail(view: RunView) -> RunDetail:
    """A run with two attempts and one checkpoint."""
    return RunDetail(
        view=view,
        attempts=[
            Attempt(number=1, job_id="j1", started_at=0.0, from_step=0),
            Attempt(number=2, job_id="j2", started_at=60.0, from_step=200),
        ],
        checkpoints=[
            Checkpoint(
                step=300, path="/x", bytes=3_500_000, created_at=0.0, is_best=True, is_last=True,
                scores=Scores(loss=3.1),
            )
        ],
        metrics=["train_loss"],
    )  # fmt: skip


def test_a_resumed_attempt_is_marked_at_its_first_step(run_view: RunView, now: float) -> None:
    page = run_page(detail(run_view), now, UTC)
    assert page.resumed_at == [200]
    assert [row[0] for row in page.attempts.rows] == ["1", "2"]


def test_checkpoints_show_their_role_and_scores(run_view: RunView, now: float) -> None:
    page = run_page(detail(run_view), now, UTC)
    assert page.checkpoints.rows[0][:4] == ("300", "best, last", "loss 3.10", "3.5 MB")
    assert page.can_promote


def test_a_run_without_a_checkpoint_cannot_be_promoted(run_view: RunView, now: float) -> None:
    empty = replace(detail(run_view), attempts=(), checkpoints=())
    page = run_page(empty, now, UTC)
    assert not page.can_promote
    assert page.attempts.rows == []


def test_details_name_the_snapshot_or_the_reason_for_none(run_view: RunView, now: float) -> None:
    spec = run_view.run.spec
    details = {item.label: item.value for item in run_page(detail(run_view), now, UTC).details}
    assert details["Backup"] == "snapshot ssssssss"
    waived = replace(run_view, run=replace(run_view.run, spec=replace(spec, waiver="trial")))
    details = {item.label: item.value for item in run_page(detail(waived), now, UTC).details}
    assert details["Backup"] == "none; reason: trial"
    early = replace(run_view, run=replace(run_view.run, spec=replace(spec, snapshot=None)))
    details = {item.label: item.value for item in run_page(detail(early), now, UTC).details}
    assert details["Backup"] == "not backed up yet"


def test_the_duration_of_the_last_attempt_is_shown(run_view: RunView, now: float) -> None:
    assert run_view.job is not None
    job = replace(run_view.job, state=JobState.SUCCEEDED, ended_at=now)
    ended = replace(run_view, job=job, state=JobState.SUCCEEDED)
    details = {item.label: item.value for item in run_page(detail(ended), now, UTC).details}
    assert details["Last attempt"] == "1 min"


def test_the_configuration_has_dotted_keys(run_view: RunView, now: float) -> None:
    rows = run_page(detail(run_view), now, UTC).config.rows
    assert ("train.width", "128") in rows


def test_surrounding_spaces_do_not_count_in_samples() -> None:
    samples = [
        TranslationSample(
            split="valid", step=300, position=0, source="Hi", hypothesis="Hola ", reference="Hola"
        ),
        TranslationSample(
            split="valid", step=300, position=1, source="Yes", hypothesis="No", reference="Sí"
        ),
    ]
    assert [row.is_exact for row in sample_rows(samples)] == [True, False]
    assert samples_sentence(samples) == "Step 300: 1 of 2 samples equal the reference"
    assert samples_sentence([]) == "No samples yet"


def test_the_log_search_ignores_case() -> None:
    assert search_log("step 1\nWARNING slow\nstep 2", " warning ") == "WARNING slow"
    assert search_log("a\nb", "") == "a\nb"
    assert search_log("a\nb", "z") == ""


def test_a_comparison_can_hide_equal_values() -> None:
    rows = [("loss", [2.5, 2.25]), ("seed", [1, 1]), ("bleu", [None, 80.0])]
    assert comparison_table(rows, ["a", "b"], only_differences=True).rows == [
        ("loss", "2.500", "2.250"),
        ("bleu", "—", "80.00"),
    ]
    assert len(comparison_table(rows, ["a", "b"], only_differences=False).rows) == 3
