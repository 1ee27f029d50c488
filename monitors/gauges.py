"""Every gauge by name: what it says, and what its device is. The README's table is made of it."""

from collections.abc import Mapping
from types import MappingProxyType

_HOST, _CORE, _MOUNT, _DISK = "host (empty)", "core; empty: all", "mount point", "block device"
_LINK, _SENSOR, _GPU, _COLLECTOR = "interface", "chip/label", "GPU", "collector"

_TEXTS: Mapping[str, Mapping[str, str]] = {
    _CORE: {
        "cpu_busy_ratio": "share of time since the last tick that was not idle",
        "cpu_frequency_hertz": "clock frequency; of all: the mean",
    },
    _HOST: {
        "load_average_1m": "tasks that run or wait, averaged over a minute",
        "load_average_5m": "the same over five minutes",
        "load_average_15m": "the same over a quarter of an hour",
        "pressure_cpu_some_ratio": "share of time in which some task waited for a processor",
        "pressure_memory_some_ratio": "share of time in which some task waited for memory",
        "pressure_memory_full_ratio": "share of time in which all tasks waited for memory",
        "pressure_io_some_ratio": "share of time in which some task waited for a disk",
        "pressure_io_full_ratio": "share of time in which all tasks waited for a disk",
        "host_uptime_seconds": "seconds since the host was started",
        "memory_total_bytes": "main memory",
        "memory_available_bytes": "what programs could take without swapping",
        "memory_used_bytes": "what is not available",
        "swap_total_bytes": "swap space",
        "swap_used_bytes": "swap space in use",
        "process_count": "processes, kernel threads included",
        "process_threads": "threads of all processes",
        "sampler_cpu_ratio": "what sampling itself costs, of one core",
        "sampler_memory_bytes": "main memory of the sampler",
    },
    _MOUNT: {
        "disk_total_bytes": "size of the file system",
        "disk_used_bytes": "what is taken",
        "disk_available_bytes": "what ordinary users can still write",
        "disk_inodes_total": "files that the file system can hold; absent where that is no limit",
        "disk_inodes_used": "files that it holds",
    },
    _DISK: {
        "disk_read_bytes_per_second": "bytes read",
        "disk_write_bytes_per_second": "bytes written",
        "disk_busy_ratio": "share of time with a request under way",
        "disk_read_latency_seconds": "mean time of a read; absent without reads",
        "disk_write_latency_seconds": "mean time of a write; absent without writes",
    },
    _LINK: {
        "network_receive_bytes_per_second": "bytes received",
        "network_transmit_bytes_per_second": "bytes sent",
        "network_receive_packets_per_second": "packets received",
        "network_transmit_packets_per_second": "packets sent",
        "network_receive_errors": "broken packets received since the interface came up",
        "network_transmit_errors": "packets that could not be sent since then",
        "network_receive_drops": "good packets thrown away since then",
        "network_transmit_drops": "packets thrown away before they were sent since then",
    },
    _SENSOR: {
        "temperature_celsius": "temperature",
        "temperature_high_celsius": "where it is called high",
        "temperature_critical_celsius": "where it is called critical",
        "fan_speed_rpm": "turns per minute",
    },
    _GPU: {
        "gpu_utilization_ratio": "share of time with a kernel running",
        "gpu_memory_utilization_ratio": "share of time with memory being read or written",
        "gpu_memory_used_bytes": "memory in use",
        "gpu_memory_total_bytes": "memory",
        "gpu_power_watts": "power drawn",
        "gpu_power_limit_watts": "power limit in force",
        "gpu_energy_joules": "energy since the driver was loaded",
        "gpu_temperature_celsius": "temperature of the core",
        "gpu_temperature_slowdown_celsius": "where the GPU slows down to protect itself",
        "gpu_clock_sm_hertz": "clock of the multiprocessors",
        "gpu_clock_memory_hertz": "clock of the memory",
        "gpu_fan_ratio": "fan speed, of the most",
        "gpu_throttle_idle": "1: clocks are low, for there is nothing to do",
        "gpu_throttle_application_clocks": "1: clocks are held by a setting",
        "gpu_throttle_sw_power_cap": "1: clocks are held by the power limit",
        "gpu_throttle_hw_slowdown": "1: the hardware halves the clocks: heat or power",
        "gpu_throttle_sync_boost": "1: clocks are held to those of a group of GPUs",
        "gpu_throttle_sw_thermal": "1: the driver lowers the clocks: too hot",
        "gpu_throttle_hw_thermal": "1: the hardware lowers the clocks: too hot",
        "gpu_throttle_hw_power_brake": "1: the power supply asks for lower clocks",
        "gpu_throttle_display_clocks": "1: clocks are held by the display",
        "gpu_ecc_corrected_errors": "memory errors mended since the driver was loaded",
        "gpu_ecc_uncorrected_errors": "memory errors beyond mending since then",
        "gpu_pcie_generation": "generation of the PCIe link at present",
        "gpu_pcie_width_lanes": "lanes of the PCIe link at present",
        "gpu_pcie_receive_bytes_per_second": "bytes that the GPU received (every 30 s)",
        "gpu_pcie_transmit_bytes_per_second": "bytes that the GPU sent (every 30 s)",
        "gpu_xid_errors": "Xid errors since the sampler was started",
        "gpu_stale": "1: the GPU did not answer in time, its values are absent",
        "gpu_lost": "1: the GPU fell off the bus or needs a reset",
    },
    _COLLECTOR: {
        "collector_success": "1: the collector was read",
        "collector_available": "0: what it reads is not in this host",
        "collector_duration_seconds": "how long reading took",
    },
}

GAUGES: Mapping[str, str] = MappingProxyType(
    {gauge: text for texts in _TEXTS.values() for gauge, text in texts.items()}
)
"""Gauge -> what it says. The unit ends the name; ratios run from 0 to 1."""

DEVICES: Mapping[str, str] = MappingProxyType(
    {gauge: device for device, texts in _TEXTS.items() for gauge in texts}
)
"""Gauge -> what its device is."""


def gauge_table() -> str:
    """Return the table of the README."""
    rows = [f"| `{gauge}` | {DEVICES[gauge]} | {text} |" for gauge, text in GAUGES.items()]
    return "\n".join(["| gauge | device | says |", "|---|---|---|", *rows]) + "\n"
