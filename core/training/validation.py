"""Validation during training: loss of raw and averaged weights, BLEU, translated samples."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from core.checkpoints.contents import EMA_NAME, RAW_NAME
from core.data.encoded import EncodedSplit
from core.evaluation.evaluate import choose_samples, split_loss, translate_texts
from core.evaluation.metrics import bleu
from core.model.search import BeamOptions
from core.runs.records import TranslationSample
from core.scores import Metric, Scores
from core.training.corpus import Corpus
from core.training.update import Learner

LOSS_PAIRS = 500
# Differences below this are noise in the BLEU of a few hundred sentences; the loss decides then.
BLEU_NOISE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Scores of the weights (raw or averaged) with the lower loss; `preferred` names their file.

    `bleu` is that of greedy search.
    """

    loss: float
    bleu: float
    preferred: str
    samples: tuple[TranslationSample, ...]

    @property
    def metrics(self) -> Mapping[str, float]:
        """The values to log, by name of metric; the loss of a diverged model is NaN."""
        return {Metric.VALID_LOSS: self.loss, Metric.VALID_BLEU: self.bleu}

    @property
    def scores(self) -> Scores:
        """The scores to store with the checkpoint."""
        return Scores(loss=self.loss, bleu=self.bleu)

    def is_better_than(self, bleu_so_far: float, loss_so_far: float) -> bool:
        """Whether this is better: by BLEU if the difference exceeds the noise, else by loss."""
        gain = self.bleu - bleu_so_far
        return gain > BLEU_NOISE or (gain >= -BLEU_NOISE and self.loss < loss_so_far)


def validate(learner: Learner, corpus: Corpus, step: int) -> Validation:
    """Score the current weights; the validation split must not be empty."""
    pairs = _head(corpus.valid, LOSS_PAIRS)
    losses = {
        EMA_NAME: split_loss(learner.average, pairs),
        RAW_NAME: split_loss(learner.model, pairs),
    }
    preferred = min(losses, key=lambda name: (math.isnan(losses[name]), losses[name]))
    model = learner.average if preferred == EMA_NAME else learner.model
    options = BeamOptions(beam=1)
    hypotheses = translate_texts(model, corpus.tokenizer, corpus.valid_texts, options)
    return Validation(
        loss=losses[preferred],
        bleu=bleu(hypotheses, corpus.valid_references),
        preferred=preferred,
        samples=choose_samples(
            "valid", step, corpus.valid_texts, hypotheses, corpus.valid_references
        ),
    )


def _head(pairs: EncodedSplit, number: int) -> EncodedSplit:
    """Return the first pairs of a split."""
    return dataclasses.replace(
        pairs,
        sources=pairs.sources[:number],
        targets=pairs.targets[:number],
        lines=pairs.lines[:number],
    )
