"""`datahall jobs` and `datahall audit`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core.actions.workspace import Workspace, open_workspace
from core.jobs.launcher import Job, JobKind, JobSpec
from core.settings import Settings
from core.tables import audit
from dashboard.commands.cli import run

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    """The workspace of the test's home."""
    with open_workspace(settings) as opened:
        yield opened


@pytest.fixture
def sleeper(workspace: Workspace) -> Job:
    """A job that would sleep for ten minutes."""
    return workspace.launcher.submit(
        JobSpec(
            kind=JobKind.BACKUP,
            title="Back up sleep",
            subject="all",
            argv=("/bin/sh", "-c", "echo started; exec sleep 600"),
        )
    )


def test_a_job_is_listed_read_and_cancelled(workspace: Workspace, sleeper: Job, ask: Ask) -> None:
    code, (row,) = ask("jobs", "list")
    assert code == 0
    assert (row["id"], row["kind"], row["title"]) == (sleeper.id, "backup", "Back up sleep")
    while not workspace.launcher.log(sleeper.id):
        workspace.launcher.wait(sleeper.id, timeout_s=0.1)
    assert ask("jobs", "log", sleeper.id) == (0, {"id": sleeper.id, "log": "started\n"})

    code, shown = ask("jobs", "cancel", sleeper.id)

    assert (code, shown["state"] in ("stopping", "stopped")) == (0, True)
    assert workspace.launcher.wait(sleeper.id, timeout_s=60).state.is_over
    assert ask("jobs", "list")[1][0]["progress"] is None
    code, shown = ask("jobs", "cancel", sleeper.id)
    assert (code, shown["error"]["kind"]) == (2, "conflict")
    assert ask("jobs", "log", "ghost")[1]["error"]["kind"] == "not-found"


def test_cancelling_is_in_the_audit_log_and_a_changed_row_is_detected(
    workspace: Workspace, sleeper: Job, ask: Ask
) -> None:
    ask("jobs", "cancel", sleeper.id)
    workspace.launcher.wait(sleeper.id, timeout_s=60)

    (entry,) = ask("audit", "list")[1]
    assert (entry["action"], entry["target"], entry["origin"], entry["outcome"]) == (
        "jobs.cancel", sleeper.id, "cli", "allowed",
    )  # fmt: skip
    code, report = ask("audit", "verify")
    assert (code, report["whole"]) == (0, True)

    with workspace.database.write() as connection:
        connection.execute(sa.update(audit).values(actor="somebody else"))
    code, shown = ask("audit", "verify")
    assert (code, shown["error"]["kind"]) == (1, "corrupt")


def test_without_json_jobs_and_audit_log_are_tables(
    settings: Settings, sleeper: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ("--home", str(settings.home))
    assert run(["jobs", "list", *home]) == run(["jobs", "cancel", sleeper.id, *home]) == 0
    assert run(["audit", "list", *home]) == run(["audit", "verify", *home]) == 0
    shown = capsys.readouterr().out
    for words in ("Back up sleep", "jobs.cancel", "the audit log is intact"):
        assert words in shown
