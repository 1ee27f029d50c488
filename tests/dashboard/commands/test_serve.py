"""`datahall serve` as a process."""

import json
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.command import module_argv, start
from core.settings import Settings

pytestmark = pytest.mark.slow

Ask = Callable[..., tuple[int, Any]]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_address_is_printed_once_the_server_answers(
    settings: Settings, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    output = tmp_path / "output.json"
    arguments = ("serve", "--port", "0", "--json", "--home", str(settings.home))
    with output.open("wb") as log:
        process = start(module_argv("dashboard", *arguments), log=log.fileno())
    try:
        pause = threading.Event()
        while not output.read_text().endswith("}\n"):
            assert process.poll() is None, output.read_text()
            pause.wait(0.05)
        url = json.loads(output.read_text())["url"]
        assert httpx.get(f"{url}/health", timeout=60).json()["status"] == "ok"
        process.send_signal(number)
        assert process.wait(timeout=60) == status
    finally:
        process.kill()
        process.wait()


def test_a_port_in_use_is_an_error_document(ask: Ask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, output = ask("serve", "--port", str(taken.getsockname()[1]))
    assert (code, output["error"]["kind"]) == (2, "settings")
    assert "another program uses this port" in output["error"]["message"]
