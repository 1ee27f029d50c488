"""Backups: none yet, snapshots, jobs, restores, the recovery key, a missing restic."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.vault import make_recovery_key
from core.audit import Actor
from core.backup.engine import RepositoryStatus, Snapshot
from core.backup.memory import MemoryEngine
from core.files import write_json
from core.jobs.launcher import JobKind, JobState
from core.jobs.memory import Script
from dashboard import resources
from dashboard.widgets import backups, restore
from tests.dashboard.views.conftest import House

Open = Callable[..., AppTest]
Words = Callable[[AppTest], str]


def press(page: AppTest, label: str) -> AppTest:
    """Press a button and draw the page again."""
    return next(it for it in page.button if it.label == label).click().run()


@pytest.fixture(autouse=True)
def status(house: House, monkeypatch: pytest.MonkeyPatch) -> RepositoryStatus:
    """A repository that works, asked without starting restic."""
    found = RepositoryStatus(
        repository=house.workspace.vault.engine.repository, program="restic", version="0.14.0",
        is_initialised=True, snapshots=0, last_success_at=None, detail={"free_bytes": "9e9"},
    )  # fmt: skip
    monkeypatch.setattr(backups, "repository_status", lambda _workspace: found)
    return found


def add_snapshot(house: House, letter: str = "a") -> Snapshot:
    """Record a verified snapshot."""
    taken = Snapshot(
        id=letter * 64, created_at=house.clock.now() - 60,
        repository=house.workspace.vault.engine.repository, paths=("datasets",),
        tags=("datahall", "what:data"), files=12, bytes=1_240_000, verified_at=house.clock.now(),
    )  # fmt: skip
    house.workspace.vault.store.record(taken)
    return taken


def test_without_a_snapshot_the_page_says_what_a_backup_is(open_page: Open, words: Words) -> None:
    """And offers one."""
    page = open_page("backups")
    said = words(page)
    assert not page.exception
    assert page.info[0].proto.title == "No snapshots yet"
    assert "No backup yet" in said
    assert "No recovery key is kept yet" in said
    assert next(it for it in page.button if it.label == "Restore").disabled


def test_backing_up_is_one_button(house: House, open_page: Open) -> None:
    """The scope is chosen beside it."""
    house.launcher.otherwise = Script(seconds=60)
    page = open_page("backups")
    page.selectbox(key="backup-scope").select("data").run()
    press(page, "Back up now")
    job = house.launcher.jobs(kind=JobKind.BACKUP)[0]
    assert job.spec.argv[-4:-2] == ("--what", "data")
    press(page, "Cancel")
    assert house.launcher.job(job.id).state in (JobState.STOPPING, JobState.STOPPED)


def test_snapshots_show_proof_and_what_they_hold(
    house: House, open_page: Open, words: Words
) -> None:
    """Time, size, files, verified, restored."""
    add_snapshot(house)
    page = open_page("backups")
    row = page.dataframe[0].value.iloc[0]
    assert (row["What"], row["Files"], row["Proof"], row["Restored"]) == (
        "Datasets", "12", "verified", "never",
    )  # fmt: skip
    assert "Backed up and verified" in words(page)


def test_the_heartbeat_counts_what_succeeded(house: House, open_page: Open, words: Words) -> None:
    """One tick per backup that ended."""
    page = open_page("backups")
    press(page, "Back up now")
    house.clock.advance(1)
    house.launcher.otherwise = Script(returncode=1)
    press(page, "Back up now")
    house.clock.advance(1)
    assert "1 of the last 2 succeeded" in words(page.run())


def test_a_restore_is_asked_for_in_a_drawer(
    house: House, open_page: Open, tmp_path: Path, words: Words
) -> None:
    """Then its result is told: every byte compared."""
    add_snapshot(house)
    page = press(open_page("backups"), "Restore")
    page.text_input(key="restore-target").set_value(str(tmp_path / "back"))
    page.text_input(key="restore-only").set_value("datasets/demo")
    press(page, "Restore and compare")
    job = house.launcher.jobs(kind=JobKind.RESTORE)[0]
    assert {"restore", f"--to={tmp_path / 'back'}", "--only=datasets/demo"} <= set(job.spec.argv)
    write_json(
        house.workspace.paths.job(job.id) / "result.json", {"sentence": "12 of 12 files match"}
    )
    house.clock.advance(1)
    assert "12 of 12 files match" in words(page.run())


@pytest.mark.parametrize("inside", [True, False])
def test_a_restore_over_something_is_refused(
    house: House, open_page: Open, tmp_path: Path, *, inside: bool
) -> None:
    """Into the home or onto other files: said in the drawer, nothing started."""
    add_snapshot(house)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    target = house.workspace.paths.home / "x" if inside else tmp_path / "full"
    page = press(open_page("backups"), "Restore")
    page.text_input(key="restore-target").set_value(str(target))
    press(page, "Restore and compare")
    assert page.error
    assert page.text_input(key="restore-target").value == str(target)
    assert not house.launcher.jobs()


def test_the_recovery_key_is_shown_once(
    house: House, open_page: Open, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is confirmed; then it is gone from the page and kept nowhere."""
    monkeypatch.setattr(restore, "make_recovery_key", lambda *_: "AAAAA-BBBBB")
    page = press(open_page("backups"), "Make the recovery key")
    assert "AAAAA-BBBBB" in words(page)
    assert page.warning[0].proto.title == "Your recovery key, shown this once"
    press(page, "I have stored it")
    assert "AAAAA-BBBBB" not in words(page)
    assert "kept off this machine" in words(page)
    assert "AAAAA" not in house.workspace.paths.recovery_mark.read_text(encoding="utf-8")


