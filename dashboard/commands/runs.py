"""`datahall runs`: list, show, log, stop, resume, delete, compare and export training runs."""

import sys
import time
from dataclasses import asdict
from typing import Annotated

import typer

from core.actions import runs as run_actions
from core.actions.records import RunDetail, RunView
from core.actions.training import delete_run, resume_run, resume_warning, stop_run
from core.actions.workspace import Workspace
from core.errors import InputError
from core.jobs.launcher import JobState
from core.jobs.logs import read_tail
from dashboard.commands.console import (
    HomeOption,
    JsonOption,
    local_time,
    messages,
    print_fields,
    print_json,
    print_table,
)
from dashboard.commands.documents import run_detail_document, run_document
from dashboard.commands.workspace import cli_actor, workspace_of
from dashboard.viewmodels.formatting import format_bytes

POLL_S = 0.5
MIN_COMPARED = 2

app = typer.Typer(help="Training runs.", no_args_is_help=True)
RunArgument = Annotated[str, typer.Argument(help="Id or name of the run.")]


@app.command("list")
def list_runs(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List runs, newest first.

    Example: datahall runs list
    """
    with workspace_of(home) as workspace:
        views = run_actions.list_runs(workspace)
    if as_json:
        print_json([run_document(view) for view in views])
        return
    rows = [
        (
            view.run.id, view.run.spec.name, view.state, f"{view.step}/{view.steps or '?'}",
            _metric(view, "train_loss"), view.run.spec.dataset,
            "" if view.run.scores.bleu is None else f"{view.run.scores.bleu:.1f}",
            _reason(view),
        )
        for view in views
    ]  # fmt: skip
    columns = ("ID", "NAME", "STATE", "STEP", "LOSS", "DATASET", "BLEU", "REASON")
    print_table(columns, rows, empty='There are no runs. Start one with "datahall train demo".')


@app.command("show")
def show(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show a run: its state, attempts, checkpoints and newest metrics.

    Example: datahall runs show demo-demo-1
    """
    with workspace_of(home) as workspace:
        detail = run_actions.detail(workspace, run)
    if as_json:
        print_json(run_detail_document(detail))
        return
    _print_detail(detail)


@app.command("log")
def show_log(
    run: RunArgument,
    wait: Annotated[
        bool, typer.Option("-f", "--follow", help="Print new lines until the run ends.")
    ] = False,
    tail: Annotated[int, typer.Option(help="Number of lines from the end.", min=0)] = 200,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the log of a run.

    Example: datahall runs log demo-demo-1 -f
    """
    if wait and as_json:
        raise InputError("--follow and --json exclude each other", remedy="Give one of them")
    with workspace_of(home) as workspace:
        view = run_actions.find_run(workspace, run)
        path = workspace.paths.run_log(view.run.id)
        end = path.stat().st_size if path.exists() else 0
        text = read_tail(path, tail)
        if as_json:
            print_json({"run": view.run.spec.name, "state": view.state, "log": text})
        elif not path.exists():
            print(f"{view.run.spec.name} has no log yet ({view.state})")
        else:
            sys.stdout.write(text)
        if wait:
            _follow_log(workspace, view, end)


@app.command("stop")
def stop(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Request that a run writes a checkpoint and stops.

    Example: datahall runs stop demo-demo-1
    """
    with workspace_of(home) as workspace:
        _print_state(stop_run(workspace, cli_actor(), run), as_json=as_json)


@app.command("resume")
def resume(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Continue a run from its newest complete checkpoint.

    Example: datahall runs resume demo-demo-1
    """
    with workspace_of(home) as workspace:
        view = resume_run(workspace, cli_actor(), run)
        if warning := resume_warning(workspace, view.run.id):
            messages.print(f"warning: {warning}", markup=False, soft_wrap=True)
        _print_state(view, as_json=as_json)


@app.command("delete")
def delete(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Delete a run and its checkpoints.

    Model versions made from it are kept.

    Example: datahall runs delete demo-demo-1
    """
    with workspace_of(home) as workspace:
        deleted = run_actions.find_run(workspace, run).run
        delete_run(workspace, cli_actor(), deleted.id)
    if as_json:
        print_json({"deleted": {"id": deleted.id, "name": deleted.spec.name}})
    else:
        print(f"deleted {deleted.spec.name}")


@app.command("compare")
def compare(
    names: Annotated[list[str], typer.Argument(help="Ids or names of two or more runs.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the settings and scores of runs; differences come first.

    Example: datahall runs compare demo-demo-1 demo-demo-2
    """
    if len(names) < MIN_COMPARED:
        raise InputError("a comparison needs two runs or more")
    with workspace_of(home) as workspace:
        rows = run_actions.compare(workspace, names)
    if as_json:
        print_json({key: dict(zip(names, values, strict=True)) for key, values in rows})
        return
    print_table(("SETTING OR SCORE", *names), [(key, *values) for key, values in rows])


@app.command("export")
def export(
    run: RunArgument,
    to: Annotated[str, typer.Option("--to", help="Format: csv.")] = "csv",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every metric point of a run as CSV.

    Example: datahall runs export demo-demo-1 --to csv
    """
    if to != "csv":
        raise InputError(f"unknown export format {to!r}", remedy="Use --to csv")
    with workspace_of(home) as workspace:
        if as_json:
            print_json([asdict(point) for point in run_actions.points(workspace, run)])
        else:
            run_actions.export_csv(workspace, run, sys.stdout)


def _print_detail(detail: RunDetail) -> None:
    """Print a run with its attempts, checkpoints and newest metrics."""
    view, spec = detail.view, detail.view.run.spec
    backup = f"snapshot {spec.snapshot[:8]}" if spec.snapshot else "backed up before the start"
    print_fields(
        {
            "id": view.run.id,
            "name": spec.name,
            "state": view.state,
            "reason": _reason(view),
            "step": f"{view.step} of {view.steps}" if view.steps else view.step,
            "created": local_time(view.run.created_at),
            "dataset": f"{spec.dataset} {spec.dataset_digest[:12]}",
            "backup": f"skipped: {spec.waiver}" if spec.waiver else backup,
            "preset": spec.preset,
            "device": spec.device,
            "started from": spec.parent,
            "code": spec.code_version,
            **{
                f"test {name}": f"{value:.2f}"
                for name, value in view.run.scores.corpus_scores.items()
            },
        }
    )
    print_table(
        ("ATTEMPT", "STARTED", "FROM STEP", "JOB"),
        [
            (attempt.number, local_time(attempt.started_at), attempt.from_step, attempt.job_id)
            for attempt in detail.attempts
        ],
        empty="No attempt has started yet.",
    )
    print_table(
        ("CHECKPOINT", "WRITTEN", "SIZE", "BEST"),
        [
            (
                checkpoint.step,
                local_time(checkpoint.created_at),
                format_bytes(checkpoint.bytes),
                "best" if checkpoint.is_best else "",
            )
            for checkpoint in detail.checkpoints
        ],
        empty="There is no intact checkpoint.",
    )
    print_table(
        ("METRIC", "STEP", "VALUE"),
        [(name, point.step, f"{point.value:.6g}") for name, point in view.latest.items()],
        empty="There are no metrics yet.",
    )


def _follow_log(workspace: Workspace, view: RunView, offset: int) -> None:
    """Print the log after `offset` until the run is over; a rotated log is read from its start."""
    path = workspace.paths.run_log(view.run.id)
    while True:
        is_over = run_actions.find_run(workspace, view.run.id).is_over
        end = path.stat().st_size if path.exists() else 0
        offset = offset if end >= offset else 0
        added = b""
        if end > offset:
            with path.open("rb") as stream:
                stream.seek(offset)
                added = stream.read()
        offset += len(added)
        sys.stdout.write(added.decode("utf-8", "replace"))
        sys.stdout.flush()
        if is_over:
            return
        time.sleep(POLL_S)


def _print_state(view: RunView, *, as_json: bool) -> None:
    """Print the state of a run."""
    if as_json:
        print_json(run_document(view))
    else:
        print(f"{view.run.spec.name} is {view.state}")


def _reason(view: RunView) -> str:
    """Return why a run waits or ended; empty after success, which needs no reason."""
    return "" if view.state is JobState.SUCCEEDED else view.exit_reason


def _metric(view: RunView, name: str) -> str:
    """Return the newest value of a metric; empty when there is none."""
    return f"{view.latest[name].value:.3f}" if name in view.latest else ""
