"""The text of a run: its dataset, prepared and encoded, and the order of its batches."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.datasets import DatasetStore
from core.data.encoded import EncodedSplit, batches, load_split, read_segments
from core.data.prepare import prepare
from core.data.records import Dataset
from core.data.tokenizer import Tokenizer
from core.errors import InputError
from core.process.job import JobContext
from core.runs.records import Run
from core.training.config import TrainConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A prepared dataset as token ids.

    `valid_texts` and `valid_references` are translated and scored during training.
    """

    dataset: Dataset
    vocabulary: bytes
    tokenizer: Tokenizer
    train: EncodedSplit
    valid: EncodedSplit
    valid_texts: Sequence[str]
    valid_references: Sequence[str]

    @property
    def tokens_per_epoch(self) -> int:
        """Target tokens of the training split, ends of sentences included."""
        return sum(map(len, self.train.targets))


def load_corpus(
    run: Run, config: TrainConfig, job: JobContext, vocabulary: bytes | None = None
) -> Corpus:
    """Return the run's corpus, which is prepared first if necessary; raises InputError.

    `vocabulary` is the SentencePiece model of existing weights; the default is the dataset's own.
    """
    found = DatasetStore(job.settings.paths.datasets).get(run.spec.dataset, run.spec.dataset_digest)
    dataset = prepare(
        found, vocabulary_size=config.vocabulary, clock=job.clock, progress=job.progress
    )
    model = vocabulary or dataset.vocabulary_file.read_bytes()
    tokenizer = Tokenizer(model)
    train = load_split(dataset, "train", tokenizer, config.max_tokens)
    if not train.sources:
        raise InputError(
            f"dataset {dataset.name} has no pair to train on: all {train.skipped:,} pairs are "
            f"longer than {config.max_tokens} tokens",
            remedy="Increase max_tokens: --set max_tokens=N",
        )
    texts, references = (
        read_segments(dataset.split_file("valid", language))[: config.validation_sentences]
        for language in (dataset.source, dataset.target)
    )
    return Corpus(
        dataset=dataset,
        vocabulary=model,
        tokenizer=tokenizer,
        train=train,
        valid=load_split(dataset, "valid", tokenizer, config.max_tokens),
        valid_texts=texts,
        valid_references=references,
    )


class BatchOrder:
    """The batches of each epoch, a function of (seed, epoch); the current epoch is kept."""

    def __init__(self, corpus: Corpus, config: TrainConfig) -> None:
        """Divide the training split by `batch_tokens` and `seed` of the configuration."""
        self._lengths = corpus.train.lengths
        self._tokens, self._seed = config.batch_tokens, config.seed
        self._epoch = -1
        self._batches: list[list[int]] = []

    def batches(self, epoch: int) -> list[list[int]]:
        """Return the batches of an epoch, each a list of positions in the training split."""
        if epoch != self._epoch:
            self._batches = batches(self._lengths, self._tokens, self._seed, epoch)
            self._epoch = epoch
        return self._batches
