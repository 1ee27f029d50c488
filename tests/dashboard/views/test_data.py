"""Data: no dataset, the demo, import with its errors, jobs, reports, deletion."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.audit import Role
from core.clock import FixedClock
from core.data.prepare import prepare
from core.data.records import Pair
from core.jobs.launcher import JobKind
from core.jobs.memory import Script
from core.process.progress import ProgressReport
from tests.dashboard.views.conftest import PAIRS, House, open_tab

Open = Callable[..., AppTest]
Words = Callable[[AppTest], str]


def button(page: AppTest, label: str) -> AppTest:
    """Press a button and draw the page again."""
    return next(it for it in page.button if it.label == label).click().run()


def test_without_a_dataset_the_demo_is_offered(open_page: Open) -> None:
    """One button."""
    page = open_page("data")
    assert not page.exception
    assert page.info[0].proto.title == "No datasets yet"
    assert "Add the demo corpus" in [it.label for it in page.button]


@pytest.mark.slow
def test_the_demo_corpus_is_one_button(house: House, open_page: Open) -> None:
    """Generated here, in seconds; the button is gone afterwards."""
    page = button(open_page("data"), "Add the demo corpus")
    assert not page.exception
    assert house.workspace.datasets.get("demo").pairs >= 30_000
    assert "Add the demo corpus" not in [it.label for it in page.button]


def test_a_dataset_shows_protection_and_examples(
    house: House, open_page: Open, words: Words
) -> None:
    """Not backed up is amber and has a button."""
    house.add_dataset()
    page = open_page("data")
    said = words(page)
    assert "not backed up" in said
    assert "I see 2 cats." in said
    assert "Not prepared yet" in words(open_tab(page, "dataset-tab", "Cleaning report"))
    assert {"Back up now", "Prepare", "Delete"} <= {it.label for it in page.button}


def test_backing_up_is_a_job_with_progress(house: House, open_page: Open, words: Words) -> None:
    """The buttons wait until it is over."""
    told = ProgressReport(done=5e6, total=1e7, unit="bytes", message="saving", rate=1e6, eta_s=5)
    house.launcher.otherwise = Script(seconds=60, progress=told)
    house.add_dataset()
    page = button(open_page("data"), "Back up now")
    assert house.launcher.jobs(kind=JobKind.BACKUP)
    assert "5.0 MB of 10.0 MB" in words(page)
    assert next(it for it in page.button if it.label == "Back up now").disabled
    assert page.toast[0].value == "Back up now: queued"


def test_a_failed_job_shows_its_log_until_dismissed(
    house: House, open_page: Open, words: Words
) -> None:
    """With the last lines that it printed."""
    house.launcher.otherwise = Script(returncode=1, lines=("restic: disk full",))
    house.add_dataset()
    page = button(open_page("data"), "Prepare")
    house.clock.advance(1)
    page.run()
    assert "restic: disk full" in words(page)
    assert "Dismiss" in [it.label for it in page.button]
    assert "restic: disk full" not in words(button(page, "Dismiss"))


def test_cancelling_a_job_is_audited(house: House, open_page: Open) -> None:
    """It stops, and the ledger says who asked."""
    house.launcher.otherwise = Script(seconds=60)
    house.add_dataset()
    page = button(open_page("data"), "Prepare")
    button(page, "Cancel")
    assert house.workspace.ledger.entries(1)[0].action == "jobs.cancel"


def test_a_prepared_version_shows_what_each_rule_did(
    house: House, open_page: Open, words: Words, clock: FixedClock
) -> None:
    """Counts, splits, vocabulary; what was dropped as a chart and with examples."""
    dropped = Pair(source="No comment", target="No comment")
    prepare(house.add_dataset(pairs=(*PAIRS, dropped)), vocabulary_size=300, clock=clock)
    page = open_tab(open_page("data"), "dataset-tab", "Cleaning report")
    said = words(page)
    assert not page.exception
    assert "59 pairs in, 58 kept" in said
    assert "vocabulary" in said
    assert [it.label for it in page.expander] == ["untranslated: examples"]
    assert "No comment" in page.expander[0].table[0].value.to_string()
    [chart] = page.get("echarts_chart")
    assert chart.proto.alt == "Pairs dropped by rule: untranslated 1"
    assert "Prepare" not in [it.label for it in page.button]


def test_importing_a_file_makes_a_version(house: House, open_page: Open) -> None:
    """The drawer closes and the new version is shown."""
    page = button(open_page("data"), "Import text")
    page.file_uploader[0].upload("pairs.tsv", b"Hello\tHola\nBye\tAdi\xc3\xb3s\n")
    page.text_input(key="import-name").set_value("mine")
    button(page, "Import")
    assert house.workspace.datasets.get("mine").pairs == 2
    assert house.workspace.ledger.entries(1)[0].actor == "ada"


@pytest.mark.parametrize(
    ("name", "file", "content", "told"),
    [
        ("../evil", "a.tsv", b"a\tb\n", "not a valid name"),
        ("mine", "../../a.tsv", b"\x00\xff\xfe\x01" * 99, ""),
        ("mine", "a.tsv", b"", ""),
        ("mine", "picture.png", b"\x89PNG\r\n\x1a\n", ""),
    ],
)
def test_hostile_input_is_refused_and_loses_nothing(
    house: House, open_page: Open, name: str, file: str, content: bytes, told: str
) -> None:
    """The drawer stays open with what was typed, and says why."""
    page = button(open_page("data"), "Import text")
    page.file_uploader[0].upload(file, content)
    page.text_input(key="import-name").set_value(name)
    button(page, "Import")
    assert not page.exception
    assert told in page.error[0].value
    assert page.text_input(key="import-name").value == name
    assert house.workspace.datasets.list() == []
    assert [it.name for it in house.workspace.paths.home.glob(".upload-*")] == []


def test_importing_nothing_says_what_to_choose(open_page: Open) -> None:
    """No traceback."""
    page = button(open_page("data"), "Import text")
    page.text_input(key="import-name").set_value("mine")
    button(page, "Import")
    assert "No files were uploaded" in page.error[0].value


def test_deleting_needs_the_name(house: House, open_page: Open) -> None:
    """A wrong name changes nothing; the right one deletes."""
    dataset = house.add_dataset()
    page = button(open_page("data"), "Delete")
    typed = next(it for it in page.text_input if it.key.startswith("typed-"))
    typed.set_value("dogs")
    button(page, "Delete it")
    assert "Nothing was changed" in page.error[0].value
    assert house.workspace.datasets.list()
    next(it for it in page.text_input if it.key.startswith("typed-")).set_value("cats")
    button(page, "Delete it")
    assert house.workspace.datasets.list() == []
    assert house.workspace.ledger.entries(1)[0].target == f"cats:{dataset.digest}"


def test_a_viewer_may_look_but_not_act(house: House, open_page: Open) -> None:
    """The refusal is shown and audited."""
    house.launcher.otherwise = Script(seconds=60)
    house.add_dataset()
    page = button(open_page("data", role=Role.VIEWER), "Prepare")
    assert "has the role viewer" in page.error[0].value
    assert not house.launcher.jobs()


def test_a_damaged_version_is_told(house: House, open_page: Open) -> None:
    """Its manifest cannot be read; the others are listed all the same."""
    dataset = house.add_dataset()
    house.add_dataset("dogs")
    (dataset.folder / "manifest.json").write_text("{", encoding="utf-8")
    page = open_page("data")
    assert "manifest" in page.error[0].value
    assert page.dataframe[0].value["Dataset"].tolist() == ["dogs"]
