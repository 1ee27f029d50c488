"""Promotion: the best checkpoint of a run becomes a model version, and an alias moves to it.

Started as `python -P -m core.promotion.promote --run ID`. Export into a staging folder, self-test,
registration, alias move: in this order, so nothing is registered before the self-test passed.
"""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.checkpoints.catalog import BestCheckpoint, Checkpoint, require_best
from core.checkpoints.contents import Weights, load_weights
from core.clock import Clock
from core.data.datasets import DatasetStore
from core.data.records import Pair
from core.errors import CorruptError, NotFoundError
from core.inference.export import export, run_self_test
from core.inference.self_test import require_pass
from core.inference.version_folder import VersionFolder, digest_of
from core.paths import StatePaths
from core.process.job import JobContext, JobResult, explain_os_error, run_job
from core.process.progress import Progress
from core.promotion.model_folders import ModelFolders
from core.registry.records import PRODUCTION, AliasAction, ModelVersion, SelfTest, check_alias
from core.registry.registry import ModelRegistry
from core.runs.records import Run
from core.runs.store import RunStore
from core.scores import Scores
from core.text import parse_language

NUM_SELF_TEST_PAIRS = 96
_NUM_STAGES = 5
_DEFAULT_MAX_TOKENS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRequest:
    """The run to promote, the alias to move, the user and the reason."""

    run: str
    alias: str
    actor: str
    reason: str
    allow_fallback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """The outcome of a promotion.

    `is_new` is False when the version was registered already. `notice` names the checkpoint that
    was promoted in place of a damaged best one, else it is empty.
    """

    version: ModelVersion
    alias: str
    is_new: bool
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The stores that a promotion reads and writes."""

    paths: StatePaths
    runs: RunStore
    registry: ModelRegistry
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _TrainedModel:
    """The best checkpoint of a run, loaded."""

    run: Run
    best: BestCheckpoint
    weights: Weights

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint that is promoted."""
        return self.best.checkpoint

    @property
    def name(self) -> str:
        """Name of the model: its language direction."""
        return f"{self.weights.source}-{self.weights.target}"


def promote_run(
    job: JobContext,
    *,
    run: str,
    alias: str = PRODUCTION,
    actor: str = "system",
    reason: str = "",
    allow_fallback: bool = False,
) -> JobResult:
    """Export, self-test and register the best checkpoint of a run, then move the alias to it.

    If the best checkpoint is damaged, this fails unless a fallback is allowed.
    """
    stores = Stores(
        paths=job.settings.paths,
        runs=RunStore(job.database, job.clock),
        registry=ModelRegistry(job.database, job.clock),
        clock=job.clock,
    )
    request = PromotionRequest(
        run=run, alias=alias, actor=actor, reason=reason, allow_fallback=allow_fallback
    )
    promoted = promote(stores, request, job.progress)
    version = promoted.version
    sentence = f"{version.name}:{version.version} is {alias}"
    return JobResult(
        sentence=f"{sentence}; {promoted.notice}" if promoted.notice else sentence,
        values={
            "name": version.name,
            "version": version.version,
            "alias": alias,
            "is_new": promoted.is_new,
            "notice": promoted.notice,
            "self_test": version.self_test.to_document() if version.self_test else {},
        },
    )


def promote(stores: Stores, request: PromotionRequest, progress: Progress) -> Promoted:
    """Promote a run; raises DatahallError, and then nothing has changed.

    Promoting a run again finds the version that was made of it and only moves the alias.
    """
    check_alias(request.alias)
    _begin(progress, 0, "reading the best checkpoint")
    model = _load(stores, request)
    folders = ModelFolders(paths=stores.paths, registry=stores.registry, name=model.name)
    try:
        with folders.staging() as staged:
            self_test = _export(stores, model, staged, progress)
            version, is_new = _register(stores, model, folders, staged, self_test)
    except OSError as error:
        file = error.filename or str(stores.paths.models)
        raise explain_os_error(OSError(error.errno, error.strerror or str(error), file)) from error
    _begin(progress, _NUM_STAGES - 1, f"moving {request.alias} to {version.name}:{version.version}")
    _move_alias(stores.registry, version, request)
    progress.update(_NUM_STAGES)
    return Promoted(version=version, alias=request.alias, is_new=is_new, notice=model.best.notice)


