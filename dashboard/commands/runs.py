"""`datahall runs`: list, show, log, stop, resume, compare, export, delete."""

import sys
import time
from dataclasses import asdict
from typing import Annotated

import typer

from core.actions import runs as run_actions
from core.actions.records import RunView
from core.actions.training import delete_run, resume_run, stop_run
from core.actions.workspace import Workspace
from core.errors import InputError
from core.jobs import logs
from dashboard.commands.console import HomeOption, JsonOption, print_json, print_table
from dashboard.commands.documents import run_detail_document, run_document
from dashboard.commands.workspace import cli_actor, workspace_of

FOLLOW_S = 0.5

app = typer.Typer(help="Training runs.", no_args_is_help=True)
RunArgument = Annotated[str, typer.Argument(help="Id or name of the run.")]


@app.command("list")
def list_runs(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List runs, newest first. Example: datahall runs list --json."""
    with workspace_of(home) as workspace:
        views = run_actions.list_runs(workspace)
        if as_json:
            print_json([run_document(view) for view in views])
            return
        rows = [
            (
                view.run.id, view.run.spec.name, view.state, f"{view.step}/{view.steps or '?'}",
                _number(view, "train_loss"), view.run.spec.dataset,
                f"{view.run.scores['bleu']:.1f}" if "bleu" in view.run.scores else "",
                view.exit_reason,
            )
            for view in views
        ]  # fmt: skip
        columns = ("ID", "NAME", "STATE", "STEP", "LOSS", "DATASET", "BLEU", "REASON")
        print_table(columns, rows, empty='no runs yet; "datahall train demo" starts one')


@app.command("show")
def show(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show everything about a run. Example: datahall runs show demo-demo-1 --json."""
    with workspace_of(home) as workspace:
        document = run_detail_document(run_actions.detail(workspace, run))
    if as_json:
        print_json(document)
        return
    for key, value in document.items():
        if key != "config":
            print(f"{key:15} {'' if value is None else value}")


@app.command("log")
def show_log(
    run: RunArgument,
    wait: Annotated[bool, typer.Option("-f", "--follow", help="Go on until it ends.")] = False,
    tail: Annotated[int, typer.Option(help="Lines from the end.", min=0)] = 200,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what the run printed. Example: datahall runs log demo-demo-1 -f."""
    if wait and as_json:
        raise InputError("a log that is followed is no JSON document", remedy="Leave out one")
    with workspace_of(home) as workspace:
        view = run_actions.find_run(workspace, run)
        path = workspace.paths.run_log(view.run.id)
        size = path.stat().st_size if path.exists() else 0
        text = logs.tail(path, tail)
        if as_json:
            print_json({"run": view.run.spec.name, "state": view.state, "log": text})
        elif not path.exists():
            print(f"{view.run.spec.name} has printed nothing yet ({view.state})")
        else:
            sys.stdout.write(text)
        if wait:
            _follow_log(workspace, view, size)


@app.command("stop")
def stop(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Checkpoint and stop a run. Example: datahall runs stop demo-demo-1."""
    with workspace_of(home) as workspace:
        _say(stop_run(workspace, cli_actor(), run), as_json=as_json)


@app.command("resume")
def resume(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Go on from the last good checkpoint. Example: datahall runs resume demo-demo-1."""
    with workspace_of(home) as workspace:
        _say(resume_run(workspace, cli_actor(), run), as_json=as_json)


@app.command("delete")
def delete(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Remove a run and its checkpoints. Example: datahall runs delete demo-demo-1."""
    with workspace_of(home) as workspace:
        gone = run_actions.find_run(workspace, run).run
        delete_run(workspace, cli_actor(), gone.id)
    if as_json:
        print_json({"deleted": {"id": gone.id, "name": gone.spec.name}})
    else:
        print(f"{gone.spec.name} is gone; models made from it stay")


@app.command("compare")
def compare(
    names: Annotated[list[str], typer.Argument(help="Ids or names, at least two.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put runs side by side, differences first. Example: datahall runs compare a b."""
    if len(names) < 2:  # noqa: PLR2004  (a comparison needs two)
        raise InputError("compare needs at least two runs")
    with workspace_of(home) as workspace:
        rows = run_actions.compare(workspace, names)
    if as_json:
        print_json({key: dict(zip(names, values, strict=True)) for key, values in rows})
        return
    print_table(("WHAT", *names), [(key, *values) for key, values in rows])


@app.command("export")
def export(
    run: RunArgument,
    to: Annotated[str, typer.Option("--to", help="csv.")] = "csv",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every metric point as CSV. Example: datahall runs export demo-demo-1 --to csv."""
    if to != "csv":
        raise InputError(f"export to {to!r} is not here yet", remedy="Use --to csv")
    with workspace_of(home) as workspace:
        if as_json:
            print_json([asdict(point) for point in run_actions.points(workspace, run)])
        else:
            run_actions.export_csv(workspace, run, sys.stdout)


def _follow_log(workspace: Workspace, view: RunView, offset: int) -> None:
    """Print what follows `offset` until the run is over; rotation starts the file again."""
    path = workspace.paths.run_log(view.run.id)
    while True:
        is_over = run_actions.find_run(workspace, view.run.id).is_over
        size = path.stat().st_size if path.exists() else 0
        offset = offset if size >= offset else 0
        added = b""
        if size > offset:
            with path.open("rb") as stream:
                stream.seek(offset)
                added = stream.read()
        offset += len(added)
        sys.stdout.write(added.decode("utf-8", "replace"))
        sys.stdout.flush()
        if is_over:
            return
        time.sleep(FOLLOW_S)


def _say(view: RunView, *, as_json: bool) -> None:
    """Say where a run is."""
    if as_json:
        print_json(run_document(view))
    else:
        print(f"{view.run.spec.name} is {view.state}")


def _number(view: RunView, metric: str) -> str:
    """Return the newest value of a metric, or nothing."""
    return f"{view.latest[metric].value:.3f}" if metric in view.latest else ""
