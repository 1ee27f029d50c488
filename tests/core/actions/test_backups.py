"""Actions on backups: who may act, what is refused at once, the arguments of the job, locks."""

import shutil
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.actions.backups import (
    forget_snapshots,
    request_backup,
    request_drill,
    request_restore,
    unlock_repository,
)
from core.actions.workspace import Workspace
from core.audit import Actor, Role
from core.backup.records import Scope, Snapshot
from core.backup.repository import open_repository
from core.errors import ConflictError, DeniedError, InputError, NotFoundError
from core.paths import StatePaths
from core.settings import Settings
from tests.clock import FixedClock

pytestmark = pytest.mark.slow  # real restic


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a repository that holds one snapshot."""
    home = tmp_path_factory.mktemp("made") / "home"
    StatePaths(home).prepare()
    repository = open_repository(Settings(home=home))
    repository.create()
    (home / "file").touch()
    repository.backup([home / "file"], ["datahall"])
    return home


@pytest.fixture
def workspace(workspace: Workspace, made: Path) -> Workspace:
    """A workspace whose repository holds a snapshot without a row in its database."""
    shutil.copytree(made / "repository", workspace.paths.repository)
    shutil.copytree(made / "secrets", workspace.paths.secrets, dirs_exist_ok=True)
    return workspace


@pytest.fixture
def taken(workspace: Workspace) -> Snapshot:
    """That snapshot."""
    return workspace.vault.repository.snapshots()[0]


def test_a_viewer_cannot_queue_jobs(workspace: Workspace, taken: Snapshot, tmp_path: Path) -> None:
    viewer = Actor(name="bob", role=Role.VIEWER, origin="page")
    with pytest.raises(DeniedError):
        request_restore(workspace, viewer, taken.id[:8], tmp_path / "out")
    with pytest.raises(DeniedError):
        request_drill(workspace, viewer, taken.id[:8])
    assert workspace.launcher.jobs() == []


def test_a_snapshot_that_the_database_does_not_know_is_found(
    workspace: Workspace, admin: Actor, taken: Snapshot
) -> None:
    """The job names its full id; an unknown one is refused, and the ledger records that."""
    assert request_drill(workspace, admin, taken.id[:8]).spec.subject == taken.id
    with pytest.raises(NotFoundError):
        request_drill(workspace, admin, "ffff")
    assert workspace.ledger.entries(1)[0].outcome == "failed"


def test_a_typed_path_is_never_parsed_as_an_option(
    workspace: Workspace, admin: Actor, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    job = request_restore(workspace, admin, "latest", target, "-x")
    assert {f"--to={target}", "--only=-x"} <= set(job.spec.argv)
    assert workspace.ledger.entries(1)[0].arguments == {"to": str(target), "only": "-x"}


def test_a_new_repository_is_requested_explicitly_and_audited(
    workspace: Workspace, admin: Actor
) -> None:
    assert "--new-repository" not in request_backup(workspace, admin, Scope.DATA).spec.argv
    job = request_backup(workspace, admin, Scope.DATA, new_repository=True)
    assert "--new-repository" in job.spec.argv
    assert workspace.ledger.entries(1)[0].arguments == {"new_repository": True}


@pytest.mark.parametrize("target", ["home/in", "loop", "~no-such-user/x", "a\0b"])
def test_an_invalid_target_is_bad_input(
    workspace: Workspace, admin: Actor, tmp_path: Path, target: str
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    place = Path(target) if target.startswith("~") else tmp_path / target
    with pytest.raises(InputError):
        request_restore(workspace, admin, "latest", place)
    assert workspace.launcher.jobs() == []


def test_a_target_that_is_not_empty_is_a_conflict(
    workspace: Workspace, admin: Actor, tmp_path: Path
) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(ConflictError, match="not an empty folder"):
        request_restore(workspace, admin, "latest", tmp_path)


def test_forgetting_snapshots_is_audited(
    workspace: Workspace, admin: Actor, taken: Snapshot
) -> None:
    assert forget_snapshots(workspace, admin, [taken.id[:8]]) == [taken.id]
    assert workspace.vault.snapshots() == []
    with pytest.raises(NotFoundError):
        forget_snapshots(workspace, admin, [taken.id])


HOLD = """
import pathlib, sys
from core.locks import held

with held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    input()
"""


def leave_lock(workspace: Workspace, host: str) -> None:
    """Kill a `restic check` of another host while it holds its exclusive lock."""
    location = workspace.vault.repository.location
    locks = workspace.paths.repository / "locks"
    process = subprocess.Popen(
        ["/usr/bin/unshare", "--uts", "sh", "-c", f"hostname {host}; exec restic check --no-cache"],
        env={**location.environment, "PATH": "/usr/bin:/bin:/usr/sbin"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if any("tmp" not in path.name for path in locks.iterdir()):
            break
        time.sleep(0.005)
    process.kill()
    process.wait()
    if not list(locks.iterdir()):
        pytest.skip("needs the right to set a host name")


def test_a_young_lock_of_another_host_is_removed_only_by_force(
    workspace: Workspace, admin: Actor, clock: FixedClock
) -> None:
    leave_lock(workspace, "c0ffee123456")
    clock.advance(time.time() - clock.now())
    with pytest.raises(ConflictError, match=r"process \d+ on host c0ffee123456 since") as caught:
        unlock_repository(workspace, admin)
    assert caught.value.remedy.endswith("datahall backup unlock --force")
    [lock] = unlock_repository(workspace, admin, force=True)
    assert (lock.host, lock.is_exclusive) == ("c0ffee123456", True)
    assert lock.created_at == pytest.approx(datetime.now(UTC).timestamp(), abs=60)
    assert workspace.vault.repository.locks() == []
    entry = workspace.ledger.entries(1)[0]
    assert (entry.action, entry.arguments) == ("backups.unlock", {"force": True})


def test_a_lock_of_a_dead_process_is_removed_without_force(
    workspace: Workspace, admin: Actor
) -> None:
    leave_lock(workspace, socket.gethostname())
    [lock] = unlock_repository(workspace, admin)
    assert lock.host == socket.gethostname()
    assert workspace.vault.repository.locks() == []


def test_without_a_lock_there_is_nothing_to_remove(workspace: Workspace, admin: Actor) -> None:
    assert unlock_repository(workspace, admin) == []


def test_a_lock_is_not_removed_while_a_backup_runs(workspace: Workspace, admin: Actor) -> None:
    holder = subprocess.Popen(
        [
            sys.executable, "-c",
            HOLD,
            workspace.paths.backup_lock,
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(ConflictError, match="is running"):
            unlock_repository(workspace, admin, force=True)
        holder.kill()
