"""Visitors of the gate."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from core.paths import StatePaths
from dashboard.server.gate import issue_token

Visit = Callable[[], TestClient]


@pytest.fixture
def guest(visit: Visit, paths: StatePaths) -> TestClient:
    """A visitor who signed in with the link."""
    client = visit()
    assert client.get("/", params={"token": issue_token(paths)}).status_code == 303
    return client
