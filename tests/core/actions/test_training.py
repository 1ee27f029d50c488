"""Runs are requested, gated, queued, stopped, resumed and deleted; each step is on the ledger."""

import json
from dataclasses import asdict, replace

import pytest

from core.actions.records import RunView, TrainRequest
from core.actions.runs import compare, detail, find_run, list_runs
from core.actions.training import delete_run, gate, request_run, resume_run, stop_run
from core.actions.workspace import Workspace
from core.audit import Actor, Role
from core.backup.engine import Snapshot
from core.clock import FixedClock
from core.data.records import Dataset
from core.errors import ConflictError, DeniedError, InputError, NotFoundError
from core.jobs.launcher import JobKind, JobState
from core.jobs.memory import MemoryLauncher, Script
from core.training.config import load_config

LONG = Script(seconds=1000)


def _request(**changes: object) -> TrainRequest:
    """Return a request on the small dataset."""
    return TrainRequest(dataset="cats", preset="demo", **changes)  # type: ignore[arg-type]  # fields of the record


def _protect(workspace: Workspace, dataset: Dataset) -> None:
    """Record a verified snapshot that holds the dataset."""
    taken = Snapshot(
        id="5" * 64, created_at=workspace.clock.now(), repository=workspace.vault.engine.repository,
        paths=(), tags=(), files=1, bytes=1, verified_at=workspace.clock.now(),
    )  # fmt: skip
    workspace.vault.store.record(taken)
    workspace.vault.store.protect(taken.id, [dataset.digest])
    workspace.paths.repository.mkdir(exist_ok=True)
    (workspace.paths.repository / "snapshots").mkdir(exist_ok=True)
    (workspace.paths.repository / "snapshots" / taken.id).touch()


def _running(workspace: Workspace, launcher: MemoryLauncher, actor: Actor) -> RunView:
    """Start a run under a waiver that goes on and on."""
    launcher.otherwise = LONG
    return request_run(workspace, actor, _request(name="long", skip_backup=True, reason="a test"))


@pytest.mark.usefixtures("dataset")
def test_a_run_on_unprotected_data_waits_behind_its_backup(
    workspace: Workspace, admin: Actor
) -> None:
    """The gate is an edge in the queue: the training job comes after the backup job."""
    assert gate(workspace, "cats").state == "closed"
    view = request_run(workspace, admin, _request())
    assert view.job is not None
    backup = workspace.launcher.job(view.job.spec.after or "")
    assert backup.spec.kind is JobKind.BACKUP
    assert backup.spec.subject.startswith("dataset:")


def test_a_run_on_protected_data_starts_at_once_and_names_the_snapshot(
    workspace: Workspace, admin: Actor, dataset: Dataset
) -> None:
    """Nothing is backed up twice."""
    _protect(workspace, dataset)
    assert gate(workspace, "cats").state == "open"
    view = request_run(workspace, admin, _request())
    assert view.job is not None
    assert view.job.spec.after is None
    assert view.run.spec.snapshot == "5" * 64


@pytest.mark.usefixtures("dataset")
def test_two_runs_on_the_same_data_share_one_backup(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher
) -> None:
    """A second click does not queue a second backup."""
    launcher.otherwise = LONG
    first = request_run(workspace, admin, _request())
    second = request_run(workspace, admin, _request())
    assert first.job is not None
    assert second.job is not None
    assert first.job.spec.after is not None
    assert second.job.spec.after == first.job.spec.after


@pytest.mark.usefixtures("dataset")
def test_a_waiver_needs_a_reason_and_is_on_the_ledger(workspace: Workspace, admin: Actor) -> None:
    """Skipping the backup is allowed, never silent."""
    with pytest.raises(InputError, match="needs a reason"):
        request_run(workspace, admin, _request(skip_backup=True, reason="  "))
    view = request_run(workspace, admin, _request(skip_backup=True, reason="public data"))
    assert view.run.spec.waiver == "public data"
    waived = [entry for entry in workspace.ledger.entries() if entry.action == "gate.waive"]
    assert waived[0].arguments["reason"] == "public data"


@pytest.mark.usefixtures("dataset")
def test_a_run_that_is_refused_waives_nothing(workspace: Workspace, admin: Actor) -> None:
    """The ledger tells of what was done, not of what could not be."""
    with pytest.raises(InputError, match="unknown device"):
        request_run(workspace, admin, _request(device="tpu", skip_backup=True, reason="a test"))
    assert "gate.waive" not in {entry.action for entry in workspace.ledger.entries()}


@pytest.mark.usefixtures("dataset")
def test_the_configuration_is_written_before_the_process_starts(
    workspace: Workspace, admin: Actor
) -> None:
    """The process finds there what it was asked for."""
    view = request_run(workspace, admin, _request(changes={"steps": "50", "seed": "7"}))
    config = load_config(workspace.paths.run_config(view.run.id))
    assert (config.train.steps, config.train.seed) == (50, 7)
    assert config.dataset_digest == view.run.spec.dataset_digest


@pytest.mark.usefixtures("dataset")
def test_a_run_does_not_remember_how_to_open_the_database(
    workspace: Workspace, admin: Actor
) -> None:
    """Its configuration is shown and copied; a URL may hold a password."""
    url = "postgresql+psycopg://ada:secret@db/hall"
    guarded = replace(workspace, settings=replace(workspace.settings, database_url=url))
    view = request_run(guarded, admin, _request())
    assert "secret" not in json.dumps(asdict(view.run))
    assert "secret" not in workspace.paths.run_config(view.run.id).read_text()


