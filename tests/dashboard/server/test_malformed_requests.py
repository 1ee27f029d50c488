"""The gate answers every request: 400 to a malformed one, never 500."""

import asyncio
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.types import Message, Scope

from core.audit import Role
from dashboard.server.gate.sign_in import SessionStore, User

OWN = (b"host", b"127.0.0.1:8501")
STREAM = b"/_stcore/stream"
MALFORMED_HEADERS = [
    (b"origin", b"http://["),
    (b"origin", b"http://a b"),
    (b"origin", b"http://\xff"),
    (b"origin", b"127.0.0.1:8501"),
    (b"content-length", b"-1"),
    (b"content-length", b"1e3"),
    (b"content-length", b"9" * 400),
    (b"cookie", b"a=\x00"),
    (b"cookie", b"a" * 40_000),
    (b"sec-fetch-site", b"\xff\xfe"),
    (b"upgrade", b"\xff"),
    (b"x-any", b"line\nfeed"),
]
MALFORMED_HOSTS = [b"", b"[::1", b"a@b:1", b"\xff", b"127.0.0.1:port", b"a b", b"a/b"]
MALFORMED_PATHS = [b"/%", b"/%zz", b"/%ff", b"/a%00b", b"/%c3", b"/%0a", b"/\xff"]


def request(
    *headers: tuple[bytes, bytes], kind: str = "http", path: bytes = b"/", query: bytes = b""
) -> Scope:
    """Return the ASGI scope that uvicorn makes of a request."""
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http" if kind == "http" else "ws",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": list(headers),
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8501),
        "subprotocols": [],
        "state": {},
    }


def answer(app: Starlette, scope: Scope) -> Message:
    """Return the first message with which the app answers; raises what the app raises."""
    sent: list[Message] = []
    arriving: list[Message] = (
        [{"type": "http.request", "body": b"", "more_body": False}]
        if scope["type"] == "http"
        else [{"type": "websocket.connect"}]
    )

    async def receive() -> Message:
        gone = {"type": f"{scope['type']}.disconnect", "code": 1000}
        return arriving.pop(0) if arriving else gone

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent[0]


@pytest.fixture
def cookie(sessions: SessionStore) -> tuple[bytes, bytes]:
    """The cookie header of a signed-in user."""
    session = sessions.open(User(name="ada", role=Role.ADMIN))
    return (b"cookie", f"datahall_8501={sessions.cookie_value(session)}".encode())


@pytest.mark.parametrize(
    "scope",
    [
        *(request(OWN, header) for header in MALFORMED_HEADERS),
        *(request((b"host", host)) for host in MALFORMED_HOSTS),
        *(request(OWN, path=path) for path in MALFORMED_PATHS),
        request(OWN, query=b"range=%00"),
        request(OWN, query=b"range=\xff"),
        request(),
        request(OWN, OWN),
        request(OWN, (b"origin", b"null"), (b"origin", b"null")),
        request(OWN, (b"cookie", b"a=1"), (b"cookie", b"a=2")),
        request(OWN, (b"content-length", b"1"), (b"content-length", b"2")),
    ],
    ids=lambda scope: repr((scope["raw_path"], scope["query_string"], scope["headers"]))[:80],
)
def test_a_malformed_request_gets_400(app: Starlette, scope: Scope) -> None:
    assert answer(app, scope)["status"] == 400
    websocket = {**scope, "type": "websocket", "scheme": "ws"}
    assert answer(app, websocket)["type"] == "websocket.close"


def test_a_malformed_request_to_the_api_gets_json(app: Starlette) -> None:
    message = answer(app, request(OWN, (b"origin", b"http://["), path=b"/api/telemetry"))

    assert (message["status"], dict(message["headers"])[b"content-type"]) == (
        400,
        b"application/json",
    )


@pytest.mark.parametrize(
    "header",
    [
        (b"cookie", b"other=caf\xc3\xa9; x"),
        (b"origin", b"null"),
        (b"origin", b"chrome-extension://abcdefgh"),
        (b"origin", b"file://"),
        (b"accept-language", b"\xe9"),
        (b"upgrade", b"h2c, foo/1"),
    ],
)
def test_unusual_but_valid_headers_are_not_refused(
    app: Starlette, header: tuple[bytes, bytes]
) -> None:
    """They get the sign-in page, like any request without a session."""
    assert answer(app, request(OWN, header))["status"] == 401


BYTES = st.binary(max_size=40)
NAMES = st.sampled_from(
    [b"host", b"origin", b"cookie", b"content-length", b"upgrade", b"sec-fetch-site",
     b"sec-fetch-mode", b"x-datahall-user", b"range", b"if-modified-since"]
)  # fmt: skip
VALUES = st.one_of(
    BYTES,
    st.sampled_from([b"127.0.0.1:8501", b"http://127.0.0.1:8501", b"http://[", b"datahall_8501="]),
    st.builds(b"".join, st.lists(st.sampled_from([b"http://", b"[", b"]", b"%", b":", b"=", b";",
                                                 b"a", b"\xff", b"\x00", b"\r\n"]))),
)  # fmt: skip
PATHS = st.one_of(
    BYTES, st.sampled_from([b"", b"api/x", b"sign-out", b"_stcore/stream", b"%", b"%ff"])
)
SCOPES = st.builds(
    lambda headers, **rest: request(*headers, **rest),
    st.lists(st.tuples(NAMES, VALUES), max_size=5).map(lambda headers: [OWN, *headers])
    | st.lists(st.tuples(NAMES, VALUES), max_size=5),
    kind=st.sampled_from(["http", "websocket"]),
    path=PATHS.map(b"/".__add__),
    query=BYTES | BYTES.map(b"token=".__add__),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(scope=SCOPES, is_signed_in=st.booleans())
def test_no_bytes_make_the_gate_fail(
    app: Starlette,
    cookie: tuple[bytes, bytes],
    scope: Scope,
    is_signed_in: bool,  # noqa: FBT001  (drawn by hypothesis)
) -> None:
    if is_signed_in:
        scope = {**scope, "headers": [*scope["headers"], cookie]}

    message = answer(app, scope)

    assert message.get("status", 200) < 500
