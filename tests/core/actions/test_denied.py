"""Every action refuses a viewer, records the attempt and changes nothing."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core import actions
from core.actions.backups import (
    confirm_recovery_key,
    create_recovery_key,
    forget_snapshots,
    protect_dataset,
    request_backup,
    request_drill,
    request_restore,
    request_verify,
    unlock_repository,
)
from core.actions.corrections import correct, export_feedback
from core.actions.datasets import (
    Upload,
    add_demo,
    delete_dataset,
    import_dataset,
    import_uploads,
    request_prepare,
)
from core.actions.jobs import cancel_job
from core.actions.models import (
    request_evaluation,
    request_promotion,
    request_version_evaluation,
    roll_back,
)
from core.actions.records import TrainRequest
from core.actions.runs import find_run
from core.actions.training import delete_run, request_run, resume_run, stop_run
from core.actions.workspace import Workspace
from core.audit import Actor, Role
from core.backup.records import Scope, Snapshot
from core.checkpoints.manifest import write_manifest
from core.data.records import Dataset
from core.errors import DeniedError
from core.inference.translator import Translation
from core.scores import Scores
from tests.clock import FixedClock
from tests.core.jobs.memory import MemoryLauncher, Script
from tests.core.registry.records import model_version
from tests.snapshots import record_snapshot

VIEWER = Actor(name="eve", role=Role.VIEWER, origin="page")
SNAPSHOT = "5" * 64
WAIVED = TrainRequest(dataset="cats", name="x", skip_backup=True, reason="a test")
HELLO = Translation(source="Hi", text="Ola", score=-1.0, alternatives=(), model_version="m:1",
                    milliseconds=1.0)  # fmt: skip
TEXT = b"A cat.\tUn gato.\n"

Action = Callable[[Workspace, Actor], object]
ACTIONS: dict[str, Action] = {
    "request_backup": lambda workspace, actor: request_backup(workspace, actor, Scope.ALL),
    "protect_dataset": lambda workspace, actor: protect_dataset(
        workspace, actor, workspace.datasets.get("cats")
    ),
    "request_verify": lambda workspace, actor: request_verify(workspace, actor, read_data=False),
    "request_drill": lambda workspace, actor: request_drill(workspace, actor, SNAPSHOT),
    "request_restore": lambda workspace, actor: request_restore(
        workspace, actor, SNAPSHOT, workspace.paths.home.parent / "restored"
    ),
    "create_recovery_key": create_recovery_key,
    "forget_snapshots": lambda workspace, actor: forget_snapshots(workspace, actor, [SNAPSHOT]),
    "unlock_repository": unlock_repository,
    "confirm_recovery_key": confirm_recovery_key,
    "correct": lambda workspace, actor: correct(workspace, actor, HELLO, "Hola", ("en", "es")),
    "export_feedback": lambda workspace, actor: export_feedback(workspace, actor, "corrections"),
    "add_demo": add_demo,
    "import_dataset": lambda workspace, actor: import_dataset(
        workspace, actor, "new", [workspace.paths.home.parent / "new.tsv"], source="en", target="es"
    ),
    "import_uploads": lambda workspace, actor: import_uploads(
        workspace, actor, "new", [Upload(name="a.tsv", content=TEXT)], source="en", target="es"
    ),
    "request_prepare": lambda workspace, actor: request_prepare(workspace, actor, "cats"),
    "delete_dataset": lambda workspace, actor: delete_dataset(
        workspace, actor, "free", workspace.datasets.get("free").digest
    ),
    "cancel_job": lambda workspace, actor: cancel_job(
        workspace, actor, next(job.id for job in workspace.launcher.jobs() if not job.state.is_over)
    ),
    "request_evaluation": lambda workspace, actor: request_evaluation(
        workspace, actor, "over", split="test", beam=1
    ),
    "request_version_evaluation": lambda workspace, actor: request_version_evaluation(
        workspace, actor, model_version(), split="test", beam=1
    ),
    "request_promotion": lambda workspace, actor: request_promotion(workspace, actor, "over"),
    "roll_back": roll_back,
    "request_run": lambda workspace, actor: request_run(workspace, actor, WAIVED),
    "stop_run": lambda workspace, actor: stop_run(workspace, actor, "active"),
    "resume_run": lambda workspace, actor: resume_run(workspace, actor, "over"),
    "delete_run": lambda workspace, actor: delete_run(workspace, actor, "over"),
}


@pytest.fixture
def used_workspace(
    workspace: Workspace,
    dataset: Dataset,
    launcher: MemoryLauncher,
    clock: FixedClock,
    admin: Actor,
) -> Workspace:
    """A workspace in which every action would succeed."""
    file = workspace.paths.home.parent / "new.tsv"
    file.write_bytes(TEXT)
    import_dataset(workspace, admin, "free", [file], source="en", target="es")
    record_snapshot(
        workspace.vault,
        Snapshot(
            id=SNAPSHOT, created_at=clock.now(), repository=workspace.vault.repository.name,
            paths=(), tags=(), files=1, bytes=1,
        )
    )  # fmt: skip
    correct(workspace, admin, HELLO, "Hola", ("en", "es"))
    launcher.default_script = Script(seconds=1000)
    for name in ("over", "active"):
        request = TrainRequest(dataset=dataset.name, name=name, skip_backup=True, reason="a test")
        run_id = request_run(workspace, admin, request).run.id
        if name == "over":
            checkpoint = workspace.paths.checkpoints(run_id) / "step_00000010"
            checkpoint.mkdir(parents=True)
            write_manifest(checkpoint, step=10, created_at=1.0, config_digest="c", scores=Scores())
            stop_run(workspace, admin, name)
            clock.advance(1)
    assert [find_run(workspace, name).state for name in ("over", "active")] == [
        "stopped",
        "running",
    ]
    return workspace


def _actions() -> set[str]:
    """Return the public functions of core.actions that take an actor."""
    modules = [
        importlib.import_module(f"{actions.__name__}.{module.name}")
        for module in pkgutil.iter_modules(actions.__path__)
    ]
    return {
        name
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        if "actor" in inspect.signature(function).parameters
    }


def _contents(workspace: Workspace) -> Sequence[object]:
    """Return everything that an action could change, without the ledger."""
    home = workspace.paths.home
    ignored = ("datahall.db", "audit")
    files = {path: _content(path) for path in home.rglob("*") if not path.name.startswith(ignored)}
    return (
        files, workspace.launcher.jobs(), workspace.runs.list(), workspace.datasets.list(),
        workspace.registry.list(), workspace.feedback.list(limit=100, pending=True),
        workspace.vault.snapshots(),
    )  # fmt: skip


def _content(path: Path) -> bytes:
    """Return the bytes of a file; empty for a folder."""
    return path.read_bytes() if path.is_file() else b""


def test_the_list_of_actions_is_complete() -> None:
    assert set(ACTIONS) == _actions()


@pytest.mark.parametrize("name", ACTIONS)
def test_a_viewer_is_denied(used_workspace: Workspace, name: str) -> None:
    """Hiding a button is not authorisation."""
    before, entries = _contents(used_workspace), used_workspace.ledger.entries(1000)

    with pytest.raises(DeniedError, match="eve has the role viewer"):
        ACTIONS[name](used_workspace, VIEWER)

    row, *earlier = used_workspace.ledger.entries(1000)
    assert (row.actor, row.outcome) == ("eve", "denied")
    assert earlier == entries
    assert _contents(used_workspace) == before
