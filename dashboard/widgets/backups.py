"""The Backups page: state of the repository, backup jobs, snapshots, checks."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.actions.backups import repository_status, request_backup, request_drill, request_verify
from core.actions.jobs import job_result
from core.actions.workspace import Workspace
from core.backup.records import RepositoryStatus, Snapshot
from core.jobs.launcher import Job, JobKind
from dashboard.session_state import browser_zone, current_actor
from dashboard.viewmodels.backups import (
    SCOPES,
    repository_badge,
    repository_details,
    repository_problem,
    snapshot_rows,
)
from dashboard.viewmodels.elements import Table
from dashboard.viewmodels.formatting import escape_markdown
from dashboard.viewmodels.jobs import heartbeat, heartbeat_sentence, outcome_rows
from dashboard.widgets.dialogs import open_dialog
from dashboard.widgets.elements import draw_badge, draw_large_table, draw_small_table, draw_values
from dashboard.widgets.page import live_part, perform
from dashboard.widgets.restore import RESTORE

CHECK_KINDS = (JobKind.VERIFY, JobKind.RESTORE)
MAX_JOBS = 200
MAX_OUTCOMES = 8
EVERY_S = 5.0
STATUS_CACHE_S = 60.0


def draw_status(
    workspace: Workspace, status: RepositoryStatus, snapshots: Sequence[Snapshot]
) -> None:
    """Draw the state of the repository and the outcomes of the last backup jobs."""
    now = workspace.clock.now()
    problem = repository_problem(status)
    if problem:
        st.error(escape_markdown(problem, 500), icon=":material/error:", title="Backups fail")
    with st.container(border=True, key="repository"):
        with st.container(horizontal=True, vertical_alignment="center"):
            draw_badge(repository_badge(status, snapshots, now))
            live_part(lambda: _draw_heartbeat(workspace), EVERY_S)
        draw_values(repository_details(status, now, browser_zone()), alt="Backup repository")


def draw_actions(workspace: Workspace, snapshots: Sequence[Snapshot]) -> None:
    """Draw the buttons that queue backup jobs."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scope = st.selectbox(
            "Scope", list(SCOPES), format_func=SCOPES.__getitem__, key="backup-scope", width=220
        )
        _job_button(
            "Back up now", lambda: request_backup(workspace, current_actor(), scope), shortcut="B"
        )
        is_full = st.checkbox(
            "Full data check",
            key="verify-full",
            help="Read and check all stored data, not only its structure. Slow.",
        )
        _job_button("Verify", lambda: request_verify(workspace, current_actor(), read_data=is_full))
        if snapshots:
            _job_button("Restore drill", lambda: request_drill(workspace, current_actor()))
        st.button(
            "Restore",
            key="restore",
            icon=":material/settings_backup_restore:",
            disabled=not snapshots,
            on_click=open_dialog,
            args=(RESTORE,),
        )


def draw_snapshots(workspace: Workspace, snapshots: Sequence[Snapshot]) -> None:
    """Draw the snapshots, or what a backup is."""
    rows = snapshot_rows(snapshots, workspace.clock.now(), browser_zone())
    if not rows:
        st.info(
            "A backup of the demo corpus takes a few seconds. Backups are encrypted and verified "
            "against a list of all files.",
            icon=":material/backup:",
            title="No snapshots yet",
        )
        return
    table = Table(
        header=(
            "Time", "Age", "Content", "Size", "New data", "Files", "Verification", "Restore drill",
            "Id",
        ),
        rows=[
            (row.created, row.age, row.content, row.size, row.added, row.files, row.verified.word,
             row.restored, row.short_id)
            for row in rows
        ],
    )  # fmt: skip
    draw_large_table(table, alt="Snapshots, newest first", key=f"snapshots-{len(rows)}")


def draw_outcomes(workspace: Workspace) -> None:
    """Draw the outcomes of the last checks and restores."""
    ended = [job for job in _jobs(workspace, CHECK_KINDS) if job.state.is_over][:MAX_OUTCOMES]
    if not ended:
        st.markdown("No checks or restores yet.")
        return
    results = {job.id: str(job_result(workspace, job.id).get("sentence", "")) for job in ended}
    rows = outcome_rows(ended, results, workspace.clock.now())
    draw_small_table(
        ("Ended", "Job", "State", "Result"),
        [(row.when, row.title, row.badge, row.sentence) for row in rows],
    )


@st.cache_data(ttl=STATUS_CACHE_S, show_spinner=False)
def cached_status(_workspace: Workspace, home: str, newest: str) -> RepositoryStatus:
    """Return the repository's status; read again each minute and after each snapshot."""
    del home, newest  # part of the cache's key
    return repository_status(_workspace)


def _draw_heartbeat(workspace: Workspace) -> None:
    """Draw the last backup jobs as ticks."""
    ticks = heartbeat(_jobs(workspace, (JobKind.BACKUP,)), workspace.clock.now())
    bar = "".join(f":{tick.badge.color}[▮]" for tick in ticks)
    st.markdown(
        f"{bar} :small[{escape_markdown(heartbeat_sentence(ticks))}]",
        help="  \n".join(escape_markdown(tick.text) for tick in reversed(ticks)) or None,
    )


def _jobs(workspace: Workspace, kinds: Sequence[JobKind]) -> Sequence[Job]:
    """Return the newest jobs of these kinds."""
    return [job for job in workspace.launcher.jobs(limit=MAX_JOBS) if job.spec.kind in kinds]


def _job_button(label: str, action: Callable[[], Job], *, shortcut: str | None = None) -> None:
    """Draw a button that queues a job; the one with a shortcut is the primary one."""
    st.button(
        label,
        key=f"backups-{label}",
        type="primary" if shortcut else "secondary",
        shortcut=shortcut,
        on_click=lambda: perform(action, f"{label}: job queued"),
    )
