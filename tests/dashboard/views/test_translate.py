"""The Translate page."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.inference.translator import Attention, Translation
from core.serving.client import TranslationClient
from dashboard import resources
from tests.dashboard.views.conftest import Site, open_tab

Open = Callable[..., AppTest]
TextOf = Callable[[AppTest], str]
ATTENTION = Attention(
    source_tokens=("▁hi", "</s>"), target_tokens=("▁hola",), weights=((0.9, 0.1),), layer=-1,
    model_version="en-es:1",
)  # fmt: skip


def click(page: AppTest, label: str) -> AppTest:
    """Click a button and rerun the page."""
    return next(button for button in page.button if button.label == label).click().run()


def test_a_server_that_is_down_is_not_an_error(open_page: Open) -> None:
    page = open_page("translate")
    assert not page.exception
    assert not page.error
    assert "datahall up" in page.info[0].value
    assert any(header.value == "Corrections" for header in page.header)


@pytest.mark.usefixtures("serving")
def test_without_a_model_the_page_links_to_the_next_steps(open_page: Open) -> None:
    page = open_page("translate")
    assert "Promote a run" in page.info[0].value
    assert {page_link.label for page_link in page.page_link} == {"Train a model", "Promote a run"}


@pytest.fixture
def page(site: Site, serving: TestClient, open_page: Open) -> AppTest:
    """The page with a model that serves."""
    site.promote(1)
    serving.get("/health")
    for _ in range(100):
        if serving.get("/health").json()["model"]:
            break
    return open_page("translate")


def test_the_example_is_translated_by_one_click(page: AppTest, text_of: TextOf) -> None:
    assert page.text_area(key="translate-text").value == "Hello, how are you?"
    click(page, "Translate")
    assert page.code[0].value == "HELLO, HOW ARE YOU?"
    text = text_of(page)
    assert "ms" in text
    assert "en-es:1" in text
    text = text_of(open_tab(page, "translate-tab", "Alternatives"))
    assert "Hello, how are you?" in text


def test_a_correction_is_saved_and_exported(page: AppTest, site: Site) -> None:
    open_tab(click(page, "Translate"), "translate-tab", "Suggest a correction")
    better = next(
        text_area for text_area in page.text_area if text_area.key.startswith("correction-")
    )
    better.set_value("Hola, ¿cómo estás?")
    click(page, "Save")
    kept = site.workspace.feedback.list()[0]
    assert (kept.correction, kept.model, kept.actor) == ("Hola, ¿cómo estás?", "en-es:1", "ada")
    assert page.dataframe[0].value["Exported to"].tolist() == ["not exported"]
    click(page, "Export 1 correction")
    assert site.workspace.datasets.get("corrections").pairs == 1
    assert site.workspace.feedback.list()[0].exported_digest


def test_a_correction_that_changes_nothing_is_refused(page: AppTest, site: Site) -> None:
    open_tab(click(page, "Translate"), "translate-tab", "Suggest a correction")
    click(page, "Save")
    assert "is equal to the translation" in page.error[0].value
    assert site.workspace.feedback.list() == []


@pytest.mark.parametrize("text", ["", " \n ", "x" * 5000, "<b>\u202e![](http://x/y.png)"])
def test_any_text_can_be_submitted(page: AppTest, text: str) -> None:
    page.text_area(key="translate-text").set_value(text)
    click(page, "Translate")
    assert not page.exception


def test_a_low_score_is_a_warning(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, text_of: TextOf
) -> None:
    client = resources.translation()

    class Unsure(TranslationClient):
        """A client whose model is unsure."""

        def translate(self, texts: list[str], **options: int) -> list[Translation]:  # type: ignore[override]  # only what the page calls
            """Translate with a low score."""
            return [replace(item, score=-1.7) for item in client.translate(texts, **options)]

        @property
        def languages(self) -> tuple[str, str]:
            """Of the real client."""
            return client.languages

    monkeypatch.setattr(resources, "translation", lambda: Unsure("http://127.0.0.1:1"))
    click(page, "Translate")
    assert page.warning[0].proto.title == "Low confidence"
    assert "Check this translation" in text_of(page)


def test_attention_is_drawn_on_demand(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    click(page, "Translate")
    assert not page.get("plotly_chart")
    monkeypatch.setattr(TranslationClient, "attention", lambda *_: ATTENTION)
    click(page, "Show attention")
    [chart] = page.get("plotly_chart")
    layout = json.loads(chart.proto.spec)["layout"]
    assert {layout[axis]["type"] for axis in ("xaxis", "yaxis")} == {"category"}
    assert any("Largest weight" in markdown.value for markdown in page.markdown)


def test_missing_attention_is_an_error_message(page: AppTest) -> None:
    click(page, "Translate")
    click(page, "Show attention")
    assert not page.exception
    assert page.error
