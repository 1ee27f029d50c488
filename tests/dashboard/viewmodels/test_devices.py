"""GPU cards, and a table per kind of hardware."""

from dataclasses import replace

from dashboard.viewmodels.devices import (
    collector_rows,
    core_ratios,
    disk_table,
    gpu_cards,
    host_details,
    mount_table,
    network_table,
    process_rows,
    process_table,
    sensor_table,
)
from dashboard.viewmodels.readings import read
from monitors.collector import CollectorReport, DeviceFact, HostState, ProcessReading, Reading

PROCESS = ProcessReading(
    pid=7, create_time=0.0, user="ada", command="python train", cpu_ratio=1.5, memory_bytes=10**9
)


def test_a_gpu_card_shows_numbers_limits_and_problems(host: HostState) -> None:
    first, second = gpu_cards(read(host))
    assert [(number.label, number.value, *number.lines) for number in first.numbers] == [
        ("Utilisation", "90 %"),
        ("Memory", "60.0 GB", "of 80.0 GB"),
        ("Temperature", "71 °C", "throttles at 87 °C"),
        ("Power", "612 W", "of 700 W"),
    ]
    assert first.problems == []
    assert first.model == "NVIDIA H100 80GB"
    assert second.problems == ["Throttled: temperature (driver)", "3 corrected ECC errors"]
    assert second.model == "GPU"


def test_lost_unresponsive_and_simulated_gpus_have_a_badge(host: HostState) -> None:
    extra = (
        Reading(gauge="gpu_lost", device="gpu0", value=1.0),
        Reading(gauge="gpu_stale", device="gpu0", value=1.0),
        Reading(gauge="gpu_stale", device="gpu1", value=1.0),
    )
    facts = (
        DeviceFact(device="gpu1", name="simulated", text="made up"),
        DeviceFact(device="gpu0", name="reason", text="fell off the bus"),
    )
    state = replace(host, readings=(*host.readings, *extra), facts=(*host.facts, *facts))
    first, second = gpu_cards(read(state))
    assert [badge.word for badge in first.badges] == ["lost"]
    assert first.problems == ["fell off the bus"]
    assert [badge.word for badge in second.badges] == ["not responding", "simulated"]


def test_a_host_without_gpus_has_no_cards(bare_host: HostState) -> None:
    assert gpu_cards(read(bare_host)) == []


def test_gpu_users_come_first_and_runs_are_named() -> None:
    other = replace(PROCESS, pid=8, gpu="gpu0", gpu_memory_bytes=2**30, run="run1", cpu_ratio=0.1)
    rows = process_rows([PROCESS, other, replace(other, pid=9, run="gone", gpu_memory_bytes=1)])
    table = process_table(rows, {"run1": "demo-1"})
    assert [row.pid for row in rows] == ["8", "9", "7"]
    assert [row[6] for row in table.rows] == ["demo-1", "gone", ""]
    assert table.rows[2][1:5] == ("150 %", "1.0 GB", "", "")
    assert process_rows([]) == []


def test_unknown_host_details_are_left_out(host: HostState) -> None:
    now = read(host)
    assert core_ratios(now) == [("cpu0", 0.4), ("cpu1", 0.28)]
    details = {item.label: item.value for item in host_details(now)}
    assert details == {"Processor": "EPYC", "Load average (1, 5, 15 min)": "3.10"}


def test_the_fullest_mount_comes_first_with_inodes(host: HostState) -> None:
    rows = mount_table(read(host)).rows
    assert rows[0][:6] == ("/", "90 %", "10.0 GB", "100 GB", "25 %", "ext4")
    assert rows[1][4] == "—"


def test_a_mount_without_usage_shows_no_percentage(host: HostState) -> None:
    readings = tuple(reading for reading in host.readings if reading.gauge != "disk_used_bytes")
    rows = mount_table(read(replace(host, readings=readings))).rows
    assert [row[1] for row in rows] == ["—", "—"]


def test_an_idle_disk_has_no_latency(host: HostState) -> None:
    assert disk_table(read(host)).rows == [("sda", "1.0 MB/s", "2.0 MB/s", "20 %", "4.20 ms", "—")]


def test_networks_sensors_and_fans(host: HostState) -> None:
    assert network_table(read(host)).rows == [
        ("eth0", "5.0 MB/s", "1.0 MB/s", "0", "—", "1,204", "—")
    ]
    assert sensor_table(read(host)).rows == [
        ("coretemp/Core 0", "61 °C", "100 °C"),
        ("nct/fan1", "1,200 rpm", ""),
    ]
    assert sensor_table(read(replace(host, readings=()))).rows == []


def test_absent_hardware_is_not_a_failed_collector() -> None:
    reports = [
        CollectorReport(name="cpu", success=True, seconds=0.0012),
        CollectorReport(name="gpu", success=False, seconds=0.0, available=False, error="no driver"),
        CollectorReport(name="disk", success=False, seconds=0.5, error="permission denied"),
    ]
    rows = collector_rows(reports)
    assert [row.badge.word for row in rows] == ["OK", "not available", "failed"]
    assert rows[0].duration == "1.2 ms"
    assert rows[2].error == "permission denied"
