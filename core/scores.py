"""The names of the logged metrics, and the scores of a checkpoint; a missing score is None."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self


class Metric(StrEnum):
    """The metrics that training logs; this is the only place where their names are written."""

    TRAIN_LOSS = "train_loss"
    VALID_LOSS = "valid_loss"
    VALID_BLEU = "valid_bleu"
    LEARNING_RATE = "learning_rate"
    GRADIENT_NORM = "gradient_norm"
    TOKENS_PER_SECOND = "tokens_per_second"
    STEP_SECONDS = "step_seconds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores of a checkpoint on a split; what was not computed is None.

    Attributes:
        bleu: 0 to 100, higher is better.
        chrf: 0 to 100, higher is better.
        ter: edits per 100 reference words, lower is better.
        loss: mean -log p per target token of the references, end of sentence included.
        sentences: number of segments translated.
        seconds: time spent translating.
        split: name of the split.
        beam: beam width; 1 is greedy search.
        run_id: id of the run.
        step: step of the checkpoint.
        signatures: sacreBLEU signature by metric; scores compare only under equal signatures.
    """

    bleu: float | None = None
    chrf: float | None = None
    ter: float | None = None
    loss: float | None = None
    sentences: int | None = None
    seconds: float | None = None
    split: str | None = None
    beam: int | None = None
    run_id: str | None = None
    step: int | None = None
    signatures: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Self:
        """Return the scores in a JSON document; invalid ones are None, unknown keys ignored."""
        signatures = document.get("signatures")
        return cls(
            bleu=_number(document.get("bleu")),
            chrf=_number(document.get("chrf")),
            ter=_number(document.get("ter")),
            loss=_number(document.get("loss")),
            sentences=_count(document.get("sentences")),
            seconds=_number(document.get("seconds")),
            split=_text(document.get("split")),
            beam=_count(document.get("beam")),
            run_id=_text(document.get("run_id")),
            step=_count(document.get("step")),
            signatures=dict(signatures) if isinstance(signatures, Mapping) else {},
        )

    @classmethod
    def from_validation(cls, document: Mapping[str, object]) -> Self:
        """Return the scores in a JSON document with the names of the logged metrics."""
        return cls(
            bleu=_number(document.get(Metric.VALID_BLEU)),
            loss=_number(document.get(Metric.VALID_LOSS)),
        )

    @property
    def corpus_scores(self) -> Mapping[str, float]:
        """BLEU, chrF and TER under their names, as far as they were computed."""
        named = {"BLEU": self.bleu, "chrF": self.chrf, "TER": self.ter}
        return {name: value for name, value in named.items() if value is not None}

    def to_document(self) -> dict[str, object]:
        """Return the JSON document of what is known; JSON has no NaN, so it counts as missing."""
        values: dict[str, object] = {
            "run_id": self.run_id,
            "step": self.step,
            "split": self.split,
            "beam": self.beam,
            "sentences": self.sentences,
            "bleu": _number(self.bleu),
            "chrf": _number(self.chrf),
            "ter": _number(self.ter),
            "loss": _number(self.loss),
            "seconds": _number(self.seconds),
            "signatures": dict(self.signatures) or None,
        }
        return {name: value for name, value in values.items() if value is not None}

    def to_validation(self) -> dict[str, float]:
        """Return the JSON document of BLEU and loss under the names of the logged metrics."""
        values = {Metric.VALID_LOSS: _number(self.loss), Metric.VALID_BLEU: _number(self.bleu)}
        return {str(name): value for name, value in values.items() if value is not None}


def _number(value: object) -> float | None:
    """Return a finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _count(value: object) -> int | None:
    """Return a whole number; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    """Return a text; None for anything else."""
    return value if isinstance(value, str) else None
