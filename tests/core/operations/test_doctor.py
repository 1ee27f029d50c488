"""What is missing is named, with a command that mends it on this machine."""

import importlib.util
from pathlib import Path

import pytest

from core.operations.doctor import examine
from core.settings import Settings

MAKEFILE = Path(__file__).parents[3] / "Makefile"


def test_missing_parts_are_mended_by_make(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by pip: Datahall is on no index, and a stranger's package of its name could be."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    found = {finding.name: finding for finding in examine(settings, tmp_path)}
    for name in ("torch", "ctranslate2", "browser parts"):
        assert found[name].state == "broken"
        assert "make install" in found[name].remedy
    assert "\ninstall:\n" in MAKEFILE.read_text(encoding="utf-8")
