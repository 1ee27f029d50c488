"""The evaluation job: score the best checkpoint of a run on a split of the run's dataset."""

from pathlib import Path
from typing import Literal

from core.checkpoints.catalog import require_best
from core.checkpoints.contents import build_model, load_weights
from core.data.datasets import DatasetStore
from core.data.prepare import prepare
from core.data.records import Dataset
from core.data.tokenizer import Tokenizer
from core.evaluation.evaluate import EvaluatedModel, evaluate
from core.evaluation.metrics import EvaluationReport
from core.model.search import BeamOptions
from core.process.job import JobContext, JobResult
from core.runs.store import RunStore


def evaluate_run(
    job: JobContext,
    *,
    run: str,
    split: Literal["test", "valid"] = "test",
    beam: int = 5,
    device: str = "cpu",
    allow_fallback: bool = False,
) -> JobResult:
    """Score the best checkpoint of a run (id or name) on a split.

    If the best checkpoint is damaged, this fails unless a fallback is allowed; the result names
    both checkpoints.
    """
    found = RunStore(job.database, job.clock).get(run)
    best = require_best(
        job.settings.paths.checkpoints(found.id), found.spec.name, allow_fallback=allow_fallback
    )
    weights = load_weights(Path(best.checkpoint.path))
    model = EvaluatedModel(
        model=build_model(weights, device),
        tokenizer=Tokenizer.load(weights.vocabulary),
        run_id=found.id,
        step=weights.step,
    )
    dataset = prepared_dataset(job, found.spec.dataset, found.spec.dataset_digest, model.tokenizer)
    report = score_split(job, model, dataset, split, beam)
    values = {**report.to_document(), "damaged_checkpoint": best.wanted, "notice": best.notice}
    sentence = f"{report.sentence}; {best.notice}" if best.is_fallback else report.sentence
    return JobResult(sentence=sentence, values=values)


def prepared_dataset(job: JobContext, name: str, digest: str, tokenizer: Tokenizer) -> Dataset:
    """Return a dataset version, prepared for a vocabulary of the tokenizer's size if it was not."""
    found = DatasetStore(job.settings.paths.datasets).get(name, digest)
    if found.report is not None:
        return found
    return prepare(found, vocabulary_size=tokenizer.size, clock=job.clock)


def score_split(
    job: JobContext, model: EvaluatedModel, dataset: Dataset, split: str, beam: int
) -> EvaluationReport:
    """Translate and score a split, and report the progress of the job."""
    total = dataset.report.splits.get(split, 0) if dataset.report else None
    job.progress.begin("translating", total=total, unit="sentences")
    return evaluate(
        model,
        dataset,
        split,
        BeamOptions(beam=beam),
        clock=job.clock,
        on_progress=job.progress.update,
    )
