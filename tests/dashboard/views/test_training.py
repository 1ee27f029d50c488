"""The Training page."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.records import RunView, TrainRequest
from core.actions.training import request_run
from core.audit import Actor
from core.checkpoints.catalog import BEST, write_pointer
from core.checkpoints.manifest import write_manifest
from core.jobs.launcher import JobKind, JobState
from core.process.progress import ProgressReport
from core.runs.records import MetricPoint, TranslationSample
from core.scores import Scores
from tests.core.jobs.memory import Script
from tests.dashboard.views.conftest import Site, open_tab

Open = Callable[..., AppTest]
TextOf = Callable[[AppTest], str]


def click(page: AppTest, label: str) -> AppTest:
    """Click a button and rerun the page."""
    return next(button for button in page.button if button.label == label).click().run()


def start(site: Site, admin: Actor, name: str = "demo-1") -> RunView:
    """Request a run without a backup, with some metrics."""
    site.add_dataset()
    request = TrainRequest(dataset="cats", name=name, skip_backup=True, reason="a *test*")
    view = request_run(site.workspace, admin, request)
    site.workspace.runs.set_planned_steps(view.run.id, 800)
    points = [
        MetricPoint(metric=metric, step=step, value=value, wall_time=float(step))
        for metric, value in (("train_loss", 2.913), ("valid_loss", 3.1))
        for step in (1, 320)
    ]
    site.workspace.runs.log(view.run.id, points)
    return view


@pytest.fixture
def long_jobs(site: Site) -> None:
    """Jobs run for an hour and report progress."""
    progress = ProgressReport(
        done=320, total=800, unit="steps", message="training", rate=6.0, eta_s=80
    )
    site.launcher.default_script = Script(seconds=3600, progress=progress)


def test_without_runs_the_page_shows_how_to_start_one(open_page: Open) -> None:
    page = open_page("training")
    assert not page.exception
    assert page.info[0].proto.title == "No runs yet"
    assert [button.label for button in page.button] == ["New training run"]


def test_the_drawer_offers_the_demo_when_there_is_no_data(open_page: Open) -> None:
    page = click(open_page("training"), "New training run")
    assert any(info.proto.title == "No dataset yet" for info in page.info)
    assert "Add the demo corpus" in [button.label for button in page.button]
    assert "Add the demo corpus" not in [item.label for item in click(page, "Cancel").button]


def test_the_drawer_plans_a_backup_first(site: Site, open_page: Open, text_of: TextOf) -> None:
    site.add_dataset()
    page = click(open_page("training"), "New training run")
    text = text_of(page)
    assert any(info.proto.title == "Not backed up" for info in page.info)
    assert "1. Back up the dataset" in text
    assert "Back up and start" in text
    assert "parameters" in text
    assert page.text_input(key="new-run-name-cats-demo").value == "cats-demo-1"


@pytest.mark.usefixtures("long_jobs")
def test_a_started_run_waits_for_its_backup(site: Site, open_page: Open, text_of: TextOf) -> None:
    site.add_dataset()
    page = click(open_page("training"), "New training run")
    page.number_input(key="new-run-steps-demo").set_value(50).run()
    click(page, "Back up and start")
    assert not page.exception
    training = site.launcher.jobs(kind=JobKind.TRAINING)[0]
    backup = site.launcher.jobs(kind=JobKind.BACKUP)[0]
    run = site.workspace.runs.list()[0]
    assert training.spec.after == backup.id
    assert training.state is JobState.QUEUED
    assert run.spec.config["train"]["steps"] == 50
    text = text_of(page)
    assert "Back up dataset cats" in text
    assert "queued" in text
    assert page.toast[0].value == "Run cats\\-demo\\-1 requested"


@pytest.mark.usefixtures("long_jobs")
def test_skipping_the_backup_needs_a_reason(site: Site, open_page: Open, text_of: TextOf) -> None:
    site.add_dataset()
    page = click(open_page("training"), "New training run")
    page.checkbox(key="new-run-skip").check().run()
    click(page, "Start without backup")
    assert "needs a reason" in page.error[0].value
    assert not site.workspace.runs.list()
    page.text_input(key="new-run-reason").set_value("only a trial").run()
    click(page, "Start without backup")
    assert site.workspace.runs.list()[0].spec.waiver == "only a trial"
    assert "no backup" in text_of(page)
    assert "gate.waive" in [entry.action for entry in site.workspace.ledger.entries()]


@pytest.mark.parametrize("name", ["Bad Name", "../x", "", "a" * 30 + "!"])
def test_an_invalid_name_is_refused_in_the_drawer(site: Site, open_page: Open, name: str) -> None:
    site.add_dataset()
    page = click(open_page("training"), "New training run")
    page.text_input(key="new-run-name-cats-demo").set_value(name).run()
    click(page, "Back up and start")
    if name:
        assert "not a valid name for a run" in page.error[0].value
    else:
        assert site.workspace.runs.list()[0].spec.name == "cats-demo-1"


def test_the_label_of_a_large_preset_mentions_the_gpu(site: Site, open_page: Open) -> None:
    site.add_dataset()
    page = click(open_page("training"), "New training run")
    page.selectbox(key="new-run-preset").select("base").run()
    assert not page.exception
    assert "needs a GPU" in str(page.selectbox(key="new-run-preset").options)


@pytest.mark.usefixtures("long_jobs")
def test_a_running_run_shows_progress_waiver_and_details(
    site: Site, open_page: Open, text_of: TextOf, admin: Actor
) -> None:
    start(site, admin)
    page = open_page("training")
    table = page.dataframe[0].value
    assert [list(item) for item in table["State"]] == [["running"]]
    assert table["Step"].tolist() == ["320 / 800"]
    assert page.get("bidi_component")
    text = text_of(page)
    assert "no backup" in text
    assert "Stop" in text
    assert "Resume" not in [button.label for button in page.button]
    assert "loss 2.91" in text
    assert "none; reason: a *test*" in text_of(open_tab(page, "run-tab", "Details"))


@pytest.mark.usefixtures("long_jobs")
def test_a_stop_is_confirmed_first(site: Site, open_page: Open, admin: Actor) -> None:
    start(site, admin)
    page = click(open_page("training"), "Stop")
    click(page, "Cancel")
    assert site.launcher.jobs()[0].state is JobState.RUNNING
    click(click(page, "Stop"), "Stop run")
    assert site.launcher.jobs()[0].state in (JobState.STOPPING, JobState.STOPPED)


def test_a_crashed_run_shows_its_log_and_can_be_resumed(
    site: Site, open_page: Open, text_of: TextOf, admin: Actor
) -> None:
    site.launcher.default_script = Script(returncode=-9, lines=("step 320 loss 2.9",))
    start(site, admin)
    site.clock.advance(1)
    page = open_page("training")
    text = text_of(page)
    assert "crashed" in text
    assert "no checkpoint" in text
    assert "step 320 loss 2.9" in text_of(open_tab(page, "run-tab", "Log"))
    assert "No attempts yet" in text_of(open_tab(page, "run-tab", "Checkpoints"))
    site.launcher.default_script = Script(seconds=3600)
    click(click(page, "Resume"), "Resume run")
    assert site.launcher.jobs()[0].state is JobState.RUNNING


def test_a_completed_run_shows_scores_and_translations(
    site: Site, open_page: Open, text_of: TextOf, admin: Actor
) -> None:
    view = start(site, admin)
    site.clock.advance(1)
    site.workspace.runs.set_scores(
        view.run.id, Scores(bleu=83.4, chrf=91.2, signatures={"bleu": "nrefs:1"})
    )
    sample = TranslationSample(
        split="test", step=800, position=0, source="Hello, how are you?",
        hypothesis="Hola, ¿cómo estás?", reference="Hola, ¿cómo estás?",
    )  # fmt: skip
    site.workspace.runs.log_samples(
        view.run.id, [sample, replace(sample, position=1, source="<b>")]
    )
    page = open_tab(open_page("training"), "run-tab", "Translations")
    text = text_of(page)
    assert {metric.label: metric.value for metric in page.metric}["BLEU"] == "83.4"
    assert "nrefs:1" in text
    assert "¿cómo estás?" in text
    assert "2 of 2 samples equal the reference" in text


def test_deleting_a_run_needs_its_name(site: Site, open_page: Open, admin: Actor) -> None:
    start(site, admin)
    site.clock.advance(1)
    page = click(open_page("training"), "Delete")
    next(
        text_input for text_input in page.text_input if text_input.key.startswith("typed-")
    ).set_value("demo-1")
    click(page, "Delete run")
    assert not page.exception
    assert site.workspace.runs.list() == []


def test_a_run_without_a_checkpoint_has_no_promote_button(
    site: Site, open_page: Open, admin: Actor
) -> None:
    start(site, admin)
    site.clock.advance(1)
    assert "Promote" not in [button.label for button in open_page("training").button]


@pytest.mark.usefixtures("long_jobs")
def test_promoting_a_fallback_checkpoint_needs_consent(
    site: Site, open_page: Open, text_of: TextOf, admin: Actor
) -> None:
    root = site.workspace.paths.checkpoints(start(site, admin).run.id)
    for step in (20, 30):
        folder = root / f"step_{step:08d}"
        folder.mkdir(parents=True)
        write_manifest(folder, step=step, created_at=1.0, config_digest="c", scores=Scores())
    write_pointer(root, BEST, root / "step_00000030")
    (root / "step_00000030" / "MANIFEST.json").write_bytes(b"")
    page = click(open_page("training"), "Promote")
    assert "step_00000030, is damaged" in text_of(page)
    [consent] = [checkbox for checkbox in page.checkbox if checkbox.key.startswith("consent-")]
    assert consent.label == "Use the checkpoint of step 20"
    click(page, "Promote run")
    assert "Select the check box" in page.error[0].value
    assert not site.launcher.jobs(kind=JobKind.PROMOTE)
    next(item for item in page.checkbox if item.key.startswith("consent-")).check()
    click(page, "Promote run")
    [job] = site.launcher.jobs(kind=JobKind.PROMOTE)
    assert "--allow-fallback" in job.spec.argv


@pytest.mark.usefixtures("long_jobs")
def test_two_runs_can_be_compared(site: Site, open_page: Open, admin: Actor) -> None:
    start(site, admin, "one")
    start(site, admin, "two")
    page = open_tab(open_page("training"), "run-tab", "Compare")
    page.multiselect(key="compare-beside").select("one").run()
    assert not page.exception
    assert "two" in page.dataframe[-1].value.columns


@pytest.mark.usefixtures("long_jobs")
def test_the_log_can_be_searched(site: Site, open_page: Open, admin: Actor) -> None:
    site.launcher.default_script = Script(seconds=3600, lines=("step 1", "WARNING slow", "step 2"))
    start(site, admin)
    site.clock.advance(1)
    page = open_tab(open_page("training"), "run-tab", "Log")
    page.text_input(key="log-search").set_value("warning").run()
    assert [code.value for code in page.code] == ["WARNING slow"]
