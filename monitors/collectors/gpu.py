"""NVIDIA GPUs through NVML, one thread per GPU: one that hangs or is lost blocks no other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from core.clock import Clock
from core.errors import UnavailableError
from monitors.collector import Collection, DeviceFact, ProcessReading, Reading
from monitors.gauges import Gauge
from monitors.host import nvml
from monitors.host.nvml import Values
from monitors.host.processes import ProcessStat, ProcessTable
from monitors.polling import Cadence, RateMeter, Worker

_MEDIUM_EVERY_S = 5.0
_BLOCKING_EVERY_S = 30.0
_SLOW_EVERY_S = 60.0
_RETRY_LOST_EVERY_S = 30.0
_OLDEST_S = 15.0
_NOT_LISTED = "the driver does not list it any more"


class GpuState(StrEnum):
    """Whether a GPU answers; the value is the text of the fact `state`."""

    OK = "ok"
    STALE = "stale"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSample:
    """The result of one read of a GPU; `processes` is None when they were not due."""

    values: Values
    facts: Mapping[str, str]
    processes: tuple[ProcessReading, ...] | None


@dataclass(slots=True)
class ProbeGroup:
    """Probes that are read at the same cadence, and their last values."""

    probes: Sequence[nvml.Probe]
    cadence: Cadence
    values: Values = field(default_factory=dict)

    def read(self, gpu: nvml.Gpu) -> Values:
        """Return the values of the group; read them again when they are due."""
        if self.cadence.is_due():
            self.cadence.mark_done()
            self.values = gpu.read(self.probes)
        return self.values


class PolledGpu:
    """One GPU in a thread of its own."""

    def __init__(self, index: int, root: Path, clock: Clock, *, process_interval_s: float) -> None:
        """Create the thread of the GPU with this index."""
        self.device = f"gpu{index}"
        self.facts: Mapping[str, str] = {}
        self.state = GpuState.STALE
        self.reason = ""
        self._index = index
        self._gpu: nvml.Gpu | None = None
        self._groups = [
            ProbeGroup(nvml.FAST_PROBES, Cadence(clock, 0)),
            ProbeGroup(nvml.MEDIUM_PROBES, Cadence(clock, _MEDIUM_EVERY_S)),
            ProbeGroup(nvml.SLOW_PROBES, Cadence(clock, _SLOW_EVERY_S)),
            ProbeGroup(nvml.BLOCKING_PROBES, Cadence(clock, _BLOCKING_EVERY_S)),
        ]
        self._processes_cadence = Cadence(clock, process_interval_s)
        self._retry_cadence = Cadence(clock, _RETRY_LOST_EVERY_S)
        self._table = ProcessTable(root)
        self._meter: RateMeter[tuple[int, int], ProcessStat] = RateMeter(clock)
        self._num_xids = 0
        self._worker: Worker[GpuSample] = Worker(self.device, self._read, clock)
        self._is_called = False

    @property
    def is_busy(self) -> bool:
        """Whether a call into the driver has not ended."""
        return self._worker.is_busy

    def begin(self) -> None:
        """Start a read; a lost GPU is read once per half minute."""
        is_due = self.state is not GpuState.LOST or self._retry_cadence.is_due()
        if is_due:
            self._retry_cadence.mark_done()
        self._is_called = is_due or self.is_busy
        if self._is_called:
            self._worker.begin()

    def finish(self, timeout_s: float) -> GpuSample | None:
        """Return the sample, or None when there is none; updates `state` and `reason`.

        Raises UnavailableError when the driver was unloaded.
        """
        if not self._is_called:
            return None
        outcome = self._worker.finish(timeout_s, oldest_s=_OLDEST_S)
        error = outcome.error if outcome else None
        if isinstance(error, UnavailableError):
            raise error
        if outcome is None or outcome.result is None:
            self._record_failure(error)
            return None
        self.state, self.reason, self.facts = GpuState.OK, "", outcome.result.facts
        return outcome.result

    def stop(self) -> None:
        """End the thread and release the GPU, unless a call has not ended."""
        self._worker.stop()
        if self._gpu is not None and not self.is_busy:
            self._gpu.close()

    def _record_failure(self, error: Exception | None) -> None:
        """Record why the read failed; a lost GPU stays lost until it answers again."""
        if isinstance(error, nvml.LostGpuError):
            # The handle is invalid now: the GPU is looked up again when it comes back.
            if self._gpu is not None:
                self._gpu.close()
            self.state, self._gpu = GpuState.LOST, None
            self._retry_cadence.mark_done()
        elif self.state is not GpuState.LOST:
            self.state = GpuState.STALE
        self.reason = str(error) if error else f"no answer for {self._worker.busy_s:.1f} s"

    def _read(self) -> GpuSample:
        """Read the GPU, in its thread."""
        if self._gpu is None:
            self._gpu = nvml.find_gpu(self._index)
        values: Values = {}
        for group in self._groups:
            values.update(group.read(self._gpu))
        facts = dict(self.facts) or dict(self._gpu.facts())
        xids = self._gpu.new_xids()
        if xids:
            facts["xid"] = str(xids[-1])
        self._num_xids += len(xids)
        values[Gauge.GPU_XID_ERRORS] = self._num_xids
        processes = None
        if self._processes_cadence.is_due():
            self._processes_cadence.mark_done()
            processes = tuple(self._processes(self._gpu))
        return GpuSample(values=values, facts=facts, processes=processes)

    def _processes(self, gpu: nvml.Gpu) -> Iterator[ProcessReading]:
        """Yield the processes on the GPU; those of other containers are not visible in /proc."""
        on_gpu = gpu.processes()
        found = {one.pid: self._table.stat(str(one.pid)) for one in on_gpu}
        stats = {stat.identity: stat for stat in found.values() if stat is not None}
        busy = {
            change.key: change.rate(change.before.cpu_seconds, change.after.cpu_seconds) or 0.0
            for change in self._meter.changes(stats)
        }
        self._table.keep_details(set(stats))
        for one in on_gpu:
            stat = found[one.pid]
            detail = self._table.detail(stat) if stat is not None else None
            if stat is None or detail is None:
                continue
            yield ProcessReading(
                pid=one.pid,
                create_time=self._table.create_time(stat),
                user=detail.user,
                command=detail.command,
                cpu_ratio=busy.get(stat.identity, 0.0),
                memory_bytes=stat.memory_bytes,
                gpu=self.device,
                gpu_memory_bytes=one.memory_bytes,
                run=detail.run,
            )


class GpuCollector:
    """Reads all GPUs at the same time and waits for them up to the deadline.

    A GPU that does not answer stays in the list: `gpu_stale` or `gpu_lost` is 1, and the fact
    `state` says so. A GPU that is missing after a restart of the driver is lost, too.
    """

    name = "gpu"

    def __init__(
        self, root: Path, clock: Clock, *, deadline_s: float, process_interval_s: float
    ) -> None:
        """Store the deadline for one GPU; the first `collect` loads the driver."""
        self._root = root
        self._clock = clock
        self._deadline_s = deadline_s
        self._process_interval_s = process_interval_s
        self._gpus: list[PolledGpu] = []
        self._processes: dict[str, tuple[ProcessReading, ...]] = {}
        self._known: dict[str, tuple[str, Mapping[str, str]]] = {}

    def collect(self) -> Collection:
        """Read all GPUs; raises UnavailableError without a driver or a GPU."""
        if not self._gpus:
            self._open()
        for gpu in self._gpus:
            gpu.begin()
        until = self._clock.monotonic() + self._deadline_s
        readings: list[Reading] = []
        try:
            for gpu in self._gpus:
                sample = gpu.finish(until - self._clock.monotonic())
                readings += self._accept(gpu, sample)
        except UnavailableError:
            self.close()
            raise
        missing = list(self._missing())
        readings += [Reading(gauge=Gauge.GPU_LOST, device=device, value=1) for device, _ in missing]
        return Collection(
            readings=tuple(readings),
            facts=tuple(self._facts(missing)),
            processes=tuple(one for held in self._processes.values() for one in held),
        )

    def close(self) -> None:
        """Release the driver, unless a call into it has not ended: the driver would crash."""
        for gpu in self._gpus:
            gpu.stop()
        if self._gpus and not any(gpu.is_busy for gpu in self._gpus):
            nvml.close_driver()
        self._gpus = []
        self._processes = {}

    def _open(self) -> None:
        """Load the driver and create a thread for each GPU."""
        nvml.open_driver()
        number = nvml.count_gpus()
        if not number:
            nvml.close_driver()
            raise UnavailableError("the NVIDIA driver lists no GPU")
        self._gpus = [
            PolledGpu(index, self._root, self._clock, process_interval_s=self._process_interval_s)
            for index in range(number)
        ]

    def _accept(self, gpu: PolledGpu, sample: GpuSample | None) -> Iterator[Reading]:
        """Yield the readings of a GPU, and keep its processes until they are read again."""
        values = dict(sample.values) if sample else {}
        values[Gauge.GPU_STALE] = float(gpu.state is GpuState.STALE)
        values[Gauge.GPU_LOST] = float(gpu.state is GpuState.LOST)
        if sample is None:
            self._processes.pop(gpu.device, None)
        elif sample.processes is not None:
            self._processes[gpu.device] = sample.processes
        if "uuid" in gpu.facts:
            self._known[gpu.facts["uuid"]] = (gpu.device, gpu.facts)
        for gauge, value in values.items():
            yield Reading(gauge=gauge, device=gpu.device, value=value)

    def _missing(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield (device, facts) of each GPU that the driver listed before its last restart only."""
        present = {gpu.facts.get("uuid") for gpu in self._gpus}
        if None in present:
            return
        names = {gpu.device for gpu in self._gpus}
        for uuid, (device, facts) in self._known.items():
            if uuid not in present:
                yield (f"{device}-missing" if device in names else device), facts

    def _facts(self, missing: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[DeviceFact]:
        """Yield the facts of all GPUs, missing ones included."""
        described = [
            (gpu.device, {**gpu.facts, "state": gpu.state, "reason": gpu.reason})
            for gpu in self._gpus
        ]
        gone = {"state": GpuState.LOST, "reason": _NOT_LISTED}
        described += [(device, {**facts, **gone}) for device, facts in missing]
        for device, facts in described:
            for name, text in facts.items():
                if text:
                    yield DeviceFact(device=device, name=name, text=text)
