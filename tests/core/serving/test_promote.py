"""Promotion: from a run's best checkpoint to a version that serves, or to nothing at all."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.checkpoints.manifest import seal
from core.checkpoints.weights import Weights, load_weights
from core.clock import FixedClock
from core.data.records import Pair
from core.database import Database
from core.errors import DatahallError, InputError, NotFoundError
from core.inference.export import export
from core.inference.self_test import SelfTestError
from core.inference.version_folder import VersionFolder
from core.paths import StatePaths
from core.promotion.promote import Promoted, Promotion, Stores, main, promote
from core.promotion.rollback import roll_back
from core.registry.sql import SqlModelRegistry
from core.runs.records import RunSpec, TranslationSample
from core.runs.store import RunStore

MakeCheckpoint = Callable[..., Path]
MakeRun = Callable[..., str]


@pytest.fixture
def stores(paths: StatePaths, database: Database, clock: FixedClock) -> Stores:
    """Stores of the test's home."""
    return Stores(
        paths=paths,
        runs=RunStore(database, clock),
        registry=SqlModelRegistry(database, clock),
        clock=clock,
    )


@pytest.fixture
def make_run(stores: Stores, make_checkpoint: MakeCheckpoint, pairs: list[Pair]) -> MakeRun:
    """A maker of finished runs: `make_run("r-1", seed=2)`."""

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
        stores.runs.set_scores(run_id, {"bleu": 80.5, "chrf": 90.0})
        folder = stores.paths.checkpoints(run_id)
        best = make_checkpoint(folder, seed=seed, step=10)
        make_checkpoint(folder, seed=99, step=20)
        (folder / "best").write_text(best.name, encoding="utf-8")
        return run_id

    return make


def ask(stores: Stores, run: str, alias: str = "production") -> Promoted:
    """Promote a run without looking at its progress."""
    request = Promotion(run=run, alias=alias, actor="ana", reason="it is better")
    return promote(stores, request, lambda _stage, _message: None)


def test_the_best_checkpoint_becomes_a_version_with_its_lineage(
    stores: Stores, make_run: MakeRun
) -> None:
    """The card and the registry tell the same, and production points at it."""
    done = ask(stores, make_run("r-1"))
    version = stores.registry.resolve("production")
    assert done.is_new
    assert (version.name, version.version, version.step) == ("en-es", 1, 10)
    assert (version.run_id, version.dataset_digest, version.snapshot) == ("r-1", "d" * 64, "snap")
    assert (version.scores["bleu"], version.scores["valid"]) == (80.5, {"bleu": 1.0})
    assert (version.self_test["passed"], version.self_test["different"]) == (True, 0)
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


def test_promoting_again_makes_no_second_version(stores: Stores, make_run: MakeRun) -> None:
    """Equal bytes are the same version; another alias is only pointed at it."""
    make_run("r-1")
    ask(stores, "r-1")
    again = ask(stores, "night run r-1", alias="candidate")
    assert not again.is_new
    ask(stores, "r-1")
    assert [item.version for item in stores.registry.list()] == [1]
    assert stores.registry.get("en-es", 1).aliases == ("candidate", "production")
    assert len(stores.registry.history()) == 2
    assert {path.name for path in stores.paths.model("en-es", 1).parent.iterdir()} == {
        ".lock",
        "0001",
    }


def test_a_better_run_takes_over_and_can_be_rolled_back(stores: Stores, make_run: MakeRun) -> None:
    """One command back, and the history tells both moves."""
    ask(stores, make_run("r-1", seed=1))
    ask(stores, make_run("r-2", seed=2))
    assert stores.registry.resolve("production").run_id == "r-2"
    roll_back(stores.registry, stores.paths, actor="bo", reason="odd greetings")
    assert stores.registry.resolve("production").run_id == "r-1"
    assert [event.action for event in stores.registry.history()] == [
        "rollback",
        "promote",
        "promote",
    ]


def test_rolling_back_to_damaged_files_is_refused(stores: Stores, make_run: MakeRun) -> None:
    """Better a model that works than an older one that does not load."""
    ask(stores, make_run("r-1", seed=1))
    ask(stores, make_run("r-2", seed=2))
    (stores.paths.model("en-es", 1) / "float32" / "model.bin").write_bytes(b"")
    with pytest.raises(DatahallError, match=r"model\.bin"):
        roll_back(stores.registry, stores.paths, actor="bo")
    assert stores.registry.resolve("production").version == 2


def test_a_diverged_run_is_refused_and_leaves_nothing(stores: Stores, make_run: MakeRun) -> None:
    """Weights that are no numbers must not reach production."""
    run = make_run("r-1")
    folder = stores.paths.checkpoints(run) / "step_00000010"
    tensors = load_file(folder / "raw.safetensors")
    tensors["decoder.0.feed_forward.inner.weight"][0, 0] = torch.nan
    save_file(tensors, folder / "raw.safetensors")
    (folder / "MANIFEST.json").unlink()
    seal(folder, step=10, created_at=1.0, config_digest="c", scores={})
    with pytest.raises(InputError, match="no numbers"):
        ask(stores, run)
    assert stores.registry.list() == []
    assert stores.registry.history() == []
    assert [path.name for path in (stores.paths.models / "en-es").iterdir()] == [".lock"]


