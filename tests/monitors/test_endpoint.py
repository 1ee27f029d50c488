"""The metrics endpoint: GET /metrics on loopback, and nothing else."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from core.errors import ConflictError
from monitors.exposition.endpoint import MetricsEndpoint


@pytest.fixture
def endpoint() -> Iterator[MetricsEndpoint]:
    """An endpoint on a free port."""
    opened = MetricsEndpoint("127.0.0.1", 0, lambda: "up 1\n# EOF\n")
    yield opened
    opened.close()


def ask(
    endpoint: MetricsEndpoint, path: str, method: str = "GET", host: str = ""
) -> httpx.Response:
    """Return the answer to one request."""
    headers = {"Host": host} if host else {}
    url = f"http://127.0.0.1:{endpoint.port}{path}"
    return httpx.request(method, url, headers=headers, trust_env=False)


def test_metrics_are_served_as_openmetrics(endpoint: MetricsEndpoint) -> None:
    """Prometheus picks its parser by the content type."""
    answer = ask(endpoint, "/metrics?x=1")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text == "up 1\n# EOF\n"


@pytest.mark.parametrize("path", ["/", "/metrics/../etc/passwd", "/etc/passwd"])
def test_nothing_else_is_served(endpoint: MetricsEndpoint, path: str) -> None:
    """There are no files behind it."""
    assert ask(endpoint, path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(endpoint: MetricsEndpoint, method: str) -> None:
    """GET only."""
    assert ask(endpoint, "/metrics", method).status_code == 501


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9469", "[::", "127.0.0.1.evil"])
def test_a_web_page_that_rebinds_its_name_is_not_let_in(
    endpoint: MetricsEndpoint, host: str
) -> None:
    """Loopback is open to every page in the operator's browser, but not under its own name."""
    assert ask(endpoint, "/metrics", host=host).status_code == 403
    assert ask(endpoint, "/metrics", host="localhost:9469").status_code == 200


def test_before_the_first_sample_there_is_nothing_to_serve() -> None:
    """An empty page would look like a healthy host without devices."""
    endpoint = MetricsEndpoint("127.0.0.1", 0, lambda: None)

    status = ask(endpoint, "/metrics").status_code
    endpoint.close()

    assert status == 503


def test_a_reader_that_says_nothing_holds_up_nobody(endpoint: MetricsEndpoint) -> None:
    """Each connection has a thread, and not for long."""
    with socket.create_connection(("127.0.0.1", endpoint.port)):
        assert ask(endpoint, "/metrics").status_code == 200


def test_a_port_that_is_taken_is_named(endpoint: MetricsEndpoint) -> None:
    """With what to do about it."""
    with pytest.raises(
        ConflictError, match=rf"127\.0\.0\.1:{endpoint.port}.*DATAHALL_SAMPLER_PORT"
    ):
        MetricsEndpoint("127.0.0.1", endpoint.port, lambda: "")


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_cannot_be_is_named(port: int) -> None:
    """A slip of the finger in datahall.toml."""
    with pytest.raises(ConflictError, match="cannot listen"):
        MetricsEndpoint("127.0.0.1", port, lambda: "")
