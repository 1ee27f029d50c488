"""Promotion makes a version of the best checkpoint, or changes nothing."""

import errno
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.checkpoints.catalog import DamagedCheckpointError
from core.checkpoints.contents import Weights, load_weights
from core.checkpoints.manifest import write_manifest
from core.data.records import Pair
from core.database import Database
from core.errors import DatahallError, DiskFullError, InputError, NotFoundError
from core.inference.export import OnStep, export
from core.inference.self_test import SelfTestError
from core.inference.version_folder import VersionFolder
from core.paths import StatePaths
from core.process.job import job_argv, read_result, run_job
from core.process.progress import Progress, read_progress
from core.promotion.promote import Promoted, PromotionRequest, Stores, promote, promote_run
from core.promotion.rollback import roll_back
from core.registry.records import SelfTestVerdict
from core.registry.registry import ModelRegistry
from core.runs.records import RunSpec, TranslationSample
from core.runs.store import RunStore
from core.scores import Scores
from tests.clock import FixedClock

pytestmark = pytest.mark.slow

MakeCheckpoint = Callable[..., Path]
MakeRun = Callable[..., str]


@pytest.fixture
def stores(paths: StatePaths, database: Database, clock: FixedClock) -> Stores:
    """The stores of the test's home."""
    return Stores(
        paths=paths,
        runs=RunStore(database, clock),
        registry=ModelRegistry(database, clock),
        clock=clock,
    )


@pytest.fixture
def make_run(stores: Stores, make_checkpoint: MakeCheckpoint, pairs: list[Pair]) -> MakeRun:
    """A function that makes a finished run: `make_run("r-1", seed=2)`."""

    def make(run_id: str, *, seed: int = 1) -> str:
        stores.runs.create(
            run_id,
            RunSpec(
                name=f"night run {run_id}",
                dataset="demo",
                dataset_digest="d" * 64,
                preset="demo",
                device="cpu",
                config={"source": "en", "target": "es", "train": {"max_tokens": 40}},
                code_version="0.1.0+abc",
                snapshot="snap",
                waiver=None,
            ),
        )
        samples = [
            TranslationSample(
                split="test",
                step=20,
                position=position,
                source=pair.source,
                hypothesis="",
                reference=pair.target,
            )
            for position, pair in enumerate(pairs)
        ]
        stores.runs.log_samples(run_id, samples)
        stores.runs.set_scores(run_id, Scores(bleu=80.5, chrf=90.0, step=10))
        folder = stores.paths.checkpoints(run_id)
        best = make_checkpoint(folder, seed=seed, step=10)
        make_checkpoint(folder, seed=99, step=20)
        (folder / "best").write_text(best.name, encoding="utf-8")
        return run_id

    return make


def run_promotion(
    stores: Stores, run: str, alias: str = "production", *, allow_fallback: bool = False
) -> Promoted:
    """Promote a run."""
    request = PromotionRequest(
        run=run, alias=alias, actor="ana", reason="it is better", allow_fallback=allow_fallback
    )
    return promote(stores, request, Progress())


def test_the_best_checkpoint_becomes_a_version_with_its_lineage(
    stores: Stores, make_run: MakeRun
) -> None:
    done = run_promotion(stores, make_run("r-1"))
    version = stores.registry.resolve("production")
    assert done.is_new
    assert (version.name, version.version, version.step) == ("en-es", 1, 10)
    assert (version.run_id, version.dataset_digest, version.snapshot) == ("r-1", "d" * 64, "snap")
    assert (version.scores.bleu, version.valid_scores) == (80.5, Scores(bleu=1.0))
    assert version.self_test is not None
    assert (version.self_test.verdict, version.self_test.different) == (SelfTestVerdict.PASSED, 0)
    folder = VersionFolder(stores.paths.model("en-es", 1))
    folder.verify()
    card = json.loads(folder.card.read_text(encoding="utf-8"))["version"]
    assert (card["run_id"], card["code_version"], card["digest"]) == (
        "r-1",
        "0.1.0+abc",
        version.digest,
    )
    assert folder.shape().max_tokens == 40
    (event,) = stores.registry.history()
    assert (event.actor, event.action, event.reason) == ("ana", "promote", "it is better")


