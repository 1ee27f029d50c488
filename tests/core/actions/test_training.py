"""Actions on training runs: start, stop, resume, compare, delete."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from core.actions.records import RunView, TrainRequest
from core.actions.runs import compare, detail, find_run, list_runs
from core.actions.training import (
    check_backup,
    code_version,
    delete_run,
    request_run,
    resume_run,
    stop_run,
)
from core.actions.workspace import Workspace, open_workspace
from core.audit import Actor, Role
from core.backup.records import Snapshot
from core.backup.vault import Vault
from core.data.records import Dataset
from core.errors import ConflictError, DeniedError, InputError, NotFoundError
from core.files import read_json
from core.jobs.launcher import JobKind, JobState
from core.jobs.local import LocalLauncher
from core.settings import Settings
from tests.clock import FixedClock
from tests.core.actions.conftest import PAIRS
from tests.core.jobs.memory import MemoryLauncher, Script
from tests.snapshots import record_snapshot

LONG = Script(seconds=1000)


def _request(**changes: object) -> TrainRequest:
    """Return a request on the small dataset."""
    return TrainRequest(dataset="cats", preset="demo", **changes)  # type: ignore[arg-type]  # fields of the record


def _protect(workspace: Workspace, dataset: Dataset) -> None:
    """Record a verified snapshot that holds the dataset."""
    taken = Snapshot(
        id="5" * 64, created_at=workspace.clock.now(), repository=workspace.vault.repository.name,
        paths=(), tags=(), files=1, bytes=1, verified_at=workspace.clock.now(),
    )  # fmt: skip
    record_snapshot(workspace.vault, taken)
    workspace.vault.store.protect(taken.id, [dataset.digest])


def _running(workspace: Workspace, launcher: MemoryLauncher, actor: Actor) -> RunView:
    """Start a run without backup that does not end."""
    launcher.default_script = LONG
    return request_run(workspace, actor, _request(name="long", skip_backup=True, reason="a test"))


@pytest.mark.usefixtures("dataset")
def test_a_run_on_unprotected_data_waits_behind_its_backup(
    workspace: Workspace, admin: Actor
) -> None:
    assert not check_backup(workspace, "cats").is_protected
    view = request_run(workspace, admin, _request())
    assert view.job is not None
    backup = workspace.launcher.job(view.job.spec.after or "")
    assert backup.spec.kind is JobKind.BACKUP
    assert backup.spec.subject.startswith("dataset:")


@pytest.mark.parametrize("is_protected", [True, False])
def test_starting_a_run_checks_the_backup_once_and_reconciles_the_queue_once(
    settings: Settings, admin: Actor, monkeypatch: pytest.MonkeyPatch, *, is_protected: bool
) -> None:
    calls = []
    protecting = Vault.protecting

    def checked(vault: Vault, digest: str) -> Snapshot | None:
        calls.append("backup check")
        return protecting(vault, digest)

    with open_workspace(settings) as workspace:
        dataset = workspace.datasets.add(
            "cats", "en", "es", PAIRS, origin="made up", clock=workspace.clock
        )
        if is_protected:
            _protect(workspace, dataset)
        monkeypatch.setattr(Vault, "protecting", checked)
        monkeypatch.setattr(LocalLauncher, "tick", lambda _: calls.append("reconcile"))
        request_run(workspace, admin, _request())
    assert calls == ["backup check", "reconcile"]


def test_a_run_on_protected_data_starts_at_once_and_records_the_snapshot(
    workspace: Workspace, admin: Actor, dataset: Dataset
) -> None:
    _protect(workspace, dataset)
    assert check_backup(workspace, "cats").is_protected
    view = request_run(workspace, admin, _request())
    assert view.job is not None
    assert view.job.spec.after is None
    assert view.run.spec.snapshot == "5" * 64


@pytest.mark.usefixtures("dataset")
def test_two_runs_on_the_same_data_share_one_backup(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher
) -> None:
    launcher.default_script = LONG
    first = request_run(workspace, admin, _request())
    second = request_run(workspace, admin, _request())
    assert first.job is not None
    assert second.job is not None
    assert first.job.spec.after is not None
    assert second.job.spec.after == first.job.spec.after


@pytest.mark.usefixtures("dataset")
def test_skipping_the_backup_needs_a_reason(workspace: Workspace, admin: Actor) -> None:
    with pytest.raises(InputError, match="needs a reason"):
        request_run(workspace, admin, _request(skip_backup=True, reason="  "))
    view = request_run(workspace, admin, _request(skip_backup=True, reason="public data"))
    assert view.run.spec.waiver == "public data"
    waived = [entry for entry in workspace.ledger.entries() if entry.action == "gate.waive"]
    assert waived[0].arguments["reason"] == "public data"


@pytest.mark.usefixtures("dataset")
def test_a_refused_run_records_no_skipped_backup(workspace: Workspace, admin: Actor) -> None:
    with pytest.raises(InputError, match="unknown device"):
        request_run(workspace, admin, _request(device="tpu", skip_backup=True, reason="a test"))
    assert "gate.waive" not in {entry.action for entry in workspace.ledger.entries()}


@pytest.mark.usefixtures("dataset")
def test_the_configuration_is_written_before_the_process_starts(
    workspace: Workspace, admin: Actor
) -> None:
    view = request_run(workspace, admin, _request(changes={"steps": "50", "seed": "7"}))
    copy = read_json(workspace.paths.run_config(view.run.id))
    assert (copy["config"]["train"]["steps"], copy["config"]["train"]["seed"]) == (50, 7)
    assert copy["dataset_digest"] == view.run.spec.dataset_digest
    assert copy["config"] == view.run.spec.config


@pytest.mark.usefixtures("dataset")
def test_the_database_url_is_not_stored_with_a_run(workspace: Workspace, admin: Actor) -> None:
    """The configuration is shown and copied, and the URL may contain a password."""
    url = "postgresql+psycopg://ada:secret@db/hall"
    guarded = replace(workspace, settings=replace(workspace.settings, database_url=url))
    view = request_run(guarded, admin, _request())
    assert "secret" not in json.dumps(asdict(view.run))
    assert "secret" not in workspace.paths.run_config(view.run.id).read_text()


@pytest.mark.parametrize(
    "name", ["", "../up", "a b", "Ümlaut", "x" * 41, "-dash", 'q"uote', "new\nline", "😀"]
)
@pytest.mark.usefixtures("dataset")
def test_a_name_that_is_unsafe_as_a_folder_is_refused(
    workspace: Workspace, admin: Actor, name: str
) -> None:
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
def test_an_invalid_training_setting_is_refused(
    workspace: Workspace, admin: Actor, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        request_run(workspace, admin, _request(changes=changes))
    assert list_runs(workspace) == []


@pytest.mark.usefixtures("dataset")
def test_an_unknown_dataset_preset_device_or_parent_is_refused(
    workspace: Workspace, admin: Actor
) -> None:
    with pytest.raises(NotFoundError):
        request_run(workspace, admin, TrainRequest(dataset="dogs"))
    with pytest.raises(InputError, match="unknown preset"):
        request_run(workspace, admin, TrainRequest(dataset="cats", preset="huge"))
    with pytest.raises(InputError, match="there is no GPU 3 on this host"):
        request_run(workspace, admin, _request(device="cuda:3", skip_backup=True, reason="x"))
    with pytest.raises(InputError, match="not enough GPUs") as caught:
        request_run(workspace, admin, _request(device="cuda", skip_backup=True, reason="x"))
    assert "--device cpu" in caught.value.remedy
    with pytest.raises(NotFoundError):
        request_run(workspace, admin, _request(parent="nobody"))
    assert list_runs(workspace) == []


@pytest.mark.usefixtures("dataset")
def test_a_viewer_starts_nothing_and_the_attempt_is_audited(workspace: Workspace) -> None:
    viewer = Actor(name="eve", role=Role.VIEWER, origin="page")
    with pytest.raises(DeniedError):
        request_run(workspace, viewer, _request())
    assert list_runs(workspace) == []
    assert workspace.ledger.entries()[0].outcome == "denied"


@pytest.mark.usefixtures("dataset")
def test_resuming_queues_another_job_of_the_run(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher, clock: FixedClock
) -> None:
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
    with pytest.raises(ConflictError, match="is already stopped"):
        stop_run(workspace, admin, "long")


def _finished(workspace: Workspace, actor: Actor) -> RunView:
    """Return a run that has succeeded."""
    return request_run(workspace, actor, _request(name="done", skip_backup=True, reason="a test"))


@pytest.mark.usefixtures("dataset")
def test_a_finished_run_can_be_deleted_but_not_resumed(workspace: Workspace, admin: Actor) -> None:
    _finished(workspace, admin)
    with pytest.raises(ConflictError, match="has finished"):
        resume_run(workspace, admin, "done")
    folder = workspace.paths.run(find_run(workspace, "done").run.id)
    assert folder.exists()
    delete_run(workspace, admin, "done")
    assert not folder.exists()
    assert list_runs(workspace) == []


@pytest.mark.usefixtures("dataset")
def test_a_running_run_cannot_be_deleted(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher
) -> None:
    _running(workspace, launcher, admin)
    with pytest.raises(ConflictError, match="is running"):
        delete_run(workspace, admin, "long")


@pytest.mark.usefixtures("dataset")
def test_the_reason_of_a_crash_has_the_signal_the_step_and_the_checkpoint(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher, clock: FixedClock
) -> None:
    _running(workspace, launcher, admin)
    launcher.default_script = Script(seconds=1, returncode=-9)
    clock.advance(2)
    crashed = detail(workspace, "long").view
    assert crashed.state == JobState.CRASHED
    assert "SIGKILL" in crashed.exit_reason
    assert "at step 0, no checkpoint" in crashed.exit_reason


@pytest.mark.usefixtures("dataset")
def test_a_list_reads_one_job_per_run_and_no_checkpoint(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher, clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    view = _running(workspace, launcher, admin)
    launcher.default_script = Script(seconds=1, returncode=-9)
    clock.advance(2)
    resumed = resume_run(workspace, admin, "long")
    clock.advance(2)

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the list reads every job, or a checkpoint")

    monkeypatch.setattr(MemoryLauncher, "jobs", refuse)
    monkeypatch.setattr("core.actions.runs.newest_checkpoint", refuse)
    (listed,) = list_runs(workspace)
    assert listed.job is not None
    assert resumed.job is not None
    assert (listed.run.id, listed.job.id) == (view.run.id, resumed.job.id)
    assert listed.exit_reason.endswith("; at step 0")


@pytest.mark.usefixtures("dataset")
def test_a_run_that_ended_before_its_last_step_is_stopped(
    workspace: Workspace, admin: Actor
) -> None:
    """A SIGTERM from outside: the process wrote a checkpoint and ended with status 0."""
    view = _finished(workspace, admin)
    assert find_run(workspace, "done").state == JobState.SUCCEEDED
    workspace.runs.set_planned_steps(view.run.id, 100)
    assert find_run(workspace, "done").state == JobState.STOPPED
    assert resume_run(workspace, admin, "done").job is not None


@pytest.mark.usefixtures("dataset")
def test_runs_are_compared_with_differences_first(workspace: Workspace, admin: Actor) -> None:
    for name, steps in (("a", "10"), ("b", "20")):
        request_run(
            workspace, admin,
            _request(name=name, skip_backup=True, reason="x", changes={"steps": steps}),
        )  # fmt: skip
    rows = compare(workspace, ["a", "b"])
    assert rows[0] == ("config.steps", [10, 20])


def test_a_changed_source_file_is_another_code_version(tmp_path: Path) -> None:
    source = tmp_path / "model.py"
    source.write_text("WIDTH = 128\n", encoding="utf-8")
    before = code_version(tmp_path)
    assert code_version(tmp_path) == before
    source.write_text("WIDTH = 129\n", encoding="utf-8")
    assert code_version(tmp_path) != before


def test_the_code_version_starts_with_the_release() -> None:
    release, plus, digest = code_version().partition("+")
    assert release.count(".") == 2
    assert (plus, len(digest)) == ("+", 12)
