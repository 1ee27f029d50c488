"""Training as an action: request, gate, queue, stop, resume, delete.

The flow of the house: request -> is the data backed up? -> (no: back it up first) -> read ->
preprocess -> train -> evaluate. The gate is asked when the run is requested, and again by the
training process just before it reads the data.
"""

import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace

from core.actions.backups import protect_dataset
from core.actions.code import code_version
from core.actions.records import Gate, RunView, TrainRequest
from core.actions.runs import find_run
from core.actions.workspace import Workspace
from core.audit import Actor
from core.checkpoints.catalog import require_best
from core.checkpoints.manifest import check_sizes
from core.command import module_argv
from core.data.records import Dataset
from core.errors import ConflictError, InputError
from core.jobs.devices import count_gpus
from core.jobs.launcher import Job, JobKind, JobSpec
from core.paths import confined
from core.process.variables import RUN_VARIABLE
from core.runs.records import RunSpec
from core.training.config import RunConfig, TrainConfig, choose, save_config

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def gate(workspace: Workspace, dataset: str, digest: str | None = None) -> Gate:
    """Say whether a run on this dataset may start now; raises NotFoundError."""
    found = workspace.datasets.get(dataset, digest)
    snapshot = workspace.vault.protecting(found.digest)
    if snapshot is None:
        return Gate(
            state="closed",
            sentence=f"{dataset} {found.digest[:12]} is in no verified snapshot: "
            "it is backed up first, then the run starts by itself",
        )
    sentence = f"{dataset} {found.digest[:12]} is held by snapshot {snapshot.id[:8]}"
    return Gate(state="open", sentence=sentence, snapshot=snapshot)


def request_run(workspace: Workspace, actor: Actor, request: TrainRequest) -> RunView:
    """Queue a run, behind a backup of its dataset where none holds it; return it as it stands.

    Raises InputError, NotFoundError, ConflictError, DeniedError before anything is changed.
    """
    dataset = workspace.datasets.get(request.dataset, request.digest)
    train = choose(request.preset, request.changes)
    name = _free_name(workspace, request)
    if request.skip_backup and not request.reason.strip():
        raise InputError(
            "training without a backup needs a reason", remedy="Add --reason 'why it is all right'"
        )
    if request.parent is not None:
        parent = workspace.runs.get(request.parent)
        checkpoints = workspace.paths.checkpoints(parent.id)
        require_best(checkpoints, parent.spec.name, allow_fallback=None, check=check_sizes)
    request = replace(request, device=_device(workspace, request.device))
    arguments = {"run": name, "preset": request.preset, "digest": dataset.digest}
    if request.skip_backup:
        workspace.ledger.perform(
            actor, "gate.waive", f"{dataset.name}:{dataset.digest}", lambda: None,
            {"run": name, "reason": request.reason},
        )  # fmt: skip
    return workspace.ledger.perform(
        actor, "runs.start", name,
        lambda: _start(workspace, actor, request, dataset, train, name),
        arguments,
    )  # fmt: skip


def stop_run(workspace: Workspace, actor: Actor, name: str) -> RunView:
    """Ask a run to checkpoint and stop; a queued one leaves the queue."""
    view = find_run(workspace, name)
    if view.is_over or view.job is None:
        raise ConflictError(f"run {view.run.spec.name} is {view.state}, there is nothing to stop")
    job = view.job
    workspace.ledger.perform(
        actor, "runs.stop", view.run.spec.name, lambda: workspace.launcher.cancel(job.id)
    )
    return find_run(workspace, name)


def resume_run(workspace: Workspace, actor: Actor, name: str) -> RunView:
    """Queue another attempt on a run; it goes on from its last good checkpoint."""
    view = find_run(workspace, name)
    if not view.is_over:
        raise ConflictError(f"run {view.run.spec.name} is {view.state} already")
    if not view.can_resume:
        raise ConflictError(
            f"run {view.run.spec.name} has finished",
            remedy="Start a new one from its weights with --from",
        )
    after = None
    if view.run.spec.waiver is None:
        after = _backup_first(workspace, actor, _dataset_of(workspace, view))
    workspace.ledger.perform(
        actor, "runs.resume", view.run.spec.name, lambda: _submit(workspace, view.run.id, after)
    )
    return find_run(workspace, name)


def delete_run(workspace: Workspace, actor: Actor, name: str) -> None:
    """Remove a run that is over, with its checkpoints; models made from it stay."""
    view = find_run(workspace, name)
    if not view.can_delete:
        raise ConflictError(f"run {view.run.spec.name} is {view.state}", remedy="Stop it first")
    workspace.ledger.perform(
        actor, "runs.delete", view.run.spec.name, lambda: _remove(workspace, view.run.id)
    )


