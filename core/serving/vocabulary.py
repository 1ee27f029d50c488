"""A model's SentencePiece vocabulary: text to tokens and back."""

from collections.abc import Sequence
from pathlib import Path

import sentencepiece

from core.errors import CorruptError


class Vocabulary:
    """Tokens of a model; safe to call from several threads (SentencePiece only reads)."""

    def __init__(self, path: Path) -> None:
        """Load `vocabulary.model`; raises CorruptError."""
        try:
            content = path.read_bytes()
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=content)
        except (OSError, RuntimeError) as error:
            raise CorruptError(f"the vocabulary {path} cannot be read: {error}") from error

    def pieces(self, text: str) -> Sequence[str]:
        """Return the tokens of a segment."""
        found: list[str] = self._processor.encode(text, out_type=str)
        return found

    def text(self, pieces: Sequence[str]) -> str:
        """Return the segment that the tokens spell."""
        spelled: str = self._processor.decode_pieces(list(pieces))
        return spelled

    def ids(self, pieces: Sequence[str]) -> Sequence[int]:
        """Return the ids of tokens."""
        found: list[int] = self._processor.piece_to_id(list(pieces))
        return found

    def tokens(self, ids: Sequence[int] | None = None) -> Sequence[str]:
        """Return the tokens of ids; without ids, all tokens in order."""
        chosen = range(self._processor.get_piece_size()) if ids is None else ids
        found: list[str] = self._processor.id_to_piece(list(chosen))
        return found
