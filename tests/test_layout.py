"""The house rules that no tool checks: sizes, names, and words that must agree with the code."""

from pathlib import Path

import pytest

from core.settings import example_file

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "monitors", "dashboard")
LONGEST_FILE = 300
LONGEST_VIEW = 60


def _sources(*folders: str) -> list[Path]:
    """Return the Python files below the folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", _sources(*PACKAGES, "tests", "benchmarks"), ids=str)
def test_a_file_has_one_subject_and_at_most_300_lines(path: Path) -> None:
    """A longer file is two files."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", _sources("dashboard/views"), ids=str)
def test_a_page_is_at_most_60_lines(path: Path) -> None:
    """What is longer belongs in its viewmodel or a widget."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_VIEW


def test_tests_hold_no_packages() -> None:
    """`tests/core/__init__.py` would hide the real core."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("name", ["core", "monitors", "streamlit", "pages"])
def test_nothing_in_dashboard_shadows_a_package(name: str) -> None:
    """Streamlit puts `dashboard/` first on sys.path."""
    assert not (ROOT / "dashboard" / name).exists()
    assert not (ROOT / "dashboard" / f"{name}.py").exists()


def test_the_example_settings_file_is_what_the_settings_say() -> None:
    """Regenerate: python -P -c 'import core.settings as s; print(s.example_file(), end="")'."""
    assert (ROOT / "datahall.example.toml").read_text(encoding="utf-8") == example_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_has_a_readme(package: str) -> None:
    """A newcomer finds how to add a kind beside the code."""
    assert len((ROOT / package / "README.md").read_text(encoding="utf-8")) > 500
