"""The dashboard's process: light, shut to strangers, and clear about why it cannot start."""

import json
import socket
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from core.command import Process, SystemRunner, module_argv, start
from core.paths import StatePaths
from core.settings import Settings, WebSettings
from dashboard.server.gate import issue_token
from dashboard.server.process import main
from dashboard.server.streamlit_setup import content_policy, front_page, streamlit_options
from tests.dashboard.e2e.harness import await_answer, free_port, stop

# Not plotly: Streamlit imports it wherever it is installed.
FORBIDDEN = ("torch", "ctranslate2", "sentencepiece", "altair", "pydeck", "matplotlib")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started dashboard."""

    root: str
    home: Path
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
        yield Running(root=root, home=home, process=process, port=port)
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
def test_streamlit_answers_nobody_who_is_not_signed_in(dashboard: Running, path: str) -> None:
    """Its own routes are behind the gate, not beside it."""
    assert httpx.get(dashboard.root + path, timeout=30.0).status_code == 401


def test_health_is_open_and_tells_nothing_else(dashboard: Running) -> None:
    """`datahall up` waits for it."""
    assert httpx.get(dashboard.root + "/healthz", timeout=30.0).json() == {"status": "ok"}


def test_a_real_websocket_needs_cookie_and_own_origin(
    dashboard: Running, visitor: httpx.Client
) -> None:
    """The socket is where Streamlit takes commands."""
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


def test_whoever_is_signed_in_gets_our_page(visitor: httpx.Client) -> None:
    """At every page's address, under a policy that lets its one script run."""
    for path in ("/", "/training"):
        answer = visitor.get(path)
        assert answer.text == front_page()
        assert answer.headers["content-security-policy"] == content_policy()


def test_charts_are_answered_also_before_anything_is_measured(visitor: httpx.Client) -> None:
    """A fresh home has no telemetry yet: that is a sentence, not an error."""
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
def test_a_wrong_query_is_explained(visitor: httpx.Client, path: str, status: int) -> None:
    """In the shape of every `--json` failure."""
    answer = visitor.get(path)

    assert answer.status_code == status
    if "json" in answer.headers.get("content-type", ""):
        assert answer.json()["error"]["message"]


def test_the_agent_interface_is_off(visitor: httpx.Client) -> None:
    """It would drive pages by JSON, without the checks of a browser."""
    assert visitor.post("/_stcore/agent/interact", json={}).status_code in (403, 404, 405)


def test_secrets_stay_private(dashboard: Running, visitor: httpx.Client) -> None:
    """Folder 700, files 600."""
    assert visitor.get("/").status_code == 200
    secrets = StatePaths(dashboard.home).secrets
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}


def test_torch_and_other_heavy_parts_are_not_in_the_process() -> None:
    """Everything that the server and its pages import, in a fresh interpreter."""
    names = [
        "dashboard.server.asgi_app",
        *(f"dashboard.widgets.{name}" for name in ("header", "live_charts", "overview")),
    ]
    script = (
        f"import sys, importlib, json\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(json.dumps(sorted(set({FORBIDDEN!r}) & set(sys.modules))))"
    )
    result = SystemRunner().run([sys.executable, "-P", "-c", script], timeout_s=60)

    assert json.loads(result.stdout.splitlines()[-1]) == []


def test_a_taken_port_is_one_sentence_and_exit_2(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Streamlit would log a warning and try the next one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = main(["--home", str(settings.home), "--port", str(port)], {})

    said = capsys.readouterr().err
    assert code == 2
    assert said.count("\n") == 1
    assert f"port {port}" in said
    assert "--port" in said


@pytest.mark.parametrize("port", ["0x", "99999999"])
def test_a_port_that_is_none_is_refused(settings: Settings, port: str) -> None:
    """Wrong usage ends with 2, as everywhere."""
    try:
        code: int | str | None = main(["--home", str(settings.home), "--port", port], {})
    except SystemExit as end:
        code = end.code
    assert code == 2


def test_options_come_from_us_alone(settings: Settings) -> None:
    """Whatever a user's own Streamlit configuration says."""
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


def test_the_front_page_is_ours() -> None:
    """If Streamlit's own page changes its shape, this says which part no longer fits."""
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
