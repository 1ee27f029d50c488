"""The server as a process: start, switch of versions under load, stop."""

import json
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import urlopen

import psutil
import pytest
from libretranslatepy import LibreTranslateAPI

from core.command import Process, module_argv, start
from core.database import Database
from core.errors import UnavailableError
from core.feedback.store import FeedbackStore
from core.inference.version_folder import VersionFolder, digest_of
from core.paths import StatePaths
from core.registry.records import PRODUCTION, AliasAction, ModelVersion
from core.registry.registry import ModelRegistry
from core.scores import Scores
from core.serving.__main__ import main
from core.serving.client import TranslationClient
from tests.clock import FixedClock

pytestmark = pytest.mark.slow

MakeVersion = Callable[..., VersionFolder]


MALFORMED_HEADS = [
    b"\xff\xfe",
    b"GET /docs HTTP/1.0",
    b"GET /docs HTTP/1.1\r\nHost localhost",
    b"GET /docs HTTP/1.1\r\nHost: localhost\r\nX: a\x00b",
    b"POST /detect HTTP/1.1\r\nContent-Length: 1",
    *(
        b"POST /detect HTTP/1.1\r\nContent-Length: 1\r\nHost: " + host
        for host in (b"", b"[", b"[::1", b"\xff", b"a\r\nHost: b")
    ),
    *(
        b"POST /detect HTTP/1.1\r\nHost: localhost\r\n" + header
        for header in (
            b"Origin: http://[\r\nContent-Length: 1",
            b"Origin: \xff\r\nContent-Length: 1",
            b"Content-Type: \xff\r\nContent-Length: 1",
            b"Content-Length: x",
            b"Content-Length: -1",
            b"Content-Length: 1, 2",
            b"Transfer-Encoding: gzip",
            b"Transfer-Encoding: chunked",
        )
    ),
]


@dataclass
class Server:
    """A running server."""

    process: Process
    client: TranslationClient


@pytest.fixture
def registry(paths: StatePaths, database: Database, make_version: MakeVersion) -> ModelRegistry:
    """A registry with two versions whose folders stand in the test's home; none is promoted."""
    registry = ModelRegistry(database, FixedClock())
    for number in (1, 2):
        made = make_version(seed=number)
        version = ModelVersion(
            name="en-es", version=number, run_id="r", run_name=f"run {number}", step=1,
            source="en", target="es", dataset="demo", dataset_digest="d", snapshot=None,
            waiver=None, config={}, code_version="0", scores=Scores(), self_test=None,
            digest=digest_of(made.files()), created_at=1.0,
        )  # fmt: skip
        made.write_card(version.to_document(), made.files())
        paths.models.joinpath("en-es").mkdir(parents=True, exist_ok=True)
        made.path.rename(paths.model("en-es", number))
        registry.register(version)
    return registry


