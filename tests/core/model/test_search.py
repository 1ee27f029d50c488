"""Greedy and beam search: caching and batching do not change the result."""

import pytest
import torch
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as some

from core.data.records import BOS_ID, EOS_ID
from core.model.search import BeamOptions, attention, pad, translate, translate_batch
from core.model.transformer import Transformer

SOURCES = some.lists(
    some.lists(some.integers(4, 39), min_size=0, max_size=6).map(lambda words: [*words, EOS_ID]),
    min_size=1,
    max_size=4,
)
FAST = limits(max_examples=15)
SHORT = {"max_length": 8}


def log_probability(model: Transformer, source: list[int], target: tuple[int, ...]) -> float:
    """Return the log-probability of target and EOS, by one pass without a cache."""
    words = [*target, EOS_ID]
    with torch.no_grad():
        logits = model(torch.tensor([source]), torch.tensor([[BOS_ID, *target]]))[0]
    return logits.log_softmax(-1)[range(len(words)), words].sum().item()


def greedy_by_hand(model: Transformer, source: list[int], limit: int) -> list[int]:
    """Decode the whole prefix again for every token."""
    words: list[int] = []
    while len(words) < limit:
        with torch.no_grad():
            logits = model(torch.tensor([source]), torch.tensor([[BOS_ID, *words]]))
        token = int(logits[0, -1].argmax())
        if token == EOS_ID:
            break
        words.append(token)
    return words


@given(sources=SOURCES)
@FAST
def test_greedy_search_chooses_the_most_probable_token(
    model: Transformer, sources: list[list[int]]
) -> None:
    answers = translate(model, sources, BeamOptions(beam=1, **SHORT))
    for source, candidates in zip(sources, answers, strict=True):
        assert list(candidates[0].tokens) == greedy_by_hand(model, source, 8)


@given(sources=SOURCES)
@FAST
def test_a_translation_does_not_depend_on_the_rest_of_the_batch(
    model: Transformer, sources: list[list[int]]
) -> None:
    options = BeamOptions(beam=3, n_best=3, **SHORT)
    together = translate(model, sources, options)
    alone = [translate(model, [source], options)[0] for source in sources]
    for mine, other in zip(together, alone, strict=True):
        assert [found.tokens for found in mine] == [found.tokens for found in other]


@given(sources=SOURCES, alpha=some.sampled_from([0.0, 0.6, 1.0]))
@FAST
def test_scores_are_log_probabilities_over_length(
    model: Transformer, sources: list[list[int]], alpha: float
) -> None:
    options = BeamOptions(beam=4, n_best=4, length_penalty=alpha, max_length=12)
    for source, candidates in zip(sources, translate(model, sources, options), strict=True):
        scores = [found.score for found in candidates]
        assert scores == sorted(scores, reverse=True)
        assert len({found.tokens for found in candidates}) == len(candidates) == 4
        for found in candidates:
            if len(found.tokens) < 12:
                total = log_probability(model, source, found.tokens)
                length = len(found.tokens) + 1  # EOS counts, as in CTranslate2
                assert found.score == pytest.approx(total / length**alpha, abs=1e-3)


def test_a_wider_beam_finds_no_worse_translations(model: Transformer) -> None:
    torch.manual_seed(0)
    sources = [[*torch.randint(4, 40, (5,)).tolist(), EOS_ID] for _ in range(20)]
    scores = [
        sum(
            found[0].score
            for found in translate(
                model, sources, BeamOptions(beam=beam, length_penalty=0.0, **SHORT)
            )
        )
        for beam in (1, 8)
    ]
    assert scores[1] > scores[0]


def test_the_maximum_length_is_respected(model: Transformer) -> None:
    with torch.no_grad():
        model.output_bias[EOS_ID] -= 100
        try:
            for beam in (1, 3):
                options = BeamOptions(beam=beam, max_length=5)
                (candidates,) = translate(model, [[7, EOS_ID]], options)
                assert len(candidates[0].tokens) == 5
        finally:
            model.output_bias[EOS_ID] += 100


def test_no_sources_give_no_translations(model: Transformer) -> None:
    assert translate(model, [], BeamOptions()) == []


def test_the_memory_limit_does_not_change_translations(model: Transformer) -> None:
    torch.manual_seed(1)
    sources = [[*torch.randint(4, 40, (n,)).tolist(), EOS_ID] for n in (5, 1, 3, 3, 2)]
    answers = [
        [found[0].tokens for found in translate(model, sources, options)]
        for options in (
            BeamOptions(beam=2, batch_tokens=1, **SHORT),
            BeamOptions(beam=2, **SHORT),
        )
    ]
    assert answers[0] == answers[1]


@given(source=some.lists(some.integers(4, 39), min_size=1, max_size=6), layer=some.integers(-3, 2))
@FAST
def test_attention_rows_sum_to_one(model: Transformer, source: list[int], layer: int) -> None:
    weights = attention(model, [*source, EOS_ID], [5, 6, EOS_ID], layer)
    assert len(weights) == 3
    assert all(len(row) == len(source) + 1 for row in weights)
    assert [sum(row) for row in weights] == pytest.approx([1, 1, 1], abs=1e-5)


def test_attention_ignores_padding(model: Transformer) -> None:
    bare = translate_batch(model, pad([[5, 6, EOS_ID]]), BeamOptions(beam=2, **SHORT))
    padded = translate_batch(
        model, pad([[5, 6, EOS_ID], [7, 8, 9, 9, EOS_ID]]), BeamOptions(beam=2, **SHORT)
    )
    assert [found.tokens for found in bare[0]] == [found.tokens for found in padded[0]]
