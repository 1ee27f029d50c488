"""Settings: services, settings, audit log, versions."""

import streamlit as st

from dashboard import wiring
from dashboard.widgets import settings as parts
from dashboard.widgets.errors import page_guard
from dashboard.widgets.header import page_header

with page_guard():
    page_header("Settings", wiring.health, ranged=False)
    services, settings, audit, about = st.tabs(
        ["Services", "Settings", "Audit log", "About"], key="settings-tab", bind="query-params"
    )
    with services, page_guard():
        parts.draw_services(wiring.hall())
    with settings, page_guard():
        parts.draw_settings(wiring.settings())
    with audit, page_guard():
        parts.draw_audit(wiring.hall())
    with about, page_guard():
        parts.draw_about(wiring.settings())
