"""Web pages of other machines cannot reach a server that listens on this machine alone."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from core.serving.host_guard import HostGuard

MALFORMED = [
    {"host": ""},
    {"host": "["},
    {"host": "127.0.0.1@evil.example"},
    {"host": "a b"},
    {"host": "[::1"},
    {"host": "::1]"},
    {"host": "/"},
    {"host": "//"},
    {"origin": ""},
    {"origin": "http://["},
    {"origin": "http://"},
    {"origin": "http://[::1"},
    {"origin": "localhost"},
    {"origin": "//"},
]


def status_of(bound: str, headers: dict[str, str]) -> int:
    """Return the status of a request to a server that is bound to `bound`."""

    async def greet(_request: Request) -> Response:
        return PlainTextResponse("hello")

    app = Starlette(routes=[Route("/", greet)], middleware=[Middleware(HostGuard, bound=bound)])
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
        ({"origin": "http://localhost:8501"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "moz-extension://abc"}, 200),
    ],
)
def test_only_clients_and_pages_of_this_machine_are_answered(
    headers: dict[str, str], status: int
) -> None:
    assert status_of("127.0.0.1", headers) == status


@pytest.mark.parametrize("headers", MALFORMED, ids=str)
@pytest.mark.parametrize("bound", ["127.0.0.1", "0.0.0.0"])  # noqa: S104  (bound to nothing here)
def test_a_malformed_header_is_refused_with_400(bound: str, headers: dict[str, str]) -> None:
    assert status_of(bound, headers) == 400


def test_a_server_for_other_machines_answers_to_every_name() -> None:
    assert status_of("0.0.0.0", {"host": "gpu01.example"}) == 200  # noqa: S104
    assert status_of("0.0.0.0", {"origin": "https://page.example"}) == 200  # noqa: S104
