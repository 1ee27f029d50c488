"""`datahall train`: queue one training run."""

from typing import Annotated

import typer

from core.actions.records import RunView, TrainRequest, backup_sentence
from core.actions.runs import detail
from core.actions.training import request_run
from core.actions.workspace import Workspace
from core.errors import InputError
from core.jobs.launcher import JobState
from dashboard.commands.console import HomeOption, JsonOption, messages, print_json
from dashboard.commands.documents import run_detail_document
from dashboard.commands.progress import follow, require_success
from dashboard.commands.workspace import cli_actor, workspace_of

NUM_SAMPLES = 5


def train(
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    preset: Annotated[str, typer.Option(help="demo, tiny, small, base or big.")] = "demo",
    minutes: Annotated[float | None, typer.Option(help="Train for this many minutes.")] = None,
    steps: Annotated[int | None, typer.Option(help="Train for this many updates.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="A training setting as KEY=VALUE; may be repeated."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    launcher: Annotated[str, typer.Option(help="Where the run is executed: local.")] = "local",
    name: Annotated[
        str | None, typer.Option(help="Name of the run. [default: DATASET-PRESET-N]")
    ] = None,
    parent: Annotated[
        str | None, typer.Option("--from", help="Start from the best weights of this run.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all random numbers.")] = None,
    digest: Annotated[
        str | None, typer.Option(help="Digest of a dataset version. [default: the newest]")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--follow", help="Show the progress until the run ends.")
    ] = False,
    skip_backup: Annotated[
        bool, typer.Option("--skip-backup", help="Train without a backup; needs --reason.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why the backup is skipped.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Queue one training run and print its id.

    The dataset is backed up first, unless a verified snapshot contains it.

    Example: datahall train demo --preset demo --follow
    """
    if launcher != "local":
        raise InputError(f"unknown launcher {launcher!r}", remedy="Use --launcher local")
    changes = _changes(change or [], minutes=minutes, steps=steps, seed=seed)
    request = TrainRequest(
        dataset=dataset, digest=digest, preset=preset, name=name, device=device, changes=changes,
        parent=parent, skip_backup=skip_backup, reason=reason,
    )  # fmt: skip
    with workspace_of(home) as workspace:
        view = request_run(workspace, cli_actor(), request)
        if not skip_backup:
            spec = view.run.spec
            sentence = backup_sentence(spec.dataset, spec.dataset_digest, spec.snapshot)
            messages.print(sentence, markup=False, soft_wrap=True)
        if wait:
            _follow(workspace, view, quiet=as_json)
        if as_json:
            print_json(run_detail_document(detail(workspace, view.run.id)))
        elif wait:
            _print_result(workspace, view.run.id)
        else:
            print(view.run.id)


def _changes(
    settings: list[str], *, minutes: float | None, steps: int | None, seed: int | None
) -> dict[str, str | float | int]:
    """Return the training settings that differ from the preset; raises InputError."""
    if minutes is not None and steps is not None:
        raise InputError("--minutes and --steps exclude each other", remedy="Give one of them")
    changes: dict[str, str | float | int] = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--set {text!r} is not of the form KEY=VALUE")
        changes[key.strip()] = value.strip()
    options = {"minutes": minutes, "steps": steps, "seed": seed}
    return changes | {key: value for key, value in options.items() if value is not None}


def _follow(workspace: Workspace, view: RunView, *, quiet: bool) -> None:
    """Follow the backup job before the run, if there is one, then the run."""
    if view.job is None:
        return
    if view.job.spec.after is not None:
        follow(workspace, view.job.spec.after, quiet=quiet)
    ended = follow(workspace, view.job.id, quiet=quiet)
    if ended.state is not JobState.STOPPED:
        require_success(ended, workspace)


def _print_result(workspace: Workspace, run_id: str) -> None:
    """Print final state, test scores and some translations of the run."""
    view = detail(workspace, run_id).view
    print(f"{view.run.spec.name} {view.state} at step {view.step}")
    for name, value in view.run.scores.corpus_scores.items():
        print(f"test {name:5} {value:.2f}")
    for sample in workspace.runs.samples(run_id, "test")[:NUM_SAMPLES]:
        print(f"  {sample.source}\n    {sample.hypothesis}")
