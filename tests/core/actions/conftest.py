"""A hall on real stores whose processes are scripts, and a small dataset in it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.actions.hall import Hall, open_hall
from core.clock import FixedClock
from core.data.records import Dataset, Pair
from core.jobs.memory import MemoryLauncher
from core.settings import Settings

PAIRS = tuple(Pair(source=f"I see {n} cats.", target=f"Veo {n} gatos.") for n in range(2, 60))


@pytest.fixture
def launcher(clock: FixedClock) -> MemoryLauncher:
    """The launcher whose processes are scripts."""
    return MemoryLauncher(clock)


@pytest.fixture
def hall(settings: Settings, clock: FixedClock, launcher: MemoryLauncher) -> Iterator[Hall]:
    """The hall of the test's home."""
    opened = replace(open_hall(settings, clock), launcher=launcher)
    yield opened
    opened.close()


@pytest.fixture
def dataset(hall: Hall) -> Dataset:
    """A version of dataset `cats`."""
    return hall.datasets.add(
        "cats", "en", "es", PAIRS, origin="made up", licence="", clock=hall.clock
    )
