"""Everything about one run: lineage, attempts, checkpoints, samples, log."""

from dataclasses import replace
from datetime import UTC

from core.actions.records import RunDetail, RunView
from core.checkpoints.catalog import Checkpoint
from core.jobs.launcher import JobState
from core.runs.records import Attempt, TranslationSample
from dashboard.viewmodels.run_detail import (
    comparison,
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
                scores={"loss": 3.1},
            )
        ],
        metrics=["train_loss"],
    )  # fmt: skip


def test_the_second_attempt_is_marked_where_it_began(run_view: RunView, now: float) -> None:
    """The loss curve shows where the run was resumed."""
    page = run_page(detail(run_view), now, UTC)
    assert page.resumed_at == [200]
    assert [row[0] for row in page.attempts.rows] == ["1", "2"]


def test_checkpoints_tell_best_and_last(run_view: RunView, now: float) -> None:
    """And what they scored."""
    page = run_page(detail(run_view), now, UTC)
    assert page.checkpoints.rows[0][:4] == ("300", "best last", "loss 3.10", "3.5 MB")
    assert page.can_promote


def test_a_run_without_a_checkpoint_cannot_be_promoted(run_view: RunView, now: float) -> None:
    """There is nothing to make a model of."""
    empty = replace(detail(run_view), attempts=(), checkpoints=())
    page = run_page(empty, now, UTC)
    assert not page.can_promote
    assert page.attempts.rows == []


def test_facts_name_protection_waiver_and_absence(run_view: RunView, now: float) -> None:
    """What is not known is not listed."""
    spec = run_view.run.spec
    facts = {fact.name: fact.value for fact in run_page(detail(run_view), now, UTC).facts}
    assert facts["Protection"] == "protected by ssssssss"
    waived = replace(run_view, run=replace(run_view.run, spec=replace(spec, waiver="trial")))
    told = {fact.name: fact.value for fact in run_page(detail(waived), now, UTC).facts}
    assert told["Protection"] == "no backup: trial"
    early = replace(run_view, run=replace(run_view.run, spec=replace(spec, snapshot=None)))
    told = {fact.name: fact.value for fact in run_page(detail(early), now, UTC).facts}
    assert told["Protection"] == "backed up first"


def test_the_duration_of_the_last_attempt_is_shown(run_view: RunView, now: float) -> None:
    assert run_view.job is not None
    job = replace(run_view.job, state=JobState.SUCCEEDED, ended_at=now)
    ended = replace(run_view, job=job, state=JobState.SUCCEEDED)
    facts = {fact.name: fact.value for fact in run_page(detail(ended), now, UTC).facts}
    assert facts["Last attempt took"] == "1 min"


def test_the_configuration_is_flat(run_view: RunView, now: float) -> None:
    """Dotted keys, as the command line takes them."""
    rows = run_page(detail(run_view), now, UTC).config.rows
    assert ("train.width", "128") in rows


def test_samples_say_how_many_are_exact() -> None:
    """Spaces at the ends do not count."""
    samples = [
        TranslationSample(
            split="valid", step=300, position=0, source="Hi", hypothesis="Hola ", reference="Hola"
        ),
        TranslationSample(
            split="valid", step=300, position=1, source="Yes", hypothesis="No", reference="Sí"
        ),
    ]
    assert [row.is_exact for row in sample_rows(samples)] == [True, False]
    assert samples_sentence(samples) == "Step 300: 1 of 2 samples exactly as the reference"
    assert samples_sentence([]) == "No sample was translated yet"


def test_the_log_is_searched_without_regard_to_case() -> None:
    """All lines when nothing is looked for."""
    assert search_log("step 1\nWARNING slow\nstep 2", " warning ") == "WARNING slow"
    assert search_log("a\nb", "") == "a\nb"
    assert search_log("a\nb", "z") == ""


def test_comparison_can_hide_what_is_equal() -> None:
    """Two runs share most settings."""
    rows = [("loss", [2.5, 2.25]), ("seed", [1, 1]), ("bleu", [None, 80.0])]
    assert comparison(rows, only_differences=True).rows == [
        ("loss", "2.500", "2.250"),
        ("bleu", "—", "80.00"),
    ]
    assert len(comparison(rows, only_differences=False).rows) == 3
