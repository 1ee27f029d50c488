"""What pages work on, opened once for all sessions."""

import os

import streamlit as st

from core.actions.workspace import Workspace, open_workspace
from core.errors import UnavailableError
from core.network import url_of
from core.operations.services import read_states
from core.serving.client import TranslationClient
from core.settings import Settings, load_settings
from dashboard.viewmodels.health import Health, summarize_health
from monitors.store.interface import TelemetryStore
from monitors.store.sqlite import SqliteTelemetryStore


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Return the settings that this process was started with."""
    return load_settings(environment=os.environ)


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """Return the open workspace."""
    return open_workspace(settings())


@st.cache_resource(show_spinner=False)
def telemetry() -> TelemetryStore:
    """Return this host's telemetry, for reading."""
    return SqliteTelemetryStore(settings().paths.telemetry, settings().sampler)


@st.cache_resource(show_spinner=False)
def translation() -> TranslationClient:
    """Return the client of the translation server."""
    serving = settings().serving
    return TranslationClient(url_of(serving.host, serving.port))


def health() -> Health:
    """Return how this host stands now: what every page's header shows."""
    try:
        state = telemetry().latest()
    except UnavailableError:  # told as "no samples yet"; the parts that need them say why
        state = None
    return summarize_health(state, read_states(settings().paths), workspace().clock.now())
