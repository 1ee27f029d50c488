"""Corpus scores and their sacreBLEU signatures."""

import pytest

from core.errors import InputError
from core.evaluation.metrics import bleu, score

REFERENCES = ["Hola, ¿cómo estás?", "El gato duerme en la casa.", "Quiero ir a casa."]


def test_perfect_translations_get_perfect_scores() -> None:
    found = score(REFERENCES, REFERENCES)
    assert found.bleu == pytest.approx(100)
    assert found.chrf == pytest.approx(100)
    assert found.ter == 0


def test_worse_translations_get_worse_scores() -> None:
    worse = ["Hola, ¿cómo estás?", "El perro come en la calle.", "Voy."]
    found = score(worse, REFERENCES)
    assert 0 < found.bleu < 80
    assert 0 < found.chrf < 90
    assert found.ter > 20
    assert bleu(worse, REFERENCES) == pytest.approx(found.bleu)


def test_signatures_name_tokenizer_and_version() -> None:
    found = score(REFERENCES, REFERENCES)
    assert "tok:13a" in found.signatures["bleu"]
    assert all("version:" in text for text in found.signatures.values())
    assert set(found.signatures) == {"bleu", "chrf", "ter"}


def test_unusual_text_is_scored() -> None:
    odd = ["", "😀 \" ' \x00 \t", "x" * 5000]
    assert 0 <= score(odd, REFERENCES).bleu < 1


@pytest.mark.parametrize(("hypotheses", "references"), [([], []), (["a"], [])])
def test_an_empty_split_is_an_input_error(hypotheses: list[str], references: list[str]) -> None:
    with pytest.raises(InputError):
        score(hypotheses, references)
