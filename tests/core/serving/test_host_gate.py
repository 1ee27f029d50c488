"""Web pages of strangers do not reach a server that listens on this machine alone."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from core.serving.host_gate import HostGate


def answer(host: str, headers: dict[str, str]) -> int:
    """Return the status of a request to a server that listens on `host`."""

    async def greet(_request: Request) -> Response:
        return PlainTextResponse("hello")

    app = Starlette(routes=[Route("/", greet)], middleware=[Middleware(HostGate, host=host)])
    return TestClient(app, base_url="http://localhost:5000").get("/", headers=headers).status_code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "127.0.0.1:5000"}, 200),
        ({"host": "[::1]:5000"}, 200),
        ({"host": "LOCALHOST"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "localhost.evil.example:5000"}, 403),
        ({"host": "127.0.0.1@evil.example"}, 403),
        ({"host": ""}, 403),
        ({"host": "[::1"}, 403),
        ({"origin": "http://localhost:8501"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "moz-extension://abc"}, 200),
    ],
)
def test_only_this_machine_is_answered(headers: dict[str, str], status: int) -> None:
    assert answer("127.0.0.1", headers) == status


def test_a_chosen_address_is_open_to_its_names() -> None:
    assert answer("0.0.0.0", {"host": "hall.example"}) == 200  # noqa: S104  (what may be chosen)
