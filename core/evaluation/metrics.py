"""Corpus scores by sacreBLEU (Post 2018), with the signatures that make them comparable."""

from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from core.errors import InputError
from core.evaluation.records import Scores


def score(hypotheses: Sequence[str], references: Sequence[str]) -> Scores:
    """Return BLEU, chrF and TER of detokenised text; raises InputError when there is none."""
    _check(hypotheses, references)
    metrics = {"bleu": BLEU(), "chrf": CHRF(), "ter": TER()}
    values = {
        name: metric.corpus_score(list(hypotheses), [list(references)]).score
        for name, metric in metrics.items()
    }
    signatures = {name: str(metric.get_signature()) for name, metric in metrics.items()}
    return Scores(**values, signatures=signatures)


def bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Return BLEU alone, for validation while a run trains."""
    _check(hypotheses, references)
    return float(BLEU().corpus_score(list(hypotheses), [list(references)]).score)


def _check(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    """Raise InputError unless there is one hypothesis per reference, and at least one."""
    if len(hypotheses) != len(references):
        raise InputError(f"{len(hypotheses)} hypotheses for {len(references)} references")
    if not references:
        raise InputError("there is nothing to score", remedy="The split is empty")
