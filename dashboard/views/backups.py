"""Backups: state of the repository, snapshots, checks, restores, recovery key."""

import streamlit as st

from core.actions.backups import list_snapshots
from core.jobs.launcher import JobKind
from dashboard import resources
from dashboard.widgets import backups, restore
from dashboard.widgets.dialogs import close_dialogs_of_other_pages
from dashboard.widgets.jobs import draw_jobs
from dashboard.widgets.page import draw_notices, page_guard, page_header

KINDS = (JobKind.BACKUP, JobKind.VERIFY, JobKind.RESTORE)

with page_guard():
    page_header("Backups", resources.health, has_range=False)
    close_dialogs_of_other_pages("backups")
    draw_notices()
    workspace = resources.workspace()
    snapshots = list_snapshots(workspace)
    newest = snapshots[0].id if snapshots else ""
    status = backups.cached_status(workspace, str(workspace.paths.home), newest)
    backups.draw_status(workspace, status, snapshots)
    backups.draw_actions(workspace, snapshots)
    restore.draw_restore(workspace, snapshots)
    draw_jobs(workspace, KINDS, key="backups")
    with page_guard():
        restore.draw_recovery_key(workspace)
    st.header("Snapshots", anchor=False)
    backups.draw_snapshots(workspace, snapshots)
    st.header("Checks and restores", anchor=False)
    backups.draw_outcomes(workspace)
