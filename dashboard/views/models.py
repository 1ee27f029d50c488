"""Models: not drawn yet."""

import time

from core.lifecycle.services import read_states
from dashboard import wiring
from dashboard.viewmodels.health import summarize_health
from dashboard.widgets.header import page_header

page_header(
    "Models",
    lambda: summarize_health(
        wiring.telemetry().latest(), read_states(wiring.settings().paths), time.time()
    ),
)
