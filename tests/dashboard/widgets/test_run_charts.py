"""The panels of the metric charts of training runs."""

from core.actions.records import RunView
from core.jobs.launcher import JobState
from core.runs.records import Run, RunSpec
from dashboard.widgets.run_charts import MAX_RUNS, ChartOptions, run_panels


def view(name: str) -> RunView:
    """Return a run with that name."""
    spec = RunSpec(
        name=name, dataset="d", dataset_digest="e", preset="demo", device="cpu", config={},
        code_version="0",
    )  # fmt: skip
    run = Run(id=f"id-{name}", spec=spec, created_at=0.0)
    return RunView(run=run, job=None, state=JobState.QUEUED, step=0, steps=None, exit_reason="")


def test_a_single_run_is_not_named_in_the_legend() -> None:
    loss = run_panels([view("a")], ChartOptions(log=True))[0]
    assert [(line.label, line.dashed, line.color) for line in loss.series] == [
        ("train", False, 0),
        ("valid", True, 0),
    ]
    assert loss.log


def test_several_runs_are_named_and_keep_their_colour() -> None:
    panels = run_panels([view("a"), view("b")], ChartOptions())
    assert [line.label for line in panels[0].series] == ["a train", "a valid", "b train", "b valid"]
    assert all(panel.series[-1].color == 1 for panel in panels)


def test_a_resume_is_marked_on_the_step_axis_only() -> None:
    loss = run_panels([view("a")], ChartOptions(resumed_at=[200]))[0]
    assert [(mark.label, mark.at) for mark in loss.marks] == [("resumed", 200.0)]
    assert not run_panels([view("a")], ChartOptions(resumed_at=[200], elapsed=True))[0].marks


def test_a_panel_has_at_most_as_many_lines_as_colours() -> None:
    views = [view(str(place)) for place in range(9)]
    assert len(run_panels(views, ChartOptions())[0].series) == 2 * MAX_RUNS
