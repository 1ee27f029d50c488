"""The Translator of text: segments, tokens, search by an engine, and text again.

Only the model's arithmetic is elsewhere, so torch and CTranslate2 share this code: text
without letters is copied, and a translation that repeats itself is searched again. Small models
loop on input unlike their training data (LibreTranslate issues 46, 167, 168, 210).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.clock import Clock
from core.data.cleaning.normalise import NORMALISERS
from core.data.tokenizer import Tokenizer
from core.inference.segments import Piece, split_long, split_text
from core.inference.translator import (
    Alternative,
    Candidate,
    Engine,
    SearchOptions,
    Translation,
    max_target_tokens,
)
from core.inference.version_folder import VersionFolder
from core.text import check_unicode

_BLOCK_REPEATS = 3
_MAX_UNIT_TOKENS = 6
_MIN_REPEATS = 4
_LENGTH_RATIO = 3
_LENGTH_SLACK = 10

# The candidates of each distinct segment.
Found = Mapping[str, Sequence[Candidate]]


class SegmentTokenizer(Protocol):
    """Converts segments to tokens and back: the part of `Tokenizer` that is used here."""

    def encode_pieces(self, text: str) -> Sequence[str]:
        """Return the tokens of a segment."""
        ...

    def decode_pieces(self, pieces: Sequence[str]) -> str:
        """Return the text of the tokens."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTranslator:
    """Translates texts with an engine; safe to call from several threads."""

    version: str
    languages: tuple[str, str]
    tokenizer: SegmentTokenizer
    engine: Engine
    clock: Clock

    def translate(
        self, texts: Sequence[str], *, beam: int = 5, n_best: int = 1
    ) -> Sequence[Translation]:
        """Return one translation per text, in order; raises InputError for invalid Unicode."""
        for text in texts:
            check_unicode(text)
        started = self.clock.monotonic()
        options = SearchOptions(beam=max(beam, n_best), n_best=n_best)
        split = [self.split(text) for text in texts]
        found = self.search(
            (piece.text for pieces in split for piece in pieces if piece.is_segment), options
        )
        joined = [
            [self._join(pieces, found, rank) for rank in range(_num_candidates(pieces, found))]
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
        """Split the text into segments of at most `max_tokens` tokens and the text between them."""
        return [
            part
            for piece in split_text(text)
            for part in (
                split_long(piece.text, self.engine.max_tokens, self._count)
                if piece.is_segment
                else [piece]
            )
        ]

    def tokenize(self, segment: str) -> Sequence[str]:
        """Return the tokens of a segment, normalised like the training data.

        A segment in capitals is translated in lower case and its translation upper-cased: a model
        that was trained on few capitals would copy such words letter by letter.
        """
        if _is_upper_case(segment):
            segment = segment.capitalize()
        for normaliser in NORMALISERS:
            segment = normaliser.change(segment)
        return self.tokenizer.encode_pieces(segment)

    def search(self, segments: Iterable[str], options: SearchOptions) -> Found:
        """Return the candidates of each distinct segment; repetitive ones are searched again."""
        distinct = list(dict.fromkeys(segments))
        sources = [self.tokenize(segment) for segment in distinct]
        found = self._decode(sources, options)
        repetitive = [
            position
            for position, (source, candidates) in enumerate(zip(sources, found, strict=True))
            if self.engine.blocks_repeats and is_repetitive(source, candidates[0].tokens)
        ]
        blocked = SearchOptions(
            beam=options.beam, n_best=options.n_best, block_repeats=_BLOCK_REPEATS
        )
        again = self._decode([sources[position] for position in repetitive], blocked)
        for position, candidates in zip(repetitive, again, strict=True):
            found[position] = candidates
        return dict(zip(distinct, found, strict=True))

    def _decode(
        self, sources: Sequence[Sequence[str]], options: SearchOptions
    ) -> list[Sequence[Candidate]]:
        """Return the engine's candidates; a source without tokens gets one empty candidate.

        The engine limits the length by the longest source of the batch. Each candidate is cut to
        the limit of its own source, so that the result does not depend on the batch.
        """
        empty: Sequence[Candidate] = (Candidate(tokens=(), score=0.0),)
        given = [source for source in sources if source]
        found = iter(self.engine.search(given, options) if given else ())
        return [
            [_cut(candidate, source) for candidate in next(found)] if source else empty
            for source in sources
        ]

    def _text(self, candidate: Candidate, piece: Piece) -> str:
        """Return the text of a candidate on one line; the source replaces an empty translation.

        A vocabulary with byte tokens can produce a line break, which no segment contains.
        """
        lines = self.tokenizer.decode_pieces(candidate.tokens).splitlines()
        text = " ".join(lines).strip() or piece.text
        return text.upper() if _is_upper_case(piece.text) else text

    def _count(self, text: str) -> int:
        """Return the number of tokens of a text."""
        return len(self.tokenize(text))

    def _join(self, pieces: Sequence[Piece], found: Found, rank: int) -> Alternative:
        """Return the text of the rank-th candidates; its score is the mean over all tokens."""
        chosen = [
            found[piece.text][min(rank, len(found[piece.text]) - 1)] if piece.is_segment else None
            for piece in pieces
        ]
        text = "".join(
            piece.text if candidate is None else self._text(candidate, piece)
            for piece, candidate in zip(pieces, chosen, strict=True)
        )
        scored = [candidate for candidate in chosen if candidate is not None]
        num_tokens = sum(candidate.num_tokens for candidate in scored)
        total = sum(candidate.score * candidate.num_tokens for candidate in scored)
        return Alternative(text=text, score=total / num_tokens if num_tokens else 0.0)


def build_translator(
    folder: VersionFolder, version: str, engine: Engine, clock: Clock
) -> TextTranslator:
    """Return the translator of a version with the given engine; raises CorruptError."""
    shape = folder.shape()
    return TextTranslator(
        version=version,
        languages=(shape.source, shape.target),
        tokenizer=Tokenizer.load(folder.vocabulary),
        engine=engine,
        clock=clock,
    )


def is_repetitive(source: Sequence[str], target: Sequence[str]) -> bool:
    """Return whether a translation is far too long or repeats itself more than its source."""
    if len(target) > _LENGTH_RATIO * len(source) + _LENGTH_SLACK:
        return True
    return max_repeats(target) >= max(_MIN_REPEATS, max_repeats(source) + 2)


def max_repeats(tokens: Sequence[str]) -> int:
    """Return the largest number of consecutive repeats of a unit of 1 to 6 tokens."""
    largest = 1 if tokens else 0
    for size in range(1, _MAX_UNIT_TOKENS + 1):
        equal = 0
        for position in range(size, len(tokens)):
            equal = equal + 1 if tokens[position] == tokens[position - size] else 0
            largest = max(largest, equal // size + 1)
    return largest


def _is_upper_case(segment: str) -> bool:
    """Return whether a segment is in capitals and has at least two letters (`I` has not)."""
    return segment.isupper() and sum(map(str.isalpha, segment)) > 1


def _cut(candidate: Candidate, source: Sequence[str]) -> Candidate:
    """Return the candidate cut to the maximum length for its source."""
    limit = max_target_tokens([source], len(candidate.tokens))
    return replace(candidate, tokens=candidate.tokens[:limit])


def _num_candidates(pieces: Sequence[Piece], found: Found) -> int:
    """Return the number of candidates of a text: the maximum over its segments."""
    return max((len(found[piece.text]) for piece in pieces if piece.is_segment), default=1)


def _distinct(candidates: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """Return the candidates whose text differs from the first, each text once, best first."""
    distinct = {candidate.text: candidate for candidate in reversed(candidates)}
    distinct.pop(candidates[0].text)
    return tuple(sorted(distinct.values(), key=lambda candidate: -candidate.score))
