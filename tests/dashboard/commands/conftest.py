"""Run a command in this process and read its JSON document."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.settings import Settings
from dashboard.commands.cli import run

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Return (exit code, JSON document) of a command on the test's home."""

    def asked(*words: str) -> tuple[int, Any]:
        code = run([*words, "--home", str(settings.home), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return asked
