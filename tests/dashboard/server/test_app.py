"""The dashboard as a process: its routes, its imports, and its answers to malformed bytes."""

import gc
import json
import socket
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from core.actions.workspace import open_workspace
from core.command import Process, module_argv, run_command, start
from core.paths import StatePaths
from core.settings import Settings, WebSettings
from dashboard import resources
from dashboard.server.asgi_app import preload
from dashboard.server.gate.sign_in import issue_token
from dashboard.server.process import main
from dashboard.server.streamlit_setup import content_policy, front_page, streamlit_options
from tests.dashboard.e2e.harness import await_answer, free_port, stop

pytestmark = pytest.mark.slow

# Not plotly: Streamlit imports it wherever it is installed.
FORBIDDEN = ("torch", "ctranslate2", "sentencepiece", "altair", "pydeck", "matplotlib")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started dashboard."""

    root: str
    home: Path
    log: Path
    process: Process
    port: int


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The dashboard as `datahall up` starts it, on a home of its own."""
    folder = tmp_path_factory.mktemp("app")
    home, port = folder / "home", free_port()
    StatePaths(home).prepare()
    with (folder / "log.txt").open("wb") as log:
        process = start(
            module_argv("dashboard.server.process", "--home", str(home), "--port", str(port)),
            folder=folder,
            log=log,
            die_with_parent=True,
        )
    try:
        root = f"http://127.0.0.1:{port}"
        await_answer(root, process, folder / "log.txt")
        yield Running(root=root, home=home, log=folder / "log.txt", process=process, port=port)
    finally:
        stop(process)


@pytest.fixture
def visitor(dashboard: Running) -> Iterator[httpx.Client]:
    """A client that signed in with the link."""
    with httpx.Client(base_url=dashboard.root, timeout=30.0) as client:
        token = issue_token(StatePaths(dashboard.home))
        assert client.get("/", params={"token": token}).status_code == 303
        yield client


@pytest.mark.parametrize(
    "path",
    ["/", "/training", "/_stcore/health", "/_stcore/metrics", "/_stcore/host-config",
     "/app/static/mark.svg", "/static/js/index.js", "/_stcore/agent/openapi.json"],
)  # fmt: skip
def test_every_route_of_streamlit_needs_a_session(dashboard: Running, path: str) -> None:
    assert httpx.get(dashboard.root + path, timeout=30.0).status_code == 401


def test_the_health_check_needs_no_session(dashboard: Running) -> None:
    assert httpx.get(dashboard.root + "/healthz", timeout=30.0).json() == {"status": "ok"}


def test_a_real_websocket_needs_cookie_and_own_origin(
    dashboard: Running, visitor: httpx.Client
) -> None:
    url = f"ws://127.0.0.1:{dashboard.port}/_stcore/stream"
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    for headers in ({}, {"Cookie": "datahall_1=x"}):
        with pytest.raises(InvalidStatus) as refusal, connect(url, additional_headers=headers):
            pass
        assert refusal.value.response.status_code == 403
    with (
        pytest.raises(InvalidStatus),
        connect(url, origin="http://evil.example", additional_headers={"Cookie": cookie}),
    ):
        pass

    with connect(url, origin=dashboard.root, additional_headers={"Cookie": cookie}) as socket_:
        assert socket_.protocol.state.name == "OPEN"


def test_a_signed_in_user_gets_our_page_and_its_policy(visitor: httpx.Client) -> None:
    for path in ("/", "/training"):
        answer = visitor.get(path)
        assert answer.text == front_page()
        assert answer.headers["content-security-policy"] == content_policy()


def test_charts_are_empty_before_the_first_sample(visitor: httpx.Client) -> None:
    answer = visitor.get("/api/telemetry", params={"span": 900, "s": "cpu_busy_ratio@"})

    assert answer.status_code == 200
    assert answer.json()["stale"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/telemetry", 400),
        ("/api/telemetry?span=x&s=a@b", 400),
        ("/api/metrics?s=none", 400),
        ("/api/runs/nobody/log", 404),
        ("/api/runs/..%2f..%2fetc%2fpasswd/log", 400),
    ],
)
def test_an_invalid_query_gets_an_error_document(
    visitor: httpx.Client, path: str, status: int
) -> None:
    answer = visitor.get(path)

    assert answer.status_code == status
    if "json" in answer.headers.get("content-type", ""):
        assert answer.json()["error"]["message"]


def test_the_agent_interface_of_streamlit_is_off(visitor: httpx.Client) -> None:
    assert visitor.post("/_stcore/agent/interact", json={}).status_code in (403, 404, 405)


def test_secrets_are_readable_by_their_owner_alone(
    dashboard: Running, visitor: httpx.Client
) -> None:
    assert visitor.get("/").status_code == 200
    secrets = StatePaths(dashboard.home).secrets
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}


def test_the_process_does_not_import_torch_or_other_slow_packages() -> None:
    """Neither the server nor what its pages import."""
    script = (
        "import importlib, json, pkgutil, sys\n"
        "import dashboard.server.asgi_app, dashboard.widgets as widgets\n"
        "for module in pkgutil.walk_packages(widgets.__path__, 'dashboard.widgets.'):\n"
        "    importlib.import_module(module.name)\n"
        f"print(json.dumps(sorted(set({FORBIDDEN!r}) & set(sys.modules))))"
    )
    result = run_command([sys.executable, "-P", "-c", script], timeout_s=60)

    assert json.loads(result.stdout.splitlines()[-1]) == []


