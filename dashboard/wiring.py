"""What pages work on, opened once for all sessions."""

import os

import streamlit as st

from core.lifecycle.hall import Hall, open_hall
from core.serving.client import TranslationClient
from core.settings import Settings, load_settings
from monitors.sqlite import SqliteTelemetryStore
from monitors.store import TelemetryStore


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Return the settings that this process was started with."""
    return load_settings(environment=os.environ)


@st.cache_resource(show_spinner=False)
def hall() -> Hall:
    """Return the open hall."""
    return open_hall(settings())


@st.cache_resource(show_spinner=False)
def telemetry() -> TelemetryStore:
    """Return this host's telemetry, for reading."""
    return SqliteTelemetryStore(settings().paths.telemetry, settings().sampler)


@st.cache_resource(show_spinner=False)
def translation() -> TranslationClient:
    """Return the client of the translation server."""
    serving = settings().serving
    return TranslationClient(f"http://{serving.host}:{serving.port}")
