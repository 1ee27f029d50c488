"""The list of checkpoints contains complete checkpoints only."""

import json
from pathlib import Path

import pytest

from core.checkpoints.catalog import list_checkpoints, newest_checkpoint, read_pointer
from core.scores import Scores


def make_checkpoint(folder: Path, step: int, **changes: object) -> Path:
    """Write a complete checkpoint whose manifest has these changes."""
    path = folder / f"step_{step:08d}"
    path.mkdir(parents=True)
    (path / "model.safetensors").write_bytes(b"weights")
    manifest: dict[str, object] = {
        "step": step,
        "created_at": 1e9 + step,
        "bytes": 7,
        "config_digest": "c",
        "files": {"model.safetensors": "a" * 64},
        "scores": {"valid_loss": 1.5},
    }
    (path / "MANIFEST.json").write_text(json.dumps(manifest | changes))
    return path


def test_checkpoints_are_listed_newest_first(tmp_path: Path) -> None:
    for step in (200, 1_000, 400):
        make_checkpoint(tmp_path, step)
    assert [found.step for found in list_checkpoints(tmp_path)] == [1_000, 400, 200]


def test_size_time_and_scores_come_from_the_manifest(tmp_path: Path) -> None:
    path = make_checkpoint(tmp_path, 200)
    (found,) = list_checkpoints(tmp_path)
    assert (found.path, found.bytes, found.created_at) == (str(path), 7, 1e9 + 200)
    assert found.scores == Scores(loss=1.5)


def test_pointers_mark_the_last_and_the_best(tmp_path: Path) -> None:
    for step in (200, 400):
        make_checkpoint(tmp_path, step)
    (tmp_path / "last").write_text("step_00000400\n")
    (tmp_path / "best").write_text("step_00000200")
    newest, older = list_checkpoints(tmp_path)
    assert (newest.is_last, newest.is_best) == (True, False)
    assert (older.is_last, older.is_best) == (False, True)


def test_an_unreadable_pointer_marks_no_checkpoint_but_is_an_error_when_pruning(
    tmp_path: Path,
) -> None:
    make_checkpoint(tmp_path, 200)
    (tmp_path / "best").mkdir()
    assert [found.is_best for found in list_checkpoints(tmp_path)] == [False]
    with pytest.raises(IsADirectoryError):
        read_pointer(tmp_path, "best")


@pytest.mark.parametrize("content", [b"../../etc", b"", b"\xff\xfe", b"step_1"])
def test_an_invalid_pointer_names_no_checkpoint(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "best").write_bytes(content)
    assert read_pointer(tmp_path, "best") is None


def test_a_checkpoint_without_its_manifest_is_left_out(tmp_path: Path) -> None:
    (make_checkpoint(tmp_path, 200) / "MANIFEST.json").unlink()
    assert list_checkpoints(tmp_path) == []


def test_a_checkpoint_with_a_missing_file_is_left_out(tmp_path: Path) -> None:
    (make_checkpoint(tmp_path, 200) / "model.safetensors").unlink()
    assert list_checkpoints(tmp_path) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"step": "200"}', "null", "\x00"])
def test_a_damaged_manifest_is_left_out(tmp_path: Path, content: str) -> None:
    torn = make_checkpoint(tmp_path, 200)
    (torn / "MANIFEST.json").write_text(content)
    make_checkpoint(tmp_path, 100)
    assert [found.step for found in list_checkpoints(tmp_path)] == [100]


def test_folders_under_another_name_are_left_out(tmp_path: Path) -> None:
    make_checkpoint(tmp_path, 200).rename(tmp_path / ".tmp-step_00000200")
    make_checkpoint(tmp_path, 300).rename(tmp_path / "step_00000300.old")
    assert list_checkpoints(tmp_path) == []


def test_scores_that_are_not_numbers_are_left_out(tmp_path: Path) -> None:
    make_checkpoint(tmp_path, 200, scores={"valid_loss": 2, "valid_bleu": None})
    assert list_checkpoints(tmp_path)[0].scores == Scores(loss=2.0)


def test_a_missing_folder_gives_an_empty_list(tmp_path: Path) -> None:
    assert list_checkpoints(tmp_path / "checkpoints") == []


def test_the_newest_checkpoint_is_the_newest_complete_one(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path / "none") is None
    for step in (200, 400):
        make_checkpoint(tmp_path, step)
    (make_checkpoint(tmp_path, 600) / "MANIFEST.json").write_text("")
    assert newest_checkpoint(tmp_path) == list_checkpoints(tmp_path)[0]
    assert list_checkpoints(tmp_path)[0].step == 400
