"""Training: start, watch, stop, resume, compare, promote and delete runs."""

import streamlit as st

from core.actions.runs import list_runs
from core.jobs.launcher import JobKind
from dashboard import resources
from dashboard.widgets.dialogs import close_dialogs_of_other_pages
from dashboard.widgets.jobs import draw_jobs
from dashboard.widgets.new_run import draw_new_run, draw_new_run_button
from dashboard.widgets.page import draw_notices, page_guard, page_header
from dashboard.widgets.run_detail import draw_run
from dashboard.widgets.runs import choose_run, draw_runs

KINDS = (JobKind.BACKUP, JobKind.PREPARE, JobKind.PROMOTE, JobKind.EVALUATION)

with page_guard():
    page_header("Training", resources.health, has_range=False)
    close_dialogs_of_other_pages("training")
    draw_notices()
    workspace = resources.workspace()
    draw_new_run_button()
    draw_jobs(workspace, KINDS, key="training")
    views = list_runs(workspace)
    table = st.container()
    if views:
        st.header("Run", anchor=False)
        name = choose_run(views)
        with page_guard():
            draw_run(workspace, name, [view for view in views if view.run.spec.name != name])
    with table:  # drawn last, because `choose_run` may take the run from the address
        draw_runs(workspace, is_active=any(not view.is_over for view in views))
    draw_new_run(workspace)
