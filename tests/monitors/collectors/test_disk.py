"""The disk collector on fake trees."""

import os
from pathlib import Path

import pytest

from core.clock import SystemClock
from monitors.collector import Collection
from monitors.collectors.disk import DiskCollector
from tests.clock import FixedClock
from tests.monitors.simulation import Tree

TIMEOUT_S = 30.0
EMPTY = {"proc/diskstats": "", "proc/self/mounts": ""}


def devices(collection: Collection, gauge: str) -> dict[str, float]:
    """Return a gauge by device."""
    return {one.device: one.value for one in collection.readings if one.gauge == gauge}


def mounts(*lines: str) -> dict[str, str]:
    """Return a mount table and no disks."""
    return {**EMPTY, "proc/self/mounts": "".join(f"{line} rw 0 0\n" for line in lines)}


def test_space_equals_statvfs(tree: Tree, clock: FixedClock) -> None:
    root = tree({**mounts("/dev/sda1 / ext4"), "x": ""})
    state = os.statvfs(root)

    collection = DiskCollector(root, clock, deadline_s=TIMEOUT_S).collect()

    assert devices(collection, "disk_total_bytes") == {"/": state.f_blocks * state.f_frsize}
    assert set(devices(collection, "disk_inodes_used")) == {"/"}
    assert {(fact.device, fact.name, fact.text) for fact in collection.facts} == {
        ("/", "filesystem", "ext4"),
        ("/", "source", "/dev/sda1"),
    }


def test_only_file_systems_with_data_are_listed_and_only_once(
    tree: Tree, clock: FixedClock
) -> None:
    """No bind mounts, no read-only images (always full), no kernel file systems."""
    root = tree(
        {
            **mounts(
                "proc /proc proc",
                "tmpfs /run tmpfs",
                "/dev/loop3 /snap/core squashfs",
                "overlay /var/lib/docker/overlay2/1/merged overlay",
                "/dev/sda1 / ext4",
                "/dev/sda1 /etc/hosts ext4",
                "/dev/sdb1 /data xfs",
                "/dev/sdb1 /data/bound/deeper xfs",
                "/dev/sdc1 /not/there xfs",
            ),
            "data/bound/deeper/x": "",
        }
    )

    collection = DiskCollector(root, clock, deadline_s=TIMEOUT_S).collect()

    assert set(devices(collection, "disk_total_bytes")) == {"/", "/data"}


def test_a_mount_point_may_contain_a_space(tree: Tree, clock: FixedClock) -> None:
    root = tree({**mounts(r"/dev/sdd1 /media/My\040Passport exfat"), "media/My Passport/x": ""})

    collection = DiskCollector(root, clock, deadline_s=TIMEOUT_S).collect()

    assert set(devices(collection, "disk_total_bytes")) == {"/media/My Passport"}


def test_a_file_server_that_hangs_loses_only_its_own_mount(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statvfs call to an NFS server that does not respond never returns."""
    root = tree(
        {**mounts("/dev/sda1 / ext4", "server:/x /dead nfs4", "server:/y /live nfs4"),
         "dead/x": "", "live/x": ""}
    )  # fmt: skip
    real = os.statvfs
    pipe_read, pipe_write = os.pipe()

    def hang(path: Path) -> os.statvfs_result:
        if path.name == "dead":
            os.read(pipe_read, 1)
        return real(path)

    monkeypatch.setattr(os, "statvfs", hang)
    collector = DiskCollector(root, SystemClock(), deadline_s=1)

    collection = collector.collect()
    again = collector.collect()
    os.close(pipe_write)
    collector.close()

    assert set(devices(collection, "disk_total_bytes")) == {"/", "/live"}
    assert set(devices(again, "disk_total_bytes")) == {"/", "/live"}


def disks(**fields: tuple[int, int, int]) -> dict[str, str]:
    """Return counters of disks: number of reads, milliseconds of reading, milliseconds busy."""
    lines = [
        f"8 0 {name} {reads} 0 {reads * 8} {read_ms} 0 0 0 0 0 {busy_ms} 0"
        for name, (reads, read_ms, busy_ms) in fields.items()
    ]
    blocks = {f"sys/block/{name}/dev": "" for name in fields if name != "sda1"}
    return {**EMPTY, **blocks, "proc/diskstats": "\n".join(lines) + "\n"}


def test_traffic_busy_ratio_and_latency_are_those_of_the_interval(
    tree: Tree, clock: FixedClock
) -> None:
    """Only whole disks count: partitions and loop devices repeat the same bytes."""
    root = tree(disks(sda=(10, 100, 0), sda1=(10, 100, 0), loop0=(1, 1, 0)))
    collector = DiskCollector(root, clock, deadline_s=TIMEOUT_S)
    collector.collect()
    tree(disks(sda=(30, 200, 1000), sda1=(30, 200, 1000), loop0=(9, 9, 9)))
    clock.advance(4)

    second = collector.collect()

    assert devices(second, "disk_read_bytes_per_second") == {"sda": 20 * 8 * 512 / 4}
    assert devices(second, "disk_busy_ratio") == {"sda": 0.25}
    assert devices(second, "disk_read_latency_seconds") == pytest.approx({"sda": 0.005})


def test_without_a_request_there_is_no_latency(tree: Tree, clock: FixedClock) -> None:
    collector = DiskCollector(tree(disks(sda=(10, 100, 0))), clock, deadline_s=TIMEOUT_S)
    collector.collect()
    clock.advance(4)

    second = collector.collect()

    assert devices(second, "disk_read_latency_seconds") == {}
    assert devices(second, "disk_read_bytes_per_second") == {"sda": 0.0}
