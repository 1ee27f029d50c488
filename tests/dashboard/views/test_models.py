"""The Models page."""

from collections.abc import Callable
from datetime import UTC, datetime

from streamlit.testing.v1 import AppTest

from core.actions.records import TrainRequest
from core.actions.training import request_run
from core.audit import Actor
from core.checkpoints.manifest import write_manifest
from core.jobs.launcher import JobKind
from core.runs.records import MetricPoint
from core.scores import Metric, Scores
from tests.core.jobs.memory import Script
from tests.dashboard.views.conftest import Site

Open = Callable[..., AppTest]
TextOf = Callable[[AppTest], str]


def click(page: AppTest, label: str) -> AppTest:
    """Click a button and rerun the page."""
    return next(button for button in page.button if button.label == label).click().run()


def test_without_a_model_the_page_shows_the_next_step(open_page: Open, text_of: TextOf) -> None:
    page = open_page("models")
    text = text_of(page)
    assert not page.exception
    assert "No model deployed" in text
    assert page.info[0].proto.title == "No versions yet"
    assert "No model was deployed yet" in text
    assert next(button for button in page.button if button.label == "Promote").disabled


def test_a_version_shows_scores_lineage_and_self_test(
    site: Site, open_page: Open, text_of: TextOf
) -> None:
    site.promote(1)
    page = open_page("models")
    text = text_of(page)
    assert "serving" in text
    assert {metric.label: metric.value for metric in page.metric}["BLEU"] == "81.0"
    assert "self-test passed" in text
    assert "dddddddddddddddd" in text
    assert "Roll back" not in text


def test_a_confirmed_rollback_moves_the_alias(site: Site, open_page: Open, text_of: TextOf) -> None:
    site.promote(1)
    site.clock.advance(3600)
    site.promote(2)
    page = click(open_page("models"), "Roll back to version 1")
    assert "en-es:2 back to en-es:1" in text_of(page)
    click(page, "Roll back")
    assert site.workspace.registry.resolve("production").version == 1
    assert "rolled back to" in text_of(page)
    assert site.workspace.ledger.entries(1)[0].action == "models.rollback"


def test_a_rollback_to_a_damaged_version_is_refused(site: Site, open_page: Open) -> None:
    site.promote(1)
    site.promote(2)
    (site.workspace.paths.model("en-es", 1) / "card.json").unlink()
    page = click(click(open_page("models"), "Roll back to version 1"), "Roll back")
    assert "cannot be read" in page.error[0].value
    assert site.workspace.registry.resolve("production").version == 2


def test_the_version_deployed_at_a_time_is_shown(
    site: Site, open_page: Open, text_of: TextOf
) -> None:
    site.promote(1)
    site.clock.advance(7200)
    site.promote(2)
    site.clock.advance(60)
    page = open_page("models")
    assert "en-es:2 served at" in text_of(page)
    earlier = datetime.fromtimestamp(site.clock.now() - 3600, UTC).replace(tzinfo=None)
    page.datetime_input(key="served-at").set_value(earlier).run()
    assert "en-es:1 served at" in text_of(page)


def test_a_promotion_is_confirmed_first(site: Site, open_page: Open, admin: Actor) -> None:
    site.add_dataset()
    site.launcher.default_script = Script(seconds=3600)
    request = TrainRequest(dataset="cats", name="demo-1", skip_backup=True, reason="a test")
    run = request_run(site.workspace, admin, request).run
    point = MetricPoint(metric=Metric.TRAIN_LOSS, step=20, value=2.0, wall_time=0.0)
    site.workspace.runs.log(run.id, [point])
    folder = site.workspace.paths.checkpoints(run.id) / "step_00000020"
    folder.mkdir(parents=True)
    write_manifest(folder, step=20, created_at=1.0, config_digest="c", scores=Scores())
    page = open_page("models")
    page.text_input(key="promote-reason").set_value("better BLEU")
    click(page, "Promote")
    assert not site.launcher.jobs(kind=JobKind.PROMOTE)
    click(page, "Promote run")
    assert not page.exception
    [job] = site.launcher.jobs(kind=JobKind.PROMOTE)
    assert "--reason=better BLEU" in job.spec.argv
