"""The contract of collectors: on this host, without files, and with invalid files."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from core.errors import DatahallError, UnavailableError
from core.settings import SamplerSettings
from monitors.collector import Collector, Reading
from monitors.gauges import Gauge
from monitors.sampling.catalog import CATALOG, CollectorContext
from tests.clock import FixedClock

Made = Callable[[str, Path], Collector]
REAL = [name for name in CATALOG if name not in {"gpu", "sensors"}]  # this host may have neither
BELOW_A_ROOT = [name for name in CATALOG if name not in {"gpu", "demo"}]


@pytest.fixture
def make(clock: FixedClock) -> Made:
    """Return a function that makes a collector by its name, on a tree of /proc and /sys."""

    def made(name: str, root: Path) -> Collector:
        settings = SamplerSettings(system_root=str(root))
        return CATALOG[name](CollectorContext(settings=settings, clock=clock)).collector

    return made


@pytest.mark.parametrize("name", REAL)
def test_readings_are_finite_numbers_of_known_gauges(
    make: Made, clock: FixedClock, name: str
) -> None:
    """Each at most once per device, with text that can be stored."""
    collector = make(name, Path("/"))
    collector.collect()
    clock.advance(2)

    collection = collector.collect()
    collector.close()

    assert collection.readings
    keys = [(one.gauge, one.device) for one in collection.readings]
    assert len(set(keys)) == len(keys)
    for one in collection.readings:
        assert one.gauge in set(Gauge)
        assert math.isfinite(one.value)
        one.device.encode()
        assert not one.gauge.endswith("_ratio") or one.value >= 0
    for fact in collection.facts:
        assert fact.name
        assert fact.text


@pytest.mark.parametrize("name", CATALOG)
def test_a_collector_has_the_name_of_its_module_and_can_be_closed_at_any_time(
    make: Made, name: str
) -> None:
    """Also before the first call, and twice."""
    collector = make(name, Path("/"))

    collector.close()
    collector.close()

    assert collector.name == name
    assert type(collector).__module__ == f"monitors.collectors.{name}"


@pytest.mark.parametrize("name", BELOW_A_ROOT)
def test_missing_files_are_an_error_with_their_path(make: Made, tmp_path: Path, name: str) -> None:
    """Missing sensors are unavailable."""
    with pytest.raises((DatahallError, OSError)) as caught:
        make(name, tmp_path).collect()

    assert str(tmp_path) in str(caught.value)
    assert isinstance(caught.value, UnavailableError) == (name == "sensors")


INVALID = {
    "empty": b"",
    "binary": b"\xff\xfe\0\0\n\n",
    "cut": b"cpu\nlo:\n: : :\n",
    "long": b"x" * 1_000_000,
}
VALID = {
    "stat": "cpu 9 0 9 9 0 0 0 0\ncpu0 9 0 9 9 0 0 0 0\nbtime 1700000000\n",
    "loadavg": "0.5 0.4 0.3 1/200 999\n",
    "uptime": "500.5 900.0\n",
    "meminfo": "MemTotal: 1000 kB\nMemFree: 400 kB\nMemAvailable: 700 kB\n",
    "diskstats": "",
    "self/mounts": "",
    "net/dev": "Inter-|\n face |\n  lo: 5 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0\n",
    "cpuinfo": "processor : 0\ncpu MHz : 2000\n",
    "pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n",
    "7/stat": "7 (sh) S 1 " + "0 " * 15 + "1 0 20 0 0\n",
    "7/cmdline": "sh",
}


def write_proc(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files below `root`/proc."""
    for name, content in files.items():
        (root / "proc" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "proc" / name).write_bytes(content)


def collect_twice(collector: Collector, clock: FixedClock) -> set[Reading]:
    """Return the readings of the second of two calls: it has rates and ratios."""
    collector.collect()
    clock.advance(2)
    return set(collector.collect().readings)


@pytest.mark.parametrize("content", INVALID)
@pytest.mark.parametrize("name", ["cpu", "memory", "network", "process"])
def test_invalid_files_are_an_error_and_no_reading(
    make: Made, tmp_path: Path, name: str, content: str
) -> None:
    """A future kernel may write formats that these parsers do not support."""
    write_proc(tmp_path, dict.fromkeys(VALID, INVALID[content]))

    with pytest.raises((DatahallError, OSError, ValueError, LookupError)):
        make(name, tmp_path).collect()


@pytest.mark.parametrize("content", ["binary", "cut", "long"])
def test_an_invalid_mount_table_is_an_error(make: Made, tmp_path: Path, content: str) -> None:
    """An empty one is valid: a container may have no file system of its own."""
    write_proc(tmp_path, dict.fromkeys(VALID, INVALID[content]))

    with pytest.raises((DatahallError, OSError, ValueError, LookupError)):
        make("disk", tmp_path).collect()


@pytest.mark.parametrize("content", INVALID)
@pytest.mark.parametrize("file", VALID)
@pytest.mark.parametrize("name", ["cpu", "memory", "network"])
def test_one_invalid_file_changes_no_other_number(
    make: Made, clock: FixedClock, tmp_path: Path, name: str, file: str, content: str
) -> None:
    """The collector fails, or lacks what the file contains."""
    valid = {known: text.encode() for known, text in VALID.items()}
    write_proc(tmp_path, valid)
    expected = collect_twice(make(name, tmp_path), clock)
    write_proc(tmp_path, {file: INVALID[content]})

    try:
        found = collect_twice(make(name, tmp_path), clock)
    except (DatahallError, OSError, ValueError, LookupError):
        found = set()

    assert len(expected) >= 3
    assert found <= expected
