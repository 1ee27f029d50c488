"""Fixtures of the tests of the translation server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.database import Database
from core.paths import StatePaths
from tests.core.inference.fixtures import (  # noqa: F401  (pytest finds fixtures by name)
    make_checkpoint,
    make_version,
    version,
    vocabulary,
)
from tests.core.serving.served import ServedRegistry


@pytest.fixture
def served(database: Database, paths: StatePaths) -> ServedRegistry:
    """A registry without versions, and the server that follows it."""
    return ServedRegistry(database, paths)


@pytest.fixture
def make_client(served: ServedRegistry) -> Iterator[Callable[..., TestClient]]:
    """A function that starts the server and returns a client: `make_client(beam=1)`."""
    with ExitStack() as opened:

        def make(**changes: Any) -> TestClient:  # noqa: ANN401  (any setting)
            app = served.server(**changes).app()
            return opened.enter_context(TestClient(app, base_url="http://localhost:5000"))

        yield make


@pytest.fixture
def client(make_client: Callable[..., TestClient]) -> TestClient:
    """A client of the server with default settings."""
    return make_client()
