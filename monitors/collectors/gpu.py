"""NVIDIA GPUs through NVML: one thread each, so that one that hangs or is lost stalls nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.clock import Clock
from core.errors import UnavailableError
from monitors.cadence import Cadence
from monitors.collector import Collection, Fact, ProcessReading, Reading
from monitors.gauges import Gauge
from monitors.host import nvml, nvml_calls
from monitors.host.meter import Meter
from monitors.host.nvml_calls import Values
from monitors.host.processes import ProcessStat, ProcessTable
from monitors.worker import Worker

_CALM_EVERY_S = 5.0
_BLOCKING_EVERY_S = 30.0
_SLOW_EVERY_S = 60.0
_RETRY_LOST_EVERY_S = 30.0
_OLDEST_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a GPU told in one round; `processes` is None when it was not their turn."""

    values: Values
    facts: Mapping[str, str]
    processes: tuple[ProcessReading, ...] | None


@dataclass(slots=True)
class Memo:
    """Values of one group of probes, asked as often as they change."""

    probes: Sequence[nvml_calls.Probe]
    cadence: Cadence
    values: Values = field(default_factory=dict)

    def read(self, gpu: nvml.Gpu) -> Values:
        """Return the group's values, read anew when it is time."""
        if self.cadence.is_due():
            self.values = gpu.read(self.probes)
        return self.values


