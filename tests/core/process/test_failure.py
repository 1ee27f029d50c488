"""The error that a job's process leaves in its folder."""

from pathlib import Path

import pytest

from core.errors import CorruptError, DatahallError, NotFoundError
from core.process.failure import read, tell


def test_an_error_is_read_as_it_was_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Class, words and exit status."""
    told = NotFoundError("there is no dataset 'toy'", remedy="See: datahall data list")
    assert tell(told, tmp_path) == 2
    assert capsys.readouterr().err == f"error: {told}\n"
    found = read(tmp_path)
    assert type(found) is NotFoundError
    assert (found.message, found.remedy) == (told.message, told.remedy)


@pytest.mark.parametrize("code", [0xDCE9, 0xD800])
def test_what_is_no_text_can_be_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    """A name as the file system gives it; half a surrogate pair from a damaged file."""
    tell(CorruptError(f"caf{chr(code)}.txt differs"), tmp_path)
    found = read(tmp_path)
    assert found is not None
    assert found.message == f"caf\\u{code:x}.txt differs"
    assert found.message in capsys.readouterr().err


def test_an_error_is_told_without_a_folder_and_on_a_full_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand, or where nothing can be written: on stderr all the same."""
    blocked = tmp_path / "file"
    blocked.touch()
    for folder in (None, blocked):
        assert tell(DatahallError("it broke"), folder) == 1
        assert "it broke" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"kind": "input"}', "{"])
def test_a_damaged_report_is_none(tmp_path: Path, content: str) -> None:
    """Nothing is invented."""
    assert read(tmp_path) is None
    (tmp_path / "error.json").write_text(content)
    assert read(tmp_path) is None


def test_a_kind_of_another_version_is_an_error_all_the_same(tmp_path: Path) -> None:
    """Written by a newer Datahall."""
    (tmp_path / "error.json").write_text('{"kind": "newer", "message": "it broke", "remedy": ""}')
    found = read(tmp_path)
    assert type(found) is DatahallError
    assert found.message == "it broke"
