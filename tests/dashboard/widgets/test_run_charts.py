"""Curves of runs: each run keeps its colour, validation is dashed."""

from core.actions.records import RunView
from core.jobs.launcher import JobState
from core.runs.records import Run, RunSpec
from dashboard.widgets.run_charts import MAX_RUNS, CurveChoice, run_panels


def view(name: str) -> RunView:
    """A run with that name."""
    spec = RunSpec(
        name=name, dataset="d", dataset_digest="e", preset="demo", device="cpu", config={},
        code_version="0",
    )  # fmt: skip
    run = Run(id=f"id-{name}", spec=spec, created_at=0.0)
    return RunView(run=run, job=None, state=JobState.QUEUED, step=0, steps=None, exit_reason="")


def test_one_run_needs_no_name_in_its_legend() -> None:
    """Train and valid, the latter dashed, both in one colour."""
    loss = run_panels([view("a")], CurveChoice(log=True))[0]
    assert [(line.label, line.dashed, line.color) for line in loss.series] == [
        ("train", False, 0),
        ("valid", True, 0),
    ]
    assert loss.log


def test_several_runs_are_named_and_keep_their_colour_everywhere() -> None:
    """The second run is the second colour in each panel."""
    panels = run_panels([view("a"), view("b")], CurveChoice())
    assert [line.label for line in panels[0].series] == ["a train", "a valid", "b train", "b valid"]
    assert all(panel.series[-1].color == 1 for panel in panels)


def test_a_resumed_run_is_marked_at_its_step_but_not_over_time() -> None:
    """Seconds are another axis."""
    loss = run_panels([view("a")], CurveChoice(resumed_at=[200]))[0]
    assert [(mark.label, mark.at) for mark in loss.marks] == [("resumed", 200.0)]
    assert not run_panels([view("a")], CurveChoice(resumed_at=[200], elapsed=True))[0].marks


def test_no_panel_has_more_lines_than_colours() -> None:
    """Eight lines at most."""
    views = [view(str(place)) for place in range(9)]
    assert len(run_panels(views, CurveChoice())[0].series) == 2 * MAX_RUNS
