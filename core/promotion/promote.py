"""Promotion: a run's best checkpoint becomes a registered version, and an alias moves to it.

Started as `python -P -m core.promotion.promote --run ID`. The version's folder appears whole, under
a lock that any death of this process releases; nothing is registered before the self-test passed.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.checkpoints.listing import Checkpoint, best_checkpoint
from core.checkpoints.weights import Weights, load_weights
from core.clock import Clock, SystemClock
from core.data.datasets import DatasetStore
from core.database import open_database_of
from core.errors import DatahallError
from core.files import write_json
from core.inference.export import export, prove
from core.inference.self_test import SelfTest, demand_equality
from core.inference.version_folder import VersionFolder, digest_of
from core.paths import StatePaths
from core.process.failure import report_error
from core.process.progress import ProgressReport, write_progress
from core.process.variables import own_job_folder
from core.promotion.sample import sample_pairs
from core.promotion.shelf import Shelf
from core.registry.history import PROMOTE
from core.registry.records import ModelVersion
from core.registry.registry import PRODUCTION, ModelRegistry, check_alias
from core.registry.sql import SqlModelRegistry
from core.runs.records import Run
from core.runs.store import RunStore
from core.settings import Settings, load_settings
from core.text import parse_language

_STAGES = 5
_DEFAULT_MAX_TOKENS = 100

Tell = Callable[[int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What is asked: which run, which alias, by whom and why."""

    run: str
    alias: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """What became of it; `is_new` is false where an equal version stood already."""

    version: ModelVersion
    alias: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where a promotion reads and writes."""

    paths: StatePaths
    runs: RunStore
    registry: ModelRegistry
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Best:
    """A run's best checkpoint, loaded."""

    run: Run
    checkpoint: Checkpoint
    weights: Weights

    @property
    def name(self) -> str:
        """Name of the model: its language direction."""
        return f"{self.weights.source}-{self.weights.target}"


def promote(stores: Stores, request: Promotion, tell: Tell) -> Promoted:
    """Export, prove, register, point the alias; raises DatahallError and then changed nothing.

    Promoting a run again finds the version that it became and only moves the alias.
    """
    check_alias(request.alias)
    tell(0, "reading the best checkpoint")
    candidate = _load(stores, request.run)
    shelf = Shelf(paths=stores.paths, registry=stores.registry, name=candidate.name)
    try:
        with shelf.draft() as draft:
            outcome = _export(stores, candidate, draft, tell)
            version, is_new = _shelve(stores, candidate, shelf, draft, outcome)
    except OSError as error:
        raise DatahallError(
            f"the model cannot be written below {stores.paths.models}: {error}",
            remedy="Check the disk's free space and the folder's owner, then promote again",
        ) from error
    tell(_STAGES - 1, f"pointing {request.alias} at {version.name}:{version.version}")
    _point(stores.registry, version, request)
    tell(_STAGES, f"{version.name}:{version.version} is {request.alias}")
    return Promoted(version=version, alias=request.alias, is_new=is_new)


def main(arguments: Sequence[str] | None = None) -> int:
    """Promote a run, report progress to the job's folder, and return the exit status."""
    parser = argparse.ArgumentParser(prog="core.promotion.promote", description=__doc__)
    parser.add_argument("--run", required=True, help="id or name of the run")
    parser.add_argument("--alias", default=PRODUCTION, help="the alias that moves")
    parser.add_argument("--home", help="home folder")
    parser.add_argument("--actor", default="system", help="who promotes")
    parser.add_argument("--reason", default="", help="why")
    given = parser.parse_args(arguments)
    job = own_job_folder(os.environ)
    request = Promotion(run=given.run, alias=given.alias, actor=given.actor, reason=given.reason)
    try:
        settings = load_settings(environment=os.environ, flags={"home": given.home})
        done = _promote_with(settings, request, job)
    except DatahallError as error:
        return report_error(error, job)
    if job:
        write_json(job / "result.json", _result(done))
    return 0


