"""Records of evaluation; free of torch, so that pages can read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.runs.records import TranslationSample


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Corpus scores of hypotheses against references (sacreBLEU), each with its signature.

    BLEU and chrF rise to 100 with quality; TER, the share of edits, falls to 0.
    """

    bleu: float
    chrf: float
    ter: float
    signatures: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalReport:
    """How a checkpoint translates a split.

    `loss` is -log p per target token, end included, of the references. `beam` 1 is greedy search.
    `seconds` is the time that translating took.
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
