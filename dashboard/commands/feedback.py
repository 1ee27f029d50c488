"""`datahall feedback`: list the collected corrections, export them as a dataset version."""

from typing import Annotated

import typer

from core.actions.corrections import export_feedback
from dashboard.commands.console import HomeOption, JsonOption, local_time, print_json, print_table
from dashboard.commands.workspace import cli_actor, workspace_of

app = typer.Typer(
    help="Corrections of translations, to be used as training data.", no_args_is_help=True
)


@app.command("list")
def list_corrections(
    pending: Annotated[
        bool, typer.Option("--pending", help="Only corrections not exported yet.")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List corrections, newest first.

    Example: datahall feedback list --pending
    """
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
    columns = ("TIME", "ACTOR", "SOURCE", "HYPOTHESIS", "CORRECTION", "MODEL")
    print_table(columns, rows, empty="There are no corrections.")


@app.command("export")
def export(
    name: Annotated[str, typer.Argument(help="Name of the dataset that gets a new version.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export new corrections as a version of a dataset.

    Example: datahall feedback export corrections
    """
    with workspace_of(home) as workspace:
        dataset = export_feedback(workspace, cli_actor(), name)
    if as_json:
        print_json({"name": dataset.name, "digest": dataset.digest, "pairs": dataset.pairs})
    else:
        print(f"{dataset.name} {dataset.digest[:12]}: {dataset.pairs:,} pairs")