class Card:
    """One GPU under watch, in a thread of its own."""

    def __init__(self, index: int, root: Path, clock: Clock, *, process_interval_s: float) -> None:
        """Watch the GPU of this number."""
        self.device = f"gpu{index}"
        self.facts: Mapping[str, str] = {}
        self.state = "stale"
        self.reason = ""
        self._index = index
        self._gpu: nvml.Gpu | None = None
        self._memos = [
            Memo(nvml_calls.FAST, Cadence(clock, 0)),
            Memo(nvml_calls.CALM, Cadence(clock, _CALM_EVERY_S)),
            Memo(nvml_calls.SLOW, Cadence(clock, _SLOW_EVERY_S)),
            Memo(nvml_calls.BLOCKING, Cadence(clock, _BLOCKING_EVERY_S)),
        ]
        self._processes_due = Cadence(clock, process_interval_s)
        self._retry_due = Cadence(clock, _RETRY_LOST_EVERY_S)
        self._table = ProcessTable(root)
        self._meter: Meter[tuple[int, int], ProcessStat] = Meter(clock)
        self._num_xids = 0
        self._worker: Worker[Told] = Worker(self.device, self._read, clock)
        self._is_asked = False

    @property
    def is_busy(self) -> bool:
        """Whether a call into the driver is under way."""
        return self._worker.is_busy

    def begin(self) -> None:
        """Ask the GPU; one that is lost is asked now and then whether it is back."""
        self._is_asked = self.is_busy or self.state != "lost" or self._retry_due.is_due()
        if self._is_asked:
            self._worker.begin()

    def finish(self, timeout_s: float) -> Told | None:
        """Return what the GPU told, or None; `state` says ok, stale or lost.

        Raises UnavailableError when the driver is gone.
        """
        if not self._is_asked:
            return None
        outcome = self._worker.finish(timeout_s, oldest_s=_OLDEST_S)
        error = outcome.error if outcome else None
        if isinstance(error, UnavailableError):
            raise error
        if outcome is None or outcome.result is None:
            self._miss(error)
            return None
        self.state, self.reason, self.facts = "ok", "", outcome.result.facts
        return outcome.result

    def stop(self) -> None:
        """Let the thread end and the GPU go, unless a call is under way."""
        self._worker.stop()
        if self._gpu is not None and not self.is_busy:
            self._gpu.close()

    def _miss(self, error: Exception | None) -> None:
        """Note why the GPU told nothing; one that is lost stays so until it answers again."""
        if isinstance(error, nvml.LostGpuError):
            # The handle is no good any more: a GPU that comes back is found anew.
            if self._gpu is not None:
                self._gpu.close()
            self.state, self._gpu = "lost", None
            self._retry_due.is_due()
        elif self.state != "lost":
            self.state = "stale"
        self.reason = str(error) if error else f"no answer for {self._worker.busy_s:.1f} s"

    def _read(self) -> Told:
        """Ask the driver; in the thread of this GPU."""
        if self._gpu is None:
            self._gpu = nvml.find_gpu(self._index)
        values: Values = {}
        for memo in self._memos:
            values.update(memo.read(self._gpu))
        facts = dict(self.facts) or dict(self._gpu.facts())
        xids = self._gpu.new_xids()
        if xids:
            facts["xid"] = str(xids[-1])
        self._num_xids += len(xids)
        values[Gauge.GPU_XID_ERRORS] = self._num_xids
        processes = tuple(self._users(self._gpu)) if self._processes_due.is_due() else None
        return Told(values=values, facts=facts, processes=processes)

    def _users(self, gpu: nvml.Gpu) -> Iterator[ProcessReading]:
        """Yield who uses the GPU; processes outside this container cannot be described."""
        on_gpu = gpu.processes()
        found = {one.pid: self._table.stat(str(one.pid)) for one in on_gpu}
        stats = {stat.identity: stat for stat in found.values() if stat is not None}
        busy = {
            change.device: change.rate(change.before.cpu_seconds, change.after.cpu_seconds) or 0.0
            for change in self._meter.changes(stats)
        }
        self._table.forget_others(set(stats))
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
    """Asks all GPUs at the same time and waits for them until the deadline.

    A GPU that does not answer keeps its card: `gpu_stale` or `gpu_lost` is 1 and the fact `state`
    says so. One that was here and is gone when the driver starts anew is lost, too.
    """

    name = "gpu"

    def __init__(
        self, root: Path, clock: Clock, *, deadline_s: float, process_interval_s: float
    ) -> None:
        """Remember how long to wait for a GPU; the driver is started by the first question."""
        self._root = root
        self._clock = clock
        self._deadline_s = deadline_s
        self._process_interval_s = process_interval_s
        self._cards: list[Card] = []
        self._processes: dict[str, tuple[ProcessReading, ...]] = {}
        self._known: dict[str, tuple[str, Mapping[str, str]]] = {}

    def collect(self) -> Collection:
        """Ask once; raises UnavailableError when there is no driver or no GPU."""
        if not self._cards:
            self._open()
        for card in self._cards:
            card.begin()
        until = self._clock.monotonic() + self._deadline_s
        readings: list[Reading] = []
        try:
            for card in self._cards:
                told = card.finish(until - self._clock.monotonic())
                readings += self._taken(card, told)
        except UnavailableError:
            self.close()
            raise
        missing = list(self._missing())
        return Collection(
            readings=(*readings, *(Reading(gauge=Gauge.GPU_LOST, device=one, value=1)
                                   for one, _ in missing)),
            facts=tuple(self._facts(missing)),
            processes=tuple(one for held in self._processes.values() for one in held),
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the driver, unless a call into it is under way: it would crash."""
        for card in self._cards:
            card.stop()
        if self._cards and not any(card.is_busy for card in self._cards):
            nvml.close_driver()
        self._cards = []
        self._processes = {}

    def _open(self) -> None:
        """Start the driver and watch each of its GPUs."""
        nvml.open_driver()
        number = nvml.count_gpus()
        if not number:
            nvml.close_driver()
            raise UnavailableError("the NVIDIA driver sees no GPU")
        self._cards = [
            Card(index, self._root, self._clock, process_interval_s=self._process_interval_s)
            for index in range(number)
        ]

    def _taken(self, card: Card, told: Told | None) -> Iterator[Reading]:
        """Yield a card's readings, and keep its processes until it tells others."""
        values = dict(told.values) if told else {}
        values[Gauge.GPU_STALE] = float(card.state == "stale")
        values[Gauge.GPU_LOST] = float(card.state == "lost")
        if told is None:
            self._processes.pop(card.device, None)
        elif told.processes is not None:
            self._processes[card.device] = told.processes
        if "uuid" in card.facts:
            self._known[card.facts["uuid"]] = (card.device, card.facts)
        for gauge, value in values.items():
            yield Reading(gauge=gauge, device=card.device, value=value)

    def _missing(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield (device, facts) of GPUs that an earlier start of the driver knew."""
        present = {card.facts.get("uuid") for card in self._cards}
        if None in present:
            return
        names = {card.device for card in self._cards}
        for uuid, (device, facts) in self._known.items():
            if uuid not in present:
                yield (f"{device}-missing" if device in names else device), facts

    def _facts(self, missing: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[Fact]:
        """Yield what the GPUs are and how they are."""
        described = [
            (card.device, {**card.facts, "state": card.state, "reason": card.reason})
            for card in self._cards
        ]
        gone = {"state": "lost", "reason": "the driver does not list it any more"}
        described += [(device, {**facts, **gone}) for device, facts in missing]
        for device, facts in described:
            for name, text in facts.items():
                if text:
                    yield Fact(device=device, name=name, text=text)
