"""Corpus scores by sacreBLEU (Post 2018), and the record of an evaluation; free of PyTorch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from core.errors import InputError
from core.runs.records import TranslationSample


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Corpus scores of hypotheses against references.

    Attributes:
        bleu: 0 to 100, higher is better.
        chrf: 0 to 100, higher is better.
        ter: edits per 100 reference words, lower is better.
        signatures: sacreBLEU signature by metric; scores compare only under equal signatures.
    """

    bleu: float
    chrf: float
    ter: float
    signatures: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """Scores of a checkpoint on a split.

    Attributes:
        run_id: id of the run.
        step: step of the checkpoint.
        split: name of the split.
        beam: beam width; 1 is greedy search.
        sentences: number of segments translated.
        bleu: see Scores.
        chrf: see Scores.
        ter: see Scores.
        loss: mean -log p per target token of the references, end of sentence included.
        seconds: time spent translating.
        signatures: see Scores.
        samples: some of the translations.
    """

    run_id: str
    step: int
    split: str
    beam: int
    sentences: int
    bleu: float
    chrf: float
    ter: float
    loss: float
    seconds: float
    signatures: Mapping[str, str] = field(default_factory=dict)
    samples: tuple[TranslationSample, ...] = ()

    @property
    def sentence(self) -> str:
        """The report in one line."""
        return (
            f"{self.split} at step {self.step:,}: BLEU {self.bleu:.2f}, chrF {self.chrf:.2f}, "
            f"TER {self.ter:.2f}, loss {self.loss:.4f} ({self.sentences:,} sentences, "
            f"beam {self.beam}, {self.seconds:.1f} s)"
        )


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
