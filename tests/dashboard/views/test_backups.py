"""The Backups page on a real restic repository."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.backups import create_recovery_key
from core.actions.workspace import open_workspace
from core.audit import Actor
from core.backup.backup import back_up, cover_scope
from core.backup.records import Scope, Snapshot
from core.clock import SystemClock
from core.command import run_command
from core.jobs.launcher import JobKind, JobState
from core.process.progress import Progress
from core.process.variables import JOB_FOLDER_VARIABLE
from core.settings import Settings
from tests.core.jobs.memory import Script
from tests.dashboard.views.conftest import PAIRS, Site

pytestmark = pytest.mark.slow

Open = Callable[..., AppTest]
TextOf = Callable[[AppTest], str]
JOB_TIMEOUT_S = 60.0


def click(page: AppTest, label: str) -> AppTest:
    """Click a button and rerun the page."""
    return next(button for button in page.button if button.label == label).click().run()


@pytest.fixture(scope="session")
def backed_up_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with a dataset and a verified snapshot of it, made once."""
    home = tmp_path_factory.mktemp("backed-up") / "home"
    settings = Settings(home=home)
    with open_workspace(settings) as workspace:
        workspace.datasets.add(
            "cats", "en", "es", PAIRS, origin="made up", licence="", clock=SystemClock()
        )
        back_up(workspace.vault, cover_scope(settings.paths, Scope.DATA), Progress())
    return home


@pytest.fixture
def snapshot(site: Site, backed_up_home: Path) -> Snapshot:
    """The snapshot of that home; repository, keys and datasets are copied to the test's home."""
    databases = shutil.ignore_patterns("*.db", "*.db-*")
    home = site.workspace.paths.home
    shutil.copytree(backed_up_home, home, dirs_exist_ok=True, ignore=databases)
    [found] = site.workspace.vault.snapshots()
    site.clock.at = found.created_at + 60
    return found


def test_the_page_shows_that_there_is_no_snapshot(open_page: Open, text_of: TextOf) -> None:
    page = open_page("backups")
    text = text_of(page)
    assert not page.exception
    assert page.info[0].proto.title == "No snapshots yet"
    assert "No backup yet" in text
    assert "No recovery key yet" in text
    assert next(button for button in page.button if button.label == "Restore").disabled


def test_a_backup_of_the_chosen_scope_is_queued(site: Site, open_page: Open) -> None:
    site.launcher.default_script = Script(seconds=60)
    page = open_page("backups")
    page.selectbox(key="backup-scope").select("data").run()
    click(page, "Back up now")
    job = site.launcher.jobs(kind=JobKind.BACKUP)[0]
    assert job.spec.argv[-1] == "--what=data"
    click(page, "Cancel")
    assert site.launcher.job(job.id).state in (JobState.STOPPING, JobState.STOPPED)


def test_a_snapshot_shows_content_and_verification(
    snapshot: Snapshot, open_page: Open, text_of: TextOf
) -> None:
    page = open_page("backups")
    row = page.dataframe[0].value.iloc[0]
    assert (row["Age"], row["Content"], row["Verification"], row["Restore drill"]) == (
        "1 min ago", "Datasets", "verified", "never",
    )  # fmt: skip
    assert row["Id"] == snapshot.id[:8]
    assert "Newest backup verified" in text_of(page)


def test_a_snapshot_that_was_deleted_is_missing(
    site: Site, snapshot: Snapshot, open_page: Open, text_of: TextOf
) -> None:
    (site.workspace.paths.repository / "snapshots" / snapshot.id).unlink()
    page = open_page("backups")
    assert page.dataframe[0].value["Verification"].tolist() == ["missing"]
    assert "1 snapshot missing" in text_of(page)


@pytest.mark.usefixtures("snapshot")
def test_a_lost_repository_is_an_error_with_a_fix(site: Site, open_page: Open) -> None:
    shutil.rmtree(site.workspace.paths.repository)
    page = open_page("backups")
    assert page.error[0].proto.title == "Backups fail"
    assert "Fix: " in page.error[0].value


