"""Restores and drills as actions: who may ask, what is refused at once, what the job is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.actions.backups import request_drill, request_restore
from core.actions.workspace import Workspace
from core.audit import Actor, Role
from core.backup.engine import Snapshot
from core.backup.memory import MemoryEngine
from core.clock import FixedClock
from core.errors import ConflictError, DeniedError, InputError, NotFoundError


@pytest.fixture
def workspace(workspace: Workspace, clock: FixedClock) -> Workspace:
    """A workspace whose repository, in memory, holds a snapshot that its database has lost."""
    engine = MemoryEngine(root=workspace.paths.home, clock=clock)
    vault = replace(workspace.vault, engine=engine)
    engine.initialise()
    (workspace.paths.home / "file").touch()
    engine.backup([workspace.paths.home / "file"], ["datahall"])
    return replace(workspace, vault=vault)


@pytest.fixture
def taken(workspace: Workspace) -> Snapshot:
    """That snapshot."""
    return workspace.vault.engine.snapshots()[0]


def test_a_viewer_changes_nothing_by_asking(
    workspace: Workspace, taken: Snapshot, tmp_path: Path
) -> None:
    """Looking a lost snapshot up in the repository would write rows."""
    viewer = Actor(name="bob", role=Role.VIEWER, origin="page")
    with pytest.raises(DeniedError):
        request_restore(workspace, viewer, taken.id[:8], tmp_path / "out")
    with pytest.raises(DeniedError):
        request_drill(workspace, viewer, taken.id[:8])
    assert workspace.vault.snapshots() == []


def test_a_lost_snapshot_is_found_for_who_may_act(
    workspace: Workspace, admin: Actor, taken: Snapshot
) -> None:
    """The job is about its whole id; an unknown one is refused, on the ledger too."""
    assert request_drill(workspace, admin, taken.id[:8]).spec.subject == taken.id
    with pytest.raises(NotFoundError):
        request_drill(workspace, admin, "ffff")
    assert workspace.ledger.entries(1)[0].outcome == "failed"


def test_what_was_typed_is_never_taken_for_an_option(
    workspace: Workspace, admin: Actor, tmp_path: Path
) -> None:
    """A file may be called `-x`."""
    target = tmp_path / "out"
    job = request_restore(workspace, admin, "latest", target, "-x")
    assert {f"--to={target}", "--only=-x"} <= set(job.spec.argv)
    assert workspace.ledger.entries(1)[0].arguments == {"to": str(target), "only": "-x"}


@pytest.mark.parametrize("target", ["home/in", "loop", "~no-such-user/x", "a\0b"])
def test_a_target_that_is_no_place_is_bad_input(
    workspace: Workspace, admin: Actor, tmp_path: Path, target: str
) -> None:
    """Nothing is queued and nothing asked of the repository."""
    (tmp_path / "loop").symlink_to("loop")
    place = Path(target) if target.startswith("~") else tmp_path / target
    with pytest.raises(InputError):
        request_restore(workspace, admin, "latest", place)
    assert workspace.launcher.jobs() == []


def test_a_full_target_is_a_conflict(workspace: Workspace, admin: Actor, tmp_path: Path) -> None:
    """Nothing there is touched."""
    (tmp_path / "mine").touch()
    with pytest.raises(ConflictError, match="not an empty folder"):
        request_restore(workspace, admin, "latest", tmp_path)
