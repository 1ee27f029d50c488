"""Actions on training runs: start, stop, resume, delete.

A run starts when a verified snapshot contains its dataset version, or when the backup job that is
queued before it succeeds. The training process checks this again before it reads the data.
"""

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from core.actions.backups import active_backup, backup_spec
from core.actions.records import BackupCheck, RunView, TrainRequest
from core.actions.runs import find_run, run_view
from core.actions.workspace import Workspace
from core.audit import Actor
from core.checkpoints.catalog import newest_good, require_best
from core.checkpoints.manifest import check_sizes
from core.data.records import Dataset
from core.errors import ConflictError, InputError
from core.files import write_json
from core.jobs.devices import Slots, check_room, count_gpus, parse_device
from core.jobs.launcher import Job, JobKind, JobSpec
from core.paths import confined
from core.process.job import job_argv
from core.process.variables import RUN_VARIABLE
from core.runs.records import Run, RunSpec, RunSummary
from core.text import check_name
from core.training.config import TrainConfig, choose_config

_MAX_STEM = 34  # leaves room for a number in a name of 40 characters
_DIGEST_DIGITS = 12


def check_backup(workspace: Workspace, dataset: str, digest: str | None = None) -> BackupCheck:
    """Return whether a verified snapshot contains the dataset version; raises NotFoundError."""
    return _check(workspace, workspace.datasets.get(dataset, digest))


def request_run(workspace: Workspace, actor: Actor, request: TrainRequest) -> RunView:
    """Queue a run, behind a backup of its dataset unless a snapshot contains it or it is waived.

    Raises InputError, NotFoundError, ConflictError or DeniedError before anything is changed.
    """
    dataset = workspace.datasets.get(request.dataset, request.digest)
    train = choose_config(request.preset, request.changes)
    name = _run_name(workspace, request)
    if request.skip_backup and not request.reason.strip():
        raise InputError(
            "training without a backup needs a reason", remedy='Add --reason "why it is acceptable"'
        )
    if request.parent is not None:
        parent = workspace.runs.get(request.parent)
        checkpoints = workspace.paths.checkpoints(parent.id)
        require_best(checkpoints, parent.spec.name, allow_fallback=None, check=check_sizes)
    request = replace(request, device=_choose_device(workspace, request.device))
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
    """Request that a run writes a checkpoint and stops; a queued run leaves the queue."""
    view = find_run(workspace, name)
    job = view.job
    if view.is_over or job is None:
        raise ConflictError(f"run {view.run.spec.name} is already {view.state}")
    workspace.ledger.perform(
        actor, "runs.stop", view.run.spec.name, lambda: workspace.launcher.cancel(job.id)
    )
    return find_run(workspace, name)


def resume_run(workspace: Workspace, actor: Actor, name: str) -> RunView:
    """Queue another attempt of a run; it continues from the newest complete checkpoint."""
    view = find_run(workspace, name)
    run = view.run
    if not view.is_over:
        raise ConflictError(f"run {run.spec.name} is already {view.state}")
    if not view.can_resume:
        raise ConflictError(
            f"run {run.spec.name} has finished",
            remedy="Train a new run from its weights: "
            f"datahall train {run.spec.dataset} --from {run.spec.name}",
        )

    def resume() -> Job:
        if run.spec.waiver is not None:
            return workspace.launcher.submit(_training_spec(workspace, run))
        dataset = workspace.datasets.get(run.spec.dataset, run.spec.dataset_digest)
        return _queue(workspace, actor, run, _check(workspace, dataset))

    workspace.ledger.perform(actor, "runs.resume", run.spec.name, resume)
    return find_run(workspace, name)


def resume_warning(workspace: Workspace, run_id: str) -> str:
    """Return the steps that a resumed run repeats because of damaged checkpoints, or no text.

    Compares sizes only, so that it is fast; the training process reads every byte.
    """
    damaged: list[str] = []
    root = workspace.paths.checkpoints(run_id)
    good = newest_good(root, damaged.append, check=check_sizes)
    if not damaged:
        return ""
    return f"{damaged[0]}; the run continues from step {good.manifest.step if good else 0}"


def delete_run(workspace: Workspace, actor: Actor, name: str) -> None:
    """Remove a run that is over and its checkpoints; models made from it stay."""
    view = find_run(workspace, name)
    if not view.can_delete:
        raise ConflictError(
            f"run {view.run.spec.name} is {view.state}",
            remedy=f"Stop it first: datahall runs stop {view.run.spec.name}",
        )
    workspace.ledger.perform(
        actor, "runs.delete", view.run.spec.name, lambda: _remove(workspace, view.run.id)
    )


def num_gpus(workspace: Workspace) -> int:
    """Return the number of GPUs that jobs may use."""
    return count_gpus(workspace.settings.jobs.gpus)