@pytest.mark.parametrize("damage", ["empty", "flipped", "truncated"])
def test_a_fallback_is_promoted_only_with_permission_and_with_its_own_scores(
    stores: Stores, make_run: MakeRun, damage: str
) -> None:
    run = make_run("r-1")
    manifest = stores.paths.checkpoints(run) / "step_00000010" / "MANIFEST.json"
    content = manifest.read_bytes()
    flipped = content[:90] + bytes([content[90] ^ 1]) + content[91:]
    manifest.write_bytes({"empty": b"", "flipped": flipped, "truncated": content[:90]}[damage])
    with pytest.raises(DamagedCheckpointError, match="step_00000010, is damaged"):
        run_promotion(stores, run)
    assert stores.registry.list() == []
    done = run_promotion(stores, run, allow_fallback=True)
    assert done.version.step == 20
    assert done.version.scores_document() == {"valid": {"valid_bleu": 1.0}}, (
        "80.5 is the score of step 10"
    )
    assert "step_00000010, is damaged" in done.notice
    assert "step 20 is used in its place" in done.notice


def test_promoting_again_makes_no_second_version(stores: Stores, make_run: MakeRun) -> None:
    make_run("r-1")
    run_promotion(stores, "r-1")
    again = run_promotion(stores, "night run r-1", alias="candidate")
    assert not again.is_new
    run_promotion(stores, "r-1")
    assert [item.version for item in stores.registry.list()] == [1]
    assert stores.registry.get("en-es", 1).aliases == ("candidate", "production")
    assert len(stores.registry.history()) == 2
    assert {path.name for path in stores.paths.model("en-es", 1).parent.iterdir()} == {
        ".lock",
        "0001",
    }


def test_a_better_run_takes_over_and_can_be_rolled_back(stores: Stores, make_run: MakeRun) -> None:
    run_promotion(stores, make_run("r-1", seed=1))
    run_promotion(stores, make_run("r-2", seed=2))
    assert stores.registry.resolve("production").run_id == "r-2"
    roll_back(stores.registry, stores.paths, actor="bo", reason="odd greetings")
    assert stores.registry.resolve("production").run_id == "r-1"
    assert [event.action for event in stores.registry.history()] == [
        "rollback",
        "promote",
        "promote",
    ]


def test_rolling_back_to_damaged_files_is_refused(stores: Stores, make_run: MakeRun) -> None:
    run_promotion(stores, make_run("r-1", seed=1))
    run_promotion(stores, make_run("r-2", seed=2))
    (stores.paths.model("en-es", 1) / "float32" / "model.bin").write_bytes(b"")
    with pytest.raises(DatahallError, match=r"model\.bin"):
        roll_back(stores.registry, stores.paths, actor="bo")
    assert stores.registry.resolve("production").version == 2


def test_a_diverged_run_is_refused_and_nothing_is_left(stores: Stores, make_run: MakeRun) -> None:
    run = make_run("r-1")
    folder = stores.paths.checkpoints(run) / "step_00000010"
    tensors = load_file(folder / "raw.safetensors")
    tensors["decoder.0.feed_forward.inner.weight"][0, 0] = torch.nan
    save_file(tensors, folder / "raw.safetensors")
    (folder / "MANIFEST.json").unlink()
    write_manifest(folder, step=10, created_at=1.0, config_digest="c", scores=Scores())
    with pytest.raises(InputError, match="NaN"):
        run_promotion(stores, run)
    assert stores.registry.list() == []
    assert stores.registry.history() == []
    assert [path.name for path in (stores.paths.models / "en-es").iterdir()] == [".lock"]


