"""The Data page."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.audit import Role
from core.data.prepare import prepare
from core.data.records import Pair
from core.jobs.launcher import JobKind
from core.process.progress import ProgressReport
from tests.clock import FixedClock
from tests.core.jobs.memory import Script
from tests.dashboard.views.conftest import PAIRS, Site, open_tab

Open = Callable[..., AppTest]
TextOf = Callable[[AppTest], str]


def click(page: AppTest, label: str) -> AppTest:
    """Click a button and rerun the page."""
    return next(button for button in page.button if button.label == label).click().run()


def test_without_a_dataset_the_demo_is_offered(open_page: Open) -> None:
    page = open_page("data")
    assert not page.exception
    assert page.info[0].proto.title == "No datasets yet"
    assert "Add the demo corpus" in [button.label for button in page.button]


@pytest.mark.slow
def test_the_demo_corpus_is_added_by_one_button(site: Site, open_page: Open) -> None:
    page = click(open_page("data"), "Add the demo corpus")
    assert not page.exception
    assert site.workspace.datasets.get("demo").pairs >= 30_000
    assert "Add the demo corpus" not in [button.label for button in page.button]


def test_a_dataset_shows_protection_and_examples(
    site: Site, open_page: Open, text_of: TextOf
) -> None:
    site.add_dataset()
    page = open_page("data")
    text = text_of(page)
    assert "not backed up" in text
    assert "I see 2 cats." in text
    assert "Not prepared yet" in text_of(open_tab(page, "dataset-tab", "Cleaning report"))
    assert {"Back up now", "Prepare", "Delete"} <= {button.label for button in page.button}


def test_a_backup_shows_progress_and_disables_buttons(
    site: Site, open_page: Open, text_of: TextOf
) -> None:
    progress = ProgressReport(
        done=5e6, total=1e7, unit="bytes", message="saving", rate=1e6, eta_s=5
    )
    site.launcher.default_script = Script(seconds=60, progress=progress)
    site.add_dataset()
    page = click(open_page("data"), "Back up now")
    assert site.launcher.jobs(kind=JobKind.BACKUP)
    assert "5.0 MB of 10.0 MB" in text_of(page)
    assert next(button for button in page.button if button.label == "Back up now").disabled
    assert page.toast[0].value == "Back up now: job queued"


def test_a_failed_job_shows_its_log_until_dismissed(
    site: Site, open_page: Open, text_of: TextOf
) -> None:
    site.launcher.default_script = Script(returncode=1, lines=("restic: disk full",))
    site.add_dataset()
    page = click(open_page("data"), "Prepare")
    site.clock.advance(1)
    page.run()
    assert "restic: disk full" in text_of(page)
    assert "Dismiss" in [button.label for button in page.button]
    assert "restic: disk full" not in text_of(click(page, "Dismiss"))


def test_the_cancellation_of_a_job_is_in_the_audit_log(site: Site, open_page: Open) -> None:
    site.launcher.default_script = Script(seconds=60)
    site.add_dataset()
    page = click(open_page("data"), "Prepare")
    click(page, "Cancel")
    assert site.workspace.ledger.entries(1)[0].action == "jobs.cancel"


def test_a_prepared_version_shows_what_each_rule_did(
    site: Site, open_page: Open, text_of: TextOf, clock: FixedClock
) -> None:
    dropped = Pair(source="No comment", target="No comment")
    prepare(site.add_dataset(pairs=(*PAIRS, dropped)), vocabulary_size=300, clock=clock)
    page = open_tab(open_page("data"), "dataset-tab", "Cleaning report")
    text = text_of(page)
    assert not page.exception
    assert "59 pairs read, 58 kept" in text
    assert "vocabulary" in text
    assert [expander.label for expander in page.expander] == ["untranslated: examples"]
    assert "No comment" in page.expander[0].table[0].value.to_string()
    [chart] = page.get("echarts_chart")
    assert chart.proto.alt == "Pairs dropped by rule: untranslated 1"
    assert "Prepare" not in [button.label for button in page.button]


def test_importing_a_file_makes_a_version(site: Site, open_page: Open) -> None:
    page = click(open_page("data"), "Import text")
    page.file_uploader[0].upload("pairs.tsv", b"Hello\tHola\nBye\tAdi\xc3\xb3s\n")
    page.text_input(key="import-name").set_value("mine")
    click(page, "Import")
    assert site.workspace.datasets.get("mine").pairs == 2
    assert site.workspace.ledger.entries(1)[0].actor == "ada"


@pytest.mark.parametrize(
    ("name", "file", "content", "expected"),
    [
        ("../evil", "a.tsv", b"a\tb\n", "not a valid name"),
        ("mine", "../../a.tsv", b"\x00\xff\xfe\x01" * 99, ""),
        ("mine", "a.tsv", b"", ""),
        ("mine", "picture.png", b"\x89PNG\r\n\x1a\n", ""),
    ],
)
def test_invalid_input_is_refused_and_stays_in_the_drawer(
    site: Site, open_page: Open, name: str, file: str, content: bytes, expected: str
) -> None:
    page = click(open_page("data"), "Import text")
    page.file_uploader[0].upload(file, content)
    page.text_input(key="import-name").set_value(name)
    click(page, "Import")
    assert not page.exception
    assert expected in page.error[0].value
    assert page.text_input(key="import-name").value == name
    assert site.workspace.datasets.list() == []
    assert [path.name for path in site.workspace.paths.home.glob(".upload-*")] == []


def test_an_import_without_files_is_refused(open_page: Open) -> None:
    page = click(open_page("data"), "Import text")
    page.text_input(key="import-name").set_value("mine")
    click(page, "Import")
    assert "No files were uploaded" in page.error[0].value


def test_deleting_needs_the_name(site: Site, open_page: Open) -> None:
    dataset = site.add_dataset()
    page = click(open_page("data"), "Delete")
    typed = next(
        text_input for text_input in page.text_input if text_input.key.startswith("typed-")
    )
    typed.set_value("dogs")
    click(page, "Delete version")
    assert "Nothing was changed" in page.error[0].value
    assert site.workspace.datasets.list()
    next(item for item in page.text_input if item.key.startswith("typed-")).set_value("cats")
    click(page, "Delete version")
    assert site.workspace.datasets.list() == []
    assert site.workspace.ledger.entries(1)[0].target == f"cats:{dataset.digest}"


def test_a_viewer_cannot_start_jobs(site: Site, open_page: Open) -> None:
    site.launcher.default_script = Script(seconds=60)
    site.add_dataset()
    page = click(open_page("data", role=Role.VIEWER), "Prepare")
    assert "has the role viewer" in page.error[0].value
    assert not site.launcher.jobs()


def test_a_damaged_version_is_reported_and_others_are_listed(site: Site, open_page: Open) -> None:
    dataset = site.add_dataset()
    site.add_dataset("dogs")
    (dataset.folder / "manifest.json").write_text("{", encoding="utf-8")
    page = open_page("data")
    assert "manifest" in page.error[0].value
    assert page.dataframe[0].value["Dataset"].tolist() == ["dogs"]