@pytest.mark.parametrize(
    "name", ["", "../up", "a b", "Ümlaut", "x" * 41, "-dash", 'q"uote', "new\nline", "😀"]
)
@pytest.mark.usefixtures("dataset")
def test_a_name_that_no_folder_should_have_is_refused(
    workspace: Workspace, admin: Actor, name: str
) -> None:
    """Nothing is stored, nothing is queued."""
    with pytest.raises(InputError):
        request_run(workspace, admin, _request(name=name))
    assert list_runs(workspace) == []
    assert workspace.launcher.jobs() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"no_such": "1"}, "unknown training setting"),
        ({"steps": "many"}, "is not a"),
        ({"dropout": "1.5"}, "dropout"),
        ({"steps": "0", "minutes": "0"}, "exactly one of"),
    ],
)
@pytest.mark.usefixtures("dataset")
def test_a_setting_that_cannot_be_trained_is_refused(
    workspace: Workspace, admin: Actor, changes: dict[str, str], words: str
) -> None:
    """The message says which setting and what is known."""
    with pytest.raises(InputError, match=words):
        request_run(workspace, admin, _request(changes=changes))
    assert list_runs(workspace) == []


@pytest.mark.usefixtures("dataset")
def test_unknown_data_preset_device_and_parent_are_refused(
    workspace: Workspace, admin: Actor
) -> None:
    """Each with its own sentence; nothing is left behind."""
    with pytest.raises(NotFoundError):
        request_run(workspace, admin, TrainRequest(dataset="dogs"))
    with pytest.raises(InputError, match="unknown preset"):
        request_run(workspace, admin, TrainRequest(dataset="cats", preset="huge"))
    with pytest.raises(InputError, match="there is no cuda:3 here"):
        request_run(workspace, admin, _request(device="cuda:3", skip_backup=True, reason="x"))
    with pytest.raises(NotFoundError):
        request_run(workspace, admin, _request(parent="nobody"))
    assert list_runs(workspace) == []


@pytest.mark.usefixtures("dataset")
def test_a_viewer_starts_nothing_and_the_try_is_recorded(workspace: Workspace) -> None:
    """Hiding a button is not authorisation."""
    viewer = Actor(name="eve", role=Role.VIEWER, origin="page")
    with pytest.raises(DeniedError):
        request_run(workspace, viewer, _request())
    assert list_runs(workspace) == []
    assert workspace.ledger.entries()[0].outcome == "denied"


@pytest.mark.usefixtures("dataset")
def test_a_stopped_run_is_resumed_by_another_job(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher, clock: FixedClock
) -> None:
    """A resume is a new attempt on the same run; a running run cannot be resumed."""
    view = _running(workspace, launcher, admin)
    with pytest.raises(ConflictError, match="already"):
        resume_run(workspace, admin, "long")
    stop_run(workspace, admin, "long")
    clock.advance(1)
    assert find_run(workspace, "long").state == JobState.STOPPED
    resumed = resume_run(workspace, admin, "long")
    assert resumed.job is not None
    assert view.job is not None
    assert resumed.job.id != view.job.id
    stop_run(workspace, admin, "long")
    clock.advance(1)
    with pytest.raises(ConflictError, match="nothing to stop"):
        stop_run(workspace, admin, "long")


def _finished(workspace: Workspace, actor: Actor) -> RunView:
    """Return a run whose process has ended well."""
    return request_run(workspace, actor, _request(name="done", skip_backup=True, reason="a test"))


@pytest.mark.usefixtures("dataset")
def test_a_finished_run_is_not_resumed_but_deleted(workspace: Workspace, admin: Actor) -> None:
    """What is over and done starts anew from its weights, or goes."""
    _finished(workspace, admin)
    with pytest.raises(ConflictError, match="has finished"):
        resume_run(workspace, admin, "done")
    folder = workspace.paths.run(find_run(workspace, "done").run.id)
    assert folder.exists()
    delete_run(workspace, admin, "done")
    assert not folder.exists()
    assert list_runs(workspace) == []


@pytest.mark.usefixtures("dataset")
def test_a_running_run_is_not_deleted(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher
) -> None:
    """Stop it first."""
    _running(workspace, launcher, admin)
    with pytest.raises(ConflictError, match="is running"):
        delete_run(workspace, admin, "long")


@pytest.mark.usefixtures("dataset")
def test_a_crash_is_told_with_the_signal_the_step_and_the_way_on(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher, clock: FixedClock
) -> None:
    """The sentence holds all three."""
    _running(workspace, launcher, admin)
    launcher.otherwise = Script(seconds=1, returncode=-9)
    clock.advance(2)
    crashed = detail(workspace, "long").view
    assert crashed.state == JobState.CRASHED
    assert "SIGKILL" in crashed.exit_reason
    assert "at step 0, no checkpoint yet" in crashed.exit_reason


@pytest.mark.usefixtures("dataset")
def test_a_run_that_ended_well_too_early_was_stopped(workspace: Workspace, admin: Actor) -> None:
    """SIGTERM sent past the launcher: checkpoint made, exit 0, but the plan was not done."""
    view = _finished(workspace, admin)
    assert find_run(workspace, "done").state == JobState.SUCCEEDED
    workspace.runs.set_planned_steps(view.run.id, 100)
    assert find_run(workspace, "done").state == JobState.STOPPED
    assert resume_run(workspace, admin, "done").job is not None


@pytest.mark.usefixtures("dataset")
def test_runs_are_compared_with_differences_first(workspace: Workspace, admin: Actor) -> None:
    """What differs stands on top."""
    for name, steps in (("a", "10"), ("b", "20")):
        request_run(
            workspace, admin,
            _request(name=name, skip_backup=True, reason="x", changes={"steps": steps}),
        )  # fmt: skip
    rows = compare(workspace, ["a", "b"])
    assert rows[0] == ("config.steps", [10, 20])
