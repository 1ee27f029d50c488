"""Encoding and decoding of text."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.records import Dataset
from core.data.tokenizer import Tokenizer, learn_vocabulary
from core.errors import CorruptError

TOKENIZER = Tokenizer(
    learn_vocabulary(["Where is the ladder?", "¿Dónde está la escalera?", "In the shed."] * 4, 330)
)


def _normal(text: str) -> str:
    """Return the NFKC form with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


@given(st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=60).map(_normal))
def test_decoding_returns_the_text(text: str) -> None:
    """Characters without a piece are encoded as bytes."""
    normal = TOKENIZER.decode(TOKENIZER.encode(text))
    assert TOKENIZER.decode(TOKENIZER.encode(normal)) == normal
    if text.isascii() or all("LATIN" in unicodedata.name(c, "") for c in text if c.isalpha()):
        assert _normal(normal) == _normal(text)


@pytest.mark.parametrize(
    "text",
    ["Hola, ¿cómo estás?", "Ich heiße Zoë.", "Где вокзал?", "车站在哪里?", "😀 ok", "x² + ½"],
)
def test_decoding_returns_the_normal_form_of_the_text(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == unicodedata.normalize("NFKC", text)


def test_ids_and_pieces_describe_the_same_segment() -> None:
    text = "The shed is here."
    ids = TOKENIZER.encode(text)
    assert TOKENIZER.ids(TOKENIZER.encode_pieces(text)) == ids
    assert [TOKENIZER.pieces[number] for number in ids] == TOKENIZER.encode_pieces(text)
    assert TOKENIZER.decode_pieces(TOKENIZER.encode_pieces(text)) == text
    assert TOKENIZER.encode_all([text, ""]) == [ids, []]


def test_reserved_ids_are_skipped_when_decoding() -> None:
    assert TOKENIZER.decode([2, *TOKENIZER.encode("shed"), 3, 0, 0]) == "shed"


def test_a_damaged_vocabulary_is_refused(tmp_path: Path, prepared: Dataset) -> None:
    path = tmp_path / "half.model"
    path.write_bytes(prepared.vocabulary_file.read_bytes()[:100])
    with pytest.raises(CorruptError, match="not a SentencePiece model") as caught:
        Tokenizer.load(path)
    assert "datahall backup list" in caught.value.remedy
    with pytest.raises(CorruptError, match="cannot be read"):
        Tokenizer.load(tmp_path / "none.model")
