"""The restore drawer, and the recovery key of the repository."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.actions.backups import (
    confirm_recovery_key,
    create_recovery_key,
    may_have_recovery_key,
    recovery_key_stored_at,
    request_restore,
)
from core.actions.workspace import Workspace
from core.backup.records import Snapshot
from core.errors import DatahallError
from dashboard.session_state import (
    browser_zone,
    current_actor,
    delete_value,
    get_value,
    set_value,
)
from dashboard.viewmodels.backups import snapshot_rows
from dashboard.viewmodels.formatting import escape_markdown, format_age
from dashboard.widgets.dialogs import close_dialog, draw_drawer, finish, is_open
from dashboard.widgets.page import draw_error, perform

RESTORE = "backups-restore"
NEW_KEY = "recovery_key_once"


def draw_restore(workspace: Workspace, snapshots: Sequence[Snapshot]) -> None:
    """Draw the drawer when it is open."""
    if snapshots and is_open(RESTORE):
        draw_drawer(
            "Restore",
            lambda: _draw(workspace, snapshots),
            icon=":material/settings_backup_restore:",
        )


def draw_recovery_key(workspace: Workspace) -> None:
    """Draw a new recovery key once; otherwise when it was stored, or how to create it."""
    key = get_value(NEW_KEY, "")
    stored_at = recovery_key_stored_at(workspace)
    if key:
        _draw_key(workspace, key)
    elif stored_at is not None:
        age = escape_markdown(format_age(stored_at, workspace.clock.now()))
        st.markdown(
            f":material/key: A user confirmed {age} that the recovery key is stored outside this "
            "host. With this key, restic opens the repository on any host."
        )
    else:
        _draw_missing_key(workspace)


def _draw(workspace: Workspace, snapshots: Sequence[Snapshot]) -> None:
    """Draw the content of the drawer."""
    rows = snapshot_rows(snapshots, workspace.clock.now(), browser_zone())
    with st.form("restore-form", border=False):
        chosen = st.selectbox(
            "Snapshot", rows, format_func=lambda item: item.label, key="restore-snapshot"
        )
        default = workspace.paths.home.parent / f"datahall-restored-{rows[0].short_id}"
        target = st.text_input(
            "Target folder", str(default), key="restore-target",
            help="A new or empty folder on this host, outside the home folder of Datahall",
        )  # fmt: skip
        only = st.text_input(
            "Path in the snapshot", key="restore-only", placeholder="everything",
            help="One file or folder of the snapshot, such as datasets/demo",
        )  # fmt: skip
        st.markdown(
            "Existing files are not changed. Afterwards every restored byte is compared with the "
            "list that was made during the backup; this page shows the result."
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            is_cancelled = st.form_submit_button("Cancel", key="restore-cancel")
            is_submitted = st.form_submit_button(
                "Restore and compare", type="primary", key="restore-go"
            )
    if is_cancelled:
        close_dialog()
        st.rerun()
    if is_submitted:
        _restore(workspace, chosen.id, target, only)


def _restore(workspace: Workspace, snapshot: str, target: str, only: str) -> None:
    """Queue the restore; an error is drawn in the drawer."""
    if not target.strip():
        st.error("Enter the target folder.", icon=":material/error:")
        return
    try:
        request_restore(
            workspace, current_actor(), snapshot, Path(target.strip()), only.strip() or None
        )
    except DatahallError as error:
        draw_error(error)
        return
    finish("Restore: job queued")


def _draw_missing_key(workspace: Workspace) -> None:
    """Draw the button that creates the recovery key, or the one that confirms an existing key."""
    may_exist = may_have_recovery_key(workspace)
    state = (
        "Nobody has confirmed that the recovery key is stored outside this host."
        if may_exist
        else "No recovery key yet."
    )
    with st.container(border=True, key="recovery"):
        st.markdown(
            f":material/key: **{state}** Backups are encrypted with a key in the home folder of "
            "this host. If the host is lost, only the recovery key opens the backups."
        )
        with st.container(horizontal=True):
            is_requested = st.button("Create recovery key", key="recovery-make")
            if may_exist:
                _draw_confirmation(workspace)
        if is_requested:
            with st.spinner("Creating the recovery key (a few seconds)"):
                perform(lambda: _create_key(workspace), "Recovery key created")
            st.rerun()


def _create_key(workspace: Workspace) -> None:
    """Create the key and store it in this session only."""
    set_value(NEW_KEY, create_recovery_key(workspace, current_actor()))


def _draw_key(workspace: Workspace, key: str) -> None:
    """Draw a new key; it is never shown again."""
    st.warning(
        "Store it outside this host, for example in a password manager. Datahall does not store "
        "it and will not show it again.",
        icon=":material/key:",
        title="Your recovery key, shown only once",
    )
    st.code(key, language=None)
    _draw_confirmation(workspace)


def _draw_confirmation(workspace: Workspace) -> None:
    """Draw the button that confirms that the key is stored: the only way to confirm it."""
    if st.button("I have stored the key", key="recovery-stored", type="primary"):
        perform(
            lambda: confirm_recovery_key(workspace, current_actor()),
            "Confirmed: recovery key stored",
        )
        delete_value(NEW_KEY)
        st.rerun()
