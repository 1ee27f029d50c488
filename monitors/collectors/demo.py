"""Eight simulated GPUs, for machines without one. Each has the fact `simulated`."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.clock import Clock
from monitors.collector import Collection, DeviceFact, ProcessReading, Reading
from monitors.gauges import Gauge

_BEGIN = 1_700_000_000.0
"""Time at which the simulated energy counters were zero."""
_PID = 1 << 23
"""Greater than any process id of Linux, so that no real process has it."""
_WARM_AFTER_S = 25.0
_IDLE_RATIO = 0.03
_CAP_RATIO = 0.93
_HOT_CELSIUS = 83.0
_GIBIBYTE = float(1 << 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """A mean plus sines: `terms` are (amplitude, period in seconds, phase)."""

    mean: float
    terms: Sequence[tuple[float, float, float]]

    def at(self, time: float) -> float:
        """Return the value at a time."""
        return self.mean + sum(
            amplitude * math.sin(math.tau * time / period + phase)
            for amplitude, period, phase in self.terms
        )

    def integral(self, time: float) -> float:
        """Return the integral since `_BEGIN`, the value of a counter."""
        return self._primitive(time) - self._primitive(_BEGIN)

    def _primitive(self, time: float) -> float:
        """Return an antiderivative."""
        return self.mean * time - sum(
            amplitude * period / math.tau * math.cos(math.tau * time / period + phase)
            for amplitude, period, phase in self.terms
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuModel:
    """The properties of a GPU model."""

    name: str
    memory_bytes: float
    limit_watts: float
    idle_watts: float
    clock_hertz: float
    memory_clock_hertz: float
    slowdown_celsius: float
    has_fan: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedGpu:
    """One simulated GPU and its workload."""

    model: GpuModel
    load: Wave
    memory: Wave
    base_celsius: float
    job: str = ""
    corrected_errors: float = 0.0


_BIG = GpuModel(
    name="Simulated H100 80GB",
    memory_bytes=80 * _GIBIBYTE,
    limit_watts=700.0,
    idle_watts=70.0,
    clock_hertz=1.98e9,
    memory_clock_hertz=2.619e9,
    slowdown_celsius=87.0,
    has_fan=False,
)
_SMALL = GpuModel(
    name="Simulated L40S 48GB",
    memory_bytes=48 * _GIBIBYTE,
    limit_watts=350.0,
    idle_watts=35.0,
    clock_hertz=2.52e9,
    memory_clock_hertz=9.001e9,
    slowdown_celsius=92.0,
    has_fan=True,
)


def _training(phase: float, base_celsius: float, corrected_errors: float) -> SimulatedGpu:
    """Return a GPU that trains a model: nearly always busy, memory nearly full."""
    return SimulatedGpu(
        model=_BIG,
        load=Wave(mean=0.88, terms=((0.07, 47.0, phase), (0.04, 311.0, phase / 2))),
        memory=Wave(mean=0.91, terms=((0.01, 600.0, phase),)),
        base_celsius=base_celsius,
        corrected_errors=corrected_errors,
        job="python train.py --simulated",
    )


_DEVICES = (
    _training(0.0, 52.0, 0.0),
    _training(0.4, 54.0, 0.0),
    _training(0.8, 56.0, 3.0),
    _training(1.2, 60.0, 0.0),
    SimulatedGpu(
        model=_BIG,
        load=Wave(mean=0.5, terms=((0.42, 180.0, 0.0), (0.05, 23.0, 1.0))),
        memory=Wave(mean=0.45, terms=((0.2, 900.0, 0.0),)),
        base_celsius=50.0,
        job="python sweep.py --simulated",
    ),
    SimulatedGpu(
        model=_BIG,
        load=Wave(mean=0.0, terms=()),
        memory=Wave(mean=0.006, terms=()),
        base_celsius=45.0,
    ),
    SimulatedGpu(
        model=_SMALL,
        load=Wave(mean=0.35, terms=((0.2, 61.0, 2.0), (0.12, 13.0, 0.0))),
        memory=Wave(mean=0.62, terms=((0.03, 240.0, 0.0),)),
        base_celsius=48.0,
        job="python serve.py --simulated",
    ),
    SimulatedGpu(
        model=_SMALL,
        load=Wave(mean=0.12, terms=((0.1, 90.0, 1.0),)),
        memory=Wave(mean=0.3, terms=((0.02, 400.0, 0.0),)),
        base_celsius=46.0,
        job="jupyter-lab --simulated",
    ),
)


class DemoCollector:
    """Returns what the gpu collector would return for eight GPUs; depends on the clock alone."""

    name = "demo"

    def __init__(self, clock: Clock) -> None:
        """Store the clock."""
        self._clock = clock

    def collect(self) -> Collection:
        """Return the values of the current time."""
        now = self._clock.now()
        devices = [(f"gpu{index}", device) for index, device in enumerate(_DEVICES)]
        return Collection(
            readings=tuple(
                Reading(gauge=gauge, device=name, value=value)
                for name, device in devices
                for gauge, value in _values(device, now).items()
            ),
            facts=tuple(fact for name, device in devices for fact in _facts(name, device)),
            processes=tuple(_processes(devices, now)),
        )

    def close(self) -> None:
        """Do nothing: no resource is held."""


def _values(device: SimulatedGpu, now: float) -> Mapping[str, float]:
    """Return the gauges of one GPU."""
    model, load = device.model, device.load
    busy = round(min(max(load.at(now), 0.0), 1.0), 2)
    celsius = _celsius(device, now)
    power = Wave(mean=model.idle_watts + load.mean * _swing(model), terms=_scaled(load, model))
    is_hot = celsius > _HOT_CELSIUS
    values: dict[str, float] = {
        Gauge.GPU_UTILIZATION_RATIO: busy,
        Gauge.GPU_MEMORY_UTILIZATION_RATIO: round(busy * 0.62, 2),
        Gauge.GPU_MEMORY_USED_BYTES: float(int(device.memory.at(now) * 1024))
        / 1024
        * model.memory_bytes,
        Gauge.GPU_MEMORY_TOTAL_BYTES: model.memory_bytes,
        Gauge.GPU_POWER_WATTS: round(power.at(now), 1),
        Gauge.GPU_POWER_LIMIT_WATTS: model.limit_watts,
        Gauge.GPU_ENERGY_JOULES: round(power.integral(now), 3),
        Gauge.GPU_TEMPERATURE_CELSIUS: celsius,
        Gauge.GPU_TEMPERATURE_SLOWDOWN_CELSIUS: model.slowdown_celsius,
        Gauge.GPU_CLOCK_SM_HERTZ: model.clock_hertz - (1.2e8 if is_hot else 0.0),
        Gauge.GPU_CLOCK_MEMORY_HERTZ: model.memory_clock_hertz,
        Gauge.GPU_ECC_UNCORRECTED_ERRORS: 0.0,
        Gauge.GPU_ECC_CORRECTED_ERRORS: device.corrected_errors,
        Gauge.GPU_PCIE_GENERATION: 5.0 if model is _BIG else 4.0,
        Gauge.GPU_PCIE_WIDTH_LANES: 16.0,
        Gauge.GPU_PCIE_RECEIVE_BYTES_PER_SECOND: round(busy * 1.1e9),
        Gauge.GPU_PCIE_TRANSMIT_BYTES_PER_SECOND: round(busy * 3.1e8),
        Gauge.GPU_XID_ERRORS: 0.0,
        Gauge.GPU_LOST: 0.0,
        Gauge.GPU_STALE: 0.0,
    }
    if model.has_fan:
        values[Gauge.GPU_FAN_RATIO] = round(min(max((celsius - 30.0) / 50.0, 0.2), 1.0), 2)
    return {**values, **_throttles(busy, is_hot=is_hot)}


def _throttles(busy: float, *, is_hot: bool) -> Mapping[str, float]:
    """Return the reasons why clocks are low."""
    reasons = {
        Gauge.GPU_THROTTLE_IDLE: busy < _IDLE_RATIO,
        Gauge.GPU_THROTTLE_APPLICATION_CLOCKS: False,
        Gauge.GPU_THROTTLE_SW_POWER_CAP: busy > _CAP_RATIO,
        Gauge.GPU_THROTTLE_HW_SLOWDOWN: False,
        Gauge.GPU_THROTTLE_SYNC_BOOST: False,
        Gauge.GPU_THROTTLE_SW_THERMAL: is_hot,
        Gauge.GPU_THROTTLE_HW_THERMAL: False,
        Gauge.GPU_THROTTLE_HW_POWER_BRAKE: False,
        Gauge.GPU_THROTTLE_DISPLAY_CLOCKS: False,
    }
    return {gauge: float(is_active) for gauge, is_active in reasons.items()}


def _celsius(device: SimulatedGpu, now: float) -> float:
    """Return the temperature, which follows the load with a delay."""
    load = min(max(device.load.at(now - _WARM_AFTER_S), 0.0), 1.0)
    return float(round(device.base_celsius - 15.0 + 40.0 * load))


def _swing(model: GpuModel) -> float:
    """Return the difference of power between idle and busy, in watts."""
    return 0.97 * model.limit_watts - model.idle_watts


def _scaled(load: Wave, model: GpuModel) -> Sequence[tuple[float, float, float]]:
    """Return the sines of the load in watts."""
    return [(amplitude * _swing(model), period, phase) for amplitude, period, phase in load.terms]


def _facts(name: str, device: SimulatedGpu) -> Iterator[DeviceFact]:
    """Yield the facts about a GPU."""
    index = int(name.removeprefix("gpu"))
    texts = {
        "simulated": "simulated: no such GPU is in this host",
        "name": device.model.name,
        "uuid": f"GPU-51000000-0000-4000-8000-{index:012d}",
        "driver_version": "simulated",
        "pci_bus_id": f"00000000:{0x10 + index:02X}:00.0",
        "state": "ok",
    }
    for fact, text in texts.items():
        yield DeviceFact(device=name, name=fact, text=text)


def _processes(devices: Sequence[tuple[str, SimulatedGpu]], now: float) -> Iterator[ProcessReading]:
    """Yield the processes on the GPUs, with ids and users that cannot be real."""
    for index, (name, device) in enumerate(devices):
        if device.job:
            memory = device.memory.at(now) * device.model.memory_bytes
            yield ProcessReading(
                pid=_PID + index,
                create_time=_BEGIN,
                user="simulated",
                command=device.job,
                cpu_ratio=round(min(max(device.load.at(now), 0.0), 1.0), 2),
                memory_bytes=int(6 * _GIBIBYTE),
                gpu=name,
                gpu_memory_bytes=int(memory),
            )
