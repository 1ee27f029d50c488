"""Settings, workspace and clients of the pages; opened once per process for all sessions."""

import os

import streamlit as st

from core.actions.workspace import Workspace, open_workspace
from core.errors import CorruptError, UnavailableError
from core.network import url_of
from core.operations.services import read_states
from core.serving.client import TranslationClient
from core.settings import Settings, load_settings
from dashboard.viewmodels.health import HealthSummary, summarize_health
from monitors.store.interface import TelemetryStore
from monitors.store.sqlite import SqliteTelemetryStore


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Return the settings of this process."""
    return load_settings(environment=os.environ)


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """Return the workspace of the home folder."""
    return open_workspace(settings())


@st.cache_resource(show_spinner=False)
def telemetry() -> TelemetryStore:
    """Return the telemetry of this host, read-only."""
    return SqliteTelemetryStore(settings().paths.telemetry, settings().sampler)


@st.cache_resource(show_spinner=False)
def translation() -> TranslationClient:
    """Return a client of the translation server."""
    serving = settings().serving
    return TranslationClient(url_of(serving.host, serving.port))


def health() -> HealthSummary:
    """Return the current health of this host, as the header of every page shows it."""
    try:
        state = telemetry().latest()
    except (UnavailableError, CorruptError):  # the header shows "no samples yet"
        state = None
    return summarize_health(state, read_states(settings().paths), workspace().clock.now())
