"""Self-test of a promotion: compares the exported models with the trained model.

A mismatch of positions, vocabulary or tensor layout raises no error but ruins translations, so
three things are compared: log-probabilities of given translations, greedy translations, and the
quality that int8 loses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.data.records import Pair
from core.data.tokenizer import Tokenizer
from core.errors import DatahallError
from core.evaluation.metrics import bleu
from core.inference.translator import Engine, ScoringEngine, SearchOptions
from core.registry.records import SelfTest, SelfTestVerdict

LOG_PROBABILITY_TOLERANCE = 1e-4
INT8_LOSS_TOLERANCE = 0.1
INT8_BLEU_TOLERANCE = 2.0
_TIE = 1e-3

_GREEDY = SearchOptions(beam=1)


class SelfTestError(DatahallError):
    """The exported model differs from the trained one; nothing was registered."""

    kind = "self-test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """One model as trained (torch), and as exported in both precisions."""

    torch: ScoringEngine
    float32: ScoringEngine
    int8: ScoringEngine


def compare(engines: Engines, tokenizer: Tokenizer, pairs: Sequence[Pair]) -> SelfTest:
    """Compare the exported models with the trained one on at least one pair."""
    sources = [tokenizer.encode_pieces(pair.source) for pair in pairs]
    targets = [tokenizer.encode_pieces(pair.target) for pair in pairs]
    torch_scores, float32_scores, int8_scores = (
        engine.score(sources, targets) for engine in (engines.torch, engines.float32, engines.int8)
    )
    torch_tokens, float32_tokens, int8_tokens = (
        _greedy(engine, sources) for engine in (engines.torch, engines.float32, engines.int8)
    )
    references = [pair.target for pair in pairs]
    identical = sum(a == b for a, b in zip(float32_tokens, int8_tokens, strict=True))
    result = SelfTest(
        verdict=SelfTestVerdict.UNKNOWN,
        segments=len(pairs),
        log_probability_difference=_largest_difference(torch_scores, float32_scores),
        different=sum(
            not _are_equal_or_tied(engines.torch, source, first, second)
            for source, first, second in zip(sources, torch_tokens, float32_tokens, strict=True)
        ),
        int8_identical_ratio=identical / len(pairs),
        int8_loss_rise=_loss(int8_scores) - _loss(float32_scores),
        float32_bleu=bleu(
            [tokenizer.decode_pieces(tokens) for tokens in float32_tokens], references
        ),
        int8_bleu=bleu([tokenizer.decode_pieces(tokens) for tokens in int8_tokens], references),
    )
    passed = not find_faults(result)
    return replace(result, verdict=SelfTestVerdict.PASSED if passed else SelfTestVerdict.FAILED)


def find_faults(result: SelfTest) -> Sequence[str]:
    """Return a phrase for each tolerance that the result exceeds; NaN exceeds every tolerance."""
    faults = []
    if not result.log_probability_difference <= LOG_PROBABILITY_TOLERANCE:
        faults.append(
            "log-probabilities differ by up to "
            f"{result.log_probability_difference:.2g} (at most {LOG_PROBABILITY_TOLERANCE:g})"
        )
    if result.different:
        faults.append(f"{result.different} of {result.segments} greedy translations differ")
    if not result.int8_loss_rise <= INT8_LOSS_TOLERANCE:
        faults.append(
            f"int8 raises the loss by {result.int8_loss_rise:.2g} per token "
            f"(at most {INT8_LOSS_TOLERANCE:g})"
        )
    if not result.int8_bleu >= result.float32_bleu - INT8_BLEU_TOLERANCE:
        faults.append(
            f"int8 lowers BLEU from {result.float32_bleu:.1f} to {result.int8_bleu:.1f} "
            f"(at most by {INT8_BLEU_TOLERANCE:g})"
        )
    return faults


def require_pass(result: SelfTest) -> None:
    """Raise SelfTestError with the faults unless the self-test passed."""
    if result.verdict is not SelfTestVerdict.PASSED:
        faults = find_faults(result) or ["the verdict is unknown"]
        raise SelfTestError(
            "the exported model differs from the trained one: " + "; ".join(faults),
            remedy="Nothing was registered and no alias moved. Promote again; if it fails again, "
            "evaluate the run to see whether its checkpoint is damaged",
        )


def _greedy(engine: Engine, sources: Sequence[Sequence[str]]) -> Sequence[tuple[str, ...]]:
    """Return the greedy translation of each source, in tokens."""
    return [candidates[0].tokens for candidates in engine.search(sources, _GREEDY)]


def _are_equal_or_tied(
    engine: ScoringEngine, source: Sequence[str], first: tuple[str, ...], second: tuple[str, ...]
) -> bool:
    """Return whether two greedy translations are equal, or differ first where two tokens tie.

    Where two tokens are equally likely, rounding decides: that is not counted as a difference.
    """
    if first == second:
        return True
    pairs = zip((*first, ""), (*second, ""), strict=False)
    position = next(position for position, (a, b) in enumerate(pairs) if a != b)
    scores = engine.score([source, source], [first, second])
    return abs(scores[0][position] - scores[1][position]) <= _TIE


def _largest_difference(
    first: Sequence[Sequence[float]], second: Sequence[Sequence[float]]
) -> float:
    """Return the largest difference between two sets of log-probabilities."""
    return max(
        abs(a - b)
        for row, other in zip(first, second, strict=True)
        for a, b in zip(row, other, strict=True)
    )


def _loss(scores: Sequence[Sequence[float]]) -> float:
    """Return the mean negative log-probability per token."""
    values = [value for row in scores for value in row]
    return -sum(values) / len(values)
