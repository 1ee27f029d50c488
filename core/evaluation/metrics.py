"""Corpus scores by sacreBLEU (Post 2018), and the record of an evaluation; free of PyTorch."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from core.errors import InputError
from core.runs.records import TranslationSample
from core.scores import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """All scores of a checkpoint on a split, and some of the translations."""

    scores: Scores
    samples: tuple[TranslationSample, ...] = ()

    @property
    def sentence(self) -> str:
        """The report in one line."""
        found = self.scores
        named = ", ".join(f"{name} {value:.2f}" for name, value in found.corpus_scores.items())
        return (
            f"{found.split} at step {found.step:,}: {named}, loss {found.loss:.4f} "
            f"({found.sentences:,} sentences, beam {found.beam}, {found.seconds:.1f} s)"
        )

    def to_document(self) -> dict[str, object]:
        """Return the JSON document of the scores and the translations."""
        samples = [asdict(sample) for sample in self.samples]
        return {**self.scores.to_document(), "samples": samples}


def score(hypotheses: Sequence[str], references: Sequence[str]) -> Scores:
    """Return BLEU, chrF and TER of detokenised text; raises InputError if there is none."""
    _check(hypotheses, references)
    metrics = {"bleu": BLEU(), "chrf": CHRF(), "ter": TER()}
    values = {
        name: metric.corpus_score(list(hypotheses), [list(references)]).score
        for name, metric in metrics.items()
    }
    signatures = {name: str(metric.get_signature()) for name, metric in metrics.items()}
    return Scores(**values, signatures=signatures)


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Return BLEU alone, for validation during training."""
    _check(hypotheses, references)
    return float(BLEU().corpus_score(list(hypotheses), [list(references)]).score)


def _check(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    """Raise InputError unless there is one hypothesis per reference, and at least one."""
    if len(hypotheses) != len(references):
        raise InputError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    if not references:
        raise InputError("the split is empty: there is nothing to score")
