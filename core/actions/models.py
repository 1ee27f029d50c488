"""Actions on models: evaluate a run or a version, promote a run, roll an alias back."""

from collections.abc import Sequence
from pathlib import Path

from core.actions.runs import find_run
from core.actions.workspace import Workspace
from core.audit import Actor
from core.checkpoints.catalog import DamagedCheckpointError, require_best
from core.checkpoints.manifest import check_sizes
from core.errors import ConflictError, CorruptError, NotFoundError
from core.jobs.launcher import Job, JobKind, JobSpec
from core.process.job import job_argv
from core.promotion import rollback
from core.registry.records import PRODUCTION, AliasEvent, ModelVersion, check_alias


def list_models(workspace: Workspace) -> Sequence[ModelVersion]:
    """Return every version, newest first."""
    return workspace.registry.list()


def find_model(workspace: Workspace, name_or_alias: str) -> ModelVersion:
    """Return the version for NAME:VERSION or an alias; raises NotFoundError."""
    name, colon, number = name_or_alias.rpartition(":")
    if colon and number.isdecimal():
        return workspace.registry.get(name, int(number))
    return workspace.registry.resolve(name_or_alias)


def find_damaged_best(workspace: Workspace, name: str) -> DamagedCheckpointError | None:
    """Return the error of a promotion that does not allow a fallback; None if there is none.

    The check of the files is fast and incomplete; damage that only the newest promotion job of the
    run found, comparing every byte, is reported too, while the same checkpoint is the best one.
    """
    run = find_run(workspace, name).run
    root = workspace.paths.checkpoints(run.id)
    try:
        best = require_best(root, run.spec.name, allow_fallback=False, check=check_sizes)
    except DamagedCheckpointError as error:
        return error
    except (NotFoundError, CorruptError):  # a fallback does not help; the promotion reports it
        return None
    jobs = workspace.launcher.jobs(subject=run.id, kind=JobKind.PROMOTE, limit=1)
    found = workspace.launcher.error(jobs[0].id) if jobs else None
    if not isinstance(found, DamagedCheckpointError):
        return None
    return found if found.wanted == Path(best.checkpoint.path).name else None


def request_evaluation(
    workspace: Workspace,
    actor: Actor,
    name: str,
    *,
    split: str,
    beam: int,
    allow_fallback: bool = False,
) -> Job:
    """Queue an evaluation of a run's best checkpoint on a split.

    Raises DamagedCheckpointError if that checkpoint is damaged and a fallback is not allowed.
    """
    run_id = _run_with_checkpoint(workspace, name, allow_fallback=allow_fallback)
    spec = JobSpec(
        kind=JobKind.EVALUATION,
        title=f"Evaluate {name} on {split}",
        subject=run_id,
        argv=job_argv(
            "core.evaluation",
            workspace.paths.home,
            run=run_id,
            split=split,
            beam=beam,
            allow_fallback=allow_fallback,
        ),
    )
    return workspace.ledger.perform(
        actor, "runs.evaluate", name, lambda: workspace.launcher.submit(spec), {"split": split}
    )


def request_version_evaluation(
    workspace: Workspace, actor: Actor, version: ModelVersion, *, split: str, beam: int
) -> Job:
    """Queue an evaluation of a model version's own weights on a split."""
    name = f"{version.name}:{version.version}"
    spec = JobSpec(
        kind=JobKind.EVALUATION,
        title=f"Evaluate {name} on {split}",
        subject=version.run_id,
        argv=job_argv(
            "core.inference", workspace.paths.home,
            name=version.name, version=version.version, split=split, beam=beam,
        ),
    )  # fmt: skip
    return workspace.ledger.perform(
        actor, "models.evaluate", name, lambda: workspace.launcher.submit(spec), {"split": split}
    )


def request_promotion(
    workspace: Workspace,
    actor: Actor,
    name: str,
    *,
    alias: str = PRODUCTION,
    reason: str = "",
    allow_fallback: bool = False,
) -> Job:
    """Queue export, self-test and registration of a run's best checkpoint, then move the alias.

    Raises DamagedCheckpointError if that checkpoint is damaged and a fallback is not allowed.
    """
    check_alias(alias)
    run_id = _run_with_checkpoint(workspace, name, allow_fallback=allow_fallback)
    for job in workspace.launcher.jobs(subject=run_id, kind=JobKind.PROMOTE, limit=1):
        if not job.state.is_over:
            raise ConflictError(
                f"run {name} is being promoted already",
                remedy=f'Wait until it ends, or cancel it: "datahall jobs cancel {job.id}"',
            )
    spec = JobSpec(
        kind=JobKind.PROMOTE,
        title=f"Promote {name} to {alias}",
        subject=run_id,
        argv=job_argv(
            "core.promotion.promote", workspace.paths.home,
            run=run_id, alias=alias, actor=actor.name, reason=reason,
            allow_fallback=allow_fallback,
        ),
    )  # fmt: skip
    return workspace.ledger.perform(
        actor, "models.promote", name, lambda: workspace.launcher.submit(spec), {"alias": alias}
    )


def roll_back(
    workspace: Workspace,
    actor: Actor,
    *,
    alias: str = PRODUCTION,
    name: str | None = None,
    reason: str = "",
) -> AliasEvent:
    """Point the alias at the version it pointed at before; raises NotFoundError, CorruptError."""
    return workspace.ledger.perform(
        actor, "models.rollback", alias,
        lambda: rollback.roll_back(
            workspace.registry, workspace.paths, name=name, alias=alias,
            actor=actor.name, reason=reason,
        ),
        {"reason": reason},
    )  # fmt: skip


def _run_with_checkpoint(workspace: Workspace, name: str, *, allow_fallback: bool) -> str:
    """Return the id of a run whose best checkpoint can be used; raises CorruptError, ConflictError.

    The check is fast and incomplete: the job compares every byte before it uses the checkpoint.
    """
    view = find_run(workspace, name)
    try:
        require_best(
            workspace.paths.checkpoints(view.run.id),
            view.run.spec.name,
            allow_fallback=allow_fallback,
            check=check_sizes,
        )
    except NotFoundError as error:
        raise ConflictError(
            f"run {view.run.spec.name} has no checkpoint yet ({view.state})", remedy=error.remedy
        ) from error
    return view.run.id
