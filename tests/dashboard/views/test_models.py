"""The Models page."""

from collections.abc import Callable
from datetime import UTC, datetime

from streamlit.testing.v1 import AppTest

from tests.dashboard.views.conftest import Site

Open = Callable[..., AppTest]
Words = Callable[[AppTest], str]


def press(page: AppTest, label: str) -> AppTest:
    """Click a button and rerun the page."""
    return next(it for it in page.button if it.label == label).click().run()


def test_without_a_model_the_page_shows_the_next_step(open_page: Open, words: Words) -> None:
    page = open_page("models")
    said = words(page)
    assert not page.exception
    assert "No model deployed" in said
    assert page.info[0].proto.title == "No versions yet"
    assert "No model was deployed yet" in said
    assert next(it for it in page.button if it.label == "Promote").disabled


def test_a_version_shows_scores_lineage_and_self_test(
    site: Site, open_page: Open, words: Words
) -> None:
    site.promote(1)
    page = open_page("models")
    said = words(page)
    assert "serving" in said
    assert {it.label: it.value for it in page.metric}["BLEU"] == "81.0"
    assert "self-test passed" in said
    assert "dddddddddddddddd" in said
    assert "Roll back" not in said


def test_a_confirmed_rollback_moves_the_alias(site: Site, open_page: Open, words: Words) -> None:
    site.promote(1)
    site.clock.advance(3600)
    site.promote(2)
    page = press(open_page("models"), "Roll back to version 1")
    assert "en-es:2 back to en-es:1" in words(page)
    press(page, "Roll back")
    assert site.workspace.registry.resolve("production").version == 1
    assert "rolled back to" in words(page)
    assert site.workspace.ledger.entries(1)[0].action == "models.rollback"


def test_a_rollback_to_a_damaged_version_is_refused(site: Site, open_page: Open) -> None:
    site.promote(1)
    site.promote(2)
    (site.workspace.paths.model("en-es", 1) / "card.json").unlink()
    page = press(press(open_page("models"), "Roll back to version 1"), "Roll back")
    assert "cannot be read" in page.error[0].value
    assert site.workspace.registry.resolve("production").version == 2


def test_the_version_deployed_at_a_time_is_shown(site: Site, open_page: Open, words: Words) -> None:
    site.promote(1)
    site.clock.advance(7200)
    site.promote(2)
    site.clock.advance(60)
    page = open_page("models")
    assert "en-es:2 served at" in words(page)
    earlier = datetime.fromtimestamp(site.clock.now() - 3600, UTC).replace(tzinfo=None)
    page.datetime_input(key="served-at").set_value(earlier).run()
    assert "en-es:1 served at" in words(page)
