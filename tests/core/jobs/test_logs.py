"""Rotation of logs, and reading their end."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.logs import open_log, read_tail, rotate


def test_a_short_log_is_not_rotated(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("x" * 100)
    rotate(log, 100)
    assert [path.name for path in tmp_path.iterdir()] == ["log.txt"]


def test_three_rotated_logs_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    for word in ("one", "two", "three", "four", "five"):
        log.write_text(word)
        rotate(log, 1)
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"log.txt": "", "log.txt.1": "five", "log.txt.2": "four", "log.txt.3": "three"}


def test_a_writer_continues_at_the_start_of_the_emptied_log(tmp_path: Path) -> None:
    """Without O_APPEND there would be a hole of zeros."""
    log = tmp_path / "log.txt"
    descriptor = open_log(log)
    os.write(descriptor, b"old\n")
    rotate(log, 1)
    os.write(descriptor, b"new\n")
    os.close(descriptor)
    assert log.read_bytes() == b"new\n"


def test_a_missing_log_is_not_rotated(tmp_path: Path) -> None:
    rotate(tmp_path / "log.txt", 1)
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_copied_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("precious")
    (tmp_path / "log.txt.2").mkdir()
    (tmp_path / "log.txt.3").touch()
    rotate(log, 1)
    assert log.read_text() == "precious"


def test_a_tail_continues_in_the_rotated_log(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.with_name("log.txt.1").write_text("1\n2\n3\n")
    log.write_text("4\n5\n")
    assert read_tail(log, 4) == "2\n3\n4\n5\n"


def test_a_line_of_megabytes_is_cut_at_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"x" * 10_000_000 + b"end")
    shown = read_tail(log, 5)
    assert shown.endswith("xend")
    assert len(shown) == 4 << 20


@given(
    lines=st.lists(st.binary(max_size=40).map(lambda line: line.translate(None, b"\r\n"))),
    num_lines=st.integers(min_value=1, max_value=50),
)
def test_a_tail_is_the_end_of_the_log(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], num_lines: int
) -> None:
    log = tmp_path_factory.mktemp("logs") / "log.txt"
    log.write_bytes(b"".join(line + b"\n" for line in lines))
    expected = b"".join(line + b"\n" for line in lines[-num_lines:])
    assert read_tail(log, num_lines) == expected.decode("utf-8", "replace")