def suggest_name(workspace: Workspace, dataset: str, preset: str) -> str:
    """Return an unused name for a run, `DATASET-PRESET-N`."""
    taken = {run.spec.name for run in workspace.runs.list()}
    stem = f"{dataset}-{preset}"[:_MAX_STEM]
    return next(
        name for number in range(1, len(taken) + 2) if (name := f"{stem}-{number}") not in taken
    )


def code_version(package: Path = Path(__file__).parents[1]) -> str:
    """Return `RELEASE+DIGEST`; the digest covers every source file of core.

    Two checkouts of one release with different code have different versions; git is not needed.
    """
    state = sha256()
    for path in sorted(package.rglob("*.py")):
        state.update(path.relative_to(package).as_posix().encode())
        state.update(path.read_bytes())
    return f"{version('datahall')}+{state.hexdigest()[:_DIGEST_DIGITS]}"


def _check(workspace: Workspace, dataset: Dataset) -> BackupCheck:
    """Return whether a verified snapshot contains the dataset version."""
    return BackupCheck(dataset=dataset, snapshot=workspace.vault.protecting(dataset.digest))


def _start(
    workspace: Workspace,
    actor: Actor,
    request: TrainRequest,
    dataset: Dataset,
    train: TrainConfig,
    name: str,
) -> RunView:
    """Store the run and queue its job; a failure leaves nothing."""
    run_id = secrets.token_hex(6)
    check = _check(workspace, dataset)
    spec = RunSpec(
        name=name,
        dataset=dataset.name,
        dataset_digest=dataset.digest,
        preset=request.preset,
        device=request.device,
        config={"train": asdict(train)},
        code_version=code_version(),
        snapshot=check.snapshot.id if check.snapshot else None,
        waiver=request.reason.strip() if request.skip_backup else None,
        parent=workspace.runs.get(request.parent).id if request.parent else None,
    )
    run = workspace.runs.create(run_id, spec)
    try:
        # A copy for users and other programs: Datahall itself reads only the database.
        write_json(workspace.paths.run_config(run_id), {"id": run_id, **asdict(spec)})
        job = _queue(workspace, actor, run, check)
    except BaseException:
        _remove(workspace, run_id)
        raise
    return run_view(workspace, RunSummary(run=run, latest={}), job)


def _queue(workspace: Workspace, actor: Actor, run: Run, check: BackupCheck) -> Job:
    """Queue a training job, behind a backup of its dataset unless protected or waived.

    The queue is reconciled once, when all jobs are stored.
    """
    spec = _training_spec(workspace, run)
    if run.spec.waiver is not None or check.is_protected:
        return workspace.launcher.submit(spec)
    active = active_backup(workspace, check.dataset)
    if active is not None:
        return workspace.launcher.submit(replace(spec, after=active.id))
    backup = backup_spec(workspace, check.dataset)
    return workspace.ledger.perform(
        actor, "backups.run", backup.subject,
        lambda: workspace.launcher.submit_chain([backup, spec])[-1],
    )  # fmt: skip


def _training_spec(workspace: Workspace, run: Run) -> JobSpec:
    """Return the specification of a training job."""
    return JobSpec(
        kind=JobKind.TRAINING,
        title=f"Train {run.spec.name}",
        subject=run.id,
        argv=job_argv("core.training", workspace.paths.home, run=run.id),
        environment={RUN_VARIABLE: run.id},
        log=workspace.paths.run_log(run.id),
        device=run.spec.device,
        grace_s=workspace.settings.jobs.grace_s,
    )


def _remove(workspace: Workspace, run_id: str) -> None:
    """Remove a run and its folder."""
    folder = confined(workspace.paths.runs, workspace.paths.run(run_id))
    shutil.rmtree(folder, ignore_errors=True)
    workspace.runs.delete(run_id)


def _choose_device(workspace: Workspace, device: str) -> str:
    """Return `cpu`, `cuda` or `cuda:N` for a requested device or `auto`; raises InputError."""
    gpus = num_gpus(workspace)
    if device == "auto":
        return "cuda" if gpus else "cpu"
    parsed = parse_device(device)
    if parsed.kind == "none":
        raise InputError("training needs a device", remedy="Use --device auto")
    check_room(parsed, Slots(cpu=1, gpus=gpus))
    return device


def _run_name(workspace: Workspace, request: TrainRequest) -> str:
    """Return the requested name, or an unused one; raises InputError, ConflictError."""
    if request.name is None:
        return suggest_name(workspace, request.dataset, request.preset)
    check_name(request.name, kind="run")
    if request.name in _taken_names(workspace):
        raise ConflictError(
            f"there is a run named {request.name} already", remedy="Choose another name"
        )
    return request.name


def _taken_names(workspace: Workspace) -> Sequence[str]:
    """Return the names and ids of all runs."""
    return [word for run in workspace.runs.list() for word in (run.spec.name, run.id)]
