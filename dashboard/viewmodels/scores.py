"""Test scores as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from dashboard.viewmodels.formatting import format_count, format_number


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """One score; `signature` states how it was computed, so that others can reproduce it."""

    name: str
    value: str
    help: str
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSet:
    """The scores on the test split; None where one was not computed."""

    bleu: float | None = None
    chrf: float | None = None
    ter: float | None = None
    loss: float | None = None
    sentences: float | None = None
    signatures: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Self:
        """Return the scores of a JSON document; missing and invalid ones are None."""
        signatures = document.get("signatures")
        return cls(
            bleu=_number(document.get("bleu")),
            chrf=_number(document.get("chrf")),
            ter=_number(document.get("ter")),
            loss=_number(document.get("loss")),
            sentences=_number(document.get("sentences")),
            signatures=signatures if isinstance(signatures, Mapping) else {},
        )

    @property
    def rows(self) -> Sequence[ScoreRow]:
        """The scores that were computed."""
        return [
            ScoreRow(name=label, value=text, help=help_text, signature=self.signatures.get(key, ""))
            for key, label, value, text, help_text in (
                ("bleu", "BLEU", self.bleu, format_number(self.bleu), _BLEU_HELP),
                ("chrf", "chrF", self.chrf, format_number(self.chrf), _CHRF_HELP),
                ("ter", "TER", self.ter, format_number(self.ter), _TER_HELP),
                ("loss", "Loss", self.loss, format_number(self.loss), _LOSS_HELP),
                ("", "Sentences", self.sentences, format_count(self.sentences), _SENTENCES_HELP),
            )
            if value is not None
        ]

    @property
    def sentence(self) -> str:
        """The main scores in one line, such as `BLEU 83.5 · chrF 91.2`."""
        main = (("BLEU", self.bleu), ("chrF", self.chrf))
        parts = [f"{label} {format_number(value)}" for label, value in main if value is not None]
        return " · ".join(parts) or "not evaluated"


_BLEU_HELP = "sacreBLEU, 0 to 100: n-gram overlap with the reference; higher is better"
_CHRF_HELP = "character n-gram F-score, 0 to 100; higher is better"
_TER_HELP = "translation edit rate; lower is better"
_LOSS_HELP = "cross-entropy per target token; lower is better"
_SENTENCES_HELP = "number of translated segments"


def _number(value: object) -> float | None:
    """Return a JSON number; None for anything else."""
    return float(value) if isinstance(value, int | float) else None