@pytest.fixture
def server(paths: StatePaths, tmp_path: Path) -> Iterator[Server]:
    """A server process on a free port, ready to answer."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (tmp_path / "server.log").open("wb") as log:
        process = start(
            module_argv("core.serving", "--home", str(paths.home), "--port", str(port)),
            environment={"OMP_NUM_THREADS": "1"},
            log=log.fileno(),
        )
    try:
        with TranslationClient(f"http://127.0.0.1:{port}") as client:
            wait_until(lambda: is_answering(client))
            yield Server(process=process, client=client)
    finally:
        process.kill()
        process.wait()


def test_a_promoted_version_replaces_the_old_one_under_load(
    server: Server, registry: ModelRegistry
) -> None:
    point(registry, 1)
    wait_until(lambda: server.client.status().model == "en-es:1")
    seen: list[str] = []
    failures: list[Exception] = []
    stop = threading.Event()

    def translate() -> None:
        with TranslationClient(server.client.base_url) as client:
            while not stop.is_set():
                try:
                    seen.append(client.translate(["My sister lives in Madrid."])[0].model_version)
                except Exception as error:  # noqa: BLE001  (any failure fails the test)
                    failures.append(error)

    threads = [threading.Thread(target=translate) for _ in range(6)]
    for thread in threads:
        thread.start()
    for number in (2, 1, 2, 1, 2):
        point(registry, number)
        wait_until(lambda wanted=f"en-es:{number}": seen[-1:] == [wanted])
    wait_until(lambda: len(seen) > 50)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(seen) == {"en-es:1", "en-es:2"}
    assert server.client.status().failures == 0


def test_the_libretranslate_client_works_unchanged(
    server: Server, registry: ModelRegistry, database: Database
) -> None:
    point(registry, 1)
    wait_until(lambda: server.client.status().model == "en-es:1")
    theirs = LibreTranslateAPI(server.client.base_url)
    assert theirs.translate("Where is the station?", "en", "es")
    assert theirs.detect("Where is the station?")[0]["language"] == "en"
    assert [entry["code"] for entry in theirs.languages()] == ["en", "es"]
    fields = urlencode({"q": "Where?", "s": "¿Dónde?", "source": "en", "target": "es"}).encode()
    with urlopen(f"{server.client.base_url}/suggest", fields) as answer:  # noqa: S310  (our own)
        assert json.load(answer) == {"success": True}
    assert [entry.correction for entry in FeedbackStore(database).list()] == ["¿Dónde?"]


def test_torch_is_loaded_when_attention_is_first_requested(
    server: Server, registry: ModelRegistry
) -> None:
    point(registry, 1)
    wait_until(lambda: server.client.status().model == "en-es:1")
    assert server.client.translate(["Hello, how are you?"])[0].text
    assert not has_torch(server.process.pid)
    found = server.client.attention("Hello, how are you?")
    assert len(found.weights) == len(found.target_tokens) > 0
    assert has_torch(server.process.pid)


def test_sigterm_lets_running_requests_finish(server: Server, registry: ModelRegistry) -> None:
    point(registry, 1)
    wait_until(lambda: server.client.status().model == "en-es:1")
    answers: list[int] = []
    texts = [f"My sister lives in Madrid {number}." for number in range(50)]
    asking = threading.Thread(
        target=lambda: answers.append(len(server.client.translate(texts, beam=8)))
    )
    asking.start()
    with TranslationClient(server.client.base_url) as watcher:
        wait_until(lambda: "waiting 1" in watcher._client.get("/metrics").text)  # noqa: SLF001  (as it polls)
        server.process.send_signal(signal.SIGTERM)
    asking.join()
    assert server.process.wait(30) == 0
    assert answers == [50]
    with pytest.raises(UnavailableError, match="no translation server answers"):
        server.client.status()


def test_a_malformed_request_gets_400_and_no_traceback(server: Server, tmp_path: Path) -> None:
    address = urlsplit(server.client.base_url)
    for head in MALFORMED_HEADS:
        with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
            connection.sendall(head + b"\r\n\r\nx\r\n")
            answer = connection.recv(4096)
        assert answer.split(b" ")[1] == b"400", head
    log = (tmp_path / "server.log").read_text(encoding="utf-8")
    assert log == f"Translation server on {server.client.base_url}\n"


def test_a_port_in_use_is_reported_with_exit_status_2(
    paths: StatePaths, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--home", str(paths.home), "--port", str(port)]) == 2
    error = capsys.readouterr().err
    assert re.search(rf"127\.0\.0\.1 port {port}: another program uses this port.*--port", error)


def has_torch(pid: int) -> bool:
    """Return whether torch's library is mapped into a process."""
    return any("libtorch" in entry.path for entry in psutil.Process(pid).memory_maps())


def is_answering(client: TranslationClient) -> bool:
    """Return whether the server answers."""
    try:
        client.status()
    except UnavailableError:
        return False
    return True


def point(registry: ModelRegistry, number: int) -> None:
    """Point production at a version."""
    registry.set_alias(
        "en-es", PRODUCTION, number, actor="a", action=AliasAction.PROMOTE, reason=""
    )


def wait_until(holds: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Return when the condition is true; fail after the timeout."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.02)):
        if holds():
            return
        pause.wait(0.02)
    pytest.fail("the condition did not become true in time")
