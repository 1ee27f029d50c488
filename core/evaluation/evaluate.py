"""A model against a split: translate it, score it, keep samples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from core.clock import Clock
from core.data.encoded import EncodedSplit, batches, load_split, read_segments
from core.data.records import EOS_ID, Dataset
from core.data.tokenizer import Tokenizer
from core.errors import InputError
from core.evaluation.metrics import score
from core.evaluation.records import EvalReport
from core.model.batch import batch_loss, collate
from core.model.search import BeamOptions, translate
from core.model.transformer import Transformer
from core.runs.records import TranslationSample

LOSS_TOKENS = 4096
NUM_SAMPLES = 20

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is evaluated: a model with its vocabulary, and where it comes from."""

    model: Transformer
    tokenizer: Tokenizer
    run_id: str
    step: int


def ignore_progress(_done: int) -> None:
    """Do nothing with the number of sentences that are done."""


def evaluate(
    subject: Subject,
    dataset: Dataset,
    split: str,
    options: BeamOptions,
    *,
    clock: Clock,
    tick: Tick = ignore_progress,
) -> EvalReport:
    """Translate a whole split and score it; raises InputError when the split is empty.

    `tick` is told how many sentences are done; what it raises ends the evaluation.
    """
    sources, references = (
        read_segments(dataset.split_file(split, language))
        for language in (dataset.source, dataset.target)
    )
    if not sources:
        raise InputError(f"the {split} split of {dataset.name} is empty")
    pairs = load_split(dataset, split, subject.tokenizer, subject.model.config.max_length)
    started = clock.monotonic()
    hypotheses = translate_texts(subject.model, subject.tokenizer, sources, options, tick)
    seconds = clock.monotonic() - started
    scores = score(hypotheses, references)
    return EvalReport(
        run_id=subject.run_id,
        step=subject.step,
        split=split,
        beam=options.beam,
        sentences=len(sources),
        bleu=scores.bleu,
        chrf=scores.chrf,
        ter=scores.ter,
        loss=split_loss(subject.model, pairs),
        seconds=seconds,
        signatures=scores.signatures,
        samples=choose_samples(split, subject.step, sources, hypotheses, references),
    )


def translate_texts(
    model: Transformer,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    options: BeamOptions,
    tick: Tick = ignore_progress,
) -> list[str]:
    """Return the best translation of each text; a text beyond the model's length is cut there.

    A hypothesis ends at twice the longest source at the latest: a model that has not learned to end
    yet would go on to the last position, and say nothing by it.
    """
    room = model.config.max_length - 1
    sources = [[*tokens[:room], EOS_ID] for tokens in tokenizer.encode_all(texts)]
    longest = max(map(len, sources), default=0)
    bounded = replace(options, max_length=min(options.max_length, 2 * longest + 10))
    found = translate(model, sources, bounded, tick)
    return [tokenizer.decode(candidates[0].tokens) for candidates in found]


@torch.inference_mode()
def split_loss(model: Transformer, pairs: EncodedSplit) -> float:
    """Return -log p per target token of a split, end included; NaN when it holds no pair."""
    model.eval()
    device = model.embedding.device
    total, num_tokens = 0.0, 0
    for indexes in batches(pairs.lengths, LOSS_TOKENS, seed=0):
        batch = collate(pairs, indexes, device)
        total += batch_loss(model, batch, smoothing=0.0).nll.item()
        num_tokens += batch.num_tokens
    return total / num_tokens if num_tokens else float("nan")


def choose_samples(
    split: str,
    step: int,
    sources: Sequence[str],
    hypotheses: Sequence[str],
    references: Sequence[str],
) -> tuple[TranslationSample, ...]:
    """Return samples spread evenly over the split, the same positions at every step."""
    stride = max(1, len(sources) // NUM_SAMPLES)
    return tuple(
        TranslationSample(
            split=split,
            step=step,
            position=position,
            source=sources[position],
            hypothesis=hypotheses[position],
            reference=references[position],
        )
        for position in range(0, len(sources), stride)[:NUM_SAMPLES]
    )
