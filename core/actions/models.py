"""Models as actions: evaluate, promote, roll back."""

from collections.abc import Sequence

from core.actions.runs import find_run
from core.actions.workspace import Workspace
from core.audit import Actor
from core.checkpoints.listing import list_checkpoints
from core.command import module_argv
from core.errors import ConflictError
from core.jobs.launcher import Job, JobKind, JobSpec
from core.process.job import job_argv
from core.promotion import rollback
from core.registry.records import PRODUCTION, AliasEvent, ModelVersion, check_alias


def list_models(workspace: Workspace) -> Sequence[ModelVersion]:
    """Return every version, newest first."""
    return workspace.registry.list()


def find_model(workspace: Workspace, what: str) -> ModelVersion:
    """Return the version that NAME:VERSION or an alias names; raises NotFoundError."""
    name, mark, number = what.rpartition(":")
    if mark and number.isdecimal():
        return workspace.registry.get(name, int(number))
    return workspace.registry.resolve(what)


def request_evaluation(
    workspace: Workspace, actor: Actor, name: str, *, split: str, beam: int
) -> Job:
    """Queue scoring of a run's best checkpoint on a split."""
    run_id = _trained(workspace, name)
    spec = JobSpec(
        kind=JobKind.EVALUATION,
        title=f"Evaluate {name} on {split}",
        subject=run_id,
        argv=module_argv(
            "core.evaluation", "--run", run_id, "--split", split, "--beam", str(beam),
            "--home", str(workspace.paths.home),
        ),
    )  # fmt: skip
    return workspace.ledger.perform(
        actor, "runs.evaluate", name, lambda: workspace.launcher.submit(spec), {"split": split}
    )


def request_promotion(
    workspace: Workspace, actor: Actor, name: str, *, alias: str = PRODUCTION, reason: str = ""
) -> Job:
    """Queue export, self-test and registration of a run; then the alias moves to it."""
    check_alias(alias)
    run_id = _trained(workspace, name)
    for job in workspace.launcher.jobs(subject=run_id, kind=JobKind.PROMOTE, limit=1):
        if not job.state.is_over:
            raise ConflictError(f"{name} is being promoted already")
    spec = JobSpec(
        kind=JobKind.PROMOTE,
        title=f"Promote {name} to {alias}",
        subject=run_id,
        argv=job_argv(
            "core.promotion.promote", workspace.paths.home,
            run=run_id, alias=alias, actor=actor.name, reason=reason,
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


def _trained(workspace: Workspace, name: str) -> str:
    """Return the id of a run that has a checkpoint; raises ConflictError."""
    view = find_run(workspace, name)
    if not list_checkpoints(workspace.paths.checkpoints(view.run.id)):
        raise ConflictError(f"run {view.run.spec.name} has no checkpoint yet ({view.state})")
    return view.run.id
