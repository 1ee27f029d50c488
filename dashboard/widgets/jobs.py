"""Active jobs with their progress and a Cancel button; failed jobs until they are dismissed."""

from collections.abc import Sequence

import streamlit as st

from core.actions.jobs import cancel_job
from core.actions.workspace import Workspace
from core.jobs.launcher import Job, JobKind, JobState
from dashboard.session_state import current_actor, get_value, set_value
from dashboard.viewmodels.formatting import escape_markdown
from dashboard.viewmodels.jobs import JobRow, job_row
from dashboard.widgets.elements import draw_badge
from dashboard.widgets.page import live_part, perform

ACTIVE_EVERY_S = 1.0
IDLE_EVERY_S = 4.0
MAX_JOBS = 40
MAX_FAILED = 2
LOG_LINES = 40
DISMISSED = "dismissed_jobs"


def draw_jobs(workspace: Workspace, kinds: Sequence[JobKind], *, key: str) -> None:
    """Draw the active jobs of these kinds, and those that failed until they are dismissed.

    When one starts or ends, the whole page is rerun, so that its tables show the result.
    """

    def draw() -> None:
        jobs = _jobs(workspace, kinds)
        _rerun_on_change(jobs, key)
        for job in jobs:
            if not job.state.is_over:
                _draw_active(workspace, job, key)
        for job in _failed(jobs):
            _draw_failed(workspace, job, key)

    is_active = any(not job.state.is_over for job in _jobs(workspace, kinds))
    live_part(draw, ACTIVE_EVERY_S if is_active else IDLE_EVERY_S)


def _jobs(workspace: Workspace, kinds: Sequence[JobKind]) -> Sequence[Job]:
    """Return the newest jobs of these kinds."""
    return [job for job in workspace.launcher.jobs(limit=MAX_JOBS) if job.spec.kind in kinds]


def _draw_active(workspace: Workspace, job: Job, key: str) -> None:
    """Draw one active job."""
    row = job_row(job, workspace.launcher.progress(job.id), workspace.clock.now())
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key=f"job-{key}-{job.id}"
    ):
        draw_badge(row.badge)
        with st.container(width="stretch"):
            _draw_progress(row)
        if row.can_cancel:
            st.button(
                "Cancel",
                key=f"cancel-{key}-{job.id}",
                icon=":material/cancel:",
                on_click=lambda: perform(
                    lambda: cancel_job(workspace, current_actor(), job.id),
                    f"{row.title}: cancel requested",
                ),
            )


def _draw_progress(row: JobRow) -> None:
    """Draw the progress of a job: a bar, or text while its total is unknown."""
    text = f"{escape_markdown(row.title)}: {escape_markdown(row.text, 300)}"
    if row.ratio is None:
        st.markdown(text)
    else:
        st.progress(row.ratio, text=f"{text} · {row.ratio:.0%}")


def _draw_failed(workspace: Workspace, job: Job, key: str) -> None:
    """Draw the reason of a failed job, with the end of its log."""
    row = job_row(job, None, workspace.clock.now())
    with st.container(border=True, key=f"failed-{key}-{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_badge(row.badge)
            st.markdown(
                f"**{escape_markdown(row.title)}**: {escape_markdown(row.text, 400)}",
                width="stretch",
            )
            st.button(
                "Dismiss",
                key=f"dismiss-{key}-{job.id}",
                type="tertiary",
                on_click=_dismiss,
                args=(job.id,),
            )
        with st.expander(f"Last {LOG_LINES} lines of the log", key=f"log-{key}-{job.id}"):
            log = workspace.launcher.log(job.id, tail=LOG_LINES)
            st.code(log or "The log is empty or was deleted.", language=None)


def _failed(jobs: Sequence[Job]) -> Sequence[Job]:
    """Return the failed jobs that were not dismissed and not repeated since, newest first."""
    dismissed: tuple[str, ...] = get_value(DISMISSED, ())
    newest: dict[tuple[str, str], Job] = {}
    for job in jobs:
        newest.setdefault((job.spec.kind, job.spec.subject), job)
    failed = [
        job
        for job in newest.values()
        if job.state in (JobState.FAILED, JobState.CRASHED) and job.id not in dismissed
    ]
    return failed[:MAX_FAILED]


def _rerun_on_change(jobs: Sequence[Job], key: str) -> None:
    """Rerun the page when a job started or ended since it was drawn."""
    current = tuple(f"{job.id} {job.state.is_over}" for job in jobs)
    previous: tuple[str, ...] | None = get_value(f"jobs-{key}", None)
    set_value(f"jobs-{key}", current)
    if previous is not None and previous != current:
        st.rerun()


def _dismiss(job_id: str) -> None:
    """Hide a failed job for the rest of the session."""
    dismissed: tuple[str, ...] = get_value(DISMISSED, ())
    set_value(DISMISSED, (*dismissed[-MAX_JOBS:], job_id))
