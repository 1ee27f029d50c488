"""Models as actions: evaluate, promote, roll back."""

from collections.abc import Sequence

from core.actions.hall import Hall
from core.actions.runs import find_run
from core.audit import Actor
from core.checkpoints.listing import list_checkpoints
from core.command import module_argv
from core.errors import ConflictError
from core.jobs.launcher import Job, JobKind, JobSpec
from core.promotion import rollback
from core.registry.records import AliasEvent, ModelVersion
from core.registry.registry import PRODUCTION, check_alias


def list_models(hall: Hall) -> Sequence[ModelVersion]:
    """Return every version, newest first."""
    return hall.registry.list()


def find_model(hall: Hall, what: str) -> ModelVersion:
    """Return the version that NAME:VERSION or an alias names; raises NotFoundError."""
    name, mark, number = what.rpartition(":")
    if mark and number.isdecimal():
        return hall.registry.get(name, int(number))
    return hall.registry.resolve(what)


def request_evaluation(hall: Hall, actor: Actor, name: str, *, split: str, beam: int) -> Job:
    """Queue scoring of a run's best checkpoint on a split."""
    run_id = _trained(hall, name)
    spec = JobSpec(
        kind=JobKind.EVALUATION,
        title=f"Evaluate {name} on {split}",
        subject=run_id,
        argv=module_argv(
            "core.evaluation", "--run", run_id, "--split", split, "--beam", str(beam),
            "--home", str(hall.paths.home),
        ),
    )  # fmt: skip
    return hall.ledger.perform(
        actor, "runs.evaluate", name, lambda: hall.launcher.submit(spec), {"split": split}
    )


def request_promotion(
    hall: Hall, actor: Actor, name: str, *, alias: str = PRODUCTION, reason: str = ""
) -> Job:
    """Queue export, self-test and registration of a run; then the alias moves to it."""
    check_alias(alias)
    run_id = _trained(hall, name)
    for job in hall.launcher.jobs(subject=run_id, kind=JobKind.PROMOTE, limit=1):
        if not job.state.is_over:
            raise ConflictError(f"{name} is being promoted already")
    spec = JobSpec(
        kind=JobKind.PROMOTE,
        title=f"Promote {name} to {alias}",
        subject=run_id,
        argv=module_argv(
            "core.promotion.promote", "--run", run_id, "--alias", alias,
            "--home", str(hall.paths.home), f"--actor={actor.name}", f"--reason={reason}",
        ),
    )  # fmt: skip
    return hall.ledger.perform(
        actor, "models.promote", name, lambda: hall.launcher.submit(spec), {"alias": alias}
    )


def roll_back(
    hall: Hall, actor: Actor, *, alias: str = PRODUCTION, name: str | None = None, reason: str = ""
) -> AliasEvent:
    """Point the alias at the version it pointed at before; raises NotFoundError, CorruptError."""
    return hall.ledger.perform(
        actor, "models.rollback", alias,
        lambda: rollback.roll_back(
            hall.registry, hall.paths, name=name, alias=alias, actor=actor.name, reason=reason
        ),
        {"reason": reason},
    )  # fmt: skip


def _trained(hall: Hall, name: str) -> str:
    """Return the id of a run that has a checkpoint; raises ConflictError."""
    view = find_run(hall, name)
    if not list_checkpoints(hall.paths.checkpoints(view.run.id)):
        raise ConflictError(f"run {view.run.spec.name} has no checkpoint yet ({view.state})")
    return view.run.id
