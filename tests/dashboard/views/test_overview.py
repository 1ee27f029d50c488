"""The Overview."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from core.actions.records import TrainRequest
from core.actions.training import request_run
from core.audit import Actor
from core.errors import UnavailableError
from core.operations.services import ServiceState, ServiceStatus, write_states
from core.process.progress import ProgressReport
from core.runs.records import MetricPoint
from dashboard import resources
from monitors.collector import CollectorReport, DeviceFact
from monitors.store.sqlite import SqliteTelemetryStore
from tests.core.jobs.memory import Script
from tests.dashboard.views.conftest import Site

Open = Callable[..., AppTest]
TextOf = Callable[[AppTest], str]
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
    name="server", title="Translation server", state=ServiceStatus.RUNNING, pid=7,
    started_at=0.0, restarts=0, last_exit="",
)  # fmt: skip


def tiles(page: AppTest) -> dict[str, str]:
    """The status row: each tile's number is a heading below its name."""
    text = [markdown.value for markdown in page.markdown]
    return {
        text[place - 1]: value.removeprefix("## ")
        for place, value in enumerate(text)
        if value.startswith("## ")
    }


def test_the_page_shows_that_there_is_no_sample_yet(open_page: Open, text_of: TextOf) -> None:
    page = open_page("overview")
    text = text_of(page)
    assert not page.exception
    assert "stores its first sample" in text
    assert "Charts appear with the first sample" in text
    assert [info.proto.title for info in page.info] == ["No samples yet", "No runs yet"]
    assert "New training run" in [button.label for button in page.button]


def test_a_host_without_problems_shows_tiles_and_charts(
    site: Site, open_page: Open, text_of: TextOf
) -> None:
    site.sample(HOST)
    page = open_page("overview")
    assert tiles(page) == {
        "CPU": "34 %",
        "Memory": "25 %",
        "Storage": "—",
        "Network": "—",
        "Runs": "0 active",
    }
    assert "Services OK" in text_of(page)
    assert page.get("bidi_component")


def test_a_host_without_gpus_shows_the_reason(site: Site, open_page: Open) -> None:
    site.sample(HOST)
    page = open_page("overview")
    assert any("No NVIDIA driver found" in info.value for info in page.info)


def test_a_host_with_a_gpu_shows_its_tile(site: Site, open_page: Open) -> None:
    site.sample(HOST | GPU)
    page = open_page("overview")
    assert not any("NVIDIA" in info.value for info in page.info)
    assert tiles(page)["GPU"] == "73 %"
    assert not any("simulated" in markdown.value for markdown in page.markdown)


def test_simulated_gpus_have_a_badge_on_every_tile(site: Site, open_page: Open) -> None:
    site.sample(HOST | GPU, facts=(DeviceFact(device="gpu0", name="simulated", text="made up"),))
    page = open_page("overview")
    badges = [
        markdown
        for markdown in page.markdown
        if markdown.value == ":violet-badge[:material/science: simulated]"
    ]
    assert len(badges) == 2


def test_delayed_samples_are_shown_as_stale(site: Site, open_page: Open, text_of: TextOf) -> None:
    site.sample(HOST)
    site.clock.advance(12)
    page = open_page("overview")
    assert tiles(page)["CPU"] == ":gray[34 %]"
    assert "12 s old" in page.warning[0].value
    assert "Samples delayed" in text_of(page)


def test_stopped_sampling_is_an_error_with_age_and_command(site: Site, open_page: Open) -> None:
    site.sample(HOST)
    site.clock.advance(42)
    page = open_page("overview")
    assert page.error[0].proto.title == "Sampling stopped"
    assert "42 s old" in page.error[0].value
    assert "datahall" in page.error[0].value


def test_a_service_that_is_down_shows_its_next_start(site: Site, open_page: Open) -> None:
    dead = ServiceState(
        name="server", title="Translation server", state=ServiceStatus.WAITING, pid=None,
        started_at=0.0, restarts=2, last_exit="killed by SIGKILL",
        next_start_at=site.clock.now() + 4,
    )  # fmt: skip
    write_states(site.workspace.paths, [dead], site.clock.now())
    site.sample(HOST)
    page = open_page("overview")
    assert page.error[0].proto.title == "Translation server down"
    assert "SIGKILL" in page.error[0].value
    assert "restarts in 4 s" in page.error[0].value


def test_running_services_have_no_banner(site: Site, open_page: Open, text_of: TextOf) -> None:
    write_states(site.workspace.paths, [SERVER], site.clock.now())
    site.sample(HOST)
    page = open_page("overview")
    assert not page.error
    assert "Translation server" in text_of(page)


def test_a_failed_collector_is_named(site: Site, open_page: Open, text_of: TextOf) -> None:
    report = CollectorReport(name="disk", success=False, seconds=0.1, error="permission denied")
    site.sample(HOST, collectors=(report,))
    assert "Collector disk failed" in text_of(open_page("overview"))


def test_an_active_run_is_linked(
    site: Site, open_page: Open, text_of: TextOf, admin: Actor
) -> None:
    site.launcher.default_script = Script(seconds=1000)
    site.add_dataset()
    request = TrainRequest(dataset="cats", skip_backup=True, reason="a test")
    view = request_run(site.workspace, admin, request)
    site.workspace.runs.set_planned_steps(view.run.id, 800)
    page = open_page("overview")
    assert "1 running" in text_of(page)
    assert page.page_link[0].label == "**cats\\-demo\\-1**"


def test_a_refresh_reads_all_runs_and_their_metrics_in_one_query(
    site: Site, open_page: Open, admin: Actor
) -> None:
    progress = ProgressReport(done=1, total=10, unit="steps", message="training")
    site.launcher.default_script = Script(seconds=1000, progress=progress)
    site.add_dataset()
    site.sample(HOST)
    for name in ("one", "two", "three"):
        request = TrainRequest(dataset="cats", name=name, skip_backup=True, reason="a test")
        view = request_run(site.workspace, admin, request)
        site.workspace.runs.log(
            view.run.id, [MetricPoint(metric="train_loss", step=1, value=2.0, wall_time=0.0)]
        )
    page = open_page("overview")
    statements: list[str] = []
    sa.event.listen(
        site.workspace.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )

    page.run()

    assert sum("loss 2\\.00" in markdown.value for markdown in page.markdown) == 3
    assert len([item for item in statements if "FROM run" in item or "metric_point" in item]) == 1


def test_runs_are_drawn_although_telemetry_cannot_be_read(
    site: Site, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:

    class Broken:
        """A store whose file was deleted."""

        def latest(self) -> None:
            """Fail as the store does."""
            raise UnavailableError("telemetry.db cannot be opened", remedy="Restart the sampler")

    monkeypatch.setattr(resources, "telemetry", Broken)
    page = open_page("overview")
    assert not page.exception
    assert any(
        "Telemetry" in info.value and "Restart the sampler" in info.value for info in page.info
    )
    assert any(header.value == "Runs" for header in page.header)
    assert site.workspace.runs.list() == []


@pytest.mark.parametrize("name", ["overview", "training"])
def test_a_damaged_telemetry_file_does_not_break_a_page(
    site: Site, open_page: Open, text_of: TextOf, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    site.telemetry.close()
    path = site.workspace.paths.telemetry
    path.write_text("not a database\n" * 300)
    reader = SqliteTelemetryStore(path)
    monkeypatch.setattr(resources, "telemetry", lambda: reader)

    page = open_page(name)
    reader.close()

    assert not page.exception
    assert ("telemetry.db is damaged" in text_of(page)) == (name == "overview")
