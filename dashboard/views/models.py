"""Models: the deployed version, promotion, all versions, deployment history."""

import streamlit as st

from core.actions.runs import list_runs
from core.jobs.launcher import JobKind
from dashboard import resources
from dashboard.widgets import models
from dashboard.widgets.dialogs import close_dialogs_of_other_pages
from dashboard.widgets.jobs import draw_jobs
from dashboard.widgets.page import draw_notices, page_guard, page_header

KINDS = (JobKind.PROMOTE, JobKind.EVALUATION)

with page_guard():
    page_header("Models", resources.health, has_range=False)
    close_dialogs_of_other_pages("models")
    draw_notices()
    workspace = resources.workspace()
    rows = models.read_models(workspace)
    models.draw_production(workspace, rows)
    draw_jobs(workspace, KINDS, key="models")
    st.header("Promote a run", anchor=False)
    models.draw_promotion(workspace, list_runs(workspace))
    st.header("Versions", anchor=False)
    if rows:
        models.draw_versions(rows)
    else:
        st.info(
            "Train a run, then promote it: it becomes the first version.",
            icon=":material/deployed_code:",
            title="No versions yet",
        )
        st.page_link("views/training.py", label="Go to Training", icon=":material/model_training:")
    st.header("Deployment history", anchor=False)
    models.draw_history(workspace)
