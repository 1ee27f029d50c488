"""The calls of NVML that give something of a GPU, as gauges in base units."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pynvml

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

THROTTLES: Mapping[str, int] = {
    "idle": pynvml.nvmlClocksEventReasonGpuIdle,
    "application_clocks": pynvml.nvmlClocksEventReasonApplicationsClocksSetting,
    "sw_power_cap": pynvml.nvmlClocksEventReasonSwPowerCap,
    "hw_slowdown": pynvml.nvmlClocksEventReasonHwSlowdown,
    "sync_boost": pynvml.nvmlClocksEventReasonSyncBoost,
    "sw_thermal": pynvml.nvmlClocksEventReasonSwThermalSlowdown,
    "hw_thermal": pynvml.nvmlClocksEventReasonHwThermalSlowdown,
    "hw_power_brake": pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown,
    "display_clocks": pynvml.nvmlClocksEventReasonDisplayClockSetting,
}
"""Why clocks are lower than they could be; each is a gauge `gpu_throttle_NAME` of 0 or 1."""

Values = dict[str, float]
Probe = Callable[[Any], Values]


def _utilization(handle: Any) -> Values:  # noqa: ANN401  (ctypes)
    """Share of time with a kernel running, and with memory being read or written."""
    rates = pynvml.nvmlDeviceGetUtilizationRates(handle)
    return {
        "gpu_utilization_ratio": rates.gpu / PERCENT,
        "gpu_memory_utilization_ratio": rates.memory / PERCENT,
    }


def _memory(handle: Any) -> Values:  # noqa: ANN401  (ctypes)
    """Memory; the first version counts what the driver reserves as used."""
    memory = _either(
        lambda: pynvml.nvmlDeviceGetMemoryInfo(handle, version=pynvml.nvmlMemory_v2),
        lambda: pynvml.nvmlDeviceGetMemoryInfo(handle),
    )
    return {"gpu_memory_used_bytes": memory.used, "gpu_memory_total_bytes": memory.total}


def _temperature(handle: Any) -> Values:  # noqa: ANN401  (ctypes)
    """The core's temperature."""
    celsius = _either(
        lambda: pynvml.nvmlDeviceGetTemperatureV(handle, pynvml.NVML_TEMPERATURE_GPU),
        lambda: pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU),
    )
    return {"gpu_temperature_celsius": celsius}


def _throttles(handle: Any) -> Values:  # noqa: ANN401  (ctypes)
    """Why the clocks are what they are."""
    mask = _either(
        lambda: pynvml.nvmlDeviceGetCurrentClocksEventReasons(handle),
        lambda: pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle),
    )
    return {f"gpu_throttle_{name}": float(bool(mask & bit)) for name, bit in THROTTLES.items()}


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
    _number("gpu_power_watts", pynvml.nvmlDeviceGetPowerUsage, per=MILLI),
    _number("gpu_clock_sm_hertz", pynvml.nvmlDeviceGetClockInfo, pynvml.NVML_CLOCK_SM, times=MEGA),
    _number(
        "gpu_clock_memory_hertz", pynvml.nvmlDeviceGetClockInfo, pynvml.NVML_CLOCK_MEM, times=MEGA
    ),
)
"""What changes all the time and is cheap."""

CALM: Sequence[Probe] = (
    _temperature,
    _number("gpu_energy_joules", pynvml.nvmlDeviceGetTotalEnergyConsumption, per=MILLI),
    _number("gpu_fan_ratio", pynvml.nvmlDeviceGetFanSpeed, per=PERCENT),
)
"""What changes within seconds."""

SLOW: Sequence[Probe] = (
    _number("gpu_power_limit_watts", pynvml.nvmlDeviceGetEnforcedPowerLimit, per=MILLI),
    _number(
        "gpu_temperature_slowdown_celsius",
        pynvml.nvmlDeviceGetTemperatureThreshold,
        pynvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN,
    ),
    _number(
        "gpu_ecc_corrected_errors",
        pynvml.nvmlDeviceGetTotalEccErrors,
        pynvml.NVML_MEMORY_ERROR_TYPE_CORRECTED,
        pynvml.NVML_VOLATILE_ECC,
    ),
    _number(
        "gpu_ecc_uncorrected_errors",
        pynvml.nvmlDeviceGetTotalEccErrors,
        pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
        pynvml.NVML_VOLATILE_ECC,
    ),
    _number("gpu_pcie_generation", pynvml.nvmlDeviceGetCurrPcieLinkGeneration),
    _number("gpu_pcie_width_lanes", pynvml.nvmlDeviceGetCurrPcieLinkWidth),
)
"""What seldom changes."""

BLOCKING: Sequence[Probe] = (
    _number(
        "gpu_pcie_receive_bytes_per_second",
        pynvml.nvmlDeviceGetPcieThroughput,
        pynvml.NVML_PCIE_UTIL_RX_BYTES,
        times=KILO,
    ),
    _number(
        "gpu_pcie_transmit_bytes_per_second",
        pynvml.nvmlDeviceGetPcieThroughput,
        pynvml.NVML_PCIE_UTIL_TX_BYTES,
        times=KILO,
    ),
)
"""What the driver measures for 20 ms while it is asked."""
