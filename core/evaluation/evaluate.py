"""Evaluate a model on a split: translate it, score it, choose samples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from core.clock import Clock
from core.data.encoded import EncodedSplit, batches, load_split, read_segments
from core.data.records import EOS_ID, Dataset
from core.data.tokenizer import Tokenizer
from core.errors import InputError
from core.evaluation.metrics import EvaluationReport, score
from core.model.batch import batch_loss, collate
from core.model.search import BeamOptions, translate
from core.model.transformer import Transformer
from core.runs.records import TranslationSample

LOSS_TOKENS = 4096
NUM_SAMPLES = 20

OnProgress = Callable[[int], None]  # receives the number of sentences translated


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedModel:
    """A model with its vocabulary, and the checkpoint that it was loaded from."""

    model: Transformer
    tokenizer: Tokenizer
    run_id: str
    step: int


def evaluate(
    evaluated: EvaluatedModel,
    dataset: Dataset,
    split: str,
    options: BeamOptions,
    *,
    clock: Clock,
    on_progress: OnProgress | None = None,
) -> EvaluationReport:
    """Translate a whole split and score it; raises InputError if the split is empty.

    An exception raised by `on_progress` ends the evaluation and propagates.
    """
    sources, references = (
        read_segments(dataset.split_file(split, language))
        for language in (dataset.source, dataset.target)
    )
    if not sources:
        raise InputError(f"the {split} split of {dataset.name} is empty")
    pairs = load_split(dataset, split, evaluated.tokenizer, evaluated.model.config.max_length)
    started = clock.monotonic()
    hypotheses = translate_texts(
        evaluated.model, evaluated.tokenizer, sources, options, on_progress
    )
    seconds = clock.monotonic() - started
    scores = replace(
        score(hypotheses, references),
        loss=split_loss(evaluated.model, pairs),
        run_id=evaluated.run_id,
        step=evaluated.step,
        split=split,
        beam=options.beam,
        sentences=len(sources),
        seconds=seconds,
    )
    return EvaluationReport(
        scores=scores,
        samples=choose_samples(split, evaluated.step, sources, hypotheses, references),
    )


def translate_texts(
    model: Transformer,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    options: BeamOptions,
    on_progress: OnProgress | None = None,
) -> list[str]:
    """Return the best translation of each text; longer texts are truncated to the model's length.

    Hypotheses are limited to twice the longest source plus 10 tokens: a model that has not learned
    to predict the end of a sentence would otherwise always generate `max_length` tokens.
    """
    max_tokens = model.config.max_length - 1
    sources = [[*tokens[:max_tokens], EOS_ID] for tokens in tokenizer.encode_all(texts)]
    longest = max(map(len, sources), default=0)
    bounded = replace(options, max_length=min(options.max_length, 2 * longest + 10))
    found = translate(model, sources, bounded, on_progress)
    return [tokenizer.decode(candidates[0].tokens) for candidates in found]


@torch.inference_mode()
def split_loss(model: Transformer, pairs: EncodedSplit) -> float:
    """Return mean -log p per target token, end of sentence included; NaN for an empty split."""
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
    """Return samples spread evenly over the split; the positions are the same at every step."""
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
