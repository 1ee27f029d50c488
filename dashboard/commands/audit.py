"""`datahall audit`: who did what, and whether the log is whole."""

from dataclasses import asdict
from typing import Annotated

import typer

from core.errors import CorruptError
from dashboard.commands.console import HomeOption, JsonOption, local_time, print_json, print_table
from dashboard.commands.workspace import workspace_of

app = typer.Typer(help="Who did what, when, and from where.", no_args_is_help=True)


@app.command("list")
def list_entries(
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 200,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List actions, newest first. Example: datahall audit list --limit 20."""
    with workspace_of(home) as workspace:
        entries = workspace.ledger.entries(limit)
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    rows = [
        (
            entry.sequence, local_time(entry.time), f"{entry.actor} ({entry.origin})",
            entry.action, entry.target, entry.outcome, entry.detail,
        )
        for entry in entries
    ]  # fmt: skip
    columns = ("NO.", "TIME", "WHO", "ACTION", "TARGET", "OUTCOME", "DETAIL")
    print_table(columns, rows, empty="nothing was done yet")


@app.command("verify")
def verify(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check the chain of hashes over the whole log. Example: datahall audit verify."""
    with workspace_of(home) as workspace:
        broken_at = workspace.ledger.verify()
    if broken_at is not None:
        raise CorruptError(
            f"row {broken_at} of the audit log, or the one before it, was changed or removed",
            remedy="Compare with the audit log in the newest snapshot",
        )
    if as_json:
        print_json({"whole": True})
    else:
        print("every row is as it was written")
