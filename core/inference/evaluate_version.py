"""The job that scores a model version on a split of the dataset that it was trained on."""

from typing import Literal

from core.evaluation.evaluate import EvaluatedModel
from core.evaluation.job import prepared_dataset, score_split
from core.inference.torch_engine import load_torch_engine
from core.inference.version_folder import VersionFolder
from core.process.job import JobContext, JobResult
from core.registry.registry import ModelRegistry


def evaluate_version(
    job: JobContext,
    *,
    name: str,
    version: int,
    split: Literal["test", "valid"] = "test",
    beam: int = 5,
) -> JobResult:
    """Score the weights of a version, whether or not its run still has the checkpoint.

    Raises NotFoundError, and CorruptError if the files differ from the model card.
    """
    found = ModelRegistry(job.database, job.clock).get(name, version)
    folder = VersionFolder(job.settings.paths.model(name, version))
    folder.verify(("weights.safetensors", "model.json", "vocabulary.model"))
    engine = load_torch_engine(folder)
    model = EvaluatedModel(
        model=engine.model, tokenizer=engine.tokenizer, run_id=found.run_id, step=found.step
    )
    dataset = prepared_dataset(job, found.dataset, found.dataset_digest, model.tokenizer)
    report = score_split(job, model, dataset, split, beam)
    return JobResult(
        sentence=f"{name}:{version}: {report.sentence}",
        values={**report.to_document(), "model": f"{name}:{version}"},
    )