def test_an_export_of_other_weights_is_refused_and_nothing_is_left(
    stores: Stores,
    make_run: MakeRun,
    make_checkpoint: MakeCheckpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other_weights = load_weights(make_checkpoint(tmp_path / "other_weights", seed=7, step=10))
    other = VersionFolder(tmp_path / "other")
    other.path.mkdir()

    def export_other(
        weights: Weights, folder: VersionFolder, *, max_tokens: int, on_step: OnStep
    ) -> None:
        export(weights, folder, max_tokens=max_tokens, on_step=on_step)
        export(other_weights, other, max_tokens=max_tokens, on_step=on_step)
        model = folder.model("float32") / "model.bin"
        model.write_bytes((other.model("float32") / "model.bin").read_bytes())

    monkeypatch.setattr("core.promotion.promote.export", export_other)
    with pytest.raises(SelfTestError, match="log-probabilities differ"):
        run_promotion(stores, make_run("r-1"))
    assert stores.registry.list() == []
    assert stores.registry.history() == []
    assert [path.name for path in (stores.paths.models / "en-es").iterdir()] == [".lock"]


def test_a_damaged_checkpoint_is_named(stores: Stores, make_run: MakeRun) -> None:
    run = make_run("r-1")
    weights = stores.paths.checkpoints(run) / "step_00000010" / "raw.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(DatahallError, match=r"raw\.safetensors"):
        run_promotion(stores, run)
    assert stores.registry.list() == []


def test_a_missing_run_checkpoint_or_dataset_is_reported(stores: Stores, make_run: MakeRun) -> None:
    with pytest.raises(NotFoundError):
        run_promotion(stores, "no such run")
    run = make_run("r-1")
    with pytest.raises(InputError, match="alias"):
        run_promotion(stores, run, alias="../production")
    stores.runs.begin_attempt(run, "j-1", from_step=0)  # removes the samples
    with pytest.raises(NotFoundError, match=r"dataset demo .* is missing"):
        run_promotion(stores, run)
    shutil.rmtree(stores.paths.checkpoints(run))
    with pytest.raises(NotFoundError, match="no checkpoint"):
        run_promotion(stores, run)
    assert stores.registry.list() == []


def test_leftovers_of_a_killed_promotion_are_cleaned_up_or_kept_apart(
    stores: Stores, make_run: MakeRun
) -> None:
    folder = stores.paths.models / "en-es"
    (folder / ".draft-1").mkdir(parents=True)
    (folder / ".draft-1" / "half").write_text("x", encoding="utf-8")
    (folder / "0001").mkdir()
    (folder / "0001" / "model").write_text("of an unregistered version", encoding="utf-8")
    assert run_promotion(stores, make_run("r-1")).version.version == 2
    assert {path.name for path in folder.iterdir()} == {".lock", "0001", "0002"}
    assert (folder / "0001" / "model").exists()


def test_a_folder_that_cannot_be_written_is_reported(stores: Stores, make_run: MakeRun) -> None:
    run = make_run("r-1")
    stores.paths.models.write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(DatahallError, match=r"File exists|Not a directory"):
        run_promotion(stores, run)
    assert stores.registry.list() == []


def test_a_full_disk_is_named_and_nothing_is_registered(
    stores: Stores, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.promotion.promote.export", fail)
    with pytest.raises(DiskFullError, match=r"the disk at /.* has no space left .*/models"):
        run_promotion(stores, make_run("r-1"))
    assert stores.registry.list() == []


def test_promoting_again_repairs_a_damaged_folder(stores: Stores, make_run: MakeRun) -> None:
    make_run("r-1")
    run_promotion(stores, "r-1")
    folder = VersionFolder(stores.paths.model("en-es", 1))
    folder.vocabulary.unlink()
    run_promotion(stores, "r-1")
    folder.verify()
    assert len(stores.registry.list()) == 1


def test_concurrent_promotions_wait_for_each_other(stores: Stores, make_run: MakeRun) -> None:
    make_run("r-1", seed=1)
    make_run("r-2", seed=2)
    threads = [
        threading.Thread(target=run_promotion, args=(stores, run))
        for run in ("r-1", "r-1", "r-2", "r-2")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(item.run_id for item in stores.registry.list()) == ["r-1", "r-2"]
    for version in stores.registry.list():
        VersionFolder(stores.paths.model("en-es", version.version)).verify()


def test_the_job_reports_progress_and_its_result(
    stores: Stores, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAHALL_JOB_FOLDER", str(tmp_path))
    make_run("r-1")
    argv = job_argv(
        "core.promotion.promote", stores.paths.home, run="r-1", actor="ana", reason="-x is better"
    )
    arguments = argv[argv.index("core.promotion.promote") + 1 :]
    assert run_job(promote_run, arguments) == 0
    result, progress = read_result(tmp_path), read_progress(tmp_path)
    assert (result["name"], result["version"], result["alias"]) == ("en-es", 1, "production")
    assert result["self_test"]["passed"] is True
    assert progress is not None
    assert (progress.done, progress.message) == (progress.total, "moving production to en-es:1")
    assert stores.registry.history()[0].reason == "-x is better"


def test_a_failed_job_prints_one_sentence_and_returns_2(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--run", "nobody", "--home", str(stores.paths.home)]
    assert run_job(promote_run, arguments) == 2
    assert capsys.readouterr().err.startswith("error: ")
