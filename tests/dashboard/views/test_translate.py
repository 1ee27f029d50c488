"""Translate: server down, no model yet, a translation, a correction, an export."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.inference.translator import Attention, Translation
from core.serving.client import TranslationClient
from dashboard import resources
from tests.dashboard.views.conftest import House, open_tab

Open = Callable[..., AppTest]
Words = Callable[[AppTest], str]
ATTENTION = Attention(
    source_tokens=("▁hi", "</s>"), target_tokens=("▁hola",), weights=((0.9, 0.1),), layer=-1,
    model_version="en-es:1",
)  # fmt: skip


def press(page: AppTest, label: str) -> AppTest:
    """Press a button and draw the page again."""
    return next(it for it in page.button if it.label == label).click().run()


def test_a_server_that_is_down_is_told_calmly(open_page: Open) -> None:
    """With the command that starts it; corrections are still shown."""
    page = open_page("translate")
    assert not page.exception
    assert not page.error
    assert "datahall up" in page.info[0].value
    assert any(it.value == "Corrections" for it in page.header)


@pytest.mark.usefixtures("serving")
def test_without_a_model_the_next_step_is_named(open_page: Open) -> None:
    """Train, then promote: with links."""
    page = open_page("translate")
    assert "Promote a run" in page.info[0].value
    assert {it.label for it in page.page_link} == {"Train a model", "Promote a run"}


@pytest.fixture
def page(house: House, serving: TestClient, open_page: Open) -> AppTest:
    """The page with a model that serves."""
    house.promote(1)
    serving.get("/health")
    for _ in range(100):
        if serving.get("/health").json()["model"]:
            break
    return open_page("translate")


def test_the_example_is_translated_with_one_press(page: AppTest, words: Words) -> None:
    """The greeting stands there already."""
    assert page.text_area(key="translate-text").value == "Hello, how are you?"
    press(page, "Translate")
    assert page.code[0].value == "HELLO, HOW ARE YOU?"
    said = words(page)
    assert "ms" in said
    assert "en-es:1" in said
    said = words(open_tab(page, "translate-tab", "Alternatives"))
    assert "Hello, how are you?" in said


def test_a_correction_is_kept_and_exported(page: AppTest, house: House) -> None:
    """It goes into the database, then into a dataset version."""
    open_tab(press(page, "Translate"), "translate-tab", "Correct it")
    better = next(it for it in page.text_area if it.key.startswith("better-"))
    better.set_value("Hola, ¿cómo estás?")
    press(page, "Keep the correction")
    kept = house.workspace.feedback.list()[0]
    assert (kept.correction, kept.model, kept.actor) == ("Hola, ¿cómo estás?", "en-es:1", "ada")
    assert page.dataframe[0].value["Exported to"].tolist() == ["waiting"]
    press(page, "Export 1 as dataset")
    assert house.workspace.datasets.get("corrections").pairs == 1
    assert house.workspace.feedback.list()[0].exported_digest


def test_a_correction_that_changes_nothing_is_refused(page: AppTest, house: House) -> None:
    """And says why."""
    open_tab(press(page, "Translate"), "translate-tab", "Correct it")
    press(page, "Keep the correction")
    assert "is equal to the translation" in page.error[0].value
    assert house.workspace.feedback.list() == []


@pytest.mark.parametrize("text", ["", " \n ", "x" * 5000, "<b>\u202e![](http://x/y.png)"])
def test_any_text_gives_a_translation_or_a_sentence(page: AppTest, text: str) -> None:
    """Empty, long, hostile."""
    page.text_area(key="translate-text").set_value(text)
    press(page, "Translate")
    assert not page.exception


def test_an_unsure_translation_warns(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, words: Words
) -> None:
    """Below -1 per token."""
    client = resources.translation()

    class Unsure(TranslationClient):
        """A client whose model is unsure."""

        def translate(self, texts: list[str], **options: int) -> list[Translation]:  # type: ignore[override]  # only what the page calls
            """Translate with a low score."""
            return [replace(it, score=-1.7) for it in client.translate(texts, **options)]

        @property
        def languages(self) -> tuple[str, str]:
            """Of the real client."""
            return client.languages

    monkeypatch.setattr(resources, "translation", lambda: Unsure("http://127.0.0.1:1"))
    press(page, "Translate")
    assert page.warning[0].proto.title == "Low confidence"
    assert "unsure" in words(page)


def test_attention_is_drawn_on_demand(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A heat map, and its news in words."""
    press(page, "Translate")
    assert not page.get("plotly_chart")
    monkeypatch.setattr(TranslationClient, "attention", lambda *_: ATTENTION)
    press(page, "Show attention")
    assert page.get("plotly_chart")
    assert any("looks at" in it.value for it in page.markdown)


def test_attention_that_cannot_be_shown_says_why(page: AppTest) -> None:
    """PyTorch may not be installed."""
    press(page, "Translate")
    press(page, "Show attention")
    assert not page.exception
    assert page.error
