"""The Devices page."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from monitors.collector import CollectorReport, ProcessReading
from monitors.collectors.demo import DemoCollector
from tests.clock import FixedClock
from tests.dashboard.views.conftest import Site

Open = Callable[..., AppTest]
TextOf = Callable[[AppTest], str]
HOST = {
    ("cpu_busy_ratio", ""): 0.3,
    ("cpu_busy_ratio", "cpu0"): 0.5,
    ("memory_used_bytes", ""): 4e9,
    ("memory_total_bytes", ""): 16e9,
    ("disk_total_bytes", "/"): 100e9,
    ("disk_used_bytes", "/"): 50e9,
    ("disk_available_bytes", "/"): 50e9,
    ("disk_read_bytes_per_second", "sda"): 1e6,
    ("network_receive_bytes_per_second", "eth0"): 1e6,
}
PROCESS = ProcessReading(
    pid=42, create_time=0.0, user="ada", command="python [x](y) | z", cpu_ratio=0.5,
    memory_bytes=10**9,
)  # fmt: skip


def show(page: AppTest, kind: str) -> AppTest:
    """Choose a kind of hardware."""
    chosen = next(
        segmented_control
        for segmented_control in page.segmented_control
        if segmented_control.key == "kind"
    )
    return chosen.set_value(kind).run()


def test_the_page_shows_that_there_is_no_sample_yet(open_page: Open, text_of: TextOf) -> None:
    page = open_page("devices")
    assert not page.exception
    assert "stores its first sample" in text_of(page)


def test_the_page_shows_the_reason_for_missing_gpus(
    site: Site, open_page: Open, text_of: TextOf
) -> None:
    site.sample(HOST)
    page = open_page("devices")
    assert 'run "datahall up --demo"' in text_of(page)


def test_eight_simulated_gpus_have_a_card_each(
    site: Site, open_page: Open, clock: FixedClock, text_of: TextOf
) -> None:
    made = DemoCollector(clock).collect()
    site.sample({}, readings=made.readings, facts=made.facts, processes=made.processes)
    page = open_page("devices")
    text = text_of(page)
    assert text.count("violet-badge[:material/science: simulated]") == 8
    assert "Simulated H100 80GB" in text
    assert "corrected ECC errors" in text
    assert "0 corrected" not in text


def test_one_gpu_is_shown_in_full(site: Site, open_page: Open, clock: FixedClock) -> None:
    made = DemoCollector(clock).collect()
    site.sample({}, readings=made.readings, facts=made.facts)
    page = open_page("devices")
    next(
        segmented_control
        for segmented_control in page.segmented_control
        if segmented_control.key == "gpu"
    ).set_value("gpu6").run()
    assert not page.exception
    assert {"Utilisation", "Memory", "Power", "Fan"} <= {
        markdown.value for markdown in page.markdown
    }
    assert "Simulated L40S 48GB" in page.table[0].value.to_string()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CPU", "cpu0"),
        ("Storage", "50 %"),
        ("Network", "eth0"),
        ("Sensors", "Virtual machines usually have none"),
        ("Processes", "No processes yet"),
        ("Collectors", "does not affect the others"),
    ],
)
def test_each_kind_of_device_can_be_shown(
    site: Site, open_page: Open, text_of: TextOf, kind: str, expected: str
) -> None:
    site.sample(HOST)
    page = show(open_page("devices"), kind)
    assert not page.exception
    assert expected in text_of(page)


def test_memory_is_a_live_chart(site: Site, open_page: Open) -> None:
    site.sample(HOST)
    page = show(open_page("devices"), "Memory")
    assert page.get("bidi_component")


def test_processes_are_literal_and_link_to_their_run(site: Site, open_page: Open) -> None:
    site.sample(HOST, processes=(PROCESS,))
    page = show(open_page("devices"), "Processes")
    assert "python [x](y) | z" in page.dataframe[0].value.to_string()
    assert not page.page_link


def test_a_mount_name_with_markdown_is_drawn_literally(site: Site, open_page: Open) -> None:
    mount = "/mnt/![x](https://host/x.png) | :red[x] <b>"
    site.sample(HOST | {("disk_total_bytes", mount): 9e9, ("disk_used_bytes", mount): 8e9})
    page = show(open_page("devices"), "Storage")
    drawn = page.table[0].value["Mount"].tolist()[0]
    assert "![" not in drawn
    assert "](" not in drawn
    assert ":red[" not in drawn
    assert "<b>" not in drawn.replace("\\<", "")


def test_a_failed_collector_shows_its_error(site: Site, open_page: Open) -> None:
    report = CollectorReport(name="disk", success=False, seconds=0.1, error="permission denied")
    site.sample(HOST, collectors=(report,))
    page = show(open_page("devices"), "Collectors")
    assert "permission denied" in page.table[0].value.to_string()
    assert "failed" in page.table[0].value.to_string()


def test_delayed_samples_are_a_warning(site: Site, open_page: Open) -> None:
    site.sample(HOST)
    site.clock.advance(20)
    page = open_page("devices")
    assert "20 s old" in page.warning[0].value
