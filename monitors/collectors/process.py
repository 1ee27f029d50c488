"""Processes: their number, and the top ones by CPU and by memory."""

import heapq
from collections.abc import Iterator
from pathlib import Path

from core.clock import Clock
from monitors.collector import Collection, ProcessReading, Reading
from monitors.gauges import Gauge
from monitors.host.processes import ProcessStat, ProcessTable
from monitors.polling import RateMeter

_NUM_TOP = 15


class ProcessCollector:
    """Reads /proc/PID/stat of all processes, and user, command and run of the top ones.

    CPU ratios need two calls.
    """

    name = "process"

    def __init__(self, root: Path, clock: Clock) -> None:
        """Read below `root`."""
        self._table = ProcessTable(root)
        self._meter: RateMeter[tuple[int, int], ProcessStat] = RateMeter(clock)
        self._own: RateMeter[int, ProcessStat] = RateMeter(clock)

    def collect(self) -> Collection:
        """Return the current readings."""
        stats = {stat.identity: stat for stat in self._table.scan()}
        if not stats:
            raise OSError("no process can be read")
        busy = {
            change.key: change.rate(change.before.cpu_seconds, change.after.cpu_seconds) or 0.0
            for change in self._meter.changes(stats)
        }
        top = {
            *heapq.nlargest(_NUM_TOP, stats, key=lambda one: busy.get(one, 0.0)),
            *heapq.nlargest(_NUM_TOP, stats, key=lambda one: stats[one].memory_bytes),
        }
        self._table.keep_details(top)
        chosen = (self._with_details(stats[one], busy.get(one, 0.0)) for one in top)
        processes = [one for one in chosen if one is not None]
        processes.sort(key=lambda one: (-one.cpu_ratio, -one.memory_bytes, one.pid))
        readings = (
            Reading(gauge=Gauge.PROCESS_COUNT, device="", value=len(stats)),
            Reading(
                gauge=Gauge.PROCESS_THREADS,
                device="",
                value=sum(stat.threads for stat in stats.values()),
            ),
            *self._own_cost(),
        )
        return Collection(readings=readings, processes=tuple(processes))

    def close(self) -> None:
        """Do nothing: no resource is held."""

    def _with_details(self, stat: ProcessStat, cpu_ratio: float) -> ProcessReading | None:
        """Return one process with its details, or None when it has ended."""
        detail = self._table.detail(stat)
        if detail is None:
            return None
        return ProcessReading(
            pid=stat.pid,
            create_time=self._table.create_time(stat),
            user=detail.user,
            command=detail.command,
            cpu_ratio=cpu_ratio,
            memory_bytes=stat.memory_bytes,
            run=detail.run,
        )

    def _own_cost(self) -> Iterator[Reading]:
        """Yield the CPU and memory use of the sampler itself."""
        own = self._table.stat("self")
        if own is None:
            return
        yield Reading(gauge=Gauge.SAMPLER_MEMORY_BYTES, device="", value=own.memory_bytes)
        for change in self._own.changes({own.pid: own}):
            rate = change.rate(change.before.cpu_seconds, change.after.cpu_seconds)
            if rate is not None:
                yield Reading(gauge=Gauge.SAMPLER_CPU_RATIO, device="", value=rate)
