"""A workspace with real stores whose jobs follow scripts, and a small dataset in it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.actions.workspace import Workspace, open_workspace
from core.data.records import Dataset, Pair
from core.settings import Settings
from tests.clock import FixedClock
from tests.core.jobs.memory import MemoryLauncher

PAIRS = tuple(Pair(source=f"I see {n} cats.", target=f"Veo {n} gatos.") for n in range(2, 60))


@pytest.fixture
def launcher(clock: FixedClock) -> MemoryLauncher:
    """The launcher whose jobs follow scripts."""
    return MemoryLauncher(clock)


@pytest.fixture
def workspace(
    settings: Settings, clock: FixedClock, launcher: MemoryLauncher
) -> Iterator[Workspace]:
    """The workspace of the test's home."""
    opened = replace(open_workspace(settings, clock), launcher=launcher)
    yield opened
    opened.close()


@pytest.fixture
def dataset(workspace: Workspace) -> Dataset:
    """A version of dataset `cats`."""
    return workspace.datasets.add(
        "cats", "en", "es", PAIRS, origin="made up", licence="", clock=workspace.clock
    )