def test_a_key_made_before_counts_as_kept_only_when_somebody_says_so(
    house: House, open_page: Open, words: Words, monkeypatch: pytest.MonkeyPatch, admin: Actor
) -> None:
    """By the command line, or in a browser that was closed: nobody may have written it down."""
    engine = MemoryEngine(root=house.workspace.paths.home, clock=house.clock)
    workspace = replace(house.workspace, vault=replace(house.workspace.vault, engine=engine))
    monkeypatch.setattr(resources, "workspace", lambda: workspace)
    make_recovery_key(workspace, admin)
    page = open_page("backups")
    assert "Nobody has confirmed that a recovery key is kept" in words(page)
    press(page, "Make the recovery key")
    assert "made before" in page.error[0].value
    assert "What to do" in page.error[0].value
    assert not workspace.paths.recovery_mark.exists()
    press(page, "I have stored it")
    assert "kept off this machine" in words(page)
    actions = [entry.action for entry in workspace.ledger.entries()]
    assert actions.count("backups.recovery-key-stored") == 1
    engine.is_recoverable = False  # somebody removed it: a new one is not kept yet
    make_recovery_key(workspace, admin)
    assert "Nobody has confirmed" in words(page.run())


def test_a_missing_restic_is_said_with_its_remedy(
    open_page: Open, words: Words, monkeypatch: pytest.MonkeyPatch, status: RepositoryStatus
) -> None:
    """The page still works."""
    detail = {"unavailable": "restic 0.14 is not here", "remedy": "sudo apt-get install restic"}
    monkeypatch.setattr(backups, "repository_status", lambda _: replace(status, detail=detail))
    page = open_page("backups")
    assert "apt-get install restic" in words(page)


def test_checks_are_jobs(house: House, open_page: Open) -> None:
    """Verify, and a drill of the newest snapshot."""
    add_snapshot(house)
    page = open_page("backups")
    page.checkbox(key="verify-deep").check().run()
    press(page, "Verify")
    press(page, "Restore drill")
    drill, verify = house.launcher.jobs(kind=JobKind.VERIFY)
    assert "--read-data" in verify.spec.argv
    assert "drill" in drill.spec.argv
