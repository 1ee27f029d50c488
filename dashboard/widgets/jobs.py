"""Jobs at work, with their progress and a way to cancel them; how the last ones ended."""

from collections.abc import Sequence

import streamlit as st

from core.actions.jobs import cancel_job
from core.actions.workspace import Workspace
from core.jobs.launcher import Job, JobKind, JobState
from dashboard.session_state import current_actor, get_value, set_value
from dashboard.viewmodels.jobs import JobRow, job_row
from dashboard.viewmodels.plain import plain
from dashboard.widgets.live import live_part
from dashboard.widgets.notices import perform
from dashboard.widgets.tables import badge

EVERY_S = 1.0
IDLE_S = 4.0
NEWEST = 40
SHOWN_ENDED = 2
LOG_LINES = 40
DISMISSED = "dismissed_jobs"


def draw_jobs(workspace: Workspace, kinds: Sequence[JobKind], *, key: str) -> None:
    """Draw the jobs of these kinds at work, and those that failed until they are dismissed.

    When one starts or ends, the whole page is drawn anew, so that tables show what it did.
    """

    def draw() -> None:
        jobs = [job for job in workspace.launcher.jobs(limit=NEWEST) if job.spec.kind in kinds]
        _rerun_on_change(jobs, key)
        for job in jobs:
            if not job.state.is_over:
                _draw_active(workspace, job, key)
        for job in _unread(jobs):
            _draw_failed(workspace, job, key)

    live_part(draw, EVERY_S if active_jobs(workspace, kinds) else IDLE_S)


def active_jobs(workspace: Workspace, kinds: Sequence[JobKind]) -> Sequence[Job]:
    """Return the jobs of these kinds that are not over."""
    return [
        job
        for job in workspace.launcher.jobs(limit=NEWEST)
        if job.spec.kind in kinds and not job.state.is_over
    ]


def draw_progress(row: JobRow) -> None:
    """Draw how far a job is: a bar, or words while its length is unknown."""
    words = f"{plain(row.title)}: {plain(row.text, 300)}"
    if row.ratio is None:
        st.markdown(f"{row.look.icon} {words}")
    else:
        st.progress(row.ratio, text=f"{words} · {row.ratio:.0%}")


def _draw_active(workspace: Workspace, job: Job, key: str) -> None:
    """Draw one job at work with its Cancel button."""
    row = job_row(job, workspace.launcher.progress(job.id), workspace.clock.now())
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key=f"job-{key}-{job.id}"
    ):
        badge(row.look)
        with st.container(width="stretch"):
            draw_progress(row)
        if row.can_cancel:
            st.button(
                "Cancel",
                key=f"cancel-{key}-{job.id}",
                icon=":material/cancel:",
                on_click=lambda: perform(
                    lambda: cancel_job(workspace, current_actor(), job.id),
                    f"Cancelling {row.title}",
                ),
            )


def _draw_failed(workspace: Workspace, job: Job, key: str) -> None:
    """Draw why a job failed, with the end of its log."""
    row = job_row(job, None, workspace.clock.now())
    with st.container(border=True, key=f"failed-{key}-{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            badge(row.look)
            st.markdown(f"**{plain(row.title)}** {plain(row.text, 400)}", width="stretch")
            st.button(
                "Dismiss",
                key=f"dismiss-{key}-{job.id}",
                type="tertiary",
                on_click=_dismiss,
                args=(job.id,),
            )
        with st.expander("End of its log", key=f"log-{key}-{job.id}"):
            st.code(
                workspace.launcher.log(job.id, tail=LOG_LINES)
                or "There is no log: it printed nothing, or its folder was removed.",
                language=None,
            )


def _unread(jobs: Sequence[Job]) -> Sequence[Job]:
    """Return the newest job of each subject and kind that ended badly and was not dismissed."""
    dismissed: tuple[str, ...] = get_value(DISMISSED, ())
    newest: dict[tuple[str, str], Job] = {}
    for job in jobs:
        newest.setdefault((job.spec.kind, job.spec.subject), job)
    bad = [
        job
        for job in newest.values()
        if job.state in (JobState.FAILED, JobState.CRASHED) and job.id not in dismissed
    ]
    return bad[:SHOWN_ENDED]


def _rerun_on_change(jobs: Sequence[Job], key: str) -> None:
    """Draw the whole page anew when a job began or ended since it was drawn."""
    present = tuple(f"{job.id} {job.state.is_over}" for job in jobs)
    before: tuple[str, ...] | None = get_value(f"jobs-{key}", None)
    set_value(f"jobs-{key}", present)
    if before is not None and before != present:
        st.rerun()


def _dismiss(job_id: str) -> None:
    """Remember that a failure was read."""
    dismissed: tuple[str, ...] = get_value(DISMISSED, ())
    set_value(DISMISSED, (*dismissed[-NEWEST:], job_id))
