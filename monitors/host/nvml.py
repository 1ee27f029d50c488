"""NVML through pynvml: GPUs, their gauges in base units, and the errors of the driver as ours.

What a GPU does not support is absent. pynvml has no types: its handles and structures are `Any`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pynvml

from core.errors import DatahallError, UnavailableError
from monitors.gauges import Gauge

MILLI, PERCENT = 1000, 100
MEGA, KILO = 1e6, 1e3
ABSENT = frozenset(
    (
        pynvml.NVML_ERROR_NOT_SUPPORTED,
        pynvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        pynvml.NVML_ERROR_NO_PERMISSION,
        pynvml.NVML_ERROR_INVALID_ARGUMENT,
        pynvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
        pynvml.NVML_ERROR_DEPRECATED,
    )
)
"""Errors that mean: this GPU, this driver or this user does not support the call."""

THROTTLES: Mapping[Gauge, int] = {
    Gauge.GPU_THROTTLE_IDLE: pynvml.nvmlClocksEventReasonGpuIdle,
    Gauge.GPU_THROTTLE_APPLICATION_CLOCKS: pynvml.nvmlClocksEventReasonApplicationsClocksSetting,
    Gauge.GPU_THROTTLE_SW_POWER_CAP: pynvml.nvmlClocksEventReasonSwPowerCap,
    Gauge.GPU_THROTTLE_HW_SLOWDOWN: pynvml.nvmlClocksEventReasonHwSlowdown,
    Gauge.GPU_THROTTLE_SYNC_BOOST: pynvml.nvmlClocksEventReasonSyncBoost,
    Gauge.GPU_THROTTLE_SW_THERMAL: pynvml.nvmlClocksEventReasonSwThermalSlowdown,
    Gauge.GPU_THROTTLE_HW_THERMAL: pynvml.nvmlClocksEventReasonHwThermalSlowdown,
    Gauge.GPU_THROTTLE_HW_POWER_BRAKE: pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown,
    Gauge.GPU_THROTTLE_DISPLAY_CLOCKS: pynvml.nvmlClocksEventReasonDisplayClockSetting,
}
"""Gauge -> bit of the reason why clocks are lower than they could be."""

Handle = Any
Answer = Any
Values = dict[str, float]
Probe = Callable[[Handle], Values]

_LOST = frozenset((pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_RESET_REQUIRED))
_DRIVER_GONE = frozenset((pynvml.NVML_ERROR_UNINITIALIZED, pynvml.NVML_ERROR_DRIVER_NOT_LOADED))
_REMEDIES = {
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "Load it (modprobe nvidia) or reboot",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "The driver was updated: reboot",
    pynvml.NVML_ERROR_NO_PERMISSION: "Give this user access to /dev/nvidiactl",
}
_MAX_EVENTS = 64
_FACTS: Mapping[str, Callable[[Handle], Answer]] = {
    "name": pynvml.nvmlDeviceGetName,
    "uuid": pynvml.nvmlDeviceGetUUID,
    "pci_bus_id": lambda handle: pynvml.nvmlDeviceGetPciInfo(handle).busId,
    "driver_version": lambda _: pynvml.nvmlSystemGetDriverVersion(),
}


class LostGpuError(DatahallError):
    """The GPU is off the bus, or needs a reset."""

    kind = "gpu-lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process that uses a GPU; its memory is None when the driver does not report it."""

    pid: int
    memory_bytes: int | None


