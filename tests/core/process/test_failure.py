"""Errors on their way from the process of a job to its caller."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import core
import monitors
from core.errors import CorruptError, DatahallError, NotFoundError
from core.process.failure import read_error, report_error


def _every_error_class() -> Iterator[type[DatahallError]]:
    for package in (core, monitors):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in found.name and "migrations" not in found.name:
                importlib.import_module(found.name)
    waiting = [DatahallError]
    while waiting:
        found_class = waiting.pop()
        yield found_class
        waiting += found_class.__subclasses__()


def test_every_error_class_survives_the_way_from_job_to_caller(tmp_path: Path) -> None:
    classes = list(_every_error_class())
    for kind in classes:
        error = kind.__new__(kind)
        DatahallError.__init__(error, "the words", remedy="what to do")
        for name in kind.details:
            setattr(error, name, ("a", "b"))
        report_error(error, tmp_path)
        found = read_error(tmp_path)
        assert type(found) is kind
        assert str(found) == str(error)
        assert [getattr(found, name) for name in kind.details] == [("a", "b")] * len(kind.details)
    assert len(classes) > 20


def test_each_error_class_has_a_kind_of_its_own() -> None:
    kinds = [kind.kind for kind in _every_error_class()]
    assert sorted(kinds) == sorted(set(kinds))


def test_attributes_of_an_error_survive(tmp_path: Path) -> None:
    from core.backup.errors import IncompleteError, LockedError  # noqa: PLC0415

    report_error(LockedError(pid=7, host="a7", age_s=3.0), tmp_path)
    locked = read_error(tmp_path)
    assert isinstance(locked, LockedError)
    assert (locked.pid, locked.host, locked.age_s) == (7, "a7", 3.0)
    report_error(IncompleteError("unreadable", files=["x"], remedy="chmod"), tmp_path)
    incomplete = read_error(tmp_path)
    assert isinstance(incomplete, IncompleteError)
    assert (incomplete.files, incomplete.snapshot) == (("x",), None)


def test_an_error_is_read_back_as_it_was_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = NotFoundError("there is no dataset 'toy'", remedy="See: datahall data list")
    assert report_error(error, tmp_path) == 2
    assert capsys.readouterr().err == f"error: {error}\n"
    found = read_error(tmp_path)
    assert type(found) is NotFoundError
    assert (found.message, found.remedy) == (error.message, error.remedy)


@pytest.mark.parametrize("code", [0xDCE9, 0xD800])
def test_text_that_utf8_cannot_encode_is_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    """A file name that is not UTF-8; half of a surrogate pair from a damaged file."""
    report_error(CorruptError(f"caf{chr(code)}.txt differs"), tmp_path)
    found = read_error(tmp_path)
    assert found is not None
    assert found.message == f"caf\\u{code:x}.txt differs"
    assert found.message in capsys.readouterr().err


def test_an_error_is_reported_on_stderr_without_a_folder_and_on_a_full_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    for folder in (None, blocked):
        assert report_error(DatahallError("it broke"), folder) == 1
        assert "it broke" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"kind": "input"}', "{"])
def test_a_damaged_report_is_none(tmp_path: Path, content: str) -> None:
    assert read_error(tmp_path) is None
    (tmp_path / "error.json").write_text(content)
    assert read_error(tmp_path) is None


def test_an_unknown_kind_becomes_the_base_class(tmp_path: Path) -> None:
    """Written by a newer version of Datahall."""
    (tmp_path / "error.json").write_text('{"kind": "newer", "message": "it broke", "remedy": ""}')
    found = read_error(tmp_path)
    assert type(found) is DatahallError
    assert found.message == "it broke"


def test_missing_details_become_the_base_class(tmp_path: Path) -> None:
    """Written by an older version of Datahall."""
    (tmp_path / "error.json").write_text('{"kind": "locked", "message": "locked", "remedy": ""}')
    found = read_error(tmp_path)
    assert type(found) is DatahallError
    assert found.message == "locked"
