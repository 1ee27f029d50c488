"""The restore drawer and the recovery key: the two ways back."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.actions.backups import request_restore
from core.actions.vault import (
    confirm_recovery_key,
    make_recovery_key,
    may_have_recovery_key,
    recovery_key_stored_at,
)
from core.actions.workspace import Workspace
from core.backup.engine import Snapshot
from core.errors import DatahallError
from dashboard.session_state import browser_zone, current_actor, delete_value, get_value, set_value
from dashboard.viewmodels.backups import snapshot_rows
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.units import age
from dashboard.widgets.dialogs import close_dialog, drawer, finish, opened
from dashboard.widgets.errors import draw_error
from dashboard.widgets.notices import perform

RESTORE = "backups-restore"
KEY_ONCE = "recovery_key_once"


def draw_restore(workspace: Workspace, snapshots: Sequence[Snapshot]) -> None:
    """Draw the drawer when it is open."""
    if snapshots and opened(RESTORE):
        drawer(
            "Restore",
            lambda: _draw(workspace, snapshots),
            icon=":material/settings_backup_restore:",
        )


def draw_recovery_key(workspace: Workspace) -> None:
    """Draw the recovery key once, the way to make it, or when it was stored."""
    shown = get_value(KEY_ONCE, "")
    stored_at = recovery_key_stored_at(workspace)
    if shown:
        _draw_key(workspace, shown)
    elif stored_at is not None:
        told = age(stored_at, workspace.clock.now())
        st.markdown(
            f":material/key: The recovery key is kept off this machine (confirmed {plain(told)}). "
            "With it, plain restic opens the repository anywhere."
        )
    else:
        _draw_offer(workspace)


def _draw(workspace: Workspace, snapshots: Sequence[Snapshot]) -> None:
    """Draw the drawer's content."""
    rows = snapshot_rows(snapshots, workspace.clock.now(), browser_zone())
    with st.form("restore-form", border=False):
        chosen = st.selectbox(
            "Snapshot", rows, format_func=lambda it: it.label, key="restore-snapshot"
        )
        default = workspace.paths.home.parent / f"datahall-restored-{rows[0].short}"
        target = st.text_input(
            "Into this folder", str(default), key="restore-target",
            help="A new or empty folder on this machine, outside of the home folder",
        )  # fmt: skip
        only = st.text_input(
            "Only this path", key="restore-only", placeholder="everything",
            help="A file or folder of the snapshot, such as datasets/demo",
        )  # fmt: skip
        st.markdown(
            "Nothing that is here now is changed. Every restored byte is compared with the list "
            "made when it was backed up, and the result is shown on this page."
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            cancelled = st.form_submit_button("Cancel", key="restore-cancel")
            asked = st.form_submit_button("Restore and compare", type="primary", key="restore-go")
    if cancelled:
        close_dialog()
        st.rerun()
    if asked:
        _restore(workspace, chosen.id, target, only)


def _restore(workspace: Workspace, snapshot: str, target: str, only: str) -> None:
    """Queue the restore; what is wrong is said in the drawer."""
    if not target.strip():
        st.error("Name the folder to restore into.", icon=":material/error:")
        return
    try:
        request_restore(
            workspace, current_actor(), snapshot, Path(target.strip()), only.strip() or None
        )
    except DatahallError as error:
        draw_error(error)
        return
    finish("The restore is queued")


def _draw_offer(workspace: Workspace) -> None:
    """Offer to make the recovery key, or to say that one made before is kept."""
    may_be_made = may_have_recovery_key(workspace)
    state = "Nobody has confirmed that a recovery key" if may_be_made else "No recovery key"
    with st.container(border=True, key="recovery"):
        st.markdown(
            f":material/key: **{state} is kept yet.** Backups are encrypted with a key in this "
            "machine's home folder: if the machine is lost, only a recovery key opens them."
        )
        with st.container(horizontal=True):
            is_asked = st.button("Make the recovery key", key="recovery-make")
            if may_be_made:
                _draw_confirmation(workspace)
        if is_asked:
            with st.spinner("Making the key (a few seconds)"):
                perform(lambda: _make(workspace), "The recovery key is made")
            st.rerun()


def _make(workspace: Workspace) -> None:
    """Make the key and remember it for this session alone."""
    set_value(KEY_ONCE, make_recovery_key(workspace, current_actor()))


def _draw_key(workspace: Workspace, key: str) -> None:
    """Show the key, once."""
    st.warning(
        "Write it down or keep it in a password manager, off this machine. It is stored nowhere "
        "here and will not be shown again.",
        icon=":material/key:",
        title="Your recovery key, shown this once",
    )
    st.code(key, language=None)
    _draw_confirmation(workspace)


def _draw_confirmation(workspace: Workspace) -> None:
    """Draw the one button that says that the key is kept: nothing else may claim it."""
    if st.button("I have stored it", key="recovery-stored", type="primary"):
        perform(
            lambda: confirm_recovery_key(workspace, current_actor()), "Good. It is not kept here"
        )
        delete_value(KEY_ONCE)
        st.rerun()
