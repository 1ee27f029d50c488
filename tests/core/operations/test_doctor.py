"""Findings are truthful, and each broken one has a remedy for this machine."""

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.operations.doctor import Finding, FindingState, examine
from core.settings import Settings

MAKEFILE = Path(__file__).parents[3] / "Makefile"


def _examine(settings: Settings, assets: Path) -> Mapping[str, Finding]:
    """Return the findings by name."""
    return {finding.name: finding for finding in examine(settings, assets)}


def test_missing_parts_are_repaired_by_make(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by pip: Datahall is on no package index, where a package of its name may be foreign."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    found = _examine(settings, tmp_path)
    for name in ("torch", "ctranslate2", "browser parts"):
        assert found[name].state is FindingState.BROKEN
        assert "make install" in found[name].remedy
    assert "\ninstall:\n" in MAKEFILE.read_text(encoding="utf-8")


def test_a_damaged_database_is_found(settings: Settings, tmp_path: Path) -> None:
    settings.paths.prepare()
    assert _examine(settings, tmp_path)["database"].state is FindingState.WORKS
    settings.paths.database.write_bytes(b"not a database" * 100)
    finding = _examine(settings, tmp_path)["database"]
    assert finding.state is FindingState.BROKEN
    assert "damaged" in finding.sentence
    assert finding.remedy


def test_an_account_without_name_is_reported_by_its_number(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands work for it too, see tests/core/test_audit.py."""
    monkeypatch.setattr(os, "getuid", lambda: 987654)
    finding = _examine(settings, tmp_path)["account"]
    assert finding.state is FindingState.WORKS
    assert "987654 has no name" in finding.sentence
