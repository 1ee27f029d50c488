"""A run remembers the code that made it."""

from pathlib import Path

from core.actions.code import code_version


def test_other_code_is_another_version(tmp_path: Path) -> None:
    """One changed byte is enough; the release alone would hide it."""
    source = tmp_path / "model.py"
    source.write_text("WIDTH = 128\n", encoding="utf-8")
    before = code_version(tmp_path)
    assert code_version(tmp_path) == before
    source.write_text("WIDTH = 129\n", encoding="utf-8")
    assert code_version(tmp_path) != before


def test_the_version_starts_with_the_release() -> None:
    """People read the release, programs compare the whole."""
    release, mark, digest = code_version().partition("+")
    assert release.count(".") == 2
    assert (mark, len(digest)) == ("+", 12)
