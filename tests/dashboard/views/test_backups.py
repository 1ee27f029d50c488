"""Backups: none yet, snapshots, jobs, restores, the recovery key, a missing restic."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.backups import create_recovery_key
from core.audit import Actor
from core.backup.records import RepositoryState, RepositoryStatus, Snapshot
from core.files import write_json
from core.jobs.launcher import JobKind, JobState
from core.jobs.memory import Script
from dashboard.widgets import backups, restore
from tests.dashboard.views.conftest import Site
from tests.snapshots import record_snapshot

Open = Callable[..., AppTest]
Words = Callable[[AppTest], str]


def press(page: AppTest, label: str) -> AppTest:
    """Click a button and rerun the page."""
    return next(it for it in page.button if it.label == label).click().run()


@pytest.fixture(autouse=True)
def status(site: Site, monkeypatch: pytest.MonkeyPatch) -> RepositoryStatus:
    """A repository that works, asked without starting restic."""
    found = RepositoryStatus(
        repository=site.workspace.vault.repository.name, state=RepositoryState.READY,
        version="0.14.0", free_bytes=9_000_000_000,
    )  # fmt: skip
    monkeypatch.setattr(backups, "repository_status", lambda _workspace: found)
    return found


def add_snapshot(site: Site, letter: str = "a") -> Snapshot:
    """Record a verified snapshot."""
    taken = Snapshot(
        id=letter * 64, created_at=site.clock.now() - 60,
        repository=site.workspace.vault.repository.name, paths=("datasets",),
        tags=("datahall", "what:data"), files=12, bytes=1_240_000, verified_at=site.clock.now(),
    )  # fmt: skip
    record_snapshot(site.workspace.vault, taken)
    return taken


def test_without_a_snapshot_the_page_says_what_a_backup_is(open_page: Open, words: Words) -> None:
    page = open_page("backups")
    said = words(page)
    assert not page.exception
    assert page.info[0].proto.title == "No snapshots yet"
    assert "No backup yet" in said
    assert "No recovery key yet" in said
    assert next(it for it in page.button if it.label == "Restore").disabled


def test_backing_up_is_one_button(site: Site, open_page: Open) -> None:
    site.launcher.otherwise = Script(seconds=60)
    page = open_page("backups")
    page.selectbox(key="backup-scope").select("data").run()
    press(page, "Back up now")
    job = site.launcher.jobs(kind=JobKind.BACKUP)[0]
    assert job.spec.argv[-1] == "--what=data"
    press(page, "Cancel")
    assert site.launcher.job(job.id).state in (JobState.STOPPING, JobState.STOPPED)


def test_snapshots_show_proof_and_what_they_hold(site: Site, open_page: Open, words: Words) -> None:
    add_snapshot(site)
    page = open_page("backups")
    row = page.dataframe[0].value.iloc[0]
    assert (row["Content"], row["Files"], row["Verification"], row["Test restore"]) == (
        "Datasets", "12", "verified", "never",
    )  # fmt: skip
    assert "Backed up and verified" in words(page)


def test_the_heartbeat_counts_what_succeeded(site: Site, open_page: Open, words: Words) -> None:
    page = open_page("backups")
    press(page, "Back up now")
    site.clock.advance(1)
    site.launcher.otherwise = Script(returncode=1)
    press(page, "Back up now")
    site.clock.advance(1)
    assert "1 of the last 2 backup jobs succeeded" in words(page.run())


def test_a_restore_is_asked_for_in_a_drawer(
    site: Site, open_page: Open, tmp_path: Path, words: Words
) -> None:
    add_snapshot(site)
    page = press(open_page("backups"), "Restore")
    page.text_input(key="restore-target").set_value(str(tmp_path / "back"))
    page.text_input(key="restore-only").set_value("datasets/demo")
    press(page, "Restore and compare")
    job = site.launcher.jobs(kind=JobKind.RESTORE)[0]
    assert {"restore", f"--to={tmp_path / 'back'}", "--only=datasets/demo"} <= set(job.spec.argv)
    write_json(
        site.workspace.paths.job(job.id) / "result.json", {"sentence": "12 of 12 files match"}
    )
    site.clock.advance(1)
    assert "12 of 12 files match" in words(page.run())


@pytest.mark.parametrize("inside", [True, False])
def test_a_restore_over_something_is_refused(
    site: Site, open_page: Open, tmp_path: Path, *, inside: bool
) -> None:
    add_snapshot(site)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    target = site.workspace.paths.home / "x" if inside else tmp_path / "full"
    page = press(open_page("backups"), "Restore")
    page.text_input(key="restore-target").set_value(str(target))
    press(page, "Restore and compare")
    assert page.error
    assert page.text_input(key="restore-target").value == str(target)
    assert not site.launcher.jobs()


def test_the_recovery_key_is_shown_once(
    site: Site, open_page: Open, words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restore, "create_recovery_key", lambda *_: "AAAAA-BBBBB")
    page = press(open_page("backups"), "Create recovery key")
    assert "AAAAA-BBBBB" in words(page)
    assert page.warning[0].proto.title == "Your recovery key, shown only once"
    press(page, "I have stored the key")
    assert "AAAAA-BBBBB" not in words(page)
    assert "stored outside this host" in words(page)
    assert "AAAAA" not in site.workspace.paths.recovery_mark.read_text(encoding="utf-8")


def test_a_key_made_before_counts_as_kept_only_when_somebody_says_so(
    site: Site, open_page: Open, words: Words, admin: Actor
) -> None:
    workspace = site.workspace
    create_recovery_key(workspace, admin)
    page = open_page("backups")
    assert "Nobody has confirmed that the recovery key is stored" in words(page)
    press(page, "Create recovery key")
    assert "made before" in page.error[0].value
    assert "Fix:" in page.error[0].value
    assert not workspace.paths.recovery_mark.exists()
    press(page, "I have stored the key")
    assert "stored outside this host" in words(page)
    actions = [entry.action for entry in workspace.ledger.entries()]
    assert actions.count("backups.recovery-key-stored") == 1
    keys = workspace.paths.repository / "keys"
    max(keys.iterdir(), key=lambda path: path.stat().st_mtime_ns).unlink()  # the recovery key
    create_recovery_key(workspace, admin)
    assert "Nobody has confirmed" in words(page.run())


def test_a_missing_restic_is_said_with_its_remedy(
    open_page: Open, words: Words, monkeypatch: pytest.MonkeyPatch, status: RepositoryStatus
) -> None:
    missing = replace(
        status, state=RepositoryState.UNAVAILABLE, problem="restic is not installed",
        remedy="Install it: sudo apt-get install restic",
    )  # fmt: skip
    monkeypatch.setattr(backups, "repository_status", lambda _: missing)
    page = open_page("backups")
    assert "apt-get install restic" in words(page)


def test_checks_are_jobs(site: Site, open_page: Open) -> None:
    add_snapshot(site)
    page = open_page("backups")
    page.checkbox(key="verify-full").check().run()
    press(page, "Verify")
    press(page, "Test restore")
    drill, verify = site.launcher.jobs(kind=JobKind.VERIFY)
    assert "--read-data" in verify.spec.argv
    assert "drill" in drill.spec.argv
