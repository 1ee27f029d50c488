"""`datahall monitor` passes its options to the sampler."""

import json
from pathlib import Path

import pytest

from dashboard.commands.monitor import monitor


@pytest.mark.parametrize("interval", [0.0, -1.0])
def test_an_invalid_interval_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], interval: float
) -> None:
    """Also 0, which is not the same as no interval."""
    code = monitor(once=True, interval=interval, home=tmp_path, as_json=True)

    assert code == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "settings"


def test_once_prints_one_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = monitor(once=True, demo=True, home=tmp_path, as_json=True)

    assert code == 0
    devices = {one["device"] for one in json.loads(capsys.readouterr().out)["readings"]}
    assert "gpu7" in devices
