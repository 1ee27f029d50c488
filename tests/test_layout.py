"""Rules that no tool checks: file sizes, names, and documents that must agree with the code."""

from pathlib import Path

import pytest

from core.settings import example_file

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "monitors", "dashboard")
LONGEST_FILE = 500
LONGEST_VIEW = 60


def _sources(*folders: str) -> list[Path]:
    """Return the Python files below the folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def _longer_than(lines: int, *folders: str) -> list[str]:
    """Return the Python files below the folders that have more lines."""
    return [
        f"{path.relative_to(ROOT)}: {length} lines"
        for path in _sources(*folders)
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > lines
    ]


def test_no_file_is_too_long() -> None:
    """Over 500 lines a subject is really two; a page over 60 holds what its viewmodel should."""
    assert _longer_than(LONGEST_FILE, *PACKAGES, "tests", "benchmarks") == []
    assert _longer_than(LONGEST_VIEW, "dashboard/views") == []


def test_the_test_folders_contain_no_packages() -> None:
    """`tests/core/__init__.py` would shadow the package core."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("name", ["core", "monitors", "streamlit", "pages"])
def test_nothing_in_dashboard_shadows_a_package(name: str) -> None:
    """Streamlit puts `dashboard/` first on sys.path."""
    assert not (ROOT / "dashboard" / name).exists()
    assert not (ROOT / "dashboard" / f"{name}.py").exists()


def test_the_example_settings_file_matches_the_settings() -> None:
    """Regenerate: python -P -c 'import core.settings as s; print(s.example_file(), end="")'."""
    assert (ROOT / "datahall.example.toml").read_text(encoding="utf-8") == example_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_has_a_readme(package: str) -> None:
    assert len((ROOT / package / "README.md").read_text(encoding="utf-8")) > 500
