"""Checkpoints appear complete or not at all, and a damaged one is never used silently."""

import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from core.checkpoints.catalog import (
    BEST,
    checkpoint_folders,
    list_checkpoints,
    newest_good,
    prune_checkpoints,
    read_pointer,
    remove_drafts,
    write_pointer,
)
from core.checkpoints.contents import (
    EMA_NAME,
    RAW_NAME,
    CheckpointToSave,
    WeightsToSave,
    build_model,
    load_state,
    load_weights,
    save_checkpoint,
)
from core.checkpoints.manifest import MANIFEST_NAME
from core.errors import CorruptError, DatahallError, DiskFullError
from core.model.config import ModelConfig
from core.model.transformer import Transformer
from core.scores import Scores

SHAPE = ModelConfig(
    vocabulary=20, width=8, heads=2, hidden=8, encoder_layers=1, decoder_layers=1, dropout=0.0
)
STATE: Mapping[str, Any] = {"nested": [{"tuple": (1, 2, None)}], "tensor": torch.ones(3)}


def content(
    step: int,
    preferred: str = EMA_NAME,
    *,
    state: Mapping[str, Any] = STATE,
    raw: Mapping[str, Tensor] | None = None,
    vocabulary: bytes = b"pieces",
) -> CheckpointToSave:
    """Return a checkpoint whose output bias contains the step."""
    weights, average = Transformer(SHAPE).state_dict(), Transformer(SHAPE).state_dict()
    weights["output_bias"] = torch.full((20,), float(step))
    average["output_bias"] = torch.full((20,), float(-step))
    return CheckpointToSave(
        step=step,
        weights=WeightsToSave(
            config=SHAPE, raw=raw or weights, ema=average, vocabulary=vocabulary,
            source="en", target="es", preferred=preferred,
        ),
        state=state,
        scores=Scores(bleu=12.5),
        config_digest="abc",
        created_at=5.0,
    )  # fmt: skip


def fail(message: str) -> None:
    """Fail: no checkpoint is damaged in this test."""
    pytest.fail(message)


def test_a_saved_checkpoint_can_be_loaded(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path, content(7))
    found = newest_good(tmp_path, fail)
    assert found is not None
    assert found.folder == folder
    state = load_state(found.folder)
    assert state["nested"] == [{"tuple": (1, 2, None)}]
    assert torch.equal(state["tensor"], torch.ones(3))
    (listed,) = list_checkpoints(tmp_path)
    assert (listed.step, listed.is_last, listed.is_best) == (7, True, False)
    assert listed.scores == Scores(bleu=12.5)


@pytest.mark.parametrize(("preferred", "sign"), [(EMA_NAME, -1), (RAW_NAME, 1)])
def test_the_preferred_weights_are_loaded_unless_a_file_is_named(
    tmp_path: Path, preferred: str, sign: int
) -> None:
    folder = save_checkpoint(tmp_path, content(3, preferred))
    weights = load_weights(folder)
    assert weights.tensors["output_bias"][0] == 3 * sign
    assert load_weights(folder, RAW_NAME).tensors["output_bias"][0] == 3
    assert weights.vocabulary.read_bytes() == b"pieces"
    assert (weights.source, weights.target, weights.step) == ("en", "es", 3)
    assert build_model(weights).config == SHAPE


@pytest.mark.parametrize("name", ["state.pt", RAW_NAME, EMA_NAME, "model.json", MANIFEST_NAME])
@pytest.mark.parametrize("damage", ["cut", "flipped", "gone"])
def test_a_damaged_checkpoint_is_skipped_and_reported(
    tmp_path: Path, name: str, damage: str
) -> None:
    save_checkpoint(tmp_path, content(1))
    hurt = save_checkpoint(tmp_path, content(2)) / name
    whole = hurt.read_bytes()
    if damage == "gone":
        hurt.unlink()
    else:
        middle = len(whole) // 2
        tail = b"" if damage == "cut" else bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        hurt.write_bytes(whole[:middle] + tail)
    reported: list[str] = []
    found = newest_good(tmp_path, reported.append)
    assert found is not None
    assert found.manifest.step == 1
    assert "step_00000002" in reported[0]
    with pytest.raises(CorruptError):
        load_weights(hurt.parent)


def test_a_damaged_checkpoint_is_written_again(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path, content(2))
    (folder / "state.pt").write_bytes(b"rubbish")
    save_checkpoint(tmp_path, content(2))
    assert newest_good(tmp_path, fail) is not None


