"""Checkpoints appear whole or not at all, and a damaged one is stepped over."""

import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from core.checkpoints.listing import BEST, list_checkpoints
from core.checkpoints.manifest import MANIFEST_NAME
from core.checkpoints.saving import (
    CheckpointToSave,
    best_folder,
    checkpoint_folders,
    newest_sound,
    point,
    pointed_at,
    prune,
    save_checkpoint,
    sweep,
)
from core.checkpoints.weights import EMA_NAME, RAW_NAME, WeightsToSave, build_model, load_weights
from core.errors import CorruptError
from core.model.config import ModelConfig
from core.model.transformer import Transformer

SHAPE = ModelConfig(
    vocabulary=20, width=8, heads=2, hidden=8, encoder_layers=1, decoder_layers=1, dropout=0.0
)


def content(step: int, preferred: str = EMA_NAME) -> CheckpointToSave:
    """Return a checkpoint whose weights tell the step."""
    raw, average = Transformer(SHAPE).state_dict(), Transformer(SHAPE).state_dict()
    raw["output_bias"] = torch.full((20,), float(step))
    average["output_bias"] = torch.full((20,), float(-step))
    return CheckpointToSave(
        step=step,
        weights=WeightsToSave(
            config=SHAPE, raw=raw, ema=average, vocabulary=b"pieces", source="en", target="es",
            preferred=preferred,
        ),
        state={"step": step, "nested": [{"tuple": (1, 2, None)}], "tensor": torch.ones(3)},
        scores={"valid_bleu": 12.5},
        config_digest="abc",
        created_at=5.0,
    )  # fmt: skip


def fail(message: str) -> None:
    """Nothing is to be skipped."""
    pytest.fail(message)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """State and weights come back; the page's listing sees the same."""
    folder = save_checkpoint(tmp_path, content(7))
    found = newest_sound(tmp_path, fail)
    assert found is not None
    assert found.folder == folder
    state = found.load_state()
    assert state["nested"] == [{"tuple": (1, 2, None)}]
    assert torch.equal(state["tensor"], torch.ones(3))
    (listed,) = list_checkpoints(tmp_path)
    assert (listed.step, listed.is_last, listed.is_best) == (7, True, False)
    assert listed.scores == {"valid_bleu": 12.5}


@pytest.mark.parametrize(("preferred", "sign"), [(EMA_NAME, -1), (RAW_NAME, 1)])
def test_the_better_weights_are_loaded(tmp_path: Path, preferred: str, sign: int) -> None:
    """`preferred` decides, unless a file is named."""
    folder = save_checkpoint(tmp_path, content(3, preferred))
    weights = load_weights(folder)
    assert weights.tensors["output_bias"][0] == 3 * sign
    assert load_weights(folder, RAW_NAME).tensors["output_bias"][0] == 3
    assert weights.vocabulary.read_bytes() == b"pieces"
    assert (weights.source, weights.target, weights.step) == ("en", "es", 3)
    assert build_model(weights).config == SHAPE


@pytest.mark.parametrize("name", ["state.pt", RAW_NAME, EMA_NAME, "model.json", MANIFEST_NAME])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone"])
def test_a_damaged_checkpoint_is_skipped_and_told(tmp_path: Path, name: str, damage: str) -> None:
    """Whatever happens to whichever file, the one before is taken."""
    save_checkpoint(tmp_path, content(1))
    hurt = save_checkpoint(tmp_path, content(2)) / name
    whole = hurt.read_bytes()
    if damage == "gone":
        hurt.unlink()
    else:
        middle = len(whole) // 2
        tail = b"" if damage == "cut" else bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        hurt.write_bytes(whole[:middle] + tail)
    told: list[str] = []
    found = newest_sound(tmp_path, told.append)
    assert found is not None
    assert found.manifest.step == 1
    assert "step_00000002" in told[0]
    with pytest.raises(CorruptError):
        load_weights(hurt.parent)


def test_a_damaged_checkpoint_is_written_again(tmp_path: Path) -> None:
    """A resumed run comes by the same step once more."""
    folder = save_checkpoint(tmp_path, content(2))
    (folder / "state.pt").write_bytes(b"rubbish")
    save_checkpoint(tmp_path, content(2))
    assert newest_sound(tmp_path, fail) is not None


def test_a_sound_checkpoint_is_never_touched_again(tmp_path: Path) -> None:
    """It may be being read."""
    folder = save_checkpoint(tmp_path, content(2))
    before = (folder / MANIFEST_NAME).stat()
    save_checkpoint(tmp_path, content(2))
    assert (folder / MANIFEST_NAME).stat() == before


def test_drafts_of_a_killed_process_are_swept_and_never_loaded(tmp_path: Path) -> None:
    """A folder under its draft name does not count, however complete."""
    folder = save_checkpoint(tmp_path, content(2))
    shutil.copytree(folder, tmp_path / ".tmp-step_00000009")
    found = newest_sound(tmp_path, fail)
    assert found is not None
    assert found.manifest.step == 2
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_pruning_keeps_the_newest_and_the_best(tmp_path: Path) -> None:
    """The best may be old."""
    for step in range(1, 7):
        folder = save_checkpoint(tmp_path, content(step))
        if step == 2:
            point(tmp_path, BEST, folder)
    prune(tmp_path, keep=2)
    assert [path.name for path in checkpoint_folders(tmp_path)] == [
        "step_00000002", "step_00000005", "step_00000006",
    ]  # fmt: skip
    assert [(it.step, it.is_best) for it in list_checkpoints(tmp_path)][-1] == (2, True)


@pytest.mark.parametrize("text", ["", "../../etc", "step_00000009", "best\0", "é" * 9])
def test_a_pointer_that_makes_no_sense_points_nowhere(tmp_path: Path, text: str) -> None:
    """Nor may it lead out of the folder."""
    save_checkpoint(tmp_path, content(1))
    (tmp_path / BEST).write_text(text, encoding="utf-8")
    assert pointed_at(tmp_path, BEST) is None


def test_the_best_is_the_newest_whole_one_where_none_was_scored(tmp_path: Path) -> None:
    """A damaged one is stepped over."""
    assert best_folder(tmp_path, fail) is None
    first = save_checkpoint(tmp_path, content(1))
    second = save_checkpoint(tmp_path, content(2))
    assert best_folder(tmp_path, fail) == second
    (second / "state.pt").unlink()
    assert best_folder(tmp_path, [].append) == first
    point(tmp_path, BEST, second)
    assert best_folder(tmp_path, [].append) == second


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 1000 bytes: writes fail as they do on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_last_checkpoint_and_no_draft(
    tmp_path: Path, full_disk: None
) -> None:
    """The error is an OSError, which the loop survives."""
    with pytest.raises(OSError, match=r"cannot be written|too large"):
        save_checkpoint(tmp_path, content(2))
    assert list(tmp_path.iterdir()) == []
    assert full_disk is None


def test_no_folder_no_checkpoint(tmp_path: Path) -> None:
    """A run that never kept anything starts anew."""
    assert newest_sound(tmp_path / "none", fail) is None
