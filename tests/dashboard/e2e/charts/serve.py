"""Serve one script as the dashboard serves its own: `python -m tests... SCRIPT`."""

import os
import sys
from pathlib import Path

from core.clock import SystemClock
from core.settings import load_settings
from dashboard.server.asgi_app import create_app
from dashboard.server.streamlit_setup import streamlit_options

if __name__ == "__main__":
    settings = load_settings(environment=os.environ)
    app = create_app(settings, SystemClock(), Path(sys.argv[1]))
    app.run(config=streamlit_options(settings))