def test_the_heartbeat_counts_successful_backups(
    site: Site, open_page: Open, text_of: TextOf
) -> None:
    page = open_page("backups")
    click(page, "Back up now")
    site.clock.advance(1)
    site.launcher.default_script = Script(returncode=1)
    click(page, "Back up now")
    site.clock.advance(1)
    assert "Last backup jobs: 1 of 2 succeeded" in text_of(page.run())


@pytest.mark.usefixtures("snapshot")
def test_a_restore_shows_how_many_files_are_equal(
    site: Site, open_page: Open, tmp_path: Path, text_of: TextOf
) -> None:
    page = click(open_page("backups"), "Restore")
    page.text_input(key="restore-target").set_value(str(tmp_path / "back"))
    page.text_input(key="restore-only").set_value("datasets/cats")
    click(page, "Restore and compare")
    job = site.launcher.jobs(kind=JobKind.RESTORE)[0]
    folder = site.workspace.paths.job(job.id)
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **job.spec.environment, JOB_FOLDER_VARIABLE: str(folder)}
    done = run_command(job.spec.argv, environment=environment, timeout_s=JOB_TIMEOUT_S)
    assert done.exit_code == 0, done.stderr
    site.clock.advance(1)
    assert "files are equal" in text_of(page.run())
    assert list((tmp_path / "back").rglob("pairs.tsv.gz"))


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize("inside", [True, False])
def test_a_restore_into_the_home_or_onto_files_is_refused(
    site: Site, open_page: Open, tmp_path: Path, *, inside: bool
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    target = site.workspace.paths.home / "x" if inside else tmp_path / "full"
    page = click(open_page("backups"), "Restore")
    page.text_input(key="restore-target").set_value(str(target))
    click(page, "Restore and compare")
    assert page.error
    assert page.text_input(key="restore-target").value == str(target)
    assert not site.launcher.jobs()


@pytest.mark.usefixtures("snapshot")
def test_the_recovery_key_is_shown_once(site: Site, open_page: Open, text_of: TextOf) -> None:
    page = click(open_page("backups"), "Create recovery key")
    assert page.warning[0].proto.title == "Your recovery key, shown only once"
    key = page.code[0].value
    click(page, "I have stored the key")
    assert key not in text_of(page)
    assert "stored outside this host" in text_of(page)
    assert key not in site.workspace.paths.recovery_mark.read_text(encoding="utf-8")


@pytest.mark.usefixtures("snapshot")
def test_an_earlier_recovery_key_counts_as_stored_only_when_a_user_confirms(
    site: Site, open_page: Open, text_of: TextOf, admin: Actor
) -> None:
    workspace = site.workspace
    create_recovery_key(workspace, admin)
    page = open_page("backups")
    assert "Nobody has confirmed that the recovery key is stored" in text_of(page)
    click(page, "Create recovery key")
    assert "made before" in page.error[0].value
    assert "Fix:" in page.error[0].value
    assert not workspace.paths.recovery_mark.exists()
    click(page, "I have stored the key")
    assert "stored outside this host" in text_of(page)
    actions = [entry.action for entry in workspace.ledger.entries()]
    assert actions.count("backups.recovery-key-stored") == 1
    keys = workspace.paths.repository / "keys"
    max(keys.iterdir(), key=lambda path: path.stat().st_mtime_ns).unlink()  # the recovery key
    create_recovery_key(workspace, admin)
    assert "Nobody has confirmed" in text_of(page.run())


def test_a_missing_restic_is_an_error_with_a_fix(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    page = open_page("backups")
    assert "restic" in page.error[0].value
    assert "Fix: " in page.error[0].value


@pytest.mark.usefixtures("snapshot")
def test_verification_and_test_restore_are_jobs(site: Site, open_page: Open) -> None:
    page = open_page("backups")
    page.checkbox(key="verify-full").check().run()
    click(page, "Verify")
    click(page, "Restore drill")
    drill, verify = site.launcher.jobs(kind=JobKind.VERIFY)
    assert "--read-data" in verify.spec.argv
    assert "drill" in drill.spec.argv
