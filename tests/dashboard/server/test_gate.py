"""Only signed-in users and requests from our own pages pass the gate."""

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.paths import StatePaths
from dashboard.server.gate.sign_in import SessionStore, issue_token

Visit = Callable[[], TestClient]
STREAM = "ws://127.0.0.1:8501/_stcore/stream"


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/devices", "/static/js/index.js", "/media/x", "/app/static/inter.woff2"),
        *("/_stcore/metrics", "/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/a"),
        *("/healthz/", "//healthz", "/healthz/../devices"),
    ],
)
def test_every_path_needs_a_session(visit: Visit, path: str) -> None:
    """Streamlit's own paths too: they take uploads and show what runs here."""
    answer = visit().get(path)

    assert answer.status_code == 401
    assert "datahall up" in answer.text
    assert "no-store" in answer.headers["cache-control"]


def test_the_health_check_needs_no_session(visit: Visit) -> None:
    assert visit().get("/healthz").json()["path"] == "/healthz"


def test_the_api_refuses_in_json(visit: Visit) -> None:
    answer = visit().get("/api/telemetry")

    assert answer.status_code == 401
    assert answer.json()["error"]["kind"] == "denied"


def test_the_sign_in_page_fetches_nothing(visit: Visit) -> None:
    """It must work without a cookie, and without a network."""
    answer = visit().get("/")

    assert "<script" not in answer.text
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', answer.text) == []
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_identity_headers_of_a_client_are_dropped(guest: TestClient, visit: Visit) -> None:
    forged = {"X-Datahall-User": "mallory", "x-datahall-role": "admin", "X-DATAHALL-more": "1"}

    assert guest.get("/", headers=forged).json()["headers"]["x-datahall-user"] == "admin"
    assert not [key for key in visit().get("/healthz", headers=forged).json()["headers"]
                if key.startswith("x-datahall")]  # fmt: skip


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example"])
def test_a_host_name_of_another_site_is_refused(guest: TestClient, host: str) -> None:
    """DNS rebinding: that site's name resolves to this machine."""
    assert guest.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_page_of_another_origin_cannot_change_anything(guest: TestClient, method: str) -> None:
    """Another port of localhost is the same site, for which SameSite cookies are sent."""
    foreign = guest.request(method, "/x", headers={"origin": "http://127.0.0.1:9999"})
    own = guest.request(method, "/x", headers={"origin": "http://127.0.0.1:8501"})

    assert (foreign.status_code, own.status_code) == (403, 200)


def test_a_link_on_another_site_opens_a_page_that_continues_here(visit: Visit) -> None:
    """The browser withholds a strict cookie there, and sends it from our own page."""
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}

    answer = visit().get('//evil.example/"><x>?a=1', headers=headers)

    assert answer.status_code == 200
    target = re.search(r'url=([^"]*)"', answer.text)
    assert target is not None
    assert target[1].startswith("/")
    assert not target[1].startswith("//")
    assert "<x>" not in answer.text


def test_a_sign_in_link_on_another_site_works(visit: Visit, paths: StatePaths) -> None:
    """The cookie comes with a page: the request after a redirect would not carry it."""
    answer = visit().get(
        "/", params={"token": issue_token(paths)}, headers={"sec-fetch-site": "cross-site"}
    )

    assert answer.status_code == 200
    assert "set-cookie" in answer.headers


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/x"])
def test_every_answer_has_the_security_headers(guest: TestClient, path: str) -> None:
    headers = guest.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"]


def test_a_websocket_needs_the_cookie(visit: Visit) -> None:
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
def test_a_websocket_of_another_origin_is_refused(
    guest: TestClient, headers: dict[str, str]
) -> None:
    """Browsers send cookies with the WebSockets of any page."""
    with (
        pytest.raises(WebSocketDisconnect),
        guest.websocket_connect(STREAM, headers=headers),
    ):
        pass


def test_a_websocket_has_its_user_and_closes_when_the_session_ends(
    guest: TestClient, sessions: SessionStore
) -> None:
    """Signing out in one tab disconnects all other tabs."""
    session = sessions.read(next(iter(guest.cookies.values())))
    assert session is not None

    with guest.websocket_connect(STREAM, headers={"origin": "http://127.0.0.1:8501"}) as socket:
        assert socket.receive_json() == {"user": "admin"}
        socket.send_text("hello")
        assert socket.receive_text() == "hello"
        socket.portal.call(sessions.end, session)
        assert socket.receive()["code"] == 4401
