"""Proof that the exported model is the trained one, before anybody is served by it.

"Great perplexity, useless translations" is what a silent mismatch of positions, vocabulary or
layout looks like, so every promotion compares numbers: log-probabilities of given translations,
greedy translations, and what int8 costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.data.records import Pair
from core.data.tokenizer import Tokenizer
from core.errors import DatahallError
from core.evaluation.metrics import bleu
from core.inference.engine import Candidate, Engine, SearchOptions

LOG_PROBABILITY_TOLERANCE = 1e-4
TIE = 1e-3
INT8_LOSS_TOLERANCE = 0.1
INT8_BLEU_TOLERANCE = 2.0

_GREEDY = SearchOptions(beam=1)


class SelfTestError(DatahallError):
    """An exported model is not the trained one; nothing was registered."""

    kind = "self-test"


class ScoringEngine(Engine, Protocol):
    """An engine that also scores given translations."""

    def score(
        self, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]
    ) -> Sequence[Sequence[float]]:
        """Return the log-probability of every given target token, the end mark's last."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """One model three times: as trained, and as exported in both precisions."""

    torch: ScoringEngine
    float32: ScoringEngine
    int8: ScoringEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """What the comparison found on `segments` pairs.

    `log_probability_difference` is the largest between torch and float32; `different` counts
    greedy translations that differ beyond a tie. int8 is compared with float32: the share of
    identical greedy translations, the rise of the loss per token, and BLEU of both.
    """

    segments: int
    log_probability_difference: float
    different: int
    int8_identical_ratio: float
    int8_loss_rise: float
    float32_bleu: float
    int8_bleu: float


def compare(engines: Engines, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> SelfTest:
    """Compare the exported models with the trained one on pairs; at least one is needed."""
    sources = [tokenizer.encode_pieces(pair.source) for pair in pairs]
    targets = [tokenizer.encode_pieces(pair.target) for pair in pairs]
    trained, exported, small = (
        engine.score(sources, targets) for engine in (engines.torch, engines.float32, engines.int8)
    )
    said = [_greedy(engine, sources) for engine in (engines.torch, engines.float32, engines.int8)]
    references = [pair.target for pair in pairs]
    texts = [[tokenizer.decode_pieces(tokens) for tokens in answers] for answers in said]
    same = sum(mine == theirs for mine, theirs in zip(said[1], said[2], strict=True))
    return SelfTest(
        segments=len(pairs),
        log_probability_difference=_largest_difference(trained, exported),
        different=sum(
            not _agree(engines.torch, source, mine, theirs)
            for source, mine, theirs in zip(sources, said[0], said[1], strict=True)
        ),
        int8_identical_ratio=same / len(pairs),
        int8_loss_rise=_loss(small) - _loss(exported),
        float32_bleu=bleu(texts[1], references),
        int8_bleu=bleu(texts[2], references),
    )


def demand_equality(outcome: SelfTest) -> None:
    """Raise SelfTestError that says what differs, unless the export may serve."""
    faults = []
    if not outcome.log_probability_difference <= LOG_PROBABILITY_TOLERANCE:
        faults.append(
            "log-probabilities differ by up to "
            f"{outcome.log_probability_difference:.2g} (at most {LOG_PROBABILITY_TOLERANCE:g})"
        )
    if outcome.different:
        faults.append(f"{outcome.different} of {outcome.segments} greedy translations differ")
    if not outcome.int8_loss_rise <= INT8_LOSS_TOLERANCE:
        faults.append(
            f"int8 raises the loss by {outcome.int8_loss_rise:.2g} per token "
            f"(at most {INT8_LOSS_TOLERANCE:g})"
        )
    if not outcome.int8_bleu >= outcome.float32_bleu - INT8_BLEU_TOLERANCE:
        faults.append(
            f"int8 lowers BLEU from {outcome.float32_bleu:.1f} to {outcome.int8_bleu:.1f} "
            f"(at most by {INT8_BLEU_TOLERANCE:g})"
        )
    if faults:
        raise SelfTestError(
            "the exported model is not the trained one: " + "; ".join(faults),
            remedy="Nothing was registered and no alias moved. Check that the checkpoint is whole "
            "and promote again",
        )


def _greedy(engine: Engine, sources: Sequence[Sequence[str]]) -> Sequence[tuple[str, ...]]:
    """Return the greedy translation of each source, in tokens."""
    found: Sequence[Sequence[Candidate]] = engine.search(sources, _GREEDY)
    return [candidates[0].tokens for candidates in found]


def _agree(
    engine: ScoringEngine, source: Sequence[str], mine: tuple[str, ...], theirs: tuple[str, ...]
) -> bool:
    """Return whether two greedy translations are the same, or part at a tie.

    Where two tokens are equally likely, the last bit of a float decides: that is no difference.
    """
    if mine == theirs:
        return True
    pairs = zip((*mine, ""), (*theirs, ""), strict=False)
    fork = next(position for position, (a, b) in enumerate(pairs) if a != b)
    ours, other = engine.score([source, source], [mine, theirs])
    return abs(ours[fork] - other[fork]) <= TIE


def _largest_difference(
    first: Sequence[Sequence[float]], second: Sequence[Sequence[float]]
) -> float:
    """Return the largest difference between two sets of log-probabilities."""
    return max(
        abs(a - b)
        for mine, theirs in zip(first, second, strict=True)
        for a, b in zip(mine, theirs, strict=True)
    )


def _loss(scores: Sequence[Sequence[float]]) -> float:
    """Return the mean negative log-probability per token."""
    values = [value for row in scores for value in row]
    return -sum(values) / len(values)
