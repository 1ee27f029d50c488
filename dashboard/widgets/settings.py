"""Services, settings, the audit log, and what works on this machine."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import streamlit as st

from core.actions.workspace import Workspace
from core.operations.doctor import examine
from core.operations.services import read_states, service_log
from core.settings import Settings, describe
from dashboard.session_state import browser_zone
from dashboard.viewmodels.rows import Fact, Table
from dashboard.viewmodels.services import ServiceRow, service_rows
from dashboard.viewmodels.settings import audit_table, chain_row, finding_rows, setting_table
from dashboard.widgets.live import live_part
from dashboard.widgets.tables import badge, facts, large_table, small_table

EVERY_S = 3.0
AUDIT_ROWS = 1000
LOG_BYTES = 20_000
PACKAGES = ("datahall", "streamlit", "sqlalchemy", "ctranslate2", "nvidia-ml-py", "psutil")
ASSETS = Path(__file__).with_name("live_charts") / "assets"


def draw_services(workspace: Workspace) -> None:
    """Draw the supervised processes, and the end of one's log."""
    live_part(lambda: _draw_states(workspace), EVERY_S)
    names = {row.title: row.name for row in _rows(workspace)}
    title = st.selectbox("Log of", list(names), key="service-log", index=None, width=320)
    if title:
        st.code(_log_end(service_log(workspace.paths, names[title])), language=None, height=300)


def draw_settings(settings: Settings) -> None:
    """Draw every setting with its value, default and variable."""
    st.markdown(
        "Settings are read once at the start: from `datahall.toml` in the home folder, then "
        "`DATAHALL_...` variables, then flags. Change them there and restart `datahall up`."
    )
    wanted = st.text_input("Search", key="setting-search", placeholder="port", width=320)
    table = setting_table(describe(settings), wanted or "")
    _draw_table(table, "Settings with value, default and help", "settings-table")


def draw_audit(workspace: Workspace) -> None:
    """Draw who did what, and whether the log is whole."""
    entries = workspace.ledger.entries(AUDIT_ROWS)
    told = chain_row(workspace.ledger.verify())
    with st.container(horizontal=True, vertical_alignment="center"):
        badge(told.look)
        st.markdown(told.sentence, width="stretch")
    wanted = st.text_input("Search", key="audit-search", placeholder="delete", width=320)
    table = audit_table(entries, browser_zone(), wanted or "")
    _draw_table(table, "Audit log, newest first", "audit-table")


def draw_about(settings: Settings) -> None:
    """Draw versions, and what works here once it is asked for."""
    facts([Fact(name=name, value=version(name)) for name in PACKAGES], alt="Versions")
    if st.button("Examine this machine", key="examine", icon=":material/troubleshoot:"):
        with st.spinner("Looking"):
            rows = finding_rows(examine(settings, ASSETS))
        small_table(
            ("What", "State", "Found", "What to do"),
            [(row.name, row.look, row.sentence, row.remedy) for row in rows],
        )


def _draw_table(table: Table, alt: str, key: str) -> None:
    """Draw a searched table."""
    if table.rows:
        large_table(table, alt=alt, key=key)
    else:
        st.markdown("Nothing here fits.")


def _draw_states(workspace: Workspace) -> None:
    """Draw the services."""
    rows = _rows(workspace)
    if not rows:
        st.info(
            "`datahall up` starts and supervises sampler, job supervisor, translation server and "
            "dashboard. It has not run on this home folder yet.",
            icon=":material/do_not_disturb_on:",
            title="Nothing is supervised",
        )
        return
    small_table(
        ("Service", "State", "What happened", "Process", "Restarts"),
        [(row.title, row.look, row.sentence, row.pid, str(row.restarts)) for row in rows],
    )


def _rows(workspace: Workspace) -> Sequence[ServiceRow]:
    """Return the services."""
    return service_rows(read_states(workspace.paths), workspace.clock.now())


def _log_end(path: Path) -> str:
    """Return the end of a log file."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(path.stat().st_size - LOG_BYTES, 0))
            return stream.read().decode(errors="replace") or "It is empty."
    except OSError:
        return "There is no log yet."
