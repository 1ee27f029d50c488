"""Translations, attention and corrections."""

from dataclasses import replace
from datetime import UTC

from core.feedback.store import Correction
from core.inference.translator import Alternative, Attention, Translation
from dashboard.viewmodels.translate import attention_map, correction_table, translation_summary

HELLO = Translation(
    source="Hello, how are you?",
    text="Hola, ¿cómo estás?",
    score=-0.12,
    alternatives=(
        Alternative(text="Hola, ¿cómo estás?", score=-0.12),
        Alternative(text="Hola, ¿cómo está?", score=-0.9),
    ),
    model_version="demo:1",
    milliseconds=12.4,
)
ATTENTION = Attention(
    source_tokens=("▁the", "▁the", "</s>"),
    target_tokens=("▁el", "▁el"),
    weights=((0.7, 0.2, 0.1), (0.1, 0.8, 0.1)),
    layer=-1,
    model_version="demo:1",
)


def test_a_high_score_has_no_warning() -> None:
    page = translation_summary(HELLO)
    assert page.sentence == ("12 ms · mean token probability 89 % (log-probability -0.12) · demo:1")
    assert page.warning == ""
    assert page.alternatives == [("Hola, ¿cómo está?", "-0.90")]


def test_a_low_score_has_a_warning() -> None:
    assert "Check this translation" in translation_summary(replace(HELLO, score=-1.2)).warning
    assert translation_summary(replace(HELLO, score=-1.0)).warning == ""


def test_an_empty_translation_has_no_warning() -> None:
    assert translation_summary(replace(HELLO, text="", score=-9.0)).warning == ""


def test_repeated_tokens_have_rows_and_columns_of_their_own() -> None:
    shown = attention_map(ATTENTION)
    assert list(shown.columns) == ["1 the", "2 the", "3 (end)"]
    assert list(shown.rows) == ["1 el", "2 el"]
    assert shown.sentence == "Largest weight of each token: el → the · el → the"


def test_an_empty_text_has_no_tokens() -> None:
    empty = replace(ATTENTION, source_tokens=(), target_tokens=(), weights=())
    assert attention_map(empty).sentence == "No tokens"


def test_corrections_show_the_dataset_they_were_exported_to() -> None:
    entry = Correction(
        id="c", time=0.0, source_language="en", target_language="es", source="Hi",
        hypothesis="Ho", correction="Hola", model="demo:1", actor="ada",
    )  # fmt: skip
    table = correction_table([entry, replace(entry, exported_digest="e" * 64)], 60.0, UTC)
    assert [row[-1] for row in table.rows] == ["not exported", "eeeeeeee"]
    assert table.rows[0][:5] == ("1970-01-01 00:00:00 (1 min ago)", "ada", "Hi", "Ho", "Hola")
    (suggested,) = correction_table([replace(entry, hypothesis="")], 60.0, UTC).rows
    assert suggested[3] == "not recorded"