def _promote_with(settings: Settings, request: Promotion, job: Path | None) -> Promoted:
    """Open the stores, promote, and close them."""
    clock = SystemClock()

    def tell(stage: int, message: str) -> None:
        sys.stdout.write(f"{message}\n")
        sys.stdout.flush()
        if job is not None:
            step = ProgressReport(
                done=stage, total=_STAGES, unit="stages", message=message, at=clock.now()
            )
            write_progress(job, step)

    settings.paths.prepare()
    database = open_database_of(settings)
    try:
        stores = Stores(
            paths=settings.paths,
            runs=RunStore(database, clock),
            registry=SqlModelRegistry(database, clock),
            clock=clock,
        )
        return promote(stores, request, tell)
    finally:
        database.close()


def _load(stores: Stores, run_name: str) -> _Best:
    """Return the run's best checkpoint, or its newest where none was validated."""
    run = stores.runs.get(run_name)
    best = best_checkpoint(stores.paths, run)
    weights = load_weights(Path(best.path))
    for language in (weights.source, weights.target):
        parse_language(language)
    return _Best(run=run, checkpoint=best, weights=weights)


def _export(stores: Stores, candidate: _Best, draft: VersionFolder, tell: Tell) -> SelfTest:
    """Export into the draft folder and prove it; raises SelfTestError."""
    train = candidate.run.spec.config.get("train", {})
    export(
        candidate.weights,
        draft,
        max_tokens=int(train.get("max_tokens", _DEFAULT_MAX_TOKENS)),
        tell=lambda message: tell(1, message),
    )
    tell(2, "comparing the export with the trained model")
    outcome = prove(
        draft, sample_pairs(DatasetStore(stores.paths.datasets), stores.runs, candidate.run)
    )
    demand_equality(outcome)
    tell(3, "registering")
    return outcome


def _shelve(
    stores: Stores,
    candidate: _Best,
    shelf: Shelf,
    draft: VersionFolder,
    outcome: SelfTest,
) -> tuple[ModelVersion, bool]:
    """Register the draft unless an equal version stands; return the version, and if it is new."""
    digest = digest_of(draft.files())
    for version in stores.registry.list():
        if _is_same(version, candidate, digest):
            shelf.restore(draft, version)
            return version, False
    version = _describe(stores, candidate, shelf.next_version(), digest, outcome)
    return shelf.place(draft, version), True


def _is_same(version: ModelVersion, candidate: _Best, digest: str) -> bool:
    """Return whether a registered version is what the candidate would become."""
    return (version.name, version.run_id, version.step, version.digest) == (
        candidate.name,
        candidate.run.id,
        candidate.checkpoint.step,
        digest,
    )


def _describe(
    stores: Stores, candidate: _Best, number: int, digest: str, outcome: SelfTest
) -> ModelVersion:
    """Return the record of a new version, lineage complete."""
    spec = candidate.run.spec
    return ModelVersion(
        name=candidate.name,
        version=number,
        run_id=candidate.run.id,
        run_name=spec.name,
        step=candidate.checkpoint.step,
        source=candidate.weights.source,
        target=candidate.weights.target,
        dataset=spec.dataset,
        dataset_digest=spec.dataset_digest,
        snapshot=spec.snapshot,
        waiver=spec.waiver,
        config=dict(spec.config),
        code_version=spec.code_version,
        scores={**candidate.run.scores, "valid": dict(candidate.checkpoint.scores)},
        self_test={"passed": True, **asdict(outcome)},
        digest=digest,
        created_at=stores.clock.now(),
    )


def _point(registry: ModelRegistry, version: ModelVersion, request: Promotion) -> None:
    """Point the alias at the version unless it points there already."""
    if request.alias not in registry.get(version.name, version.version).aliases:
        registry.set_alias(
            version.name,
            request.alias,
            version.version,
            actor=request.actor,
            action=PROMOTE,
            reason=request.reason,
        )


def _result(done: Promoted) -> dict[str, object]:
    """Return what the job leaves for whoever asked."""
    return {
        "name": done.version.name,
        "version": done.version.version,
        "alias": done.alias,
        "is_new": done.is_new,
        "self_test": dict(done.version.self_test),
    }


if __name__ == "__main__":
    sys.exit(main())
