"""Greedy and beam search with a cache of keys and values; attention of a given translation.

The rules are those of CTranslate2, so that the exported model translates as the trained one:

- A beam contains the `beam` best unfinished hypotheses. Of the 2 x beam best continuations, those
  among the first `beam` that end with EOS are finished; the best others are continued.
- A sentence is done once `beam` hypotheses are finished, or at its maximum length, where all
  remaining hypotheses count as finished.
- Finished hypotheses are ranked by log-probability / length^alpha; both include EOS (scores agree
  with CTranslate2 4.8.5 to 1e-6).

Letters: B sentences, K beams, S source tokens, t target tokens so far, V vocabulary.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from core.data.records import BOS_ID, EOS_ID, PAD_ID
from core.model.transformer import Transformer


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamOptions:
    """Options of a search.

    `max_length` limits the target in tokens; `batch_tokens` limits memory.
    """

    beam: int = 5
    n_best: int = 1
    length_penalty: float = 1.0
    max_length: int = 256
    batch_tokens: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A translation in tokens without EOS; `score` is its log-probability per token."""

    tokens: tuple[int, ...]
    score: float


@dataclass(slots=True)
class _Beams:
    """State of a beam search over B unfinished sentences with K beams each."""

    origin: list[int]  # index in the batch of each row of `scores`
    tokens: Tensor  # (B * K, t), BOS first
    scores: Tensor  # (B, K), sums of log-probabilities
    finished: list[list[Decoded]] = field(default_factory=list)  # per sentence of the batch


def translate(
    model: Transformer,
    sources: Sequence[Sequence[int]],
    options: BeamOptions,
    on_progress: Callable[[int], None] | None = None,
) -> list[list[Decoded]]:
    """Return the best candidates of each source (token ids, EOS last), in the order given.

    `on_progress` receives the number of translated sources after each batch.
    """
    answers: list[list[Decoded]] = [[] for _ in sources]
    done = 0
    for batch in _batches(sources, options):
        found = translate_batch(model, pad([sources[i] for i in batch]), options)
        for i, candidates in zip(batch, found, strict=True):
            answers[i] = candidates
        done += len(batch)
        if on_progress is not None:
            on_progress(done)
    return answers


@torch.inference_mode()
def translate_batch(
    model: Transformer, source: Tensor, options: BeamOptions
) -> list[list[Decoded]]:
    """Return the best candidates, best first, of each row of padded sources (B, S)."""
    model.eval()
    source = source.to(model.embedding.device)
    limit = min(options.max_length, model.config.max_length)
    if options.beam == 1:
        return _greedy(model, source, limit, options.length_penalty)
    return _beam(model, source, limit, options)


@torch.inference_mode()
def attention(
    model: Transformer, source: Sequence[int], target: Sequence[int], layer: int = -1
) -> list[list[float]]:
    """Return the cross-attention weights, one row per target token, averaged over heads.

    Row t belongs to the step that predicts target[t]; rows sum to 1. The source ends with EOS;
    `layer` is the index of the decoder layer, negative from the last.
    """
    model.eval()
    device = model.embedding.device
    memory, mask = model.encode(torch.tensor([list(source)], device=device))
    target_input = torch.tensor([[BOS_ID, *target[:-1]]], device=device)
    _, weights = model.decode(target_input, memory, mask)
    averaged: list[list[float]] = weights[layer][0].mean(dim=0).tolist()  # (T, S)
    return averaged


def pad(sentences: Sequence[Sequence[int]]) -> Tensor:
    """Return sentences as one tensor (B, L), padded at the end."""
    length = max(map(len, sentences))
    return torch.tensor([[*tokens, *[PAD_ID] * (length - len(tokens))] for tokens in sentences])


def _batches(sources: Sequence[Sequence[int]], options: BeamOptions) -> Iterator[list[int]]:
    """Yield indexes of sources of similar length, which need little padding."""
    batch: list[int] = []
    for i in sorted(range(len(sources)), key=lambda i: len(sources[i])):
        if batch and (len(batch) + 1) * options.beam * len(sources[i]) > options.batch_tokens:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _greedy(
    model: Transformer, source: Tensor, limit: int, length_penalty: float
) -> list[list[Decoded]]:
    """Choose the most probable token at every step; finished sentences leave the batch."""
    state = model.begin(source)
    rows = torch.arange(len(source), device=source.device)
    tokens = torch.full_like(rows, BOS_ID)
    chosen: list[list[int]] = [[] for _ in rows]
    totals = [0.0 for _ in rows]
    for _ in range(limit):
        log_p, tokens = model.step(tokens, state).log_softmax(-1).max(dim=-1)
        for row, token, value in zip(rows.tolist(), tokens.tolist(), log_p.tolist(), strict=True):
            chosen[row].append(token)
            totals[row] += value
        unfinished = (tokens != EOS_ID).nonzero()[:, 0]
        if len(unfinished) == 0:
            break
        if len(unfinished) < len(rows):
            rows, tokens = rows[unfinished], tokens[unfinished]
            state.select(unfinished)
    return [
        [_decoded(ids, total, length_penalty)] for ids, total in zip(chosen, totals, strict=True)
    ]