class Gpu:
    """One GPU. Only one thread may use it at a time; calls to different GPUs are independent."""

    def __init__(self, handle: Handle) -> None:
        """Store the handle of pynvml."""
        self._handle = handle
        self._absent: set[Any] = set()
        self._events: Any = None

    def read(self, probes: Sequence[Probe]) -> Values:
        """Return the values of the probes by gauge, without those that this GPU does not support.

        Raises LostGpuError, UnavailableError when the driver was unloaded, or DatahallError when
        every probe failed.
        """
        values: Values = {}
        errors: list[str] = []
        for probe in probes:
            answer = self._call(probe, errors)
            if answer is not None:
                values.update(answer)
        if errors and not values:
            raise DatahallError(f"NVIDIA driver: {errors[0]}")
        return values

    def facts(self) -> Mapping[str, str]:
        """Return name, uuid, pci_bus_id and driver_version, as far as the driver supports them."""
        texts = ((name, self._call(probe, [])) for name, probe in _FACTS.items())
        return {name: _decoded(text) for name, text in texts if text is not None}

    def processes(self) -> Sequence[GpuProcess]:
        """Return the compute and graphics processes, each process once."""
        found: dict[int, GpuProcess] = {}
        for probe in (compute_processes, graphics_processes):
            for one in self._call(probe, []) or ():
                if one.pid not in found or one.usedGpuMemory is not None:
                    found[one.pid] = GpuProcess(pid=one.pid, memory_bytes=one.usedGpuMemory)
        return list(found.values())

    def new_xids(self) -> Sequence[int]:
        """Return the numbers of the Xid errors since the previous call, without waiting."""
        return list(self._call(self._read_events, []) or ())

    def close(self) -> None:
        """Release the event set."""
        if self._events is not None:
            with suppress(pynvml.NVMLError):
                pynvml.nvmlEventSetFree(self._events)
            self._events = None

    def _call(self, probe: Callable[[Handle], Answer], errors: list[str]) -> Answer:
        """Return the result of a call, or None; store the calls that this GPU does not support."""
        if probe in self._absent:
            return None
        try:
            return probe(self._handle)
        except UnicodeDecodeError as error:
            return error.object  # a name that is not UTF-8, see _decoded
        except pynvml.NVMLError as error:
            if error.value in ABSENT:
                self._absent.add(probe)
            elif error.value in _LOST:
                raise LostGpuError(str(error)) from error
            elif error.value in _DRIVER_GONE:
                raise _unavailable(error) from error
            else:
                errors.append(str(error))
            return None

    def _read_events(self, handle: Handle) -> Sequence[int]:
        """Return the pending Xid events."""
        if self._events is None:
            events = pynvml.nvmlEventSetCreate()
            pynvml.nvmlDeviceRegisterEvents(handle, pynvml.nvmlEventTypeXidCriticalError, events)
            self._events = events
        numbers: list[int] = []
        with suppress(pynvml.NVMLError_Timeout):
            while len(numbers) < _MAX_EVENTS:
                numbers.append(int(pynvml.nvmlEventSetWait(self._events, 0).eventData))
        return numbers


