"""The sensors collector on fake trees; virtual machines have no sensors."""

from pathlib import Path

import pytest

from core.errors import UnavailableError
from monitors.collectors.sensors import SensorsCollector
from tests.monitors.simulation import Tree

CHIP = "sys/class/hwmon/hwmon0"


def found(root: Path) -> dict[tuple[str, str], float]:
    """Return value by (gauge, device)."""
    readings = SensorsCollector(root).collect().readings
    return {(one.gauge, one.device): one.value for one in readings}


def test_devices_are_named_by_chip_and_label(tree: Tree) -> None:
    """Without a label, by the name of the sensor."""
    root = tree(
        {
            f"{CHIP}/name": "coretemp\n",
            f"{CHIP}/temp1_input": "41500\n",
            f"{CHIP}/temp1_crit": "100000\n",
            f"{CHIP}/temp1_label": "Package id 0\n",
            f"{CHIP}/fan2_input": "1200\n",
        }
    )

    assert found(root) == {
        ("temperature_celsius", "coretemp/Package id 0"): 41.5,
        ("temperature_critical_celsius", "coretemp/Package id 0"): 100.0,
        ("fan_speed_rpm", "coretemp/fan2"): 1200.0,
    }


def test_two_chips_of_one_name_are_distinguished_by_their_device(tree: Tree) -> None:
    """The numbers of hwmon change from boot to boot."""
    root = tree({})
    for number in (0, 1):
        tree(
            {
                f"sys/class/hwmon/hwmon{number}/name": "nvme\n",
                f"sys/class/hwmon/hwmon{number}/temp1_input": f"{number}000\n",
                f"sys/devices/nvme{number}/x": "",
            }
        )
        link = root / f"sys/class/hwmon/hwmon{number}/device"
        link.symlink_to(root / f"sys/devices/nvme{number}")

    assert {device for _, device in found(root)} == {"nvme-nvme0/temp1", "nvme-nvme1/temp1"}


def test_a_sensor_that_cannot_be_read_is_absent(tree: Tree) -> None:
    """A sleeping disk returns an error or an empty file."""
    root = tree({f"{CHIP}/name": "x", f"{CHIP}/temp1_input": "\n", f"{CHIP}/temp2_input": "7000\n"})
    (root / CHIP / "temp3_input").mkdir()

    assert found(root) == {("temperature_celsius", "x/temp2"): 7.0}


def test_a_host_without_sensors_is_unavailable(tree: Tree) -> None:
    """As a virtual machine."""
    with pytest.raises(UnavailableError, match="no sensors"):
        SensorsCollector(tree({})).collect()
