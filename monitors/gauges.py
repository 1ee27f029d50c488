"""The names of all gauges, with the kind of device and the meaning of each."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self


class DeviceKind(StrEnum):
    """The kind of device of a gauge; the value is its text in monitors/README.md."""

    HOST = "host (empty)"
    CORE = "core; empty: all cores"
    MOUNT = "mount point"
    DISK = "block device"
    INTERFACE = "network interface"
    SENSOR = "chip/label"
    GPU = "GPU"
    COLLECTOR = "collector"


_HOST, _CORE, _MOUNT, _DISK, _INTERFACE, _SENSOR, _GPU, _COLLECTOR = DeviceKind


class Gauge(StrEnum):
    """A gauge: its name, which ends with the base unit, its kind of device, its meaning.

    Ratios are between 0 and 1. This is the only place where the name of a gauge is written.
    """

    device_kind: DeviceKind
    description: str

    def __new__(cls, name: str, device_kind: DeviceKind, description: str) -> Self:
        """Make a member whose value is its name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.device_kind = device_kind
        member.description = description
        return member

    # Each gauge on one line or two.
    # fmt: off
    CPU_BUSY_RATIO = "cpu_busy_ratio", _CORE, "share of time since the last tick that was not idle"
    CPU_FREQUENCY_HERTZ = "cpu_frequency_hertz", _CORE, "clock frequency; of all cores: the mean"
    LOAD_AVERAGE_1M = "load_average_1m", _HOST, "running and waiting tasks, 1-minute average"
    LOAD_AVERAGE_5M = "load_average_5m", _HOST, "running and waiting tasks, 5-minute average"
    LOAD_AVERAGE_15M = "load_average_15m", _HOST, "running and waiting tasks, 15-minute average"
    PRESSURE_CPU_SOME_RATIO = (
        "pressure_cpu_some_ratio", _HOST, "share of time in which some task waited for a CPU")
    PRESSURE_MEMORY_SOME_RATIO = (
        "pressure_memory_some_ratio", _HOST, "share of time in which some task waited for memory")
    PRESSURE_MEMORY_FULL_RATIO = (
        "pressure_memory_full_ratio", _HOST, "share of time in which all tasks waited for memory")
    PRESSURE_IO_SOME_RATIO = (
        "pressure_io_some_ratio", _HOST, "share of time in which some task waited for a disk")
    PRESSURE_IO_FULL_RATIO = (
        "pressure_io_full_ratio", _HOST, "share of time in which all tasks waited for a disk")
    HOST_UPTIME_SECONDS = "host_uptime_seconds", _HOST, "time since the host was started"
    MEMORY_TOTAL_BYTES = "memory_total_bytes", _HOST, "size of main memory"
    MEMORY_AVAILABLE_BYTES = (
        "memory_available_bytes", _HOST, "memory that programs can allocate without swapping")
    MEMORY_USED_BYTES = "memory_used_bytes", _HOST, "total minus available"
    SWAP_TOTAL_BYTES = "swap_total_bytes", _HOST, "size of the swap space"
    SWAP_USED_BYTES = "swap_used_bytes", _HOST, "swap space in use"
    PROCESS_COUNT = "process_count", _HOST, "number of processes, kernel threads included"
    PROCESS_THREADS = "process_threads", _HOST, "number of threads of all processes"
    SAMPLER_CPU_RATIO = (
        "sampler_cpu_ratio", _HOST, "CPU time of the sampler itself, as a share of one core")
    SAMPLER_MEMORY_BYTES = "sampler_memory_bytes", _HOST, "resident memory of the sampler itself"
    DISK_TOTAL_BYTES = "disk_total_bytes", _MOUNT, "size of the file system"
    DISK_USED_BYTES = "disk_used_bytes", _MOUNT, "space in use"
    DISK_AVAILABLE_BYTES = (
        "disk_available_bytes", _MOUNT, "space that ordinary users can still write")
    DISK_INODES_TOTAL = (
        "disk_inodes_total", _MOUNT, "number of inodes; absent where there is no fixed number")
    DISK_INODES_USED = "disk_inodes_used", _MOUNT, "inodes in use"
    DISK_READ_BYTES_PER_SECOND = "disk_read_bytes_per_second", _DISK, "bytes read"
    DISK_WRITE_BYTES_PER_SECOND = "disk_write_bytes_per_second", _DISK, "bytes written"
    DISK_BUSY_RATIO = "disk_busy_ratio", _DISK, "share of time with a request in progress"
    DISK_READ_LATENCY_SECONDS = (
        "disk_read_latency_seconds", _DISK, "mean duration of a read; absent without reads")
    DISK_WRITE_LATENCY_SECONDS = (
        "disk_write_latency_seconds", _DISK, "mean duration of a write; absent without writes")
    NETWORK_RECEIVE_BYTES_PER_SECOND = (
        "network_receive_bytes_per_second", _INTERFACE, "bytes received")
    NETWORK_TRANSMIT_BYTES_PER_SECOND = (
        "network_transmit_bytes_per_second", _INTERFACE, "bytes sent")
    NETWORK_RECEIVE_PACKETS_PER_SECOND = (
        "network_receive_packets_per_second", _INTERFACE, "packets received")
    NETWORK_TRANSMIT_PACKETS_PER_SECOND = (
        "network_transmit_packets_per_second", _INTERFACE, "packets sent")
    NETWORK_RECEIVE_ERRORS = (
        "network_receive_errors", _INTERFACE, "receive errors since the interface exists")
    NETWORK_TRANSMIT_ERRORS = (
        "network_transmit_errors", _INTERFACE, "transmit errors since the interface exists")
    NETWORK_RECEIVE_DROPS = (
        "network_receive_drops", _INTERFACE, "received packets dropped since the interface exists")
    NETWORK_TRANSMIT_DROPS = (
        "network_transmit_drops", _INTERFACE, "transmit packets dropped since the interface exists")
    TEMPERATURE_CELSIUS = "temperature_celsius", _SENSOR, "temperature"
    TEMPERATURE_HIGH_CELSIUS = (
        "temperature_high_celsius", _SENSOR, "threshold that the chip calls high")
    TEMPERATURE_CRITICAL_CELSIUS = (
        "temperature_critical_celsius", _SENSOR, "threshold that the chip calls critical")
    FAN_SPEED_RPM = "fan_speed_rpm", _SENSOR, "revolutions per minute"
    GPU_UTILIZATION_RATIO = "gpu_utilization_ratio", _GPU, "share of time with a kernel running"
    GPU_MEMORY_UTILIZATION_RATIO = (
        "gpu_memory_utilization_ratio", _GPU, "share of time in which memory was read or written")
    GPU_MEMORY_USED_BYTES = "gpu_memory_used_bytes", _GPU, "memory in use"
    GPU_MEMORY_TOTAL_BYTES = "gpu_memory_total_bytes", _GPU, "size of memory"
    GPU_POWER_WATTS = "gpu_power_watts", _GPU, "power draw"
    GPU_POWER_LIMIT_WATTS = "gpu_power_limit_watts", _GPU, "power limit in force"
    GPU_ENERGY_JOULES = "gpu_energy_joules", _GPU, "energy since the driver was loaded"
    GPU_TEMPERATURE_CELSIUS = "gpu_temperature_celsius", _GPU, "temperature of the GPU core"
    GPU_TEMPERATURE_SLOWDOWN_CELSIUS = (
        "gpu_temperature_slowdown_celsius", _GPU, "temperature at which the GPU lowers its clocks")
    GPU_CLOCK_SM_HERTZ = "gpu_clock_sm_hertz", _GPU, "clock of the streaming multiprocessors"
    GPU_CLOCK_MEMORY_HERTZ = "gpu_clock_memory_hertz", _GPU, "clock of the memory"
    GPU_FAN_RATIO = "gpu_fan_ratio", _GPU, "fan speed, as a share of the maximum"
    GPU_THROTTLE_IDLE = "gpu_throttle_idle", _GPU, "1: clocks are low because the GPU is idle"
    GPU_THROTTLE_APPLICATION_CLOCKS = (
        "gpu_throttle_application_clocks", _GPU, "1: clocks are limited by a setting")
    GPU_THROTTLE_SW_POWER_CAP = (
        "gpu_throttle_sw_power_cap", _GPU, "1: clocks are limited by the power limit")
    GPU_THROTTLE_HW_SLOWDOWN = (
        "gpu_throttle_hw_slowdown", _GPU, "1: the hardware halves the clocks (heat or power)")
    GPU_THROTTLE_SYNC_BOOST = (
        "gpu_throttle_sync_boost", _GPU, "1: clocks are limited to those of a group of GPUs")
    GPU_THROTTLE_SW_THERMAL = (
        "gpu_throttle_sw_thermal", _GPU, "1: the driver lowers the clocks because of heat")
    GPU_THROTTLE_HW_THERMAL = (
        "gpu_throttle_hw_thermal", _GPU, "1: the hardware lowers the clocks because of heat")
    GPU_THROTTLE_HW_POWER_BRAKE = (
        "gpu_throttle_hw_power_brake", _GPU, "1: the power supply requests lower clocks")
    GPU_THROTTLE_DISPLAY_CLOCKS = (
        "gpu_throttle_display_clocks", _GPU, "1: clocks are limited by the display")
    GPU_ECC_CORRECTED_ERRORS = (
        "gpu_ecc_corrected_errors", _GPU, "corrected memory errors since the driver load")
    GPU_ECC_UNCORRECTED_ERRORS = (
        "gpu_ecc_uncorrected_errors", _GPU, "uncorrectable memory errors since the driver load")
    GPU_PCIE_GENERATION = "gpu_pcie_generation", _GPU, "current generation of the PCIe link"
    GPU_PCIE_WIDTH_LANES = "gpu_pcie_width_lanes", _GPU, "current number of lanes of the PCIe link"
    GPU_PCIE_RECEIVE_BYTES_PER_SECOND = (
        "gpu_pcie_receive_bytes_per_second", _GPU, "bytes that the GPU received (every 30 s)")
    GPU_PCIE_TRANSMIT_BYTES_PER_SECOND = (
        "gpu_pcie_transmit_bytes_per_second", _GPU, "bytes that the GPU sent (every 30 s)")
    GPU_XID_ERRORS = "gpu_xid_errors", _GPU, "Xid errors since the sampler was started"
    GPU_STALE = "gpu_stale", _GPU, "1: the GPU did not answer in time, its values are absent"
    GPU_LOST = "gpu_lost", _GPU, "1: the GPU is off the bus or needs a reset"
    COLLECTOR_SUCCESS = "collector_success", _COLLECTOR, "1: the collector was read"
    COLLECTOR_AVAILABLE = (
        "collector_available", _COLLECTOR, "0: this host does not have what the collector reads")
    COLLECTOR_DURATION_SECONDS = "collector_duration_seconds", _COLLECTOR, "duration of the read"
    # fmt: on


DESCRIPTIONS: Mapping[str, str] = {str(one): one.description for one in Gauge}


def gauge_table() -> str:
    """Return the table of gauges in monitors/README.md."""
    rows = [f"| `{one}` | {one.device_kind} | {one.description} |" for one in Gauge]
    return "\n".join(["| gauge | device | meaning |", "|---|---|---|", *rows]) + "\n"
