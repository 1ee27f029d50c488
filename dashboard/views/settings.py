"""Settings: services, settings, audit log, versions."""

from dashboard import wiring
from dashboard.widgets import settings
from dashboard.widgets.errors import page_guard
from dashboard.widgets.header import page_header
from dashboard.widgets.tabs import draw_tabs

with page_guard():
    page_header("Settings", wiring.health, ranged=False)
    draw_tabs(
        {
            "Services": lambda: settings.draw_services(wiring.hall()),
            "Settings": lambda: settings.draw_settings(wiring.settings()),
            "Audit log": lambda: settings.draw_audit(wiring.hall()),
            "About": lambda: settings.draw_about(wiring.settings()),
        },
        key="settings-tab",
    )