def self_test_pairs(datasets: DatasetStore, runs: RunStore, run: Run) -> Sequence[Pair]:
    """Return pairs that the run was not trained on.

    They are spread evenly over the validation split of its dataset; where the dataset is missing or
    damaged, the run's own translation samples are used. Raises NotFoundError without either.
    """
    pairs: Sequence[Pair] = ()
    with contextlib.suppress(NotFoundError, CorruptError):
        dataset = datasets.get(run.spec.dataset, run.spec.dataset_digest)
        pairs = datasets.examples(dataset, NUM_SELF_TEST_PAIRS, "valid")
    for split in ("test", "valid"):
        pairs = pairs or [
            Pair(source=sample.source, target=sample.reference)
            for sample in runs.samples(run.id, split)[:NUM_SELF_TEST_PAIRS]
        ]
    if not pairs:
        raise NotFoundError(
            f"there is no text for the self-test: dataset {run.spec.dataset} "
            f"{run.spec.dataset_digest[:12]} is missing",
            remedy="Restore the dataset from a snapshot, then promote again",
        )
    return pairs


def _begin(progress: Progress, stage: int, message: str) -> None:
    """Report the start of a stage."""
    progress.begin(message, total=_NUM_STAGES, unit="stages", done=stage, has_rate=False)


def _load(stores: Stores, request: PromotionRequest) -> _TrainedModel:
    """Load the best checkpoint of the run; raises DamagedCheckpointError."""
    run = stores.runs.get(request.run)
    best = require_best(
        stores.paths.checkpoints(run.id), run.spec.name, allow_fallback=request.allow_fallback
    )
    weights = load_weights(Path(best.checkpoint.path))
    for language in (weights.source, weights.target):
        parse_language(language)
    return _TrainedModel(run=run, best=best, weights=weights)


def _export(
    stores: Stores, model: _TrainedModel, staged: VersionFolder, progress: Progress
) -> SelfTest:
    """Export into the staging folder and run the self-test; raises SelfTestError."""
    train = model.run.spec.config.get("train", {})
    export(
        model.weights,
        staged,
        max_tokens=int(train.get("max_tokens", _DEFAULT_MAX_TOKENS)),
        on_step=lambda message: _begin(progress, 1, message),
    )
    _begin(progress, 2, "comparing the exported model with the trained one")
    pairs = self_test_pairs(DatasetStore(stores.paths.datasets), stores.runs, model.run)
    result = run_self_test(staged, pairs)
    require_pass(result)
    _begin(progress, 3, "registering the version")
    return result


def _register(
    stores: Stores,
    model: _TrainedModel,
    folders: ModelFolders,
    staged: VersionFolder,
    self_test: SelfTest,
) -> tuple[ModelVersion, bool]:
    """Register the staged version unless an equal one is registered; return it, and if it is new.

    The folder of an equal version is repaired from the staging folder where it is damaged.
    """
    digest = digest_of(staged.files())
    for version in stores.registry.list():
        if _is_equal(version, model, digest):
            folders.repair(staged, version)
            return version, False
    version = _new_version(stores, model, folders.next_version(), digest, self_test)
    return folders.publish(staged, version), True


def _is_equal(version: ModelVersion, model: _TrainedModel, digest: str) -> bool:
    """Return whether a registered version is of the same run, step and files."""
    return (version.name, version.run_id, version.step, version.digest) == (
        model.name,
        model.run.id,
        model.checkpoint.step,
        digest,
    )


def _new_version(
    stores: Stores, model: _TrainedModel, number: int, digest: str, self_test: SelfTest
) -> ModelVersion:
    """Return the record of a new version with its lineage."""
    spec = model.run.spec
    return ModelVersion(
        name=model.name,
        version=number,
        run_id=model.run.id,
        run_name=spec.name,
        step=model.checkpoint.step,
        source=model.weights.source,
        target=model.weights.target,
        dataset=spec.dataset,
        dataset_digest=spec.dataset_digest,
        snapshot=spec.snapshot,
        waiver=spec.waiver,
        config=dict(spec.config),
        code_version=spec.code_version,
        scores=_test_scores(model),
        valid_scores=model.checkpoint.scores,
        self_test=self_test,
        digest=digest,
        created_at=stores.clock.now(),
    )


def _test_scores(model: _TrainedModel) -> Scores:
    """Return the test scores of the run if they are of the promoted checkpoint."""
    tested = model.run.scores
    return tested if tested.step == model.checkpoint.step else Scores()


def _move_alias(registry: ModelRegistry, version: ModelVersion, request: PromotionRequest) -> None:
    """Point the alias at the version unless it points there already."""
    if request.alias not in registry.get(version.name, version.version).aliases:
        registry.set_alias(
            version.name,
            request.alias,
            version.version,
            actor=request.actor,
            action=AliasAction.PROMOTE,
            reason=request.reason,
        )


if __name__ == "__main__":
    sys.exit(run_job(promote_run))
