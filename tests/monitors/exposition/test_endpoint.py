"""The HTTP endpoint of /metrics."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from core.errors import SettingsError
from monitors.exposition.endpoint import MetricsEndpoint

pytestmark = pytest.mark.slow


@pytest.fixture
def endpoint() -> Iterator[MetricsEndpoint]:
    """An endpoint on a free port."""
    opened = MetricsEndpoint("127.0.0.1", 0, lambda: b"up 1\n# EOF\n")
    yield opened
    opened.close()


def ask(
    endpoint: MetricsEndpoint, path: str, method: str = "GET", host: str = ""
) -> httpx.Response:
    """Return the answer to one request."""
    headers = {"Host": host} if host else {}
    url = f"http://127.0.0.1:{endpoint.port}{path}"
    return httpx.request(method, url, headers=headers, trust_env=False)


def test_metrics_have_the_content_type_of_openmetrics(endpoint: MetricsEndpoint) -> None:
    """Prometheus chooses its parser by it."""
    answer = ask(endpoint, "/metrics?x=1")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text == "up 1\n# EOF\n"


@pytest.mark.parametrize("path", ["/", "/metrics/../etc/passwd", "/etc/passwd"])
def test_nothing_else_is_served(endpoint: MetricsEndpoint, path: str) -> None:
    assert ask(endpoint, path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(endpoint: MetricsEndpoint, method: str) -> None:
    assert ask(endpoint, "/metrics", method).status_code == 501


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9469", "127.0.0.1.evil"])
def test_a_request_under_a_foreign_host_name_is_refused(
    endpoint: MetricsEndpoint, host: str
) -> None:
    """DNS rebinding: a web page of another site may point its name to the loopback address."""
    assert ask(endpoint, "/metrics", host=host).status_code == 403
    assert ask(endpoint, "/metrics", host="localhost:9469").status_code == 200


@pytest.mark.parametrize(
    "request_lines",
    [
        "GET /metrics HTTP/1.1\r\nHost: http://[\r\n",
        "GET /metrics HTTP/1.1\r\nHost: [::\r\n",
        "GET /metrics HTTP/1.1\r\nHost: a b\r\n",
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n",
        "GET /metrics HTTP/1.1\r\n",
        "GET http://[ HTTP/1.1\r\nHost: localhost\r\n",
    ],
)
def test_a_malformed_request_gets_400_and_no_traceback(
    endpoint: MetricsEndpoint, request_lines: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", endpoint.port)) as client:
        client.sendall(f"{request_lines}Connection: close\r\n\r\n".encode())
        status_line = client.makefile("rb").readline()

    assert b" 400 " in status_line
    assert capfd.readouterr().err == ""


def test_before_the_first_tick_the_answer_is_503() -> None:
    """An empty text would mean a healthy host without devices."""
    endpoint = MetricsEndpoint("127.0.0.1", 0, lambda: None)

    status = ask(endpoint, "/metrics").status_code
    endpoint.close()

    assert status == 503


def test_an_idle_connection_blocks_no_other_client(endpoint: MetricsEndpoint) -> None:
    with socket.create_connection(("127.0.0.1", endpoint.port)):
        assert ask(endpoint, "/metrics").status_code == 200


def test_a_port_in_use_is_reported_with_the_variable_that_changes_it(
    endpoint: MetricsEndpoint,
) -> None:
    with pytest.raises(SettingsError, match=rf"port {endpoint.port}.*DATAHALL_SAMPLER_PORT"):
        MetricsEndpoint("127.0.0.1", endpoint.port, lambda: b"")


@pytest.mark.parametrize("port", [-1, 70_000])
def test_an_invalid_port_is_reported(port: int) -> None:
    with pytest.raises(SettingsError, match="cannot listen"):
        MetricsEndpoint("127.0.0.1", port, lambda: b"")
