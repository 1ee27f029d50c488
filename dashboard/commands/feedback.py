"""`datahall feedback`: corrections from the page and over the wire."""

from typing import Annotated

import typer

from core.actions.corrections import export_feedback
from dashboard.commands.console import HomeOption, JsonOption, local_time, print_json, print_table
from dashboard.commands.workspace import cli_actor, workspace_of

app = typer.Typer(help="Corrections, on their way to being training data.", no_args_is_help=True)


@app.command("list")
def list_corrections(
    pending: Annotated[bool, typer.Option("--pending", help="Only those not exported.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List corrections, newest first. Example: datahall feedback list --json."""
    with workspace_of(home) as workspace:
        entries = workspace.feedback.list(pending=pending)
    if as_json:
        fields = ("id", "time", "source", "hypothesis", "correction", "model", "actor")
        print_json([{name: getattr(entry, name) for name in fields} for entry in entries])
        return
    rows = [
        (
            local_time(entry.time), entry.actor, entry.source, entry.hypothesis, entry.correction,
            entry.model,
        )
        for entry in entries
    ]  # fmt: skip
    columns = ("TIME", "WHO", "SOURCE", "HYPOTHESIS", "CORRECTION", "MODEL")
    print_table(columns, rows, empty="no corrections yet")


@app.command("export")
def export(
    name: Annotated[str, typer.Argument(help="Name of the dataset that gets a new version.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a dataset version of pending corrections. Example: datahall feedback export fixes."""
    with workspace_of(home) as workspace:
        dataset = export_feedback(workspace, cli_actor(), name)
    if as_json:
        print_json({"name": dataset.name, "digest": dataset.digest, "pairs": dataset.pairs})
    else:
        print(f"{dataset.name} {dataset.digest[:12]}: {dataset.pairs} pairs")
