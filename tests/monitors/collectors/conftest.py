"""GPUs of the simulated driver."""

from collections.abc import Iterator

import pytest

from monitors.collectors.gpu import GpuCollector
from tests.monitors.collectors.gpus import TIMEOUT_S, FastClock, collector
from tests.monitors.simulation import LIBRARY, Driver


@pytest.fixture
def gpus(driver: Driver) -> Iterator[GpuCollector]:
    """A collector on the simulated driver that reads all values at every tick."""
    assert driver.library.name == LIBRARY
    made = collector(FastClock(1e6), deadline_s=TIMEOUT_S * 1e6)
    yield made
    made.close()
