"""Settings: services, settings, audit log, versions."""

from dashboard import resources
from dashboard.widgets import settings
from dashboard.widgets.errors import page_guard
from dashboard.widgets.header import page_header
from dashboard.widgets.tabs import draw_tabs

with page_guard():
    page_header("Settings", resources.health, ranged=False)
    draw_tabs(
        {
            "Services": lambda: settings.draw_services(resources.workspace()),
            "Settings": lambda: settings.draw_settings(resources.settings()),
            "Audit log": lambda: settings.draw_audit(resources.workspace()),
            "About": lambda: settings.draw_about(resources.settings()),
        },
        key="settings-tab",
    )
