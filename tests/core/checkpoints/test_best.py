"""The best checkpoint: a damaged one is never used, and a fallback is never silent."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.checkpoints.catalog import (
    BEST,
    DamagedCheckpointError,
    find_best,
    require_best,
    write_pointer,
)
from core.checkpoints.manifest import MANIFEST_NAME, check_sizes, write_manifest
from core.errors import CorruptError, NotFoundError, error_from_document
from core.scores import Scores

WEIGHTS = "raw.safetensors"


def make_checkpoint(root: Path, step: int) -> Path:
    """Write a checkpoint of `step` whose validation BLEU is the step."""
    folder = root / f"step_{step:08d}"
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_bytes(f"weights of step {step}".encode())
    write_manifest(
        folder, step=step, created_at=1.0, config_digest="c", scores=Scores(bleu=float(step))
    )
    return folder


def empty(path: Path) -> None:
    """Truncate a file to nothing."""
    path.write_bytes(b"")


def truncate(path: Path) -> None:
    """Remove the second half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """Flip one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def change_score(path: Path) -> None:
    """Change a digit of a score, which leaves a valid manifest."""
    text = path.read_text().replace('"valid_bleu": 30.0', '"valid_bleu": 90.0')
    path.write_text(text)


DAMAGES = [
    pytest.param(empty, MANIFEST_NAME, id="empty manifest"),
    pytest.param(truncate, MANIFEST_NAME, id="truncated manifest"),
    pytest.param(flip, MANIFEST_NAME, id="flipped manifest"),
    pytest.param(change_score, MANIFEST_NAME, id="changed score"),
    pytest.param(Path.unlink, MANIFEST_NAME, id="no manifest"),
    pytest.param(truncate, WEIGHTS, id="truncated weights"),
    pytest.param(flip, WEIGHTS, id="flipped weights"),
    pytest.param(Path.unlink, WEIGHTS, id="no weights"),
]


@pytest.mark.parametrize(("damage", "name"), DAMAGES)
def test_a_damaged_best_checkpoint_needs_permission_to_be_replaced(
    tmp_path: Path, damage: Callable[[Path], None], name: str
) -> None:
    make_checkpoint(tmp_path, 20)
    best = make_checkpoint(tmp_path, 30)
    write_pointer(tmp_path, BEST, best)
    damage(best / name)
    with pytest.raises(DamagedCheckpointError) as refused:
        require_best(tmp_path, "demo-1", allow_fallback=False)
    assert (refused.value.wanted, refused.value.available_step) == ("step_00000030", 20)
    assert "best checkpoint of run demo-1, step_00000030, is damaged" in str(refused.value)
    assert "--allow-fallback" in refused.value.remedy
    found = require_best(tmp_path, "demo-1", allow_fallback=True)
    assert found.is_fallback
    assert (found.checkpoint.step, found.checkpoint.scores) == (20, Scores(bleu=20.0))
    assert "step_00000030, is damaged" in found.notice
    assert "step 20 is used in its place" in found.notice


@pytest.mark.parametrize(
    ("damage", "name"), [case for case in DAMAGES if case.id != "flipped weights"]
)
def test_the_fast_check_finds_every_damage_but_changed_bytes(
    tmp_path: Path, damage: Callable[[Path], None], name: str
) -> None:
    make_checkpoint(tmp_path, 20)
    write_pointer(tmp_path, BEST, make_checkpoint(tmp_path, 30))
    damage(tmp_path / "step_00000030" / name)
    assert find_best(tmp_path, check=check_sizes).is_fallback


def test_the_pointer_names_the_best(tmp_path: Path) -> None:
    for step in (10, 20, 30):
        make_checkpoint(tmp_path, step)
    write_pointer(tmp_path, BEST, tmp_path / "step_00000020")
    found = find_best(tmp_path)
    assert (found.checkpoint.step, found.is_fallback, found.notice) == (20, False, "")


def test_without_a_pointer_the_newest_is_the_best(tmp_path: Path) -> None:
    make_checkpoint(tmp_path, 10)
    newest = make_checkpoint(tmp_path, 20)
    assert find_best(tmp_path).checkpoint.step == 20
    empty(newest / MANIFEST_NAME)
    found = find_best(tmp_path)
    assert (found.checkpoint.step, found.wanted) == (10, "step_00000020")


@pytest.mark.parametrize("text", ["", "../../etc", "step_00000099"])
def test_a_damaged_pointer_is_a_fallback(tmp_path: Path, text: str) -> None:
    make_checkpoint(tmp_path, 10)
    (tmp_path / BEST).write_text(text)
    assert find_best(tmp_path).is_fallback


def test_a_damaged_fallback_is_skipped_and_nothing_good_is_an_error(tmp_path: Path) -> None:
    for step in (10, 20, 30):
        make_checkpoint(tmp_path, step)
    write_pointer(tmp_path, BEST, tmp_path / "step_00000030")
    empty(tmp_path / "step_00000030" / MANIFEST_NAME)
    flip(tmp_path / "step_00000020" / WEIGHTS)
    assert find_best(tmp_path).checkpoint.step == 10
    flip(tmp_path / "step_00000010" / WEIGHTS)
    with pytest.raises(CorruptError, match=r"no checkpoint in .* is intact"):
        find_best(tmp_path)


def test_a_run_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="run demo-1 has no checkpoint yet"):
        require_best(tmp_path / "none", "demo-1", allow_fallback=True)


def test_the_error_reaches_the_caller_of_a_job_with_its_details(tmp_path: Path) -> None:
    make_checkpoint(tmp_path, 20)
    empty(make_checkpoint(tmp_path, 30) / MANIFEST_NAME)
    with pytest.raises(DamagedCheckpointError) as raised:
        require_best(tmp_path, "demo-1", allow_fallback=False)
    restored = error_from_document(raised.value.to_document())
    assert isinstance(restored, DamagedCheckpointError)
    assert (restored.wanted, restored.available_step) == ("step_00000030", 20)
