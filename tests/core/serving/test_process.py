"""The server as a process: started, swapped under load, stopped, and without torch until asked."""

import json
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import psutil
import pytest
from libretranslatepy import LibreTranslateAPI

from core.clock import FixedClock
from core.command import Process, module_argv, start
from core.database import Database
from core.errors import UnavailableError
from core.feedback.store import FeedbackStore
from core.inference.version_folder import VersionFolder, digest_of
from core.paths import StatePaths
from core.registry.records import PRODUCTION, AliasAction, ModelVersion
from core.registry.registry import ModelRegistry
from core.serving.__main__ import main
from core.serving.client import TranslationClient

MakeVersion = Callable[..., VersionFolder]


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
            waiver=None, config={}, code_version="0", scores={}, self_test=None,
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
    with TranslationClient(f"http://127.0.0.1:{port}") as client:
        running = Server(process=process, client=client)
        wait_until(lambda: is_answering(client))
        yield running
    if process.poll() is None:
        process.kill()
    process.wait()


def test_it_serves_what_is_promoted_and_swaps_under_load(
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


def test_a_client_of_libretranslate_works_unchanged(
    server: Server, registry: ModelRegistry, database: Database
) -> None:
    point(registry, 1)
    wait_until(lambda: server.client.status().model == "en-es:1")
    theirs = LibreTranslateAPI(server.client.base_url)
    assert theirs.translate("Where is the station?", "en", "es")
    assert theirs.detect("Where is the station?")[0]["language"] == "en"
    assert [entry["code"] for entry in theirs.languages()] == ["en", "es"]
    told = urlencode({"q": "Where?", "s": "¿Dónde?", "source": "en", "target": "es"}).encode()
    with urlopen(f"{server.client.base_url}/suggest", told) as answer:  # noqa: S310  (our own)
        assert json.load(answer) == {"success": True}
    assert [entry.correction for entry in FeedbackStore(database).list()] == ["¿Dónde?"]


def test_torch_is_loaded_only_when_attention_is_asked(
    server: Server, registry: ModelRegistry
) -> None:
    point(registry, 1)
    wait_until(lambda: server.client.status().model == "en-es:1")
    assert server.client.translate(["Hello, how are you?"])[0].text
    assert not has_torch(server.process.pid)
    found = server.client.attention("Hello, how are you?")
    assert len(found.weights) == len(found.target_tokens) > 0
    assert has_torch(server.process.pid)


def test_it_stops_at_sigterm_and_finishes_what_began(
    server: Server, registry: ModelRegistry
) -> None:
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


def test_a_taken_port_is_a_sentence_and_exit_2(
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
    """Return whether the server is up."""
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
    """Return once it holds; fail after the time."""
    pause = threading.Event()
    for _ in range(int(timeout_s / 0.02)):
        if holds():
            return
        pause.wait(0.02)
    pytest.fail("it never came true")
