"""Evaluation and promotion of a run whose best checkpoint is damaged."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.actions.models import (
    find_damaged_best,
    request_evaluation,
    request_promotion,
    request_version_evaluation,
)
from core.actions.records import TrainRequest
from core.actions.training import request_run, resume_warning
from core.actions.workspace import Workspace
from core.audit import Actor
from core.checkpoints.catalog import BEST, DamagedCheckpointError, write_pointer
from core.checkpoints.manifest import write_manifest
from core.data.records import Dataset
from core.jobs.launcher import Job, JobKind
from core.scores import Scores
from tests.clock import FixedClock
from tests.core.jobs.memory import MemoryLauncher, Script
from tests.core.registry.records import model_version

Request = Callable[..., Job]


def evaluate(workspace: Workspace, actor: Actor, **options: Any) -> Job:  # noqa: ANN401  (as given)
    """Request an evaluation of run `damaged`."""
    return request_evaluation(workspace, actor, "damaged", split="test", beam=1, **options)


def promote(workspace: Workspace, actor: Actor, **options: Any) -> Job:  # noqa: ANN401  (as given)
    """Request a promotion of run `damaged`."""
    return request_promotion(workspace, actor, "damaged", **options)


def waived(name: str, **changes: Any) -> TrainRequest:  # noqa: ANN401  (any field)
    """Return a request for a run without a backup."""
    return TrainRequest(
        dataset="cats", name=name, device="cpu", skip_backup=True, reason="a test", **changes
    )


@pytest.fixture
def checkpoints(workspace: Workspace, dataset: Dataset, admin: Actor) -> Path:
    """The checkpoints of run `damaged`: the best one, of step 30, has an empty manifest."""
    assert dataset.name == "cats"
    run = request_run(workspace, admin, waived("damaged")).run
    root = workspace.paths.checkpoints(run.id)
    for step in (20, 30):
        folder = root / f"step_{step:08d}"
        folder.mkdir(parents=True)
        (folder / "raw.safetensors").write_bytes(b"weights")
        write_manifest(folder, step=step, created_at=1.0, config_digest="c", scores=Scores())
    write_pointer(root, BEST, root / "step_00000030")
    (root / "step_00000030" / "MANIFEST.json").write_bytes(b"")
    return root


def test_a_resumed_run_names_the_damaged_checkpoint_and_its_first_step(
    workspace: Workspace, checkpoints: Path
) -> None:
    run_id = checkpoints.parent.name
    warning = resume_warning(workspace, run_id)
    assert warning.startswith("checkpoint step_00000030 is damaged")
    assert warning.endswith("the run continues from step 20")
    shutil.rmtree(checkpoints / "step_00000020")
    assert resume_warning(workspace, run_id).endswith("continues from step 0")
    shutil.rmtree(checkpoints)
    assert resume_warning(workspace, run_id) == ""


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize(
    ("request_job", "kind"), [(evaluate, JobKind.EVALUATION), (promote, JobKind.PROMOTE)]
)
def test_a_damaged_best_checkpoint_is_reported_before_a_job_is_queued(
    workspace: Workspace, admin: Actor, request_job: Request, kind: JobKind
) -> None:
    with pytest.raises(
        DamagedCheckpointError, match="run damaged, step_00000030, is damaged"
    ) as raised:
        request_job(workspace, admin)
    assert "--allow-fallback to use the checkpoint of step 20" in raised.value.remedy
    assert workspace.launcher.jobs(kind=kind) == []
    job = request_job(workspace, admin, allow_fallback=True)
    assert "--allow-fallback" in job.spec.argv


@pytest.mark.usefixtures("checkpoints")
def test_a_run_does_not_start_from_a_damaged_best_checkpoint(
    workspace: Workspace, admin: Actor
) -> None:
    with pytest.raises(DamagedCheckpointError) as raised:
        request_run(workspace, admin, waived("child", parent="damaged"))
    assert "--allow-fallback" not in raised.value.remedy
    assert [run.spec.name for run in workspace.runs.list()] == ["damaged"]


@pytest.mark.usefixtures("checkpoints")
@pytest.mark.parametrize("request_job", [evaluate, promote])
def test_a_good_best_checkpoint_needs_no_permission(
    workspace: Workspace, checkpoints: Path, admin: Actor, request_job: Request
) -> None:
    write_pointer(checkpoints, BEST, checkpoints / "step_00000020")
    assert "--allow-fallback" not in request_job(workspace, admin).spec.argv


@pytest.mark.usefixtures("checkpoints")
def test_a_damaged_best_checkpoint_is_found_before_a_promotion(workspace: Workspace) -> None:
    damage = find_damaged_best(workspace, "damaged")
    assert damage is not None
    assert damage.available_step == 20


def test_damage_found_by_a_promotion_job_counts_until_another_checkpoint_is_best(
    workspace: Workspace,
    launcher: MemoryLauncher,
    clock: FixedClock,
    checkpoints: Path,
    admin: Actor,
) -> None:
    write_pointer(checkpoints, BEST, checkpoints / "step_00000020")
    assert find_damaged_best(workspace, "damaged") is None
    error = DamagedCheckpointError(
        "a byte differs", remedy="", wanted="step_00000020", available_step=10
    )
    launcher.default_script = Script(returncode=1, error=error)
    promote(workspace, admin)
    clock.advance(1)
    assert find_damaged_best(workspace, "damaged") == error
    (checkpoints / "step_00000020").rename(checkpoints / "step_00000025")
    write_pointer(checkpoints, BEST, checkpoints / "step_00000025")
    assert find_damaged_best(workspace, "damaged") is None


def test_a_model_is_evaluated_by_its_own_weights(workspace: Workspace, admin: Actor) -> None:
    job = request_version_evaluation(workspace, admin, model_version(3), split="test", beam=1)
    assert "core.inference" in job.spec.argv
    assert {"--name=en-es", "--version=3"} <= set(job.spec.argv)
    assert job.spec.subject == "r-1"