def open_driver() -> None:
    """Initialise NVML; raises UnavailableError without a working driver."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound as error:
        raise UnavailableError("no NVIDIA driver on this host") from error
    except pynvml.NVMLError as error:
        raise _unavailable(error) from error


def close_driver() -> None:
    """Release NVML. Must not be called during another call: the driver would crash."""
    with suppress(pynvml.NVMLError):
        pynvml.nvmlShutdown()


def count_gpus() -> int:
    """Return the number of GPUs that the driver lists, lost ones included."""
    try:
        return int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError as error:
        raise _unavailable(error) from error


def find_gpu(index: int) -> Gpu:
    """Return a GPU by its index.

    Raises LostGpuError when the GPU is off the bus, DatahallError without permission to open it.
    """
    try:
        return Gpu(pynvml.nvmlDeviceGetHandleByIndex(index))
    except pynvml.NVMLError_NoPermission as error:
        raise DatahallError(str(error), remedy="Give this user access to /dev/nvidia*") from error
    except pynvml.NVMLError as error:
        if error.value in _DRIVER_GONE:
            raise _unavailable(error) from error
        raise LostGpuError(str(error)) from error


def _unavailable(error: pynvml.NVMLError) -> UnavailableError:
    """Return the error of an unusable driver, with its remedy."""
    return UnavailableError(f"NVIDIA driver: {error}", remedy=_REMEDIES.get(error.value, ""))


def _decoded(text: str | bytes) -> str:
    """Return text that pynvml returned as bytes: older versions, or a name that is not UTF-8."""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _utilization(handle: Handle) -> Values:
    """Read the utilisation of the GPU and of its memory."""
    rates = pynvml.nvmlDeviceGetUtilizationRates(handle)
    return {
        Gauge.GPU_UTILIZATION_RATIO: rates.gpu / PERCENT,
        Gauge.GPU_MEMORY_UTILIZATION_RATIO: rates.memory / PERCENT,
    }


def _memory(handle: Handle) -> Values:
    """Read used and total memory; version 1 of the call counts reserved memory as used."""
    memory = _either(
        lambda: pynvml.nvmlDeviceGetMemoryInfo(handle, version=pynvml.nvmlMemory_v2),
        lambda: pynvml.nvmlDeviceGetMemoryInfo(handle),
    )
    return {Gauge.GPU_MEMORY_USED_BYTES: memory.used, Gauge.GPU_MEMORY_TOTAL_BYTES: memory.total}


def _temperature(handle: Handle) -> Values:
    """Read the temperature of the GPU core."""
    celsius = _either(
        lambda: pynvml.nvmlDeviceGetTemperatureV(handle, pynvml.NVML_TEMPERATURE_GPU),
        lambda: pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU),
    )
    return {Gauge.GPU_TEMPERATURE_CELSIUS: celsius}


def _throttles(handle: Handle) -> Values:
    """Read the reasons why clocks are low."""
    mask = _either(
        lambda: pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle),
        lambda: pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle),
    )
    return {gauge: float(bool(mask & bit)) for gauge, bit in THROTTLES.items()}


def _number(
    gauge: str, call: Callable[..., float], *arguments: int, times: float = 1, per: float = 1
) -> Probe:
    """Return a probe for a call that returns one number; it is converted to the base unit."""
    return lambda handle: {gauge: call(handle, *arguments) * times / per}


def compute_processes(handle: Handle) -> Answer:
    """Read the processes with a compute context."""
    return _either(
        lambda: pynvml.nvmlDeviceGetComputeRunningProcesses_v3(handle),
        lambda: pynvml.nvmlDeviceGetComputeRunningProcesses_v2(handle),
    )


def graphics_processes(handle: Handle) -> Answer:
    """Read the processes with a graphics context."""
    return _either(
        lambda: pynvml.nvmlDeviceGetGraphicsRunningProcesses_v3(handle),
        lambda: pynvml.nvmlDeviceGetGraphicsRunningProcesses_v2(handle),
    )


def _either(newer: Callable[[], Answer], older: Callable[[], Answer]) -> Answer:
    """Call the newer function, or the older one when the driver lacks the newer."""
    try:
        return newer()
    except pynvml.NVMLError as error:
        if error.value not in ABSENT:
            raise
        return older()


FAST_PROBES: Sequence[Probe] = (
    _utilization,
    _memory,
    _throttles,
    _number(Gauge.GPU_POWER_WATTS, pynvml.nvmlDeviceGetPowerUsage, per=MILLI),
    _number(
        Gauge.GPU_CLOCK_SM_HERTZ, pynvml.nvmlDeviceGetClockInfo, pynvml.NVML_CLOCK_SM, times=MEGA
    ),
    _number(
        Gauge.GPU_CLOCK_MEMORY_HERTZ,
        pynvml.nvmlDeviceGetClockInfo,
        pynvml.NVML_CLOCK_MEM,
        times=MEGA,
    ),
)
"""Values that change all the time; cheap."""

MEDIUM_PROBES: Sequence[Probe] = (
    _temperature,
    _number(Gauge.GPU_ENERGY_JOULES, pynvml.nvmlDeviceGetTotalEnergyConsumption, per=MILLI),
    _number(Gauge.GPU_FAN_RATIO, pynvml.nvmlDeviceGetFanSpeed, per=PERCENT),
)
"""Values that change within seconds."""

SLOW_PROBES: Sequence[Probe] = (
    _number(Gauge.GPU_POWER_LIMIT_WATTS, pynvml.nvmlDeviceGetEnforcedPowerLimit, per=MILLI),
    _number(
        Gauge.GPU_TEMPERATURE_SLOWDOWN_CELSIUS,
        pynvml.nvmlDeviceGetTemperatureThreshold,
        pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN,
    ),
    _number(
        Gauge.GPU_ECC_CORRECTED_ERRORS,
        pynvml.nvmlDeviceGetTotalEccErrors,
        pynvml.NVML_MEMORY_ERROR_TYPE_CORRECTED,
        pynvml.NVML_VOLATILE_ECC,
    ),
    _number(
        Gauge.GPU_ECC_UNCORRECTED_ERRORS,
        pynvml.nvmlDeviceGetTotalEccErrors,
        pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
        pynvml.NVML_VOLATILE_ECC,
    ),
    _number(Gauge.GPU_PCIE_GENERATION, pynvml.nvmlDeviceGetCurrPcieLinkGeneration),
    _number(Gauge.GPU_PCIE_WIDTH_LANES, pynvml.nvmlDeviceGetCurrPcieLinkWidth),
)
"""Values that seldom change."""

BLOCKING_PROBES: Sequence[Probe] = (
    _number(
        Gauge.GPU_PCIE_RECEIVE_BYTES_PER_SECOND,
        pynvml.nvmlDeviceGetPcieThroughput,
        pynvml.NVML_PCIE_UTIL_RX_BYTES,
        times=KILO,
    ),
    _number(
        Gauge.GPU_PCIE_TRANSMIT_BYTES_PER_SECOND,
        pynvml.nvmlDeviceGetPcieThroughput,
        pynvml.NVML_PCIE_UTIL_TX_BYTES,
        times=KILO,
    ),
)
"""Values that the driver measures during the call, for 20 ms each."""
