"""Devices as rows: trouble is shown only when there is some."""

from dataclasses import replace

from dashboard.viewmodels.devices import (
    collector_rows,
    core_shares,
    cpu_facts,
    disk_table,
    mount_table,
    network_table,
    process_rows,
    process_table,
    sensor_table,
)
from dashboard.viewmodels.gpus import gpu_cards
from dashboard.viewmodels.readings import read
from monitors.collector import CollectorReport, Fact, HostState, ProcessReading, Reading

PROCESS = ProcessReading(
    pid=7, create_time=0.0, user="ada", command="python train", cpu_ratio=1.5, memory_bytes=10**9
)


def test_a_gpu_card_has_numbers_and_no_needless_warning(host: HostState) -> None:
    """Idle clocks and zero errors are no news."""
    first, second = gpu_cards(read(host))
    assert [(it.name, it.value, *it.lines) for it in first.numbers] == [
        ("Utilisation", "90 %"),
        ("Memory", "60.0 GB", "of 80.0 GB"),
        ("Temperature", "71 °C", "slows at 87 °C"),
        ("Power", "612 W", "of 700 W"),
    ]
    assert first.trouble == []
    assert first.model == "NVIDIA H100 80GB"
    assert second.trouble == ["slowed down: thermal (driver)", "3 corrected memory errors"]
    assert second.model == "GPU"


def test_lost_silent_and_simulated_gpus_are_badged(host: HostState) -> None:
    """Lost is worse than silent."""
    extra = (
        Reading(gauge="gpu_lost", device="gpu0", value=1.0),
        Reading(gauge="gpu_stale", device="gpu0", value=1.0),
        Reading(gauge="gpu_stale", device="gpu1", value=1.0),
    )
    facts = (
        Fact(device="gpu1", name="simulated", text="made up"),
        Fact(device="gpu0", name="reason", text="fell off the bus"),
    )
    state = replace(host, readings=(*host.readings, *extra), facts=(*host.facts, *facts))
    first, second = gpu_cards(read(state))
    assert [look.word for look in first.looks] == ["lost"]
    assert first.trouble == ["fell off the bus"]
    assert [look.word for look in second.looks] == ["not answering", "simulated"]


def test_a_host_without_gpus_has_no_cards(bare_host: HostState) -> None:
    """The page says why."""
    assert gpu_cards(read(bare_host)) == []


def test_gpu_users_come_first_and_runs_are_named() -> None:
    """The owning run is what an operator looks for."""
    other = replace(PROCESS, pid=8, gpu="gpu0", gpu_memory_bytes=2**30, run="run1", cpu_ratio=0.1)
    rows = process_rows([PROCESS, other, replace(other, pid=9, run="gone", gpu_memory_bytes=1)])
    table = process_table(rows, {"run1": "demo-1"})
    assert [row.pid for row in rows] == ["8", "9", "7"]
    assert [row[6] for row in table.rows] == ["demo-1", "gone", ""]
    assert table.rows[2][1:5] == ("150 %", "1.0 GB", "", "")
    assert process_rows([]) == []


def test_cores_and_what_the_host_is(host: HostState) -> None:
    """The total is not a core."""
    now = read(host)
    assert core_shares(now) == [("cpu0", 0.4), ("cpu1", 0.28)]
    facts = {fact.name: fact.value for fact in cpu_facts(now)}
    assert facts == {"Processor": "EPYC", "Load": "3.10"}


def test_the_fullest_mount_comes_first_with_inodes(host: HostState) -> None:
    """A file system without inodes shows a dash."""
    rows = mount_table(read(host)).rows
    assert rows[0][:6] == ("/", "90 %", "10.0 GB", "100 GB", "25 %", "ext4")
    assert rows[1][4] == "—"


def test_disks_tell_latency_where_there_were_requests(host: HostState) -> None:
    """No request, no latency."""
    assert disk_table(read(host)).rows == [("sda", "1.0 MB/s", "2.0 MB/s", "20 %", "4.20 ms", "—")]


def test_networks_sensors_and_fans(host: HostState) -> None:
    """Absent counters are dashes, absent sensors no rows."""
    assert network_table(read(host)).rows == [
        ("eth0", "5.0 MB/s", "1.0 MB/s", "0", "—", "1,204", "—")
    ]
    assert sensor_table(read(host)).rows == [
        ("coretemp/Core 0", "61 °C", "100 °C"),
        ("nct/fan1", "1,200 rpm", ""),
    ]
    assert sensor_table(read(replace(host, readings=()))).rows == []


def test_collectors_are_healthy_absent_or_failed() -> None:
    """With how long each took."""
    reports = [
        CollectorReport(name="cpu", success=True, seconds=0.0012),
        CollectorReport(name="gpu", success=False, seconds=0.0, available=False, error="no driver"),
        CollectorReport(name="disk", success=False, seconds=0.5, error="permission denied"),
    ]
    rows = collector_rows(reports)
    assert [row[1].word for row in rows] == ["works", "not here", "failed"]
    assert rows[0][2] == "1.2 ms"
    assert rows[2][3] == "permission denied"
