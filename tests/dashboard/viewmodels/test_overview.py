"""The status row of the Overview."""

from dataclasses import replace

from core.actions.records import RunView
from core.jobs.launcher import JobState
from dashboard.viewmodels.elements import Tile
from dashboard.viewmodels.overview import host_tiles, no_gpu_notice, runs_tile
from dashboard.viewmodels.runs import run_rows
from monitors.collector import CollectorReport, DeviceFact, HostState, Reading


def named(state: HostState, *, is_stale: bool = False) -> dict[str, Tile]:
    """The tiles by name."""
    return {tile.label: tile for tile in host_tiles(state, is_stale=is_stale)}


def test_gpus_share_two_tiles(host: HostState) -> None:
    shown = named(host)
    assert shown["2 GPUs"].value == "70 %"
    assert list(shown["2 GPUs"].lines) == ["max 71 °C", "912 of 1,400 W"]
    assert shown["GPU memory"].value == "50 %"
    assert list(shown["GPU memory"].lines) == ["80.0 GB of 160 GB", "max 75 % (gpu0)"]
    assert not shown["2 GPUs"].badges


def test_a_single_gpu_has_its_model_as_label(host: HostState) -> None:
    kept = tuple(reading for reading in host.readings if reading.device != "gpu1")
    shown = named(replace(host, readings=kept))
    assert shown["NVIDIA H100 80GB"].lines[0] == "71 °C"


def test_simulated_gpus_have_a_badge_on_each_tile(host: HostState) -> None:
    fact = DeviceFact(device="gpu1", name="simulated", text="made up")
    shown = named(replace(host, facts=(*host.facts, fact)))
    assert [badge.word for badge in shown["2 GPUs"].badges] == ["simulated"]
    assert [badge.word for badge in shown["GPU memory"].badges] == ["simulated"]
    assert not shown["CPU"].badges


def test_a_lost_gpu_has_a_badge(host: HostState) -> None:
    lost = Reading(gauge="gpu_lost", device="gpu2", value=1.0)
    shown = named(replace(host, readings=(*host.readings, lost)))
    assert [badge.word for badge in shown["3 GPUs"].badges] == ["GPU lost"]
    assert shown["3 GPUs"].value == "70 %"


def test_a_host_without_gpus_has_no_gpu_tile(host: HostState, bare_host: HostState) -> None:
    assert list(named(bare_host)) == ["CPU", "Memory", "Storage", "Network"]
    assert no_gpu_notice(host) == ""
    assert "No NVIDIA driver found" in no_gpu_notice(bare_host)


def test_the_gpu_collectors_error_explains_missing_gpus(
    bare_host: HostState,
) -> None:
    report = CollectorReport(
        name="gpu", success=False, seconds=0.0, available=False, error="NVML: version mismatch"
    )
    assert "NVML: version mismatch" in no_gpu_notice(replace(bare_host, collectors=(report,)))


def test_tiles_of_cpu_memory_storage_and_network(host: HostState) -> None:
    shown = named(host)
    assert shown["CPU"].value == "34 %"
    assert list(shown["CPU"].lines) == ["load 3.1, 2 cores", "pressure 5 %"]
    assert list(shown["Memory"].lines) == ["12.0 GB of 16.0 GB", "no swap"]
    assert shown["Storage"].value == "90 %"
    assert list(shown["Storage"].lines) == [
        "/: 10.0 GB free",
        "read 1.0 MB/s",
        "write 2.0 MB/s",
    ]
    assert [badge.word for badge in shown["Storage"].badges] == ["nearly full"]
    assert shown["Network"].value == "5.0 MB/s"
    assert list(shown["Network"].lines) == ["received", "sent 1.0 MB/s", "1 interface"]


def test_full_disks_low_memory_and_network_errors_are_shown(bare_host: HostState) -> None:
    worse = {
        ("memory_used_bytes", ""): 15.5e9,
        ("disk_used_bytes", "/"): 99e9,
        ("network_receive_errors", "eth0"): 2.0,
    }
    readings = tuple(
        replace(reading, value=worse.get((reading.gauge, reading.device), reading.value))
        for reading in bare_host.readings
    )
    shown = named(replace(bare_host, readings=readings))
    assert [badge.word for badge in shown["Memory"].badges] == ["low memory"]
    assert [badge.word for badge in shown["Storage"].badges] == ["full"]
    assert list(shown["Network"].lines[2:]) == ["1 interface", "2 errors since boot"]


def test_absent_readings_are_a_dash(bare_host: HostState) -> None:
    shown = named(replace(bare_host, readings=()))
    assert {tile.value for tile in shown.values()} == {"—"}


def test_stale_tiles_are_marked(bare_host: HostState) -> None:
    assert all(tile.is_stale for tile in named(bare_host, is_stale=True).values())


def test_the_runs_tile_counts_active_and_failed_runs(run_view: RunView, now: float) -> None:
    rows = run_rows([run_view, replace(run_view, state=JobState.CRASHED)], now)
    tile = runs_tile(rows)
    assert tile.value == "1 active"
    assert list(tile.lines) == ["2 total, 1 failed"]
    assert runs_tile([]).value == "0 active"
