"""Learning a vocabulary: one SentencePiece BPE model for both languages."""

import io
import re
from collections.abc import Sequence

import sentencepiece

from core.data.records import BOS_ID, EOS_ID, PAD_ID, UNK_ID
from core.errors import InputError

MAX_SENTENCES = 2_000_000
# Of scripts with thousands of characters, the rarest are spelled in bytes.
_COVERAGES = (1.0, 0.9995, 0.995)
_LEAST = 10  # below, SentencePiece does not say how many are needed
_NEEDED = re.compile(r"smaller than required_chars\. \d+ vs (\d+)")


def learn_vocabulary(segments: Sequence[str], size: int) -> bytes:
    """Return a serialised model of at most `size` pieces; the same text gives the same bytes.

    Small texts give fewer pieces. Of more than two million segments, evenly spread ones are used.
    Raises InputError when `size` is too small for the characters of the text.
    """
    step = 1 + len(segments) // MAX_SENTENCES
    needed = 0
    for coverage in _COVERAGES:
        try:
            return _learn(segments[::step], max(size, _LEAST), coverage)
        except RuntimeError as error:
            found = _NEEDED.search(str(error))
            if found is None:
                raise InputError(f"no vocabulary can be learned from this text: {error}") from error
            needed = int(found[1])
    raise InputError(
        f"a vocabulary of {size:,} pieces is smaller than the characters of this text",
        remedy=f"Choose at least {needed:,} pieces",
    )


def _learn(segments: Sequence[str], size: int, coverage: float) -> bytes:
    """Train SentencePiece; raises RuntimeError."""
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
        # The number of threads is written into the model, so it is part of its bytes.
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()