def test_a_port_in_use_is_reported_in_one_line_with_exit_status_2(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Streamlit would log a warning and use the next port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = main(["--home", str(settings.home), "--port", str(port)], {})

    printed = capsys.readouterr().err
    assert code == 2
    assert printed.count("\n") == 1
    assert f"port {port}" in printed
    assert "--port" in printed


@pytest.mark.parametrize("port", ["0x", "99999999"])
def test_an_invalid_port_is_wrong_usage(settings: Settings, port: str) -> None:
    try:
        code: int | str | None = main(["--home", str(settings.home), "--port", port], {})
    except SystemExit as end:
        code = end.code
    assert code == 2


def test_streamlit_options_do_not_depend_on_the_user_s_configuration(settings: Settings) -> None:
    options = streamlit_options(Settings(home=settings.home, web=WebSettings(port=1234)))

    assert options["server.address"] == "127.0.0.1"
    assert options["server.port"] == 1234
    wanted = {
        "browser.gatherUsageStats": False,
        "server.enableAgentApi": False,
        "server.enableXsrfProtection": True,
        "server.fileWatcherType": "none",
        "runner.magicEnabled": False,
        "client.showErrorDetails": "none",
    }
    assert {name: options[name] for name in wanted} == wanted


def test_every_change_to_the_page_of_streamlit_is_applied() -> None:
    """A new version of Streamlit may change the text that we replace."""
    page = front_page()

    assert "<title>Datahall</title>" in page
    assert "SourceSans" not in page.partition("<style>")[0]
    assert 'rel="preload"' not in page
    assert 'rel="shortcut icon"' not in page
    assert 'rel="stylesheet"' not in page
    assert page.count("<script>") == 1
    assert "window.__streamlit" in page
    assert "url(data:font/woff2;base64," in page
    assert "url(../" not in page
    assert content_policy().count("'sha256-") == 1


def test_modules_of_pages_are_exempt_from_garbage_collection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Streamlit collects garbage after every script run: walking all modules costs more."""
    monkeypatch.setattr(resources, "workspace", lambda: None)
    gc.unfreeze()
    try:
        preload()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def _status(dashboard: Running, request: bytes) -> int:
    """Return the status with which the server answers raw bytes."""
    with socket.create_connection(("127.0.0.1", dashboard.port), timeout=30) as connection:
        connection.sendall(request)
        line = connection.makefile("rb").readline()
    return int(line.split()[1])


HANDSHAKE = (
    b"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://[\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: \xff\r\nConnection: Upgrade\r\n\r\n",
        b"GET /%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x00\xa5 TLS to a plain port\r\n\r\n",
        HANDSHAKE + b"\r\n",
        HANDSHAKE + b"Sec-WebSocket-Key: x\r\n\r\n",
        HANDSHAKE + b"Sec-WebSocket-Key: \xff\r\nSec-WebSocket-Key: \xff\r\n\r\n",
    ],
)
def test_malformed_bytes_get_400(dashboard: Running, request_: bytes) -> None:
    assert _status(dashboard, request_) == 400


def test_a_client_cannot_choose_its_address_in_the_audit_log(dashboard: Running) -> None:
    with httpx.Client(base_url=dashboard.root, timeout=30.0) as client:
        token = issue_token(StatePaths(dashboard.home), name="mallory")
        client.get("/", params={"token": token}, headers={"X-Forwarded-For": "192.0.2.1"})
    with open_workspace(Settings(home=dashboard.home)) as workspace:
        (entry,) = [row for row in workspace.ledger.entries() if row.actor == "mallory"]

    assert entry.target == "127.0.0.1"


def test_a_malformed_websocket_request_is_refused(dashboard: Running) -> None:
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    assert _status(dashboard, HANDSHAKE + key + b"Origin: http://[\r\n\r\n") == 403


HEADERS = (
    *("Host", "Origin", "Cookie", "Content-Length", "Range", "If-Modified-Since", "If-None-Match"),
    *("Upgrade", "Connection", "Expect", "Accept-Encoding", "Transfer-Encoding"),
)
PATHS = (
    *("/", "/healthz", "/api/telemetry", "/media/x", "/static/index.html"),
    *("/app/static/mark.svg", "/_stcore/host-config"),
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(name=st.sampled_from(HEADERS), value=st.binary(max_size=60), path=st.sampled_from(PATHS))
def test_no_header_of_a_signed_in_user_makes_the_server_fail(
    dashboard: Running, visitor: httpx.Client, name: str, value: bytes, path: str
) -> None:
    cookie = "; ".join(f"{key}={value}" for key, value in visitor.cookies.items())
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n{name}: ".encode()

    assert _status(dashboard, head + value.replace(b"\n", b"") + b"\r\n\r\n") < 500
    assert "Traceback" not in dashboard.log.read_text(encoding="utf-8", errors="replace")