def num_gpus(workspace: Workspace) -> int:
    """Return how many GPUs jobs may use."""
    return count_gpus(workspace.settings.jobs.gpus)


def suggest_name(workspace: Workspace, dataset: str, preset: str) -> str:
    """Return a free name for a run, `DATASET-PRESET-N`."""
    taken = {run.spec.name for run in workspace.runs.list()}
    stem = f"{dataset}-{preset}"[:34]
    return next(
        name for number in range(1, len(taken) + 2) if (name := f"{stem}-{number}") not in taken
    )


def _start(
    workspace: Workspace,
    actor: Actor,
    request: TrainRequest,
    dataset: Dataset,
    train: TrainConfig,
    name: str,
) -> RunView:
    """Write the run's configuration and queue its job."""
    run_id = secrets.token_hex(6)
    snapshot = workspace.vault.protecting(dataset.digest)
    waiver = request.reason.strip() if request.skip_backup else None
    config = RunConfig(
        run_id=run_id,
        run_name=name,
        preset=request.preset,
        home=str(workspace.paths.home),
        dataset=dataset.name,
        dataset_digest=dataset.digest,
        source=dataset.source,
        target=dataset.target,
        device=request.device,
        code_version=code_version(),
        snapshot=snapshot.id if snapshot else None,
        waiver=waiver,
        init_from=workspace.runs.get(request.parent).id if request.parent else None,
        train=train,
    )
    spec = RunSpec(
        name=name,
        dataset=dataset.name,
        dataset_digest=dataset.digest,
        preset=request.preset,
        device=config.device,
        config=asdict(config),
        code_version=config.code_version,
        snapshot=config.snapshot,
        waiver=waiver,
        parent=config.init_from,
    )
    workspace.runs.create(run_id, spec)
    try:
        save_config(workspace.paths.run_config(run_id), config)
        after = None if waiver else _backup_first(workspace, actor, dataset)
        _submit(workspace, run_id, after)
    except BaseException:
        _remove(workspace, run_id)
        raise
    return find_run(workspace, run_id)


def _remove(workspace: Workspace, run_id: str) -> None:
    """Remove a run and its folder."""
    folder = confined(workspace.paths.runs, workspace.paths.run(run_id))
    shutil.rmtree(folder, ignore_errors=True)
    workspace.runs.delete(run_id)


def _backup_first(workspace: Workspace, actor: Actor, dataset: Dataset) -> str | None:
    """Return the id of the backup job to wait for, or None when a snapshot holds the dataset."""
    if workspace.vault.protecting(dataset.digest) is not None:
        return None
    return protect_dataset(workspace, actor, dataset).id


def _submit(workspace: Workspace, run_id: str, after: str | None) -> Job:
    """Queue a training job on a run."""
    run = workspace.runs.get(run_id)
    return workspace.launcher.submit(
        JobSpec(
            kind=JobKind.TRAINING,
            title=f"Train {run.spec.name}",
            subject=run_id,
            argv=module_argv("core.training", "--run", str(workspace.paths.run(run_id))),
            environment={RUN_VARIABLE: run_id},
            log=workspace.paths.run_log(run_id),
            device=run.spec.device,
            after=after,
            grace_s=workspace.settings.jobs.grace_s,
        )
    )


def _device(workspace: Workspace, asked: str) -> str:
    """Return `cpu`, `cuda` or `cuda:N` for what was asked; raises InputError."""
    gpus = num_gpus(workspace)
    if asked == "auto":
        return "cuda" if gpus else "cpu"
    if asked == "cpu":
        return asked
    match = re.fullmatch(r"cuda(?::(\d+))?", asked)
    if match is None:
        raise InputError(f"unknown device {asked!r}", remedy="Use auto, cpu, cuda or cuda:N")
    if int(match.group(1) or 0) >= gpus:
        raise InputError(f"there is no {asked} here ({gpus} GPUs)", remedy="Use --device cpu")
    return asked


def _free_name(workspace: Workspace, request: TrainRequest) -> str:
    """Return the run's name; raises InputError, ConflictError."""
    if request.name is None:
        return suggest_name(workspace, request.dataset, request.preset)
    if not NAME.fullmatch(request.name):
        raise InputError(
            f"{request.name!r} cannot name a run",
            remedy="Use at most 40 of a-z 0-9 . _ - starting with a letter or digit",
        )
    if request.name in _names(workspace):
        raise ConflictError(f"there is a run named {request.name} already")
    return request.name


def _names(workspace: Workspace) -> Sequence[str]:
    """Return the names and ids that are taken."""
    return [word for run in workspace.runs.list() for word in (run.spec.name, run.id)]


def _dataset_of(workspace: Workspace, view: RunView) -> Dataset:
    """Return the dataset version that a run trains on."""
    return workspace.datasets.get(view.run.spec.dataset, view.run.spec.dataset_digest)
