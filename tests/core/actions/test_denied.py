"""A viewer looks and does not act: every action refuses, says so in the ledger, changes nothing."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core import actions
from core.actions.backups import (
    protect_dataset,
    request_backup,
    request_drill,
    request_restore,
    request_verify,
)
from core.actions.corrections import correct, export_feedback
from core.actions.datasets import add_demo, delete_dataset, import_dataset, request_prepare
from core.actions.hall import Hall
from core.actions.jobs import cancel_job
from core.actions.models import request_evaluation, request_promotion, roll_back
from core.actions.records import TrainRequest
from core.actions.runs import find_run
from core.actions.training import delete_run, request_run, resume_run, stop_run
from core.actions.uploads import Upload, import_uploads
from core.actions.vault import confirm_recovery_key, make_recovery_key
from core.audit import Actor, Role
from core.backup.engine import Snapshot
from core.clock import FixedClock
from core.data.records import Dataset
from core.errors import DeniedError
from core.files import write_json
from core.inference.records import Translation
from core.jobs.memory import MemoryLauncher, Script

VIEWER = Actor(name="eve", role=Role.VIEWER, origin="page")
SNAPSHOT = "5" * 64
WAIVED = TrainRequest(dataset="cats", name="x", skip_backup=True, reason="a test")
HELLO = Translation(source="Hi", text="Ola", score=-1.0, alternatives=(), model_version="m:1",
                    milliseconds=1.0)  # fmt: skip
TEXT = b"A cat.\tUn gato.\n"

Deed = Callable[[Hall, Actor], object]
DEEDS: dict[str, Deed] = {
    "request_backup": lambda hall, actor: request_backup(hall, actor, "all"),
    "protect_dataset": lambda hall, actor: protect_dataset(hall, actor, hall.datasets.get("cats")),
    "request_verify": lambda hall, actor: request_verify(hall, actor, read_data=False),
    "request_drill": lambda hall, actor: request_drill(hall, actor, SNAPSHOT),
    "request_restore": lambda hall, actor: request_restore(
        hall, actor, SNAPSHOT, hall.paths.home.parent / "restored"
    ),
    "make_recovery_key": make_recovery_key,
    "confirm_recovery_key": confirm_recovery_key,
    "correct": lambda hall, actor: correct(hall, actor, HELLO, "Hola", ("en", "es")),
    "export_feedback": lambda hall, actor: export_feedback(hall, actor, "corrections"),
    "add_demo": add_demo,
    "import_dataset": lambda hall, actor: import_dataset(
        hall, actor, "new", [hall.paths.home.parent / "new.tsv"], source="en", target="es"
    ),
    "import_uploads": lambda hall, actor: import_uploads(
        hall, actor, "new", [Upload(name="a.tsv", content=TEXT)], source="en", target="es"
    ),
    "request_prepare": lambda hall, actor: request_prepare(hall, actor, "cats"),
    "delete_dataset": lambda hall, actor: delete_dataset(
        hall, actor, "free", hall.datasets.get("free").digest
    ),
    "cancel_job": lambda hall, actor: cancel_job(
        hall, actor, next(job.id for job in hall.launcher.jobs() if not job.state.is_over)
    ),
    "request_evaluation": lambda hall, actor: request_evaluation(
        hall, actor, "over", split="test", beam=1
    ),
    "request_promotion": lambda hall, actor: request_promotion(hall, actor, "over"),
    "roll_back": roll_back,
    "request_run": lambda hall, actor: request_run(hall, actor, WAIVED),
    "stop_run": lambda hall, actor: stop_run(hall, actor, "active"),
    "resume_run": lambda hall, actor: resume_run(hall, actor, "over"),
    "delete_run": lambda hall, actor: delete_run(hall, actor, "over"),
}


@pytest.fixture
def used_hall(
    hall: Hall, dataset: Dataset, launcher: MemoryLauncher, clock: FixedClock, admin: Actor
) -> Hall:
    """A hall in which every deed would succeed: runs, a checkpoint, a snapshot, a correction."""
    file = hall.paths.home.parent / "new.tsv"
    file.write_bytes(TEXT)
    import_dataset(hall, admin, "free", [file], source="en", target="es")
    hall.vault.store.record(
        Snapshot(
            id=SNAPSHOT, created_at=clock.now(), repository=hall.vault.engine.repository,
            paths=(), tags=(), files=1, bytes=1,
        )
    )  # fmt: skip
    correct(hall, admin, HELLO, "Hola", ("en", "es"))
    launcher.otherwise = Script(seconds=1000)
    for name in ("over", "active"):
        request = TrainRequest(dataset=dataset.name, name=name, skip_backup=True, reason="a test")
        run_id = request_run(hall, admin, request).run.id
        if name == "over":
            checkpoint = hall.paths.checkpoints(run_id) / "step_00000010"
            manifest = {"step": 10, "created_at": 1.0, "bytes": 0, "files": {}, "scores": {}}
            write_json(checkpoint / "MANIFEST.json", manifest)
            stop_run(hall, admin, name)
            clock.advance(1)
    assert [find_run(hall, name).state for name in ("over", "active")] == ["stopped", "running"]
    return hall


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


def _kept(hall: Hall) -> Sequence[object]:
    """Return everything that a deed could change, but for the ledger."""
    home = hall.paths.home
    files = {path: _content(path) for path in home.rglob("*") if "datahall.db" not in path.name}
    return (
        files, hall.launcher.jobs(), hall.runs.list(), hall.datasets.list(), hall.registry.list(),
        hall.feedback.list(limit=100, pending=True), hall.vault.snapshots(),
    )  # fmt: skip


def _content(path: Path) -> bytes:
    """Return what a file holds; a folder holds nothing."""
    return path.read_bytes() if path.is_file() else b""


def test_every_action_is_tried_here() -> None:
    """A new one must be denied to viewers too."""
    assert set(DEEDS) == _actions()


@pytest.mark.parametrize("name", DEEDS)
def test_a_viewer_is_denied(used_hall: Hall, name: str) -> None:
    """Hiding a button is not authorisation; the try is on record, once."""
    before, entries = _kept(used_hall), used_hall.ledger.entries(1000)

    with pytest.raises(DeniedError, match="eve may look but not act"):
        DEEDS[name](used_hall, VIEWER)

    row, *earlier = used_hall.ledger.entries(1000)
    assert (row.actor, row.outcome) == ("eve", "denied")
    assert earlier == entries
    assert _kept(used_hall) == before
