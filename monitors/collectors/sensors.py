"""Temperature and fan sensors of the host (hwmon)."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from core.errors import UnavailableError
from monitors.collector import Collection, Reading
from monitors.gauges import Gauge

_MILLI = 1e-3
_FILES = (
    ("temp", "input", Gauge.TEMPERATURE_CELSIUS, _MILLI),
    ("temp", "max", Gauge.TEMPERATURE_HIGH_CELSIUS, _MILLI),
    ("temp", "crit", Gauge.TEMPERATURE_CRITICAL_CELSIUS, _MILLI),
    ("fan", "input", Gauge.FAN_SPEED_RPM, 1.0),
)


class SensorsCollector:
    """Reads /sys/class/hwmon. A device is named chip/label, as in `coretemp/Core 0`."""

    name = "sensors"

    def __init__(self, root: Path) -> None:
        """Read below `root`."""
        self._folder = root / "sys/class/hwmon"

    def collect(self) -> Collection:
        """Return the current readings; raises UnavailableError on a host without sensors."""
        readings = tuple(self._readings())
        if not readings:
            raise UnavailableError(f"no sensors in {self._folder}")
        return Collection(readings=readings)

    def close(self) -> None:
        """Do nothing: no resource is held."""

    def _readings(self) -> Iterator[Reading]:
        """Yield the sensors that can be read."""
        chips = sorted(self._folder.glob("hwmon*"), key=lambda path: (len(path.name), path.name))
        names = {chip: _text(chip / "name") or chip.name for chip in chips}
        number = Counter(names.values())
        for chip, name in names.items():
            # Two NVMe disks are two chips with one name: the device that they belong to is added.
            unique = name if number[name] == 1 else f"{name}-{(chip / 'device').resolve().name}"
            for kind, part, gauge, unit in _FILES:
                for path in sorted(chip.glob(f"{kind}[0-9]*_{part}")):
                    # A suspended or broken sensor returns an error.
                    with suppress(OSError, ValueError):
                        value = int(path.read_text(encoding="ascii")) * unit
                        sensor = path.name.removesuffix(f"_{part}")
                        label = _text(chip / f"{sensor}_label") or sensor
                        yield Reading(gauge=gauge, device=f"{unique}/{label}", value=value)


def _text(path: Path) -> str:
    """Return the line in a file, or "" when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
