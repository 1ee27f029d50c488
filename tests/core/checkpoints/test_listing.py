"""Listing checkpoints: what stands is shown, what a crash left half-done is not."""

import json
from pathlib import Path

import pytest

from core.checkpoints.listing import best_checkpoint, list_checkpoints, pointed_to
from core.errors import NotFoundError
from core.paths import StatePaths
from core.runs.records import Run, RunSpec


def make_checkpoint(folder: Path, step: int, **changes: object) -> Path:
    """Write a complete checkpoint whose manifest has these changes."""
    path = folder / f"step_{step:08d}"
    path.mkdir(parents=True)
    (path / "model.safetensors").write_bytes(b"weights")
    manifest: dict[str, object] = {
        "step": step,
        "created_at": 1e9 + step,
        "bytes": 7,
        "files": {"model.safetensors": "a" * 64},
        "scores": {"valid_loss": 1.5},
    }
    (path / "MANIFEST.json").write_text(json.dumps(manifest | changes))
    return path


def test_checkpoints_are_listed_newest_first(tmp_path: Path) -> None:
    """The first is the one to resume from."""
    for step in (200, 1_000, 400):
        make_checkpoint(tmp_path, step)
    assert [found.step for found in list_checkpoints(tmp_path)] == [1_000, 400, 200]


def test_a_checkpoint_tells_what_its_manifest_says(tmp_path: Path) -> None:
    """Size, time and scores are read without torch."""
    path = make_checkpoint(tmp_path, 200)
    (found,) = list_checkpoints(tmp_path)
    assert (found.path, found.bytes, found.created_at) == (str(path), 7, 1e9 + 200)
    assert found.scores == {"valid_loss": 1.5}


def test_pointers_mark_the_last_and_the_best(tmp_path: Path) -> None:
    """They are files that hold a folder's name."""
    for step in (200, 400):
        make_checkpoint(tmp_path, step)
    (tmp_path / "last").write_text("step_00000400\n")
    (tmp_path / "best").write_text("step_00000200")
    newest, older = list_checkpoints(tmp_path)
    assert (newest.is_last, newest.is_best) == (True, False)
    assert (older.is_last, older.is_best) == (False, True)


def test_the_best_is_the_newest_where_none_was_scored(tmp_path: Path) -> None:
    """And a run that has kept nothing yet is named."""
    spec = RunSpec(
        name="toy", dataset="toy", dataset_digest="d", preset="demo", device="cpu", config={},
        code_version="0",
    )  # fmt: skip
    paths, run = StatePaths(tmp_path), Run(id="r1", spec=spec, created_at=0.0)
    with pytest.raises(NotFoundError, match="run toy has no checkpoint yet"):
        best_checkpoint(paths, run)
    for step in (200, 400):
        make_checkpoint(paths.checkpoints("r1"), step)
    assert best_checkpoint(paths, run).step == 400
    (paths.checkpoints("r1") / "best").write_text("step_00000200")
    assert best_checkpoint(paths, run).step == 200


def test_a_pointer_that_cannot_be_read_marks_nothing_and_is_no_answer(tmp_path: Path) -> None:
    """A list goes on; who prunes must not take it for none."""
    make_checkpoint(tmp_path, 200)
    (tmp_path / "best").mkdir()
    assert [found.is_best for found in list_checkpoints(tmp_path)] == [False]
    with pytest.raises(IsADirectoryError):
        pointed_to(tmp_path, "best")


@pytest.mark.parametrize("content", [b"../../etc", b"", b"\xff\xfe", b"step_1"])
def test_a_pointer_that_makes_no_sense_points_nowhere(tmp_path: Path, content: bytes) -> None:
    """Its content becomes part of a path."""
    (tmp_path / "best").write_bytes(content)
    assert pointed_to(tmp_path, "best") is None


def test_a_checkpoint_without_its_manifest_is_left_out(tmp_path: Path) -> None:
    """The manifest is written last."""
    (make_checkpoint(tmp_path, 200) / "MANIFEST.json").unlink()
    assert list_checkpoints(tmp_path) == []


def test_a_checkpoint_that_lacks_a_file_is_left_out(tmp_path: Path) -> None:
    """Somebody made room by hand."""
    (make_checkpoint(tmp_path, 200) / "model.safetensors").unlink()
    assert list_checkpoints(tmp_path) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"step": "200"}', "null", "\x00"])
def test_a_torn_manifest_is_left_out(tmp_path: Path, content: str) -> None:
    """Listing goes on with the others."""
    torn = make_checkpoint(tmp_path, 200)
    (torn / "MANIFEST.json").write_text(content)
    make_checkpoint(tmp_path, 100)
    assert [found.step for found in list_checkpoints(tmp_path)] == [100]


def test_folders_under_another_name_are_left_out(tmp_path: Path) -> None:
    """A save that was interrupted leaves its temporary folder."""
    make_checkpoint(tmp_path, 200).rename(tmp_path / ".tmp-step_00000200")
    make_checkpoint(tmp_path, 300).rename(tmp_path / "step_00000300.old")
    assert list_checkpoints(tmp_path) == []


def test_scores_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    """A score that was not taken is absent."""
    make_checkpoint(tmp_path, 200, scores={"valid_loss": 2, "bleu": None})
    assert list_checkpoints(tmp_path)[0].scores == {"valid_loss": 2.0}


def test_a_run_without_checkpoints_has_none(tmp_path: Path) -> None:
    """Before the first one the folder is not there."""
    assert list_checkpoints(tmp_path / "checkpoints") == []
