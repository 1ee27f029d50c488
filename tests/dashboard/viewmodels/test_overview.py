"""The status row: one tile per kind of device, honest about what is absent, old or made up."""

from dataclasses import replace

from core.actions.records import RunView
from core.jobs.launcher import JobState
from dashboard.viewmodels.overview import Tile, has_gpus, runs_tile, tiles
from dashboard.viewmodels.runs import run_rows
from monitors.collector import Fact, HostState, Reading


def named(state: HostState, *, is_stale: bool = False) -> dict[str, Tile]:
    """The tiles by name."""
    return {tile.name: tile for tile in tiles(state, is_stale=is_stale)}


def test_gpus_share_two_tiles(host: HostState) -> None:
    """Mean utilisation, the hottest, all the power; memory of all and the fullest."""
    shown = named(host)
    assert shown["2 GPUs"].value == "70 %"
    assert list(shown["2 GPUs"].lines) == ["hottest 71 °C", "912 W of 1,400"]
    assert shown["GPU memory"].value == "50 %"
    assert list(shown["GPU memory"].lines) == ["80.0 GB of 160 GB", "fullest gpu0: 75 %"]
    assert not shown["2 GPUs"].looks


def test_a_single_gpu_is_called_by_its_name(host: HostState) -> None:
    """Nobody counts to one."""
    kept = tuple(it for it in host.readings if it.device != "gpu1")
    shown = named(replace(host, readings=kept))
    assert shown["NVIDIA H100 80GB"].lines[0] == "71 °C"


def test_simulated_gpus_say_so_on_each_tile(host: HostState) -> None:
    """A demo must never pass for hardware."""
    fact = Fact(device="gpu1", name="simulated", text="made up")
    shown = named(replace(host, facts=(*host.facts, fact)))
    assert [look.word for look in shown["2 GPUs"].looks] == ["simulated"]
    assert [look.word for look in shown["GPU memory"].looks] == ["simulated"]
    assert not shown["CPU"].looks


def test_a_lost_gpu_is_red(host: HostState) -> None:
    """It is still listed, and its numbers are not made up."""
    lost = Reading(gauge="gpu_lost", device="gpu2", value=1.0)
    shown = named(replace(host, readings=(*host.readings, lost)))
    assert [look.word for look in shown["3 GPUs"].looks] == ["GPU lost"]
    assert shown["3 GPUs"].value == "70 %"


def test_without_a_gpu_there_is_no_gpu_tile(host: HostState, bare_host: HostState) -> None:
    """The page shows one card instead."""
    assert list(named(bare_host)) == ["CPU", "Memory", "Storage", "Network"]
    assert has_gpus(host)
    assert not has_gpus(bare_host)


def test_the_processor_memory_storage_and_network(host: HostState) -> None:
    """Numbers with what explains them."""
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
    assert [look.word for look in shown["Storage"].looks] == ["nearly full"]
    assert shown["Network"].value == "5.0 MB/s"
    assert list(shown["Network"].lines) == ["received", "sent 1.0 MB/s", "1 interface"]


def test_trouble_is_badged(bare_host: HostState) -> None:
    """Full disk, little memory, network errors."""
    worse = {
        ("memory_used_bytes", ""): 15.5e9,
        ("disk_used_bytes", "/"): 99e9,
        ("network_receive_errors", "eth0"): 2.0,
    }
    readings = tuple(
        replace(it, value=worse.get((it.gauge, it.device), it.value)) for it in bare_host.readings
    )
    shown = named(replace(bare_host, readings=readings))
    assert [look.word for look in shown["Memory"].looks] == ["short of memory"]
    assert [look.word for look in shown["Storage"].looks] == ["full"]
    assert list(shown["Network"].lines[2:]) == ["1 interface", "2 errors since boot"]


def test_what_is_absent_is_a_dash(bare_host: HostState) -> None:
    """The first tick has no rates."""
    shown = named(replace(bare_host, readings=()))
    assert {tile.value for tile in shown.values()} == {"—"}


def test_stale_tiles_are_marked(bare_host: HostState) -> None:
    """The last value stays, and says that it is old."""
    assert all(tile.is_stale for tile in named(bare_host, is_stale=True).values())


def test_the_runs_tile_counts(run_view: RunView, now: float) -> None:
    """Active, all, failed, and what is at work."""
    rows = run_rows([run_view, replace(run_view, state=JobState.CRASHED)], now)
    tile = runs_tile(rows)
    assert tile.value == "1 active"
    assert list(tile.lines) == ["2 runs in all, 1 failed", "demo-demo-1: — left"]
    assert runs_tile([]).value == "0 active"
