"""Data: dataset versions, their backup, preparation and content."""

import streamlit as st

from core.actions.datasets import list_datasets
from core.jobs.launcher import JobKind
from dashboard import resources
from dashboard.viewmodels.datasets import dataset_rows, has_demo
from dashboard.widgets import datasets
from dashboard.widgets.data_import import draw_import
from dashboard.widgets.dialogs import close_dialogs_of_other_pages
from dashboard.widgets.jobs import draw_jobs
from dashboard.widgets.page import draw_error, draw_notices, page_guard, page_header

KINDS = (JobKind.BACKUP, JobKind.PREPARE)

with page_guard():
    page_header("Data", resources.health, has_range=False)
    close_dialogs_of_other_pages("data")
    draw_notices()
    workspace = resources.workspace()
    views = list_datasets(workspace)
    with st.container(horizontal=True):
        if not has_demo(views):
            datasets.draw_add_demo(workspace, is_primary=not views)
        draw_import(workspace)
    draw_jobs(workspace, KINDS, key="data")
    for error in workspace.datasets.damaged():
        draw_error(error)
    if views:
        datasets.draw_table(dataset_rows(views, workspace.clock.now()))
        st.header("Dataset version", anchor=False)
        with page_guard():
            datasets.draw_version(workspace, views)
    else:
        datasets.draw_no_datasets()
