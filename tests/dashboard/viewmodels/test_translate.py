"""A translation tells how sure the model is, and where it looked."""

from dataclasses import replace
from datetime import UTC

from core.feedback.store import Correction
from core.inference.translator import Alternative, Attention, Translation
from dashboard.viewmodels.translate import correction_table, heat_map, translation_page

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


def test_a_sure_translation_has_no_warning() -> None:
    """Milliseconds, score and version in one line; the chosen text is no alternative."""
    page = translation_page(HELLO)
    assert page.sentence == "12 ms · score -0.12 (89 % per token) · demo:1"
    assert page.warning == ""
    assert page.alternatives == [("Hola, ¿cómo está?", "-0.90")]


def test_an_unsure_translation_warns() -> None:
    """Below -1.0 each token was less likely than e^-1."""
    assert "unsure" in translation_page(replace(HELLO, score=-1.2)).warning
    assert translation_page(replace(HELLO, score=-1.0)).warning == ""


def test_an_empty_translation_warns_of_nothing() -> None:
    """Empty text has no score to judge."""
    assert translation_page(replace(HELLO, text="", score=-9.0)).warning == ""


def test_repeated_tokens_keep_a_row_and_column_each() -> None:
    """Otherwise a chart would merge them."""
    shown = heat_map(ATTENTION)
    assert list(shown.columns) == ["1 the", "2 the", "3 (end)"]
    assert list(shown.rows) == ["1 el", "2 el"]
    assert shown.sentence == "“el” looks at “the”, “el” looks at “the”"


def test_no_tokens_can_be_drawn() -> None:
    """Empty text."""
    empty = replace(ATTENTION, source_tokens=(), target_tokens=(), weights=())
    assert heat_map(empty).sentence == "no tokens"


def test_corrections_say_where_they_went() -> None:
    """Waiting, or the dataset version."""
    entry = Correction(
        id="c", time=0.0, source_language="en", target_language="es", source="Hi",
        hypothesis="Ho", correction="Hola", model="demo:1", actor="ada",
    )  # fmt: skip
    table = correction_table([entry, replace(entry, exported_digest="e" * 64)], UTC)
    assert [row[-1] for row in table.rows] == ["waiting", "eeeeeeee"]
    assert table.rows[0][:5] == ("1970-01-01 00:00:00", "ada", "Hi", "Ho", "Hola")
    (suggested,) = correction_table([replace(entry, hypothesis="")], UTC).rows
    assert suggested[3] == "was not asked"
