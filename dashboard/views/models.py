"""Models: versions with their lineage, what serves, and what served when."""

import streamlit as st

from core.actions.runs import list_runs
from core.jobs.launcher import JobKind
from dashboard import resources
from dashboard.widgets import models
from dashboard.widgets.dialogs import close_foreign
from dashboard.widgets.errors import page_guard
from dashboard.widgets.header import page_header
from dashboard.widgets.jobs import draw_jobs
from dashboard.widgets.notices import draw_notices

KINDS = (JobKind.PROMOTE, JobKind.EVALUATION)

with page_guard():
    page_header("Models", resources.health, ranged=False)
    close_foreign("models")
    draw_notices()
    workspace = resources.workspace()
    versions, rows = models.models_of(workspace)
    models.draw_production(workspace, rows)
    draw_jobs(workspace, KINDS, key="models")
    st.header("Promote a run", anchor=False)
    models.draw_promotion(workspace, list_runs(workspace))
    st.header("Versions", anchor=False)
    if rows:
        models.draw_versions(versions, rows)
    else:
        st.info(
            "Train a run, then promote it here: it becomes version 1 and serves translations.",
            icon=":material/deployed_code:",
            title="No versions yet",
        )
        st.page_link("views/training.py", label="Go to Training", icon=":material/model_training:")
    st.header("What served when", anchor=False)
    models.draw_history(workspace)
