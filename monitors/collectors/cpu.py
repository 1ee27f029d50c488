"""CPUs: busy ratio, load, pressure (PSI) and frequency; also facts about the host."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from core.clock import Clock
from monitors.collector import Collection, DeviceFact, Reading
from monitors.gauges import Gauge
from monitors.host.procfs import (
    CpuTimes,
    read_cpu_times,
    read_load,
    read_pressure,
    read_text,
    read_uptime,
)
from monitors.polling import Cadence

_FREQUENCY_EVERY_S = 10.0  # reading it wakes sleeping cores
_KILOHERTZ = 1e3
_MEGAHERTZ = 1e6
_LOADS = (Gauge.LOAD_AVERAGE_1M, Gauge.LOAD_AVERAGE_5M, Gauge.LOAD_AVERAGE_15M)
_PRESSURES = {
    Gauge.PRESSURE_CPU_SOME_RATIO: ("cpu", "some"),
    Gauge.PRESSURE_MEMORY_SOME_RATIO: ("memory", "some"),
    Gauge.PRESSURE_MEMORY_FULL_RATIO: ("memory", "full"),
    Gauge.PRESSURE_IO_SOME_RATIO: ("io", "some"),
    Gauge.PRESSURE_IO_FULL_RATIO: ("io", "full"),
}


class CpuCollector:
    """Reads /proc/stat, loadavg, pressure and cpufreq. Ratios need two calls."""

    name = "cpu"

    def __init__(self, root: Path, clock: Clock) -> None:
        """Read below `root`."""
        self._root = root
        self._clock = clock
        self._times: Mapping[str, CpuTimes] = {}
        self._waited: dict[Gauge, float] = {}
        self._waited_at = 0.0
        self._cadence = Cadence(clock, _FREQUENCY_EVERY_S)
        self._frequencies: tuple[Reading, ...] = ()
        self._facts: tuple[DeviceFact, ...] | None = None

    def collect(self) -> Collection:
        """Return the current readings."""
        if self._cadence.is_due():
            self._cadence.mark_done()
            self._frequencies = tuple(self._frequency())
        if self._facts is None:
            self._facts = tuple(self._host_facts())
        load = read_load(self._root)
        readings = (
            *self._busy(),
            *(
                Reading(gauge=gauge, device="", value=value)
                for gauge, value in zip(_LOADS, load, strict=True)
            ),
            *self._pressure(),
            *self._frequencies,
            Reading(gauge=Gauge.HOST_UPTIME_SECONDS, device="", value=read_uptime(self._root)),
        )
        return Collection(readings=readings, facts=self._facts)

    def close(self) -> None:
        """Do nothing: no resource is held."""

    def _busy(self) -> Iterator[Reading]:
        """Yield the busy ratio since the last tick, of each core and of all cores together."""
        before, self._times = self._times, read_cpu_times(self._root)
        for device, times in self._times.items():
            if device not in before:
                continue
            total = times.total - before[device].total
            if total > 0:
                busy = (times.busy - before[device].busy) / total
                # The idle counter of the kernel may go back by one tick.
                yield Reading(gauge=Gauge.CPU_BUSY_RATIO, device=device, value=min(max(busy, 0), 1))

    def _pressure(self) -> Iterator[Reading]:
        """Yield the share of time since the last tick with waiting tasks; nothing without PSI."""
        now = self._clock.monotonic()
        before, elapsed = self._waited, now - self._waited_at
        self._waited, self._waited_at = {}, now
        for gauge, (resource, kind) in _PRESSURES.items():
            # Without PSI in the kernel, or with psi=0, the file is missing or cannot be read.
            with suppress(OSError, KeyError):
                self._waited[gauge] = read_pressure(self._root, resource)[kind]
        for gauge, waited in self._waited.items():
            if gauge in before and elapsed > 0:
                ratio = (waited - before[gauge]) / elapsed
                yield Reading(gauge=gauge, device="", value=min(max(ratio, 0.0), 1.0))

    def _frequency(self) -> Iterator[Reading]:
        """Yield the frequency of each core and their mean."""
        hertz = dict(self._cpufreq_frequencies()) or dict(self._cpuinfo_frequencies())
        for device, value in hertz.items():
            yield Reading(gauge=Gauge.CPU_FREQUENCY_HERTZ, device=device, value=value)
        if hertz:
            mean = sum(hertz.values()) / len(hertz)
            yield Reading(gauge=Gauge.CPU_FREQUENCY_HERTZ, device="", value=mean)

    def _cpufreq_frequencies(self) -> Iterator[tuple[str, float]]:
        """Yield the frequency of each core from cpufreq."""
        folder = self._root / "sys/devices/system/cpu"
        for path in sorted(folder.glob("cpu[0-9]*/cpufreq/scaling_cur_freq")):
            with suppress(OSError, ValueError):
                yield path.parts[-3], int(path.read_text(encoding="ascii")) * _KILOHERTZ

    def _cpuinfo_frequencies(self) -> Iterator[tuple[str, float]]:
        """Yield the frequencies in /proc/cpuinfo, for virtual machines without cpufreq."""
        core = ""
        for line in self._cpuinfo():
            key, _, value = line.partition(":")
            if key.strip() == "processor":
                core = f"cpu{value.strip()}"
            elif key.strip() == "cpu MHz":
                yield core, float(value) * _MEGAHERTZ

    def _cpuinfo(self) -> Sequence[str]:
        """Return the lines of /proc/cpuinfo; none when the file is missing."""
        try:
            return read_text(self._root, "proc/cpuinfo").splitlines()
        except OSError:
            return ()

    def _host_facts(self) -> Iterator[DeviceFact]:
        """Yield the CPU model, the kernel, the operating system and the architecture."""
        models = [line for line in self._cpuinfo() if line.startswith("model name")]
        if models:
            yield DeviceFact(device="", name="cpu_model", text=models[0].partition(":")[2].strip())
        with suppress(OSError):
            kernel = read_text(self._root, "proc/sys/kernel/osrelease").strip()
            yield DeviceFact(device="", name="kernel", text=kernel)
        with suppress(OSError):
            for line in read_text(self._root, "etc/os-release").splitlines():
                if line.startswith("PRETTY_NAME="):
                    yield DeviceFact(
                        device="", name="system", text=line.partition("=")[2].strip('"')
                    )
        yield DeviceFact(device="", name="architecture", text=os.uname().machine)
