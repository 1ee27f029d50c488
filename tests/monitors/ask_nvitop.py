"""Print the values of nvitop for every GPU as JSON (see test_oracles.py)."""

import json
import sys

from nvitop import NA, Device


def main() -> None:
    """Read them through the Python API of nvitop."""
    document = [
        {
            "name": device.name(),
            "uuid": device.uuid(),
            "bus_id": device.bus_id(),
            "utilization": device.gpu_utilization(),
            "memory_utilization": device.memory_utilization(),
            "memory_used": device.memory_used(),
            "memory_total": device.memory_total(),
            "temperature": device.temperature(),
            "fan": device.fan_speed(),
            "power": device.power_usage(),
            "power_limit": device.power_limit(),
            "sm_clock": device.sm_clock(),
            "memory_clock": device.memory_clock(),
            "ecc_uncorrected": device.total_volatile_uncorrected_ecc_errors(),
            "processes": {
                pid: [process.gpu_memory(), process.username(), process.command()]
                for pid, process in device.processes().items()
            },
        }
        for device in Device.all()
    ]
    reported = [
        {name: None if value == NA else value for name, value in one.items()} for one in document
    ]
    json.dump(reported, sys.stdout)


if __name__ == "__main__":
    main()
