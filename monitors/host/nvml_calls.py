"""The calls of NVML that give something of a GPU, as gauges in base units."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pynvml

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
"""Answers that mean: not on this GPU, not with this driver, not for this user."""

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

Values = dict[str, float]
Probe = Callable[[Any], Values]


def _utilization(handle: Any) -> Values:  # noqa: ANN401  (ctypes)
    """Share of time with a kernel running, and with memory being read or written."""
    rates = pynvml.nvmlDeviceGetUtilizationRates(handle)
    return {
        Gauge.GPU_UTILIZATION_RATIO: rates.gpu / PERCENT,
        Gauge.GPU_MEMORY_UTILIZATION_RATIO: rates.memory / PERCENT,
    }


def _memory(handle: Any) -> Values:  # noqa: ANN401  (ctypes)
    """Memory; the first version counts what the driver reserves as used."""
    memory = _either(
        lambda: pynvml.nvmlDeviceGetMemoryInfo(handle, version=pynvml.nvmlMemory_v2),
        lambda: pynvml.nvmlDeviceGetMemoryInfo(handle),
    )
    return {Gauge.GPU_MEMORY_USED_BYTES: memory.used, Gauge.GPU_MEMORY_TOTAL_BYTES: memory.total}


def _temperature(handle: Any) -> Values:  # noqa: ANN401  (ctypes)
    """The core's temperature."""
    celsius = _either(
        lambda: pynvml.nvmlDeviceGetTemperatureV(handle, pynvml.NVML_TEMPERATURE_GPU),
        lambda: pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU),
    )
    return {Gauge.GPU_TEMPERATURE_CELSIUS: celsius}


def _throttles(handle: Any) -> Values:  # noqa: ANN401  (ctypes)
    """Why the clocks are what they are."""
    mask = _either(
        lambda: pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle),
        lambda: pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle),
    )
    return {gauge: float(bool(mask & bit)) for gauge, bit in THROTTLES.items()}


def _number(
    gauge: str, call: Callable[..., float], *arguments: int, times: float = 1, per: float = 1
) -> Probe:
    """Return a probe for a call that gives one number, which is brought to the base unit."""
    return lambda handle: {gauge: call(handle, *arguments) * times / per}


def compute_processes(handle: Any) -> Any:  # noqa: ANN401  (ctypes)
    """Processes with a compute context."""
    return _either(
        lambda: pynvml.nvmlDeviceGetComputeRunningProcesses_v3(handle),
        lambda: pynvml.nvmlDeviceGetComputeRunningProcesses_v2(handle),
    )


def graphics_processes(handle: Any) -> Any:  # noqa: ANN401  (ctypes)
    """Processes with a graphics context."""
    return _either(
        lambda: pynvml.nvmlDeviceGetGraphicsRunningProcesses_v3(handle),
        lambda: pynvml.nvmlDeviceGetGraphicsRunningProcesses_v2(handle),
    )


def _either(newer: Callable[[], Any], older: Callable[[], Any]) -> Any:  # noqa: ANN401  (ctypes)
    """Return what the newer call gives, or the older one where the driver lacks the newer."""
    try:
        return newer()
    except pynvml.NVMLError as error:
        if error.value not in ABSENT:
            raise
        return older()


FAST: Sequence[Probe] = (
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
"""What changes all the time and is cheap."""

CALM: Sequence[Probe] = (
    _temperature,
    _number(Gauge.GPU_ENERGY_JOULES, pynvml.nvmlDeviceGetTotalEnergyConsumption, per=MILLI),
    _number(Gauge.GPU_FAN_RATIO, pynvml.nvmlDeviceGetFanSpeed, per=PERCENT),
)
"""What changes within seconds."""

SLOW: Sequence[Probe] = (
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
"""What seldom changes."""

BLOCKING: Sequence[Probe] = (
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
"""What the driver measures for 20 ms while it is asked."""
