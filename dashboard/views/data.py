"""Data: dataset versions, their protection, their cleaning, their content."""

import streamlit as st

from core.actions.datasets import list_datasets
from core.jobs.launcher import JobKind
from dashboard import resources
from dashboard.viewmodels.datasets import dataset_rows, has_demo
from dashboard.widgets import datasets
from dashboard.widgets.dialogs import close_foreign
from dashboard.widgets.errors import draw_error, page_guard
from dashboard.widgets.header import page_header
from dashboard.widgets.import_text import draw_import
from dashboard.widgets.jobs import draw_jobs
from dashboard.widgets.notices import draw_notices

KINDS = (JobKind.BACKUP, JobKind.PREPARE)

with page_guard():
    page_header("Data", resources.health, ranged=False)
    close_foreign("data")
    draw_notices()
    workspace = resources.workspace()
    views = list_datasets(workspace)
    with st.container(horizontal=True):
        if not has_demo(views):
            datasets.draw_add_demo(workspace, is_primary=not views)
        draw_import(workspace)
    draw_jobs(workspace, KINDS, key="data")
    for damage in workspace.datasets.damaged():
        draw_error(damage)
    if views:
        datasets.draw_table(dataset_rows(views, workspace.clock.now()))
        st.header("Version", anchor=False)
        with page_guard():
            datasets.draw_version(workspace, views)
    else:
        datasets.draw_no_datasets()
