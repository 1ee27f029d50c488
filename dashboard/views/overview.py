"""Overview: the state of this host at a glance."""

import streamlit as st

from dashboard import resources
from dashboard.widgets import overview
from dashboard.widgets.errors import page_guard
from dashboard.widgets.header import page_header
from dashboard.widgets.notices import draw_notices

with page_guard():
    page_header("Overview", resources.health)
    draw_notices()
    overview.draw_host(resources.workspace(), resources.telemetry())
    st.header("Runs", anchor=False)
    overview.draw_runs(resources.workspace())
    st.header("Live", anchor=False)
    with page_guard():
        overview.draw_charts(resources.telemetry())
