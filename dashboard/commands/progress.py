"""Progress on standard error: of work in this process, and of a job that a command follows.

A bar on a terminal; otherwise a line every few seconds.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from core.actions.workspace import Workspace
from core.errors import CommandError
from core.jobs.launcher import Job, JobState
from core.process.progress import ProgressReport
from dashboard.commands.console import messages

POLL_S = 0.3
LINE_INTERVAL_S = 5.0
_LOG_LINES = 5


@contextmanager
def progress_counter(
    title: str, unit: str, *, total: int | None = None, quiet: bool = False
) -> Iterator[Callable[[int], None]]:
    """Yield a function that takes the number done so far and shows it."""
    if quiet:
        yield lambda _: None
        return
    if not messages.is_terminal:
        yield _line_counter(title, unit)
        return
    with _bar() as bar:
        task = bar.add_task(title, total=total, rate="")
        yield lambda done: bar.update(task, completed=done, rate=f"{done:,} {unit}")


def _line_counter(title: str, unit: str) -> Callable[[int], None]:
    """Return a function that prints the number done so far, at most once per interval."""
    printed_at = time.monotonic()

    def show(done: int) -> None:
        nonlocal printed_at
        if time.monotonic() - printed_at >= LINE_INTERVAL_S:
            printed_at = time.monotonic()
            messages.print(f"{title}: {done:,} {unit}", markup=False)

    return show


def follow(workspace: Workspace, job_id: str, *, quiet: bool = False) -> Job:
    """Show a job's progress until it has ended, and return it; Ctrl-C leaves the job running."""
    if quiet:
        return _wait(workspace, job_id, lambda _job, _report: None)
    if not messages.is_terminal:
        return _wait(workspace, job_id, _line_printer())
    with _bar() as bar:
        task = bar.add_task(workspace.launcher.job(job_id).spec.title, total=None, rate="")

        def show(job: Job, report: ProgressReport) -> None:
            bar.update(
                task, description=report.message or job.spec.title, completed=report.done,
                total=report.total, rate=_rate(report),
            )  # fmt: skip

        return _wait(workspace, job_id, show)


def require_success(job: Job, workspace: Workspace) -> Job:
    """Return the job if it succeeded; raises the error that it reported, else CommandError."""
    if job.state is JobState.SUCCEEDED:
        return job
    error = workspace.launcher.error(job.id) if job.state is JobState.FAILED else None
    if error is not None:
        raise error
    log = workspace.launcher.log(job.id, tail=_LOG_LINES).strip()
    end_of_log = f": {log}" if log else ""
    raise CommandError(f"{job.spec.title} {job.state}: {job.reason}{end_of_log}")


def _wait(workspace: Workspace, job_id: str, show: Callable[[Job, ProgressReport], None]) -> Job:
    """Wait for a job's end, showing each report on the way; returns the job."""
    while True:
        job = workspace.launcher.wait(job_id, timeout_s=POLL_S)
        if job.state.is_over:
            return job
        report = workspace.launcher.progress(job_id)
        if report is not None:
            show(job, report)


def _line_printer() -> Callable[[Job, ProgressReport], None]:
    """Return a function that prints a report when it has changed, at most once per interval."""
    printed, printed_at = "", float("-inf")

    def show(job: Job, report: ProgressReport) -> None:
        nonlocal printed, printed_at
        if time.monotonic() - printed_at < LINE_INTERVAL_S:
            return
        share = f" {100 * report.done / report.total:.0f} %" if report.total else ""
        line = f"{report.message or job.spec.title}{share} {_rate(report)}".rstrip()
        if line != printed:
            messages.print(line, markup=False)
            printed, printed_at = line, time.monotonic()

    return show


def _rate(report: ProgressReport) -> str:
    """Return the rate of a job with its unit; empty when it is unknown."""
    if report.rate is None:
        return ""
    if report.unit == "bytes":
        return f"{report.rate / 1e6:.1f} MB/s"
    return f"{report.rate:,.0f} {report.unit}/s"


def _bar() -> Progress:
    """Return a progress bar that disappears at the end."""
    return Progress(
        TextColumn("{task.description}", markup=False), BarColumn(),
        TaskProgressColumn("{task.percentage:>3.0f} %"), TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(), console=messages, transient=True,
    )  # fmt: skip
