"""Parsers of /proc, with unusual content, too."""

from pathlib import Path

import pytest

from monitors.host.procfs import (
    Mount,
    read_boot_time,
    read_cpu_times,
    read_disks,
    read_load,
    read_memory,
    read_mounts,
    read_networks,
    read_pressure,
    read_uptime,
)
from tests.monitors.simulation import Tree


def test_cpu_times_are_seconds_and_iowait_is_idle(tree: Tree) -> None:
    """Ticks are hundredths of a second; guest time is already part of user time."""
    root = tree(
        {"proc/stat": "cpu  100 0 50 800 50 0 0 0 7 0\ncpu0 100 0 50 800 50 0 0\nbtime 9\n"}
    )

    times = read_cpu_times(root)

    assert times[""].total == pytest.approx(10.0)
    assert times[""].busy == pytest.approx(1.5)
    assert times["cpu0"].busy == pytest.approx(1.5)
    assert read_boot_time(root) == 9.0


def test_memory_fields_are_bytes(tree: Tree) -> None:
    """Fields without a unit are counts."""
    root = tree({"proc/meminfo": "MemTotal:  16 kB\nHugePages_Total:    3\n"})

    assert read_memory(root) == {"MemTotal": 16384, "HugePages_Total": 3}


def test_pressure_is_seconds(tree: Tree) -> None:
    """The file contains microseconds."""
    line = "avg10=0.00 avg60=0.17 avg300=0.18 total=6210127"
    root = tree({"proc/pressure/io": f"some {line}\nfull {line}\n"})

    assert read_pressure(root, "io") == {"some": 6.210127, "full": 6.210127}


def test_load_and_uptime_are_read(tree: Tree) -> None:
    root = tree({"proc/loadavg": "0.31 0.17 0.09 2/92 8648\n", "proc/uptime": "33.5 60.1\n"})

    assert read_load(root) == (0.31, 0.17, 0.09)
    assert read_uptime(root) == 33.5


def test_disk_counters_are_bytes_and_seconds(tree: Tree) -> None:
    """A sector is 512 bytes for every disk; times are in milliseconds."""
    root = tree({"proc/diskstats": "254 0 vda 5 0 10 1500 7 0 20 2500 0 900 4000 0 0 0 0 0 0\n"})

    disk = read_disks(root)["vda"]

    assert (disk.reads, disk.read_bytes, disk.read_seconds) == (5, 5120, 1.5)
    assert (disk.writes, disk.written_bytes, disk.write_seconds) == (7, 10240, 2.5)
    assert disk.busy_seconds == 0.9


def test_an_interface_without_a_space_after_its_name_is_read(tree: Tree) -> None:
    """Old kernels write `eth0:123` when the number fills its column; aliases contain colons."""
    head = "Inter-| Receive\n face |bytes\n"
    numbers = "1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0"
    root = tree({"proc/net/dev": f"{head}  eth0:{numbers}\neth0:1: {numbers}\n"})

    networks = read_networks(root)

    assert set(networks) == {"eth0", "eth0:1"}
    assert networks["eth0"].receive_bytes == 1
    assert networks["eth0"].transmit_drops == 8


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"/mnt/my\040disk", "/mnt/my disk"),
        (r"/mnt/a\134b", r"/mnt/a\b"),
        (r"/mnt/line\012break", "/mnt/line\nbreak"),
        (r"/mnt/\9", r"/mnt/\9"),
        ("/mnt/\N{ROCKET}", "/mnt/\N{ROCKET}"),
    ],
)
def test_escapes_in_mount_points_are_decoded(tree: Tree, written: str, meant: str) -> None:
    """The kernel writes spaces, tabs, newlines and backslashes as octal numbers."""
    root = tree({"proc/self/mounts": f"/dev/sda1 {written} ext4 rw 0 0\n"})

    assert list(read_mounts(root)) == [Mount(source="/dev/sda1", point=meant, kind="ext4")]


def test_this_host_can_be_read() -> None:
    """With the files of the running kernel."""
    root = Path("/")

    assert read_cpu_times(root)[""].total > 0
    assert read_memory(root)["MemTotal"] > 0
    assert any(mount.point == "/" for mount in read_mounts(root))
    read_disks(root)
    assert read_networks(root)