def _beam(
    model: Transformer, source: Tensor, limit: int, options: BeamOptions
) -> list[list[Decoded]]:
    """Extend the best unfinished hypotheses of every sentence at every step."""
    B, K = len(source), options.beam
    state = model.begin(source)
    state.select(torch.arange(B, device=source.device).repeat_interleave(K))
    scores = torch.full((B, K), -torch.inf, device=source.device)
    scores[:, 0] = 0.0  # all beams are equal before the first step: use one
    beams = _Beams(
        origin=list(range(B)),
        tokens=torch.full((B * K, 1), BOS_ID, device=source.device),
        scores=scores,
        finished=[[] for _ in range(B)],
    )
    for step in range(1, limit + 1):
        log_p = model.step(beams.tokens[:, -1], state).log_softmax(-1)  # (B * K, V)
        rows = _advance(beams, log_p, options, is_last=step == limit)
        if len(rows) == 0:
            break
        state.select(rows)
    return [
        sorted(candidates, key=lambda candidate: -candidate.score)[: options.n_best]
        for candidates in beams.finished
    ]


def _advance(beams: _Beams, log_p: Tensor, options: BeamOptions, *, is_last: bool) -> Tensor:
    """Extend every beam by one token; return the continued rows (of B * K) in their new order."""
    B, K = beams.scores.shape
    V = log_p.shape[-1]
    total = (beams.scores.view(B * K, 1) + log_p).view(B, K * V)
    best, flat = total.topk(min(2 * K, K * V), dim=1)  # (B, 2K)
    parent = flat // V + torch.arange(B, device=flat.device)[:, None] * K  # row of (B * K)
    token = flat % V
    ended = token == EOS_ID
    _finish(beams, (best, parent, token), options, is_last=is_last)
    # At most K of the 2K continuations end (one per beam), so at least K can be continued.
    unfinished = ended.long().argsort(dim=1, stable=True)[:, :K]  # (B, K), best first
    open_rows = [] if is_last else _open_sentences(beams, K)
    chosen = unfinished[open_rows]
    parent, token = parent[open_rows].gather(1, chosen), token[open_rows].gather(1, chosen)
    beams.scores = best[open_rows].gather(1, chosen)
    beams.origin = [beams.origin[row] for row in open_rows]
    rows = parent.reshape(-1)
    beams.tokens = torch.cat([beams.tokens[rows], token.reshape(-1, 1)], dim=1)
    return rows


def _open_sentences(beams: _Beams, enough: int) -> list[int]:
    """Return the rows of sentences with fewer than `enough` finished hypotheses."""
    return [row for row, i in enumerate(beams.origin) if len(beams.finished[i]) < enough]


def _finish(
    beams: _Beams,
    continuations: tuple[Tensor, Tensor, Tensor],
    options: BeamOptions,
    *,
    is_last: bool,
) -> None:
    """Add the hypotheses that end at this step: those with EOS among the first K, or all K."""
    K = options.beam
    best, parent, token = (part[:, :K] for part in continuations)
    ends = torch.ones_like(token, dtype=torch.bool) if is_last else token == EOS_ID
    for row, k in ends.nonzero().tolist():
        tokens = [*beams.tokens[parent[row, k], 1:].tolist(), int(token[row, k])]
        found = _decoded(tokens, float(best[row, k]), options.length_penalty)
        beams.finished[beams.origin[row]].append(found)


def _decoded(ids: list[int], log_probability: float, length_penalty: float) -> Decoded:
    """Return a finished hypothesis without EOS, with its score."""
    tokens = ids[:-1] if ids[-1] == EOS_ID else ids
    score = log_probability / len(ids) ** length_penalty
    return Decoded(tokens=tuple(tokens), score=score)
