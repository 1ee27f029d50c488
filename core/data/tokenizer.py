"""Text to subword ids and back, by a SentencePiece vocabulary shared by both languages."""

from collections.abc import Sequence
from pathlib import Path

import sentencepiece

from core.errors import CorruptError


class Tokenizer:
    """A loaded vocabulary; safe to use from several threads, as SentencePiece only reads.

    Text comes back as its NFKC form with single spaces: `decode(encode(text))` equals `text` for
    text that is so already. Unknown characters are spelled in bytes, so that none is lost.
    """

    def __init__(self, model: bytes) -> None:
        """Load a serialised SentencePiece model; raises CorruptError."""
        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        except RuntimeError as error:
            raise CorruptError(f"the vocabulary cannot be loaded: {error}") from error

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Load a vocabulary file; raises CorruptError."""
        try:
            return cls(path.read_bytes())
        except OSError as error:
            raise CorruptError(
                f"the vocabulary {path} cannot be read ({error.strerror})",
                remedy="Prepare the dataset again",
            ) from error

    @property
    def size(self) -> int:
        """The number of pieces."""
        size: int = self._processor.get_piece_size()
        return size

    @property
    def pieces(self) -> Sequence[str]:
        """All pieces by id."""
        found: list[str] = self._processor.id_to_piece(list(range(self.size)))
        return found

    def encode(self, text: str) -> list[int]:
        """Return the ids of a segment, without begin and end."""
        found: list[int] = self._processor.encode(text)
        return found

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many segments."""
        found: list[list[int]] = self._processor.encode(list(texts))
        return found

    def encode_pieces(self, text: str) -> list[str]:
        """Return the pieces of a segment."""
        found: list[str] = self._processor.encode(text, out_type=str)
        return found

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text that the ids spell; padding, begin and end say nothing."""
        text: str = self._processor.decode(list(ids))
        return text

    def decode_pieces(self, pieces: Sequence[str]) -> str:
        """Return the text that the pieces spell."""
        text: str = self._processor.decode_pieces(list(pieces))
        return text

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """Return the ids of pieces."""
        found: list[int] = self._processor.piece_to_id(list(pieces))
        return found
