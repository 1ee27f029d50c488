"""A small app behind the gate, which answers with what the gate passed on to it."""

from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from core.audit import Ledger
from core.paths import StatePaths
from core.settings import Settings
from dashboard.server.gate.middleware import GateMiddleware
from dashboard.server.gate.sign_in import SessionStore, TokenStore, issue_token
from tests.clock import FixedClock

Visit = Callable[[], TestClient]


async def _show_request(request: Request) -> Response:
    """Answer with the path and the headers of the request."""
    return JSONResponse({"path": request.url.path, "headers": dict(request.headers)})


async def _echo(socket: WebSocket) -> None:
    """Send the name of the user, then every text that arrives."""
    await socket.accept()
    await socket.send_json({"user": socket.headers.get("x-datahall-user", "")})
    async for text in socket.iter_text():
        await socket.send_text(text)


@pytest.fixture
def sessions(settings: Settings, clock: FixedClock) -> SessionStore:
    """The sessions of the gate under test."""
    return SessionStore(settings.paths, settings.web.session_hours, clock)


@pytest.fixture
def app(settings: Settings, clock: FixedClock, sessions: SessionStore, ledger: Ledger) -> Starlette:
    """The small app behind the gate."""
    gate = Middleware(
        GateMiddleware,
        settings=settings.web,
        sessions=sessions,
        tokens=TokenStore(settings.paths.sign_in_token, clock),
        policy="default-src 'self'",
        ledger=lambda: ledger,
    )
    routes = [
        WebSocketRoute("/_stcore/stream", _echo),
        Route("/{path:path}", _show_request, methods=["GET", "POST", "PUT", "DELETE"]),
    ]
    return Starlette(routes=routes, middleware=[gate])


@pytest.fixture
def visit(app: Starlette) -> Visit:
    """Return a new client of the app, without cookies."""
    return lambda: TestClient(app, base_url="http://127.0.0.1:8501", follow_redirects=False)


@pytest.fixture
def guest(visit: Visit, paths: StatePaths) -> TestClient:
    """A client that signed in with the link."""
    client = visit()
    assert client.get("/", params={"token": issue_token(paths)}).status_code == 303
    return client
