"""Models: none yet, one that serves, the way back, and what served when."""

from collections.abc import Callable
from datetime import UTC, datetime

from streamlit.testing.v1 import AppTest

from tests.dashboard.views.conftest import House

Open = Callable[..., AppTest]
Words = Callable[[AppTest], str]


def press(page: AppTest, label: str) -> AppTest:
    """Press a button and draw the page again."""
    return next(it for it in page.button if it.label == label).click().run()


def test_without_a_model_the_next_step_is_named(open_page: Open, words: Words) -> None:
    """Train, then promote."""
    page = open_page("models")
    said = words(page)
    assert not page.exception
    assert "Nothing serves yet" in said
    assert page.info[0].proto.title == "No versions yet"
    assert "nothing has served" in said
    assert next(it for it in page.button if it.label == "Promote").disabled


def test_a_version_shows_scores_lineage_and_self_test(
    house: House, open_page: Open, words: Words
) -> None:
    """Everything that it was made of."""
    house.promote(1)
    page = open_page("models")
    said = words(page)
    assert "serving" in said
    assert {it.label: it.value for it in page.metric}["BLEU"] == "81.0"
    assert "self-test passed" in said
    assert "dddddddddddddddd" in said
    assert "Roll back" not in said


def test_rolling_back_asks_and_moves_the_alias(house: House, open_page: Open, words: Words) -> None:
    """Back to the version before, with an event in the history."""
    house.promote(1)
    house.clock.advance(3600)
    house.promote(2)
    page = press(open_page("models"), "Roll back to 1")
    assert "en-es:2 back to en-es:1" in words(page)
    press(page, "Roll back")
    assert house.workspace.registry.resolve("production").version == 1
    assert "rolled back" in words(page)
    assert house.workspace.ledger.entries(1)[0].action == "models.rollback"


def test_rolling_back_to_damaged_files_is_refused_in_the_dialog(
    house: House, open_page: Open
) -> None:
    """The alias stays, and the reason is told."""
    house.promote(1)
    house.promote(2)
    (house.workspace.paths.model("en-es", 1) / "card.json").unlink()
    page = press(press(open_page("models"), "Roll back to 1"), "Roll back")
    assert "cannot be read" in page.error[0].value
    assert house.workspace.registry.resolve("production").version == 2


def test_the_page_answers_what_served_when(house: House, open_page: Open, words: Words) -> None:
    """For any minute."""
    house.promote(1)
    house.clock.advance(7200)
    house.promote(2)
    house.clock.advance(60)
    page = open_page("models")
    assert "en-es:2 served at" in words(page)
    earlier = datetime.fromtimestamp(house.clock.now() - 3600, UTC).replace(tzinfo=None)
    page.datetime_input(key="served-at").set_value(earlier).run()
    assert "en-es:1 served at" in words(page)
