"""Subword tokens: learn a SentencePiece vocabulary for both languages, encode and decode text."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import sentencepiece

from core.data.records import BOS_ID, EOS_ID, PAD_ID, UNK_ID
from core.errors import CorruptError, InputError

MAX_SENTENCES = 2_000_000
# Share of the characters that get a piece; the rarest others are encoded as bytes.
_COVERAGES = (1.0, 0.9995, 0.995)
_MIN_SIZE = 10  # with fewer, SentencePiece does not report how many are required
_REQUIRED = re.compile(r"smaller than required_chars\. \d+ vs (\d+)")


class Tokenizer:
    """A loaded vocabulary; safe to use from several threads.

    `decode(encode(text))` is the NFKC form of the text with single spaces. Characters without a
    piece are encoded as bytes, so that none is lost.
    """

    def __init__(self, model: bytes) -> None:
        """Load a serialised SentencePiece model; raises CorruptError."""
        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        except RuntimeError as error:
            raise CorruptError(
                "the vocabulary is damaged: it is not a SentencePiece model",
                remedy='Restore its folder from a snapshot, see "datahall backup list"',
            ) from error

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Load a vocabulary file; raises CorruptError."""
        try:
            return cls(path.read_bytes())
        except OSError as error:
            raise CorruptError(
                f"the vocabulary {path} cannot be read ({error.strerror})",
                remedy='Prepare the dataset again: "datahall data prepare NAME"',
            ) from error

    @property
    def size(self) -> int:
        """Number of pieces."""
        size: int = self._processor.get_piece_size()
        return size

    @property
    def pieces(self) -> Sequence[str]:
        """All pieces, ordered by id."""
        found: list[str] = self._processor.id_to_piece(list(range(self.size)))
        return found

    def encode(self, text: str) -> list[int]:
        """Return the ids of a segment, without BOS and EOS."""
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
        """Return the text of the ids; PAD, BOS and EOS are skipped."""
        text: str = self._processor.decode(list(ids))
        return text

    def decode_pieces(self, pieces: Sequence[str]) -> str:
        """Return the text of the pieces."""
        text: str = self._processor.decode_pieces(list(pieces))
        return text

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """Return the ids of pieces."""
        found: list[int] = self._processor.piece_to_id(list(pieces))
        return found


def learn_vocabulary(segments: Sequence[str], size: int) -> bytes:
    """Return a serialised model of at most `size` pieces; equal text gives equal bytes.

    Small texts give fewer pieces. More than two million segments are sampled at equal distances.
    Raises InputError when `size` is smaller than the number of characters in the text.
    """
    step = 1 + len(segments) // MAX_SENTENCES
    required = 0
    for coverage in _COVERAGES:
        try:
            return _train_model(segments[::step], max(size, _MIN_SIZE), coverage)
        except RuntimeError as error:
            found = _REQUIRED.search(str(error))
            if found is None:
                raise InputError(f"no vocabulary can be learned from this text: {error}") from error
            required = int(found[1])
    raise InputError(
        f"a vocabulary of {size:,} pieces is smaller than the number of characters in the text",
        remedy=f"Use at least {required:,} pieces",
    )


def _train_model(segments: Sequence[str], size: int, coverage: float) -> bytes:
    """Train a SentencePiece model; raises RuntimeError."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(segments),
        model_writer=model,
        vocab_size=size,
        hard_vocab_limit=False,
        model_type="bpe",
        character_coverage=coverage,
        byte_fallback=True,
        normalization_rule_name="nmt_nfkc",
        pad_id=PAD_ID,
        unk_id=UNK_ID,
        bos_id=BOS_ID,
        eos_id=EOS_ID,
        pad_piece="<pad>",
        # The model records the number of threads, so it changes the bytes.
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()
