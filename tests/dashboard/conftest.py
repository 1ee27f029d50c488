"""What tests of the dashboard share: a gate before an app that tells what reached it."""

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
from core.clock import FixedClock
from core.settings import Settings
from dashboard.server.gate import Gate, SessionBook, TokenDesk

POLICY = "default-src 'self'"


async def _tell(request: Request) -> Response:
    """Answer with what the gate let through."""
    return JSONResponse({"path": request.url.path, "headers": dict(request.headers)})


async def _echo(socket: WebSocket) -> None:
    """Say who is there, then repeat what is said."""
    await socket.accept()
    await socket.send_json({"user": socket.headers.get("x-datahall-user", "")})
    async for text in socket.iter_text():
        await socket.send_text(text)


@pytest.fixture
def sessions(settings: Settings, clock: FixedClock) -> SessionBook:
    """The sessions of the gate under test."""
    return SessionBook(settings.paths, settings.web.session_hours, clock)


@pytest.fixture
def visit(
    settings: Settings, clock: FixedClock, sessions: SessionBook, ledger: Ledger
) -> Callable[[], TestClient]:
    """Return new visitors, without cookies, to a small app behind the gate."""
    gate = Middleware(
        Gate,
        settings=settings.web,
        sessions=sessions,
        tokens=TokenDesk(settings.paths.sign_in_token, clock),
        policy=POLICY,
        ledger=lambda: ledger,
    )
    routes = [
        WebSocketRoute("/_stcore/stream", _echo),
        Route("/{path:path}", _tell, methods=["GET", "POST", "PUT", "DELETE"]),
    ]
    app = Starlette(routes=routes, middleware=[gate])
    return lambda: TestClient(app, base_url="http://127.0.0.1:8501", follow_redirects=False)
