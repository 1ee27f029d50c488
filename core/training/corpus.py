"""The text of a run: its dataset, prepared and in tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.clock import Clock
from core.data.datasets import DatasetStore
from core.data.encoded import EncodedSplit, batches, load_split, read_segments
from core.data.prepare import prepare
from core.data.records import Dataset
from core.data.tokenizer import Tokenizer
from core.errors import InputError
from core.paths import StatePaths
from core.process.progress import Progress
from core.training.config import RunConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What a run reads. `valid_texts` are the segments that are translated while it runs."""

    dataset: Dataset
    vocabulary: bytes
    tokenizer: Tokenizer
    train: EncodedSplit
    valid: EncodedSplit
    valid_texts: Sequence[str]
    valid_references: Sequence[str]

    @property
    def tokens_per_epoch(self) -> int:
        """Target tokens of the training split, ends included."""
        return sum(map(len, self.train.targets))


def load_corpus(
    run: RunConfig,
    paths: StatePaths,
    clock: Clock,
    progress: Progress,
    vocabulary: bytes | None = None,
) -> Corpus:
    """Return the run's corpus, prepared now if it is not yet; raises InputError, CorruptError.

    `vocabulary` is that of the weights that the run starts from; without, the dataset's own.
    """
    found = DatasetStore(paths.datasets).get(run.dataset, run.dataset_digest)
    dataset = prepare(found, vocabulary_size=run.train.vocabulary, clock=clock, progress=progress)
    model = vocabulary or dataset.vocabulary_file.read_bytes()
    tokenizer = Tokenizer(model)
    train = load_split(dataset, "train", tokenizer, run.train.max_tokens)
    if not train.sources:
        raise InputError(
            f"{dataset.name} has no pair to train on",
            remedy=f"{train.skipped} pairs are longer than max_tokens {run.train.max_tokens}",
        )
    texts, references = (
        read_segments(dataset.split_file("valid", language))[: run.train.validation_sentences]
        for language in (dataset.source, dataset.target)
    )
    return Corpus(
        dataset=dataset,
        vocabulary=model,
        tokenizer=tokenizer,
        train=train,
        valid=load_split(dataset, "valid", tokenizer, run.train.max_tokens),
        valid_texts=texts,
        valid_references=references,
    )


class Order:
    """The order of batches: a function of (seed, epoch), so that a resumed run finds its place."""

    def __init__(self, corpus: Corpus, tokens: int, seed: int) -> None:
        """Prepare for batches of at most `tokens` target tokens."""
        self._lengths = corpus.train.lengths
        self._tokens = tokens
        self._seed = seed
        self._epoch = -1
        self._batches: list[list[int]] = []

    def batches(self, epoch: int) -> list[list[int]]:
        """Return the batches of an epoch, each a list of pairs of the training split."""
        if epoch != self._epoch:
            self._batches = batches(self._lengths, self._tokens, self._seed, epoch)
            self._epoch = epoch
        return self._batches