def test_an_export_that_is_another_model_is_refused_and_leaves_nothing(
    stores: Stores,
    make_run: MakeRun,
    make_checkpoint: MakeCheckpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The self-test compares what was written with what was trained, and the alias stays."""
    stranger = load_weights(make_checkpoint(tmp_path / "stranger", seed=7, step=10))
    other = VersionFolder(tmp_path / "other")
    other.path.mkdir()

    def crossed(weights: Weights, folder: VersionFolder, *, max_tokens: int, tell: Any) -> None:  # noqa: ANN401  (a listener)
        export(weights, folder, max_tokens=max_tokens, tell=tell)
        export(stranger, other, max_tokens=max_tokens, tell=tell)
        model = folder.model("float32") / "model.bin"
        model.write_bytes((other.model("float32") / "model.bin").read_bytes())

    monkeypatch.setattr("core.promotion.promote.export", crossed)
    with pytest.raises(SelfTestError, match="log-probabilities differ"):
        ask(stores, make_run("r-1"))
    assert stores.registry.list() == []
    assert stores.registry.history() == []
    assert [path.name for path in (stores.paths.models / "en-es").iterdir()] == [".lock"]


def test_a_damaged_checkpoint_is_named(stores: Stores, make_run: MakeRun) -> None:
    """One flipped byte is found before anything is exported."""
    run = make_run("r-1")
    weights = stores.paths.checkpoints(run) / "step_00000010" / "raw.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(DatahallError, match=r"raw\.safetensors"):
        ask(stores, run)
    assert stores.registry.list() == []


def test_what_is_missing_is_said(stores: Stores, make_run: MakeRun) -> None:
    """No run, no checkpoint, no data to compare on, no name: each has its sentence."""
    with pytest.raises(NotFoundError):
        ask(stores, "no such run")
    run = make_run("r-1")
    with pytest.raises(InputError, match="alias"):
        ask(stores, run, alias="../production")
    stores.runs.begin_attempt(run, "j-1", from_step=0)  # removes the samples
    with pytest.raises(NotFoundError, match="dataset demo is not here"):
        ask(stores, run)
    shutil.rmtree(stores.paths.checkpoints(run))
    with pytest.raises(NotFoundError, match="no checkpoint"):
        ask(stores, run)
    assert stores.registry.list() == []


def test_what_a_killed_promotion_left_does_no_harm(stores: Stores, make_run: MakeRun) -> None:
    """Drafts go; a folder that was never registered keeps its number and its bytes."""
    shelf = stores.paths.models / "en-es"
    (shelf / ".draft-1").mkdir(parents=True)
    (shelf / ".draft-1" / "half").write_text("x", encoding="utf-8")
    (shelf / "0001").mkdir()
    (shelf / "0001" / "model").write_text("of another time", encoding="utf-8")
    assert ask(stores, make_run("r-1")).version.version == 2
    assert {path.name for path in shelf.iterdir()} == {".lock", "0001", "0002"}
    assert (shelf / "0001" / "model").exists()


def test_a_folder_that_cannot_be_written_is_said(stores: Stores, make_run: MakeRun) -> None:
    """A full disk, a wrong owner: one sentence, and nothing is registered."""
    run = make_run("r-1")
    stores.paths.models.write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(DatahallError, match="cannot be written below"):
        ask(stores, run)
    assert stores.registry.list() == []


def test_promoting_mends_a_damaged_folder(stores: Stores, make_run: MakeRun) -> None:
    """The bytes are known by their digest, so they can be made again."""
    make_run("r-1")
    ask(stores, "r-1")
    folder = VersionFolder(stores.paths.model("en-es", 1))
    folder.vocabulary.unlink()
    ask(stores, "r-1")
    folder.verify()
    assert len(stores.registry.list()) == 1


def test_promotions_at_the_same_time_wait_for_each_other(stores: Stores, make_run: MakeRun) -> None:
    """Two presses of a button make one version; two runs make two."""
    make_run("r-1", seed=1)
    make_run("r-2", seed=2)
    threads = [
        threading.Thread(target=ask, args=(stores, run)) for run in ("r-1", "r-1", "r-2", "r-2")
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
    """Whoever started it reads both from the job's folder."""
    monkeypatch.setenv("DATAHALL_JOB_FOLDER", str(tmp_path))
    make_run("r-1")
    assert main(["--run", "r-1", "--home", str(stores.paths.home), "--actor", "ana"]) == 0
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    progress = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert (result["name"], result["version"], result["alias"]) == ("en-es", 1, "production")
    assert progress["done"] == progress["total"]
    assert progress["message"] == "en-es:1 is production"


def test_a_failure_is_one_sentence_and_an_exit_status(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback reaches the user."""
    assert main(["--run", "nobody", "--home", str(stores.paths.home)]) == 2
    assert capsys.readouterr().err.startswith("error: ")
