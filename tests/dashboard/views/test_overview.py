"""The Overview: first start, healthy, stale, stopped, without a GPU, with simulated ones."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.records import TrainRequest
from core.actions.training import request_run
from core.audit import Actor
from core.errors import UnavailableError
from core.jobs.memory import Script
from core.operations.services import ServiceState, write_states
from dashboard import resources
from monitors.collector import CollectorReport, Fact
from tests.dashboard.views.conftest import House

Open = Callable[..., AppTest]
Words = Callable[[AppTest], str]
HOST = {
    ("cpu_busy_ratio", ""): 0.34,
    ("memory_used_bytes", ""): 4e9,
    ("memory_total_bytes", ""): 16e9,
}
GPU = {
    ("gpu_utilization_ratio", "gpu0"): 0.73,
    ("gpu_memory_used_bytes", "gpu0"): 47e9,
    ("gpu_memory_total_bytes", "gpu0"): 80e9,
}
SERVER = ServiceState(
    name="server", title="Translation server", state="running", pid=7, started_at=0.0, restarts=0,
    last_exit="",
)  # fmt: skip


def tiles(page: AppTest) -> dict[str, str]:
    """The status row: each tile's number is a heading below its name."""
    said = [it.value for it in page.markdown]
    return {
        said[place - 1]: value.removeprefix("## ")
        for place, value in enumerate(said)
        if value.startswith("## ")
    }


def test_before_the_first_sample_the_page_says_what_comes(open_page: Open, words: Words) -> None:
    """The first second of the first start is a designed state, not an empty page."""
    page = open_page("overview")
    said = words(page)
    assert not page.exception
    assert "Nothing was measured yet" in said
    assert "The charts begin with the first sample" in said
    assert page.info[0].proto.title == "No runs yet"
    assert "New training run" in [it.label for it in page.button]


def test_a_healthy_host_shows_its_tiles_and_curves(
    house: House, open_page: Open, words: Words
) -> None:
    """CPU, memory, storage, network and runs; the live component below."""
    house.sample(HOST)
    page = open_page("overview")
    assert tiles(page) == {
        "CPU": "34 %",
        "Memory": "25 %",
        "Storage": "—",
        "Network": "—",
        "Runs": "0 active",
    }
    assert "All healthy" in words(page)
    assert page.get("bidi_component")


def test_without_a_driver_one_card_says_so(house: House, open_page: Open) -> None:
    """CPU, memory and storage are still watched."""
    house.sample(HOST)
    page = open_page("overview")
    assert any("No NVIDIA driver found" in it.value for it in page.info)


def test_a_gpu_takes_the_place_of_that_card(house: House, open_page: Open) -> None:
    """And is not called simulated."""
    house.sample(HOST | GPU)
    page = open_page("overview")
    assert not any("NVIDIA" in it.value for it in page.info)
    assert tiles(page)["GPU"] == "73 %"
    assert not any("simulated" in it.value for it in page.markdown)


def test_simulated_gpus_are_badged_on_every_card(house: House, open_page: Open) -> None:
    """A demo never passes for hardware."""
    house.sample(HOST | GPU, facts=(Fact(device="gpu0", name="simulated", text="made up"),))
    page = open_page("overview")
    badges = [
        it for it in page.markdown if it.value == ":violet-badge[:material/science: simulated]"
    ]
    assert len(badges) == 2


def test_stale_numbers_stay_and_say_so(house: House, open_page: Open, words: Words) -> None:
    """The last value is kept, greyed and badged."""
    house.sample(HOST)
    house.clock.advance(12)
    page = open_page("overview")
    assert tiles(page)["CPU"] == ":gray[34 %]"
    assert "12 s old" in page.warning[0].value
    assert "Stale" in words(page)


def test_sampling_that_stopped_is_a_red_strip(house: House, open_page: Open) -> None:
    """With its age and what to do."""
    house.sample(HOST)
    house.clock.advance(42)
    page = open_page("overview")
    assert page.error[0].value.startswith("Sampling stopped 42 s ago.")
    assert "datahall" in page.error[0].value


def test_a_dead_service_says_when_it_starts_again(house: House, open_page: Open) -> None:
    """And how it ended; the running ones stay quiet."""
    dead = ServiceState(
        name="server", title="Translation server", state="waiting", pid=None, started_at=0.0,
        restarts=2, last_exit="killed by SIGKILL", next_start_at=house.clock.now() + 4,
    )  # fmt: skip
    write_states(house.workspace.paths, [dead], house.clock.now())
    house.sample(HOST)
    page = open_page("overview")
    assert "Translation server" in page.error[0].value
    assert "SIGKILL" in page.error[0].value
    assert "starts again in 4 s" in page.error[0].value


def test_services_that_run_are_one_quiet_line(house: House, open_page: Open, words: Words) -> None:
    """No alarm."""
    write_states(house.workspace.paths, [SERVER], house.clock.now())
    house.sample(HOST)
    page = open_page("overview")
    assert not page.error
    assert "Translation server" in words(page)


def test_a_failed_collector_is_named_in_the_badge(
    house: House, open_page: Open, words: Words
) -> None:
    """The rest of the page goes on."""
    report = CollectorReport(name="disk", success=False, seconds=0.1, error="permission denied")
    house.sample(HOST, collectors=(report,))
    assert "Not read: disk" in words(open_page("overview"))


def test_runs_at_work_show_loss_and_progress(
    house: House, open_page: Open, words: Words, admin: Actor
) -> None:
    """With a link to the run."""
    house.launcher.otherwise = Script(seconds=1000)
    house.add_dataset()
    request = TrainRequest(dataset="cats", skip_backup=True, reason="a test")
    view = request_run(house.workspace, admin, request)
    house.workspace.runs.set_planned_steps(view.run.id, 800)
    page = open_page("overview")
    assert "1 running" in words(page)
    assert page.page_link[0].label == "**cats\\-demo\\-1**"


def test_telemetry_that_cannot_be_read_is_told_calmly(
    house: House, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runs below are still drawn."""

    class Broken:
        """A store whose file is gone."""

        def latest(self) -> None:
            """Fail as the store does."""
            raise UnavailableError("telemetry.db cannot be opened", remedy="Restart the sampler")

    monkeypatch.setattr(resources, "telemetry", Broken)
    page = open_page("overview")
    assert not page.exception
    assert any("Telemetry" in it.value and "Restart the sampler" in it.value for it in page.info)
    assert any(it.value == "Runs" for it in page.header)
    assert house.workspace.runs.list() == []
