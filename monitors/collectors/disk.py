"""Disks: space and inodes per file system; traffic, busy ratio and latency per device."""

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from core.clock import Clock
from monitors.collector import Collection, DeviceFact, Reading
from monitors.gauges import Gauge
from monitors.host.procfs import DiskCounters, Mount, read_disks, read_mounts
from monitors.polling import CounterChange, RateMeter, Worker

_REMOTE_KINDS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "ceph", "lustre", "beegfs", "gpfs", "glusterfs", "fuse.sshfs",
     "fuse.glusterfs", "9p", "virtiofs", "afs", "fuse.s3fs", "fuse.juicefs")
)  # fmt: skip
_LOCAL_KINDS = frozenset(("zfs", "btrfs", "bcachefs", "overlay"))
_ALWAYS_FULL_KINDS = frozenset(("squashfs", "iso9660", "udf", "erofs"))
_NOT_DISKS = ("loop", "ram", "zram", "sr", "fd", "dm-", "md", "nbd")
_OLDEST_S = 60.0


class DiskCollector:
    """Reads statvfs and /proc/diskstats; a file server that hangs loses only its own mount."""

    name = "disk"

    def __init__(self, root: Path, clock: Clock, *, deadline_s: float) -> None:
        """Read below `root`; a remote mount that exceeds the deadline is absent."""
        self._root = root
        self._clock = clock
        self._deadline_s = deadline_s
        self._meter: RateMeter[str, DiskCounters] = RateMeter(clock)
        self._remote: dict[str, Worker[Mapping[str, float]]] = {}

    def collect(self) -> Collection:
        """Return the current readings; rates need two calls."""
        mounts = {mount.point: mount for mount in _data_mounts(read_mounts(self._root))}
        readings: list[Reading] = []
        facts: list[DeviceFact] = []
        for point, values in self._spaces(mounts).items():
            readings += [
                Reading(gauge=gauge, device=point, value=value) for gauge, value in values.items()
            ]
            facts += [
                DeviceFact(device=point, name="filesystem", text=mounts[point].kind),
                DeviceFact(device=point, name="source", text=mounts[point].source),
            ]
        return Collection(readings=(*readings, *self._traffic()), facts=tuple(facts))

    def close(self) -> None:
        """End the threads of remote mounts."""
        for worker in self._remote.values():
            worker.stop()

    def _spaces(self, mounts: Mapping[str, Mount]) -> Mapping[str, Mapping[str, float]]:
        """Return space and inodes of each mount that answers in time."""
        remote = {point for point, mount in mounts.items() if mount.kind in _REMOTE_KINDS}
        for point in remote:
            if point not in self._remote:
                task = partial(self._space, point)
                self._remote[point] = Worker(f"mount-{point}", task, self._clock)
            self._remote[point].begin()
        spaces = {point: self._space(point) for point in mounts if point not in remote}
        until = self._clock.monotonic() + self._deadline_s
        for point in remote:
            timeout_s = until - self._clock.monotonic()
            outcome = self._remote[point].finish(timeout_s, oldest_s=_OLDEST_S)
            if outcome is not None and outcome.result is not None:
                spaces[point] = outcome.result
        return {point: space for point, space in spaces.items() if space}

    def _space(self, point: str) -> Mapping[str, float]:
        """Return space and inodes of one mount; nothing if it cannot be read or is not a folder."""
        path = self._root / point.lstrip("/")
        try:
            if not path.is_dir():
                return {}
            state = os.statvfs(path)
        except OSError:
            return {}
        if state.f_blocks == 0:
            return {}
        values: dict[str, float] = {
            Gauge.DISK_TOTAL_BYTES: state.f_blocks * state.f_frsize,
            Gauge.DISK_USED_BYTES: (state.f_blocks - state.f_bfree) * state.f_frsize,
            Gauge.DISK_AVAILABLE_BYTES: state.f_bavail * state.f_frsize,
        }
        # 0: no fixed number of inodes.
        if state.f_files:
            values[Gauge.DISK_INODES_TOTAL] = state.f_files
            values[Gauge.DISK_INODES_USED] = state.f_files - state.f_ffree
        return values

    def _traffic(self) -> Iterator[Reading]:
        """Yield traffic, busy ratio and latency of each whole disk."""
        counters = {
            name: one
            for name, one in read_disks(self._root).items()
            if not name.startswith(_NOT_DISKS)
            and (self._root / "sys/block" / name.replace("/", "!")).exists()
        }
        for change in self._meter.changes(counters):
            for gauge, value in _activity(change):
                yield Reading(gauge=gauge, device=change.key, value=value)


def _data_mounts(mounts: Iterator[Mount]) -> Iterator[Mount]:
    """Yield file systems that hold data; of each source the mount with the shortest path."""
    chosen: dict[str, Mount] = {}
    for mount in mounts:
        is_local = mount.source.startswith("/dev/") or mount.kind in _LOCAL_KINDS
        if mount.kind in _ALWAYS_FULL_KINDS or not (is_local or mount.kind in _REMOTE_KINDS):
            continue
        # Overlays of containers share the disk of the root file system.
        if mount.kind == "overlay" and mount.point != "/":
            continue
        known = chosen.get(mount.source)
        if known is None or len(mount.point) < len(known.point):
            chosen[mount.source] = mount
    yield from chosen.values()


def _activity(change: CounterChange[str, DiskCounters]) -> Iterator[tuple[str, float]]:
    """Yield (gauge, value) of one device."""
    before, after = change.before, change.after
    rates = {
        Gauge.DISK_READ_BYTES_PER_SECOND: change.rate(before.read_bytes, after.read_bytes),
        Gauge.DISK_WRITE_BYTES_PER_SECOND: change.rate(before.written_bytes, after.written_bytes),
        Gauge.DISK_BUSY_RATIO: change.rate(before.busy_seconds, after.busy_seconds),
    }
    for gauge, rate in rates.items():
        if rate is not None:
            yield gauge, min(rate, 1.0) if gauge == Gauge.DISK_BUSY_RATIO else rate
    reads, writes = after.reads - before.reads, after.writes - before.writes
    # Without a request the latency is unknown, not zero.
    if reads > 0 and after.read_seconds >= before.read_seconds:
        yield Gauge.DISK_READ_LATENCY_SECONDS, (after.read_seconds - before.read_seconds) / reads
    if writes > 0 and after.write_seconds >= before.write_seconds:
        yield (
            Gauge.DISK_WRITE_LATENCY_SECONDS,
            (after.write_seconds - before.write_seconds) / writes,
        )