def test_a_good_checkpoint_is_not_written_again(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path, content(2))
    before = (folder / MANIFEST_NAME).stat()
    save_checkpoint(tmp_path, content(2))
    assert (folder / MANIFEST_NAME).stat() == before


def test_drafts_of_a_killed_process_are_removed_and_never_loaded(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path, content(2))
    shutil.copytree(folder, tmp_path / ".tmp-step_00000009")
    found = newest_good(tmp_path, fail)
    assert found is not None
    assert found.manifest.step == 2
    remove_drafts(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_pruning_keeps_the_newest_and_the_best(tmp_path: Path) -> None:
    for step in range(1, 7):
        folder = save_checkpoint(tmp_path, content(step))
        if step == 2:
            write_pointer(tmp_path, BEST, folder)
    prune_checkpoints(tmp_path, keep=2)
    assert [path.name for path in checkpoint_folders(tmp_path)] == [
        "step_00000002", "step_00000005", "step_00000006",
    ]  # fmt: skip
    assert [(found.step, found.is_best) for found in list_checkpoints(tmp_path)][-1] == (2, True)


@pytest.mark.parametrize("text", ["", "../../etc", "best\0", "é" * 9])
def test_an_invalid_pointer_names_no_checkpoint(tmp_path: Path, text: str) -> None:
    save_checkpoint(tmp_path, content(1))
    (tmp_path / BEST).write_text(text, encoding="utf-8")
    assert read_pointer(tmp_path, BEST) is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, if this account may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this account cannot mount a file system")
    yield folder
    subprocess.run(["/usr/bin/umount", str(folder)], check=True)


@pytest.mark.parametrize("part", ["weights", "state", "vocabulary"])
def test_a_full_disk_is_named_and_leaves_nothing(small_disk: Path, part: str) -> None:
    numbers = torch.zeros(100_000)
    full = {
        "weights": content(2, raw={"big": numbers}),
        "state": content(2, state={"big": [numbers]}),
        "vocabulary": content(2, vocabulary=bytes(400_000)),
    }[part]
    with pytest.raises(DiskFullError, match=f"the disk at {small_disk} has no space left"):
        save_checkpoint(small_disk, full)
    assert list(small_disk.iterdir()) == []


def test_a_checkpoint_needs_twice_its_size_free(small_disk: Path) -> None:
    save_checkpoint(small_disk, content(1, state={"big": torch.zeros(25_000)}))
    with pytest.raises(DiskFullError, match=f"the disk at {small_disk} has .* MB free"):
        save_checkpoint(small_disk, content(2))
    assert [folder.name for folder in checkpoint_folders(small_disk)] == ["step_00000001"]


@contextmanager
def file_limit(num_bytes: int) -> Iterator[None]:
    """Let no file grow beyond this size: writing fails as on a disk with a quota."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_cannot_grow_is_named_and_no_draft_is_left(tmp_path: Path) -> None:
    with (
        file_limit(1000),
        pytest.raises(DatahallError, match=r"File too large \(.*raw\.safetensors\)"),
    ):
        save_checkpoint(tmp_path, content(2))
    assert list(tmp_path.iterdir()) == []


def test_a_pointer_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with file_limit(4), pytest.raises(DatahallError, match=r"\(.*best\)"):
        write_pointer(tmp_path, BEST, tmp_path / "step_00000001")


@dataclass(frozen=True)
class Program:
    """An object whose loading would create a file."""

    path: Path

    def __reduce__(self) -> tuple[Callable[..., None], tuple[Path]]:  # noqa: D105  (pickle's)
        return Path.touch, (self.path,)


def test_a_state_file_with_a_program_is_refused_without_advice_to_run_it(tmp_path: Path) -> None:
    torch.save({"position": Program(tmp_path / "created")}, tmp_path / "state.pt")
    with pytest.raises(CorruptError) as refused:
        load_state(tmp_path)
    assert "objects that Datahall never stores; none of its code was executed" in str(refused.value)
    assert "weights_only" not in str(refused.value)
    assert not (tmp_path / "created").exists()


@pytest.mark.parametrize("damage", [b"", b"\x80", b"PK\x03\x04 cut", b"text"])
def test_a_state_file_that_is_not_one_of_pytorch_is_named(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "state.pt").write_bytes(damage)
    with pytest.raises(CorruptError, match=r"state\.pt") as refused:
        load_state(tmp_path)
    assert "weights_only" not in str(refused.value)


def test_without_a_folder_there_is_no_checkpoint(tmp_path: Path) -> None:
    assert newest_good(tmp_path / "none", fail) is None
