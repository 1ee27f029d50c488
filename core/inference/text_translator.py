"""A Translator made of a vocabulary and an engine: all that is not the model itself.

Segments, copying of what needs no translation, the guard against stuck decoding, and the way back
to text are the same for every engine, so torch and CTranslate2 differ in arithmetic alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.clock import Clock
from core.data.cleaning.normalise import NORMALISERS
from core.inference.engine import Candidate, Engine, SearchOptions, longest_target
from core.inference.records import Hypothesis, Translation
from core.inference.repetition import is_stuck
from core.inference.segments import Piece, split_long, split_text
from core.text import check_unicode

_BLOCK_REPEATS = 3

Found = Mapping[str, Sequence[Candidate]]


class Pieces(Protocol):
    """Text to tokens and back (SentencePiece)."""

    def encode_pieces(self, text: str) -> Sequence[str]:
        """Return the tokens of a segment."""
        ...

    def decode_pieces(self, pieces: Sequence[str]) -> str:
        """Return the segment that the tokens spell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTranslator:
    """Translates texts with an engine; safe to call from several threads."""

    version: str
    languages: tuple[str, str]
    tokenizer: Pieces
    engine: Engine
    clock: Clock

    def translate(
        self, texts: Sequence[str], *, beam: int = 5, n_best: int = 1
    ) -> Sequence[Translation]:
        """Return one translation per text, in order; empty text gives an empty translation."""
        for text in texts:
            check_unicode(text)
        started = self.clock.monotonic()
        options = SearchOptions(beam=max(beam, n_best), n_best=n_best)
        split = [self.split(text) for text in texts]
        found = self.search(
            (piece.text for pieces in split for piece in pieces if piece.is_segment), options
        )
        joined = [
            [self._join(pieces, found, rank) for rank in range(_depth(pieces, found))]
            for pieces in split
        ]
        elapsed_ms = (self.clock.monotonic() - started) * 1000 / max(1, len(texts))
        return [
            Translation(
                source=text,
                text=candidates[0].text,
                score=candidates[0].score,
                alternatives=_distinct(candidates),
                model_version=self.version,
                milliseconds=elapsed_ms,
            )
            for text, candidates in zip(texts, joined, strict=True)
        ]

    def split(self, text: str) -> Sequence[Piece]:
        """Return the text in pieces that the model can take."""
        return [
            part
            for piece in split_text(text)
            for part in (
                split_long(piece.text, self.engine.max_tokens, self._count)
                if piece.is_segment
                else [piece]
            )
        ]

    def pieces(self, segment: str) -> Sequence[str]:
        """Return the tokens of a segment, normalised as the model's training data was.

        What is all in capitals is given as an ordinary sentence; the translation gets its capitals
        back. Models that saw few capitals would spell such words letter by letter.
        """
        if _is_shouted(segment):
            segment = segment.capitalize()
        for normaliser in NORMALISERS:
            segment = normaliser.change(segment)
        return self.tokenizer.encode_pieces(segment)

    def search(self, segments: Iterable[str], options: SearchOptions) -> Found:
        """Return the candidates of each distinct segment; stuck ones are searched again."""
        distinct = list(dict.fromkeys(segments))
        sources = [self.pieces(segment) for segment in distinct]
        found = self._decode(sources, options)
        stuck = [
            position
            for position, (source, candidates) in enumerate(zip(sources, found, strict=True))
            if self.engine.blocks_repeats and is_stuck(source, candidates[0].tokens)
        ]
        blocked = SearchOptions(
            beam=options.beam, n_best=options.n_best, block_repeats=_BLOCK_REPEATS
        )
        again = self._decode([sources[position] for position in stuck], blocked)
        for position, candidates in zip(stuck, again, strict=True):
            found[position] = candidates
        return dict(zip(distinct, found, strict=True))

    def _decode(
        self, sources: Sequence[Sequence[str]], options: SearchOptions
    ) -> list[Sequence[Candidate]]:
        """Return the engine's candidates; a segment that has no tokens at all has an empty one.

        The engine's limit of length is that of the longest source beside it. Each candidate is cut
        to the limit of its own, so that company changes nothing.
        """
        empty: Sequence[Candidate] = (Candidate(tokens=(), score=0.0),)
        given = [source for source in sources if source]
        found = iter(self.engine.search(given, options) if given else ())
        return [
            [_cut(candidate, source) for candidate in next(found)] if source else empty
            for source in sources
        ]

    def _spell(self, candidate: Candidate, piece: Piece) -> str:
        """Return a candidate as text; where the model says nothing, the source, not a gap."""
        text = self.tokenizer.decode_pieces(candidate.tokens).strip() or piece.text
        return text.upper() if _is_shouted(piece.text) else text

    def _count(self, text: str) -> int:
        """Return how many tokens a text has."""
        return len(self.pieces(text))

    def _join(self, pieces: Sequence[Piece], found: Found, rank: int) -> Hypothesis:
        """Return the text of the rank-th candidates; the score is the mean over all tokens."""
        chosen = [
            found[piece.text][min(rank, len(found[piece.text]) - 1)] if piece.is_segment else None
            for piece in pieces
        ]
        text = "".join(
            piece.text if candidate is None else self._spell(candidate, piece)
            for piece, candidate in zip(pieces, chosen, strict=True)
        )
        scored = [candidate for candidate in chosen if candidate is not None]
        num_tokens = sum(candidate.num_tokens for candidate in scored)
        total = sum(candidate.score * candidate.num_tokens for candidate in scored)
        return Hypothesis(text=text, score=total / num_tokens if num_tokens else 0.0)


def _is_shouted(segment: str) -> bool:
    """Return whether a segment is all in capitals: at least two, so that `I` is not."""
    return segment.isupper() and sum(map(str.isalpha, segment)) > 1


def _cut(candidate: Candidate, source: Sequence[str]) -> Candidate:
    """Return the candidate within the length that its source allows."""
    limit = longest_target([source], len(candidate.tokens))
    return replace(candidate, tokens=candidate.tokens[:limit])


def _depth(pieces: Sequence[Piece], found: Found) -> int:
    """Return how many candidates a text has: as many as its richest segment."""
    return max((len(found[piece.text]) for piece in pieces if piece.is_segment), default=1)


def _distinct(candidates: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Return the alternatives to the first: other texts, each once."""
    distinct = {candidate.text: candidate for candidate in reversed(candidates)}
    distinct.pop(candidates[0].text)
    return tuple(sorted(distinct.values(), key=lambda candidate: -candidate.score))
