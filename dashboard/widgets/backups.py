"""Backups: how safe this home folder is, snapshots, checks, and the way back."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.actions.backups import request_backup, request_drill, request_verify
from core.actions.jobs import job_result
from core.actions.vault import repository_status
from core.actions.workspace import Workspace
from core.backup.engine import RepositoryStatus, Snapshot
from core.jobs.launcher import Job, JobKind
from dashboard.session_state import browser_zone, current_actor
from dashboard.viewmodels.backups import (
    SCOPES,
    repository_facts,
    repository_look,
    repository_trouble,
    snapshot_rows,
)
from dashboard.viewmodels.jobs import heartbeat, heartbeat_sentence, outcome_rows, result_sentence
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.rows import Table
from dashboard.widgets.dialogs import open_dialog
from dashboard.widgets.live import live_part
from dashboard.widgets.notices import perform
from dashboard.widgets.restore import RESTORE
from dashboard.widgets.tables import badge, facts, large_table, small_table

CHECKED = (JobKind.VERIFY, JobKind.RESTORE)
NEWEST = 200
OUTCOMES = 8
EVERY_S = 5.0
STATUS_S = 60.0


def draw_status(
    workspace: Workspace, status: RepositoryStatus, snapshots: Sequence[Snapshot]
) -> None:
    """Draw whether the repository can be trusted, where it is, and the heartbeat of backups."""
    now = workspace.clock.now()
    trouble = repository_trouble(status)
    if trouble:
        st.warning(plain(trouble, 500), icon=":material/gpp_maybe:", title="Backups do not work")
    with st.container(border=True, key="repository"):
        with st.container(horizontal=True, vertical_alignment="center"):
            badge(repository_look(status, snapshots, now))
            live_part(lambda: _draw_heartbeat(workspace), EVERY_S)
        facts(repository_facts(status, snapshots, now, browser_zone()), alt="The repository")


def draw_actions(workspace: Workspace, snapshots: Sequence[Snapshot]) -> None:
    """Draw what can be done."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scope = st.selectbox(
            "What", [key for key, _ in SCOPES], format_func=dict(SCOPES).__getitem__,
            key="backup-scope", width=220,
        )  # fmt: skip
        _button("Back up now", lambda: request_backup(workspace, current_actor(), scope), "B")
        deep = st.checkbox(
            "read every byte", key="verify-deep", help="Slower: reads all that is stored"
        )
        _button("Verify", lambda: request_verify(workspace, current_actor(), read_data=deep), None)
        if snapshots:
            _button("Restore drill", lambda: request_drill(workspace, current_actor()), None)
        st.button(
            "Restore",
            key="restore",
            icon=":material/settings_backup_restore:",
            disabled=not snapshots,
            on_click=open_dialog,
            args=(RESTORE,),
        )


def draw_snapshots(workspace: Workspace, snapshots: Sequence[Snapshot]) -> None:
    """Draw the snapshots, or how to make the first."""
    rows = snapshot_rows(snapshots, workspace.clock.now(), browser_zone())
    if not rows:
        st.info(
            "A backup takes seconds for the demo corpus. It is encrypted, compared with a list of "
            "every file, and can be restored byte for byte.",
            icon=":material/backup:",
            title="No snapshots yet",
        )
        return
    table = Table(
        header=("Time", "Age", "What", "Size", "New", "Files", "Proof", "Restored", "Id"),
        rows=[
            (it.when, it.age, it.what, it.size, it.added, it.files, it.verified.word,
             it.restored, it.short)
            for it in rows
        ],
    )  # fmt: skip
    large_table(table, alt="Snapshots, newest first", key=f"snapshots-{len(rows)}")


def draw_outcomes(workspace: Workspace) -> None:
    """Draw how the last checks and restores ended."""
    over = [job for job in _jobs(workspace, CHECKED) if job.state.is_over][:OUTCOMES]
    if not over:
        st.markdown("Nothing was verified or restored yet.")
        return
    told = {job.id: result_sentence(job_result(workspace, job.id)) for job in over}
    rows = outcome_rows(over, told, workspace.clock.now())
    small_table(
        ("When", "What", "State", "Result"),
        [(row.when, row.title, row.look, row.sentence) for row in rows],
    )


@st.cache_data(ttl=STATUS_S, show_spinner=False)
def cached_status(_workspace: Workspace, home: str, newest: str) -> RepositoryStatus:
    """Return the repository's status; asked anew each minute and after each snapshot."""
    del home, newest  # part of the cache's key
    return repository_status(_workspace)


def _draw_heartbeat(workspace: Workspace) -> None:
    """Draw the last backups as ticks."""
    ticks = heartbeat(_jobs(workspace, (JobKind.BACKUP,)), workspace.clock.now())
    bar = "".join(f":{tick.look.colour}[▮]" for tick in ticks)
    st.markdown(
        f"{bar} :small[{plain(heartbeat_sentence(ticks))}]",
        help="  \n".join(plain(tick.text) for tick in reversed(ticks)) or None,
    )


def _jobs(workspace: Workspace, kinds: Sequence[JobKind]) -> Sequence[Job]:
    """Return the newest jobs of some kinds."""
    return [job for job in workspace.launcher.jobs(limit=NEWEST) if job.spec.kind in kinds]


def _button(label: str, action: Callable[[], Job], shortcut: str | None) -> None:
    """Draw a button that queues a job."""
    st.button(
        label,
        key=f"backups-{label}",
        type="primary" if shortcut else "secondary",
        shortcut=shortcut,
        on_click=lambda: perform(action, f"{label}: queued"),
    )
