"""`datahall audit`: list the audit log and check that it is intact."""

from dataclasses import asdict
from typing import Annotated

import typer

from core.audit import LogState
from core.errors import CorruptError
from dashboard.commands.console import HomeOption, JsonOption, local_time, print_json, print_table
from dashboard.commands.workspace import workspace_of

app = typer.Typer(help="The audit log: who did what, when and from where.", no_args_is_help=True)


@app.command("list")
def list_entries(
    limit: Annotated[int, typer.Option(help="Maximum number of entries.", min=1)] = 200,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List entries, newest first. Example: datahall audit list --limit 20."""
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
    print_table(columns, rows, empty="no entries yet")


@app.command("verify")
def verify(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check that no row was changed, deleted or inserted. Example: datahall audit verify."""
    with workspace_of(home) as workspace:
        report = workspace.ledger.verify()
    if report.state is LogState.ALTERED:
        raise CorruptError(
            f"the audit log was altered: {report.problem}",
            remedy="Restore a snapshot into a new folder and compare its audit log with this one",
        )
    if as_json:
        print_json({"whole": report.state is LogState.WHOLE, **asdict(report)})
    elif report.state is LogState.UNPROTECTED:
        print(
            f"the {report.rows} rows are linked without a break; rows missing at the end cannot be "
            "noticed, because this home has not recorded the end yet (the next action records it)"
        )
    else:
        print(f"the audit log is intact: {report.rows} rows")
