"""What every command shares: options, the workspace, output as text or JSON, following a job."""

import getpass
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from core.actions.workspace import Workspace, open_workspace
from core.audit import Actor, Role
from core.errors import CommandError, DatahallError
from core.jobs.launcher import Job, JobState
from core.process.progress import ProgressReport
from core.settings import Settings, load_settings
from core.text import one_line, split_lines

POLL_S = 0.3
INTERRUPTED = 130  # exit status after Ctrl-C
PLAIN_EVERY_S = 5.0


def _named_folder(text: str) -> Path:
    """Return a folder as typed; an unset variable is not the current folder."""
    if not text.strip():
        raise typer.BadParameter("the home folder has no name")
    return Path(text)


HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Folder of everything that Datahall keeps.",
        show_default=False,
        parser=_named_folder,
        metavar="DIR",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

messages = Console(stderr=True, highlight=False)


def read_settings(home: Path | None, **flags: object) -> Settings:
    """Return the settings for this command; flags are dotted keys with `__` for the dot."""
    given: dict[str, object] = {key.replace("__", "."): value for key, value in flags.items()}
    return load_settings(environment=os.environ, flags={"home": home, **given})


@contextmanager
def workspace_of(home: Path | None) -> Iterator[Workspace]:
    """Open the workspace of a home folder; the end of the block closes it."""
    with open_workspace(read_settings(home)) as workspace:
        yield workspace


def operator() -> Actor:
    """Return who typed the command: whoever may read the home folder may do everything."""
    return Actor(name=getpass.getuser(), role=Role.ADMIN, origin="cli")


def print_json(document: object) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "nothing yet"
) -> None:
    """Print rows under headings; a sentence when there are none.

    Control characters in a cell are replaced, so that it cannot send commands to the terminal.
    """
    if not rows:
        print(empty)
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(_cell, row))
    width = None if sys.stdout.isatty() else 200
    Console(highlight=False, markup=False, width=width).print(table)


def _cell(value: object) -> str:
    """Return the text of a cell; line ends stay, other control characters do not."""
    return "" if value is None else "\n".join(map(one_line, split_lines(str(value))))


def follow(workspace: Workspace, job_id: str, *, quiet: bool = False) -> Job:
    """Show a job's progress until it is over, and return it; Ctrl-C leaves the job running."""
    if quiet or not messages.is_terminal:
        return _follow_plain(workspace, job_id, quiet=quiet)
    with _bar() as bar:
        task = bar.add_task(workspace.launcher.job(job_id).spec.title, total=None, rate="")
        while True:
            job = workspace.launcher.wait(job_id, timeout_s=POLL_S)
            said = workspace.launcher.progress(job_id)
            if said is not None:
                bar.update(
                    task, description=said.message or job.spec.title, completed=said.done,
                    total=said.total, rate=rate_words(said),
                )  # fmt: skip
            if job.state.is_over:
                return job


@contextmanager
def counting(
    title: str, unit: str, *, total: int | None = None, quiet: bool = False
) -> Iterator[Callable[[int], None]]:
    """Give what is to be told the number done so far; show it while this command works.

    A bar on a terminal, else a line every few seconds, on standard error.
    """
    told_at = time.monotonic()

    def print_now_and_then(done: int) -> None:
        nonlocal told_at
        if not quiet and time.monotonic() - told_at >= PLAIN_EVERY_S:
            told_at = time.monotonic()
            messages.print(f"{title}: {done:,} {unit}", markup=False)

    if quiet or not messages.is_terminal:
        yield print_now_and_then
        return
    with _bar() as bar:
        task = bar.add_task(title, total=total, rate="")
        yield lambda done: bar.update(task, completed=done, rate=f"{done:,} {unit}")


def demand(job: Job, workspace: Workspace) -> Job:
    """Return a job that succeeded; raises the error that it told, else CommandError."""
    if job.state is JobState.SUCCEEDED:
        return job
    told = workspace.launcher.error(job.id) if job.state is JobState.FAILED else None
    if told is not None:
        raise told
    lines = workspace.launcher.log(job.id, tail=5).strip()
    said = f": {lines}" if lines else ""
    raise CommandError(f"{job.spec.title} {job.state}: {job.reason}{said}")


def local_time(seconds: float) -> str:
    """Return a time for people, in the machine's zone."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def rate_words(progress: ProgressReport) -> str:
    """Return the rate of a job in words."""
    if progress.rate is None:
        return ""
    if progress.unit == "bytes":
        return f"{progress.rate / 1e6:.1f} MB/s"
    return f"{progress.rate:,.0f} {progress.unit}/s"


def error_document(error: DatahallError) -> dict[str, object]:
    """Return the JSON shape of any failure."""
    return {"error": {"kind": error.kind, "message": error.message, "remedy": error.remedy}}


def _bar() -> Progress:
    """Return a progress bar that is gone once its work is done."""
    return Progress(
        TextColumn("{task.description}", markup=False), BarColumn(),
        TaskProgressColumn("{task.percentage:>3.0f} %"), TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(), console=messages, transient=True,
    )  # fmt: skip


def _follow_plain(workspace: Workspace, job_id: str, *, quiet: bool) -> Job:
    """Follow without a terminal: a line every few seconds, on standard error."""
    told = ""
    waited = PLAIN_EVERY_S
    while True:
        job = workspace.launcher.wait(job_id, timeout_s=POLL_S)
        if job.state.is_over:
            return job
        waited += POLL_S
        said = workspace.launcher.progress(job_id)
        if quiet or said is None or waited < PLAIN_EVERY_S:
            continue
        waited = 0.0
        share = f" {100 * said.done / said.total:.0f} %" if said.total else ""
        line = f"{said.message or job.spec.title}{share} {rate_words(said)}".rstrip()
        if line != told:
            messages.print(line, markup=False)
            told = line
