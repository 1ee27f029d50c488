"""WebSockets pass the gate as requests do: with the cookie, from our own page."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dashboard.server.gate import SessionBook

Visit = Callable[[], TestClient]
STREAM = "/_stcore/stream"


def test_a_websocket_needs_the_cookie(visit: Visit) -> None:
    """A password box inside a script would leave this open."""
    with pytest.raises(WebSocketDisconnect) as refusal, visit().websocket_connect(STREAM):
        pass

    assert refusal.value.code == 4401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"host": "evil.example", "origin": "http://evil.example"},
    ],
)
def test_a_websocket_of_a_foreign_page_is_refused(
    guest: TestClient, headers: dict[str, str]
) -> None:
    """Browsers send cookies along with WebSockets of any page."""
    with (
        pytest.raises(WebSocketDisconnect),
        guest.websocket_connect("ws://127.0.0.1:8501" + STREAM, headers=headers),
    ):
        pass


def test_a_websocket_knows_its_user_and_closes_when_the_session_ends(
    guest: TestClient, sessions: SessionBook
) -> None:
    """Signing out in one tab closes all others: requests are checked, open sockets are not."""
    session = sessions.read(next(iter(guest.cookies.values())))
    assert session is not None
    url = "ws://127.0.0.1:8501" + STREAM

    with guest.websocket_connect(url, headers={"origin": "http://127.0.0.1:8501"}) as socket:
        assert socket.receive_json() == {"user": "admin"}
        socket.send_text("hello")
        assert socket.receive_text() == "hello"
        socket.portal.call(sessions.end, session)
        assert socket.receive()["code"] == 4401
