"""Processes: how many, and those that use the most of the CPU and of memory."""

import heapq
from collections.abc import Iterator
from pathlib import Path

from core.clock import Clock
from monitors.collector import Collection, ProcessReading, Reading
from monitors.gauges import Gauge
from monitors.host.meter import Meter
from monitors.host.processes import ProcessStat, ProcessTable

_NUM_TOP = 15


class ProcessCollector:
    """Looks at all processes cheaply, and closely at the top ones. CPU shares need two looks."""

    name = "process"

    def __init__(self, root: Path, clock: Clock) -> None:
        """Read below `root`."""
        self._table = ProcessTable(root)
        self._meter: Meter[tuple[int, int], ProcessStat] = Meter(clock)
        self._own: Meter[int, ProcessStat] = Meter(clock)

    def collect(self) -> Collection:
        """Look once."""
        stats = {stat.identity: stat for stat in self._table.scan()}
        busy = {
            change.device: change.rate(change.before.cpu_seconds, change.after.cpu_seconds) or 0.0
            for change in self._meter.changes(stats)
        }
        top = {
            *heapq.nlargest(_NUM_TOP, stats, key=lambda one: busy.get(one, 0.0)),
            *heapq.nlargest(_NUM_TOP, stats, key=lambda one: stats[one].memory_bytes),
        }
        self._table.forget_others(top)
        chosen = (self._closely(stats[one], busy.get(one, 0.0)) for one in top)
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
        """Nothing is held."""

    def _closely(self, stat: ProcessStat, cpu_ratio: float) -> ProcessReading | None:
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
        """Yield what sampling itself costs."""
        own = self._table.stat("self")
        if own is None:
            return
        yield Reading(gauge=Gauge.SAMPLER_MEMORY_BYTES, device="", value=own.memory_bytes)
        for change in self._own.changes({own.pid: own}):
            rate = change.rate(change.before.cpu_seconds, change.after.cpu_seconds)
            if rate is not None:
                yield Reading(gauge=Gauge.SAMPLER_CPU_RATIO, device="", value=rate)
