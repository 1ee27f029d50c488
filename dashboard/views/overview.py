"""Overview: problems, devices, runs and live charts of this host."""

import streamlit as st

from dashboard import resources
from dashboard.widgets import overview
from dashboard.widgets.page import draw_notices, page_guard, page_header

with page_guard():
    page_header("Overview", resources.health)
    draw_notices()
    overview.draw_status(resources.workspace(), resources.telemetry())
    st.header("Charts", anchor=False)
    with page_guard():
        overview.draw_charts(resources.telemetry())
