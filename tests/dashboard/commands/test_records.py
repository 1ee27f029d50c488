"""Runs, snapshots and models have the promised keys in `--json`."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from core.actions.workspace import Workspace, open_workspace
from core.backup.records import Snapshot
from core.checkpoints.manifest import write_manifest
from core.registry.records import AliasAction, ModelVersion
from core.runs.records import MetricPoint, RunSpec
from core.scores import Scores
from core.settings import Settings
from dashboard.commands.cli import run
from tests.core.registry.records import model_version
from tests.snapshots import record_snapshot

Ask = Callable[..., tuple[int, Any]]
DIGEST, SNAPSHOT = "d" * 64, "5" * 64


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    """The workspace of the test's home, with one run in it."""
    spec = RunSpec(
        name="cats-demo-1", dataset="cats", dataset_digest=DIGEST, preset="demo", device="cpu",
        config={"train": {"steps": 20}}, code_version="0", snapshot=SNAPSHOT,
    )  # fmt: skip
    with open_workspace(settings) as opened:
        opened.runs.create("run1", spec)
        opened.runs.set_planned_steps("run1", 20)
        yield opened


def test_a_run_has_the_promised_keys(workspace: Workspace, ask: Ask) -> None:
    workspace.runs.begin_attempt("run1", "job1", 0)
    workspace.runs.log(
        "run1", [MetricPoint(metric="train_loss", step=10, value=2.5, wall_time=1e9)]
    )
    folder = workspace.paths.checkpoints("run1") / "step_00000010"
    folder.mkdir(parents=True)
    write_manifest(folder, step=10, created_at=1e9, config_digest="c", scores=Scores())

    code, shown = ask("runs", "show", "cats-demo-1")

    assert code == 0
    assert ask("runs", "show", "run1") == (0, shown)
    listed = ("id", "name", "state", "step", "steps", "dataset", "dataset_digest")
    (row,) = ask("runs", "list")[1]
    assert [row[key] for key in listed] == [shown[key] for key in listed]
    assert [row[key] for key in listed] == [
        "run1", "cats-demo-1", "stopped", 10, 20, "cats", DIGEST
    ]  # fmt: skip
    assert shown["attempts"][0]["job"] == "job1"
    assert shown["config"] == {"train": {"steps": 20}}
    assert (shown["snapshot"], shown["waiver"], shown["energy_joules"]) == (SNAPSHOT, None, None)
    assert shown["checkpoints"][0]["step"] == 10
    assert shown["metrics"] == {"train_loss": 2.5}
    assert shown["exit_reason"]


def test_snapshots_are_listed_newest_first_with_their_verification(
    workspace: Workspace, ask: Ask
) -> None:
    old = Snapshot(
        id=SNAPSHOT, created_at=1e9, repository=workspace.vault.repository.name,
        paths=("datasets",), tags=("all",), files=3, bytes=1000, verified_at=1e9 + 5,
    )  # fmt: skip
    record_snapshot(workspace.vault, old)
    new = replace(old, id="6" * 64, created_at=2e9, verified_at=None)
    record_snapshot(workspace.vault, new)

    code, (new, shown) = ask("backup", "list")

    assert code == 0
    assert (new["id"], new["verified"]) == ("6" * 64, False)
    promised = {
        "id": SNAPSHOT, "time": 1e9, "paths": ["datasets"], "bytes": 1000, "verified": True,
        "tags": ["all"],
    }  # fmt: skip
    assert promised.items() <= shown.items()


def test_models_are_listed_newest_first_with_their_aliases(workspace: Workspace, ask: Ask) -> None:
    first = ModelVersion(
        name="cats", version=1, run_id="run1", run_name="cats-demo-1", step=10, source="en",
        target="es", dataset="cats", dataset_digest=DIGEST, snapshot=SNAPSHOT, waiver=None,
        config={}, code_version="0", scores=Scores(bleu=80.5), self_test=None, digest="f" * 64,
        created_at=1e9,
    )  # fmt: skip
    workspace.registry.register(first)
    workspace.registry.register(replace(first, version=2, created_at=2e9))
    workspace.registry.set_alias("cats", "production", 1, actor="ada", action="promote", reason="")

    code, (new, shown) = ask("models", "list")

    assert code == 0
    assert (new["version"], new["aliases"]) == (2, [])
    promised = {
        "name": "cats", "version": 1, "run": "cats-demo-1", "aliases": ["production"],
        "scores": {"bleu": 80.5},
    }  # fmt: skip
    assert promised.items() <= shown.items()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["en-es:1", "production"])
def test_a_model_is_evaluated_from_its_own_files(workspace: Workspace, ask: Ask, name: str) -> None:
    workspace.registry.register(model_version())
    workspace.registry.set_alias(
        "en-es", "production", 1, actor="ada", action=AliasAction.PROMOTE, reason=""
    )
    code, document = ask("evaluate", name)
    assert (code, document["error"]["kind"]) == (1, "corrupt")
    assert str(workspace.paths.model("en-es", 1)) in document["error"]["message"]


@pytest.mark.parametrize(
    ("tail", "shown"), [("0", ""), ("2", "three\nfour\n"), ("3", "two\nthree\nfour\n")]
)
def test_the_last_lines_of_a_log_may_be_in_its_rotated_file(
    workspace: Workspace, ask: Ask, capsys: pytest.CaptureFixture[str], tail: str, shown: str
) -> None:
    log = workspace.paths.run_log("run1")
    log.parent.mkdir(parents=True)
    log.with_name(f"{log.name}.1").write_text("one\ntwo\n", encoding="utf-8")
    log.write_text("three\nfour\n", encoding="utf-8")

    assert ask("runs", "log", "run1", "--tail", tail)[1]["log"] == shown
    assert run(["runs", "log", "run1", "--tail", tail, "--home", str(workspace.paths.home)]) == 0
    assert capsys.readouterr().out == shown
