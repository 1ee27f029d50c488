"""What every collector promises, on this host, on an empty host, and on a host full of rubbish."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.errors import DatahallError, UnavailableError
from core.settings import SamplerSettings
from monitors.collector import Collector
from monitors.gauges import Gauge
from monitors.sampling.catalog import CATALOG, Context

Made = Callable[[str, Path], Collector]
REAL = [name for name in CATALOG if name not in {"gpu", "sensors"}]  # this host may have neither
BELOW_A_ROOT = [name for name in CATALOG if name not in {"gpu", "demo"}]


@pytest.fixture
def make(clock: FixedClock) -> Made:
    """Make a collector by its name, on a tree of /proc and /sys."""

    def made(name: str, root: Path) -> Collector:
        settings = SamplerSettings(system_root=str(root))
        return CATALOG[name](Context(settings=settings, clock=clock)).collector

    return made


@pytest.mark.parametrize("name", REAL)
def test_it_gives_finite_numbers_of_known_gauges(make: Made, clock: FixedClock, name: str) -> None:
    """Each at most once per device, with text that can be stored and shown."""
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
def test_it_has_the_name_of_its_file_and_can_be_closed_at_any_time(make: Made, name: str) -> None:
    """Also before it was asked, and twice."""
    collector = make(name, Path("/"))

    collector.close()
    collector.close()

    assert collector.name == name
    assert type(collector).__module__ == f"monitors.collectors.{name}"


@pytest.mark.parametrize("name", BELOW_A_ROOT)
def test_a_host_without_its_files_is_an_error_that_says_which(
    make: Made, tmp_path: Path, name: str
) -> None:
    """Never a zero. Sensors that are not there are unavailable."""
    with pytest.raises((DatahallError, OSError)) as caught:
        make(name, tmp_path).collect()

    assert str(tmp_path) in str(caught.value)
    assert isinstance(caught.value, UnavailableError) == (name == "sensors")


RUBBISH = [b"", b"\xff\xfe\0\0\n\n", b"cpu\nlo:\n: : :\n", b"x" * 1_000_000]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=["empty", "binary", "cut", "long"])
@pytest.mark.parametrize("name", BELOW_A_ROOT)
def test_rubbish_is_a_failure_or_nothing_but_never_a_wrong_number(
    make: Made, tmp_path: Path, name: str, rubbish: bytes
) -> None:
    """Kernels of tomorrow will write something that nobody expects today."""
    for file in (
        *("stat", "loadavg", "uptime", "meminfo", "diskstats", "self/mounts", "net/dev"),
        *("cpuinfo", "pressure/io", "7/stat", "7/cmdline"),
    ):
        (tmp_path / "proc" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "proc" / file).write_bytes(rubbish)

    try:
        collection = make(name, tmp_path).collect()
    except (DatahallError, OSError, ValueError, LookupError):
        return

    assert [one for one in collection.readings if one.value and one.gauge != "process_count"] == []
