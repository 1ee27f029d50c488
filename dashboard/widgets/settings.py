"""The Settings page: services, settings, audit log, versions and diagnostics."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import streamlit as st

from core.actions.workspace import Workspace
from core.operations.doctor import examine
from core.operations.services import read_states, service_log
from core.settings import Settings, describe
from dashboard.session_state import browser_zone
from dashboard.viewmodels.elements import LabelledValue, Table
from dashboard.viewmodels.health import ServiceRow, service_rows
from dashboard.viewmodels.settings import audit_table, chain_row, finding_rows, setting_table
from dashboard.widgets.elements import draw_badge, draw_large_table, draw_small_table, draw_values
from dashboard.widgets.page import live_part

EVERY_S = 3.0
MAX_AUDIT_ROWS = 1000
MAX_LOG_BYTES = 20_000
PACKAGES = ("datahall", "streamlit", "sqlalchemy", "ctranslate2", "nvidia-ml-py", "psutil")
ASSETS = Path(__file__).with_name("live_charts") / "assets"


def draw_services(workspace: Workspace) -> None:
    """Draw the supervised services, and the end of the log of one."""
    live_part(lambda: _draw_states(workspace), EVERY_S)
    names = {row.title: row.name for row in _service_rows(workspace)}
    title = st.selectbox(
        "Log", list(names), key="service-log", index=None, placeholder="Choose a service", width=320
    )
    if title:
        st.code(_log_end(service_log(workspace.paths, names[title])), language=None, height=300)


def draw_settings(settings: Settings) -> None:
    """Draw every setting with its value, default and variable."""
    st.markdown(
        "Datahall reads its settings once, when it starts: from `datahall.toml` in the home "
        "folder, then from `DATAHALL_...` environment variables, then from command line options; "
        "a later source overrides an earlier one. After a change, restart `datahall up`."
    )
    query = st.text_input("Search", key="setting-search", placeholder="port", width=320)
    table = setting_table(describe(settings), query or "")
    if table.rows:
        draw_small_table(table.header, table.rows, alt="Settings with value and description")
    else:
        st.markdown("No entries match.")


def draw_audit(workspace: Workspace) -> None:
    """Draw the audit log, and the result of checking its hash chain."""
    entries = workspace.ledger.entries(MAX_AUDIT_ROWS)
    chain = chain_row(workspace.ledger.verify())
    with st.container(horizontal=True, vertical_alignment="center"):
        draw_badge(chain.badge)
        st.markdown(chain.sentence, width="stretch")
    query = st.text_input("Search", key="audit-search", placeholder="delete", width=320)
    table = audit_table(entries, browser_zone(), query or "")
    _draw_table(table, "Audit log, newest first", "audit-table")


def draw_about(settings: Settings) -> None:
    """Draw versions, and diagnostics on demand."""
    packages = [LabelledValue(label=name, value=version(name)) for name in PACKAGES]
    draw_values(packages, alt="Versions")
    if st.button("Run diagnostics", key="examine", icon=":material/troubleshoot:"):
        with st.spinner("Running diagnostics"):
            rows = finding_rows(examine(settings, ASSETS))
        draw_small_table(
            ("Check", "Result", "Details", "Fix"),
            [(row.name, row.badge, row.sentence, row.remedy) for row in rows],
        )


def _draw_table(table: Table, alt: str, key: str) -> None:
    """Draw the result of a search."""
    if table.rows:
        draw_large_table(table, alt=alt, key=key)
    else:
        st.markdown("No entries match.")


def _draw_states(workspace: Workspace) -> None:
    """Draw the services."""
    rows = _service_rows(workspace)
    if not rows:
        st.info(
            "`datahall up` starts and supervises sampler, job supervisor, translation server and "
            "dashboard. It has not run with this home folder yet.",
            icon=":material/do_not_disturb_on:",
            title="No supervised services",
        )
        return
    draw_small_table(
        ("Service", "State", "Details", "PID", "Restarts"),
        [(row.title, row.badge, row.detail, row.pid, row.restarts) for row in rows],
    )


def _service_rows(workspace: Workspace) -> Sequence[ServiceRow]:
    """Return the services."""
    return service_rows(read_states(workspace.paths), workspace.clock.now())


def _log_end(path: Path) -> str:
    """Return the end of a log file."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(path.stat().st_size - MAX_LOG_BYTES, 0))
            return stream.read().decode(errors="replace") or "The log is empty."
    except OSError as error:
        return f"The log cannot be read: {error.strerror}"
