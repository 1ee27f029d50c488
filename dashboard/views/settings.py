"""Settings: services, settings, audit log, versions and diagnostics."""

from dashboard import resources
from dashboard.widgets import settings
from dashboard.widgets.page import draw_tabs, page_guard, page_header

with page_guard():
    page_header("Settings", resources.health, has_range=False)
    draw_tabs(
        {
            "Services": lambda: settings.draw_services(resources.workspace()),
            "Settings": lambda: settings.draw_settings(resources.settings()),
            "Audit log": lambda: settings.draw_audit(resources.workspace()),
            "About": lambda: settings.draw_about(resources.settings()),
        },
        key="settings-tab",
    )
